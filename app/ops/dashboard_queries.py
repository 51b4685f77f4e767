"""Queries for the dashboard, each served by an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, select, text
from sqlalchemy.sql.elements import TextClause

from app.database.engine import Database
from app.database.page_query import moment
from app.database.schema import HintRequest, Moment, ProblemReport

PER_MINUTE_SQLITE = "strftime('%Y-%m-%d %H:%M:00', {column})"
PER_MINUTE_POSTGRESQL = "date_trunc('minute', {column})"


@dataclass(frozen=True, slots=True)
class StuckTeam:
    """``solved_at``: the last solve, or None."""

    team_id: int
    display_name: str
    since: datetime
    solved_at: datetime | None
    guesses: int


_ACTIVE = text("""
SELECT count(*) FROM (
  SELECT team_id FROM guesses WHERE guessed_at >= :since
  UNION SELECT team_id FROM log WHERE at >= :since AND team_id IS NOT NULL
) active JOIN teams t ON t.id = active.team_id WHERE t.role = 'team' AND NOT t.is_banned
""").bindparams(bindparam("since", type_=Moment()))

_STUCK = text("""
SELECT id, display_name, coalesce(solved_at, first_guess_at, created_at) AS since, solved_at, guesses
FROM (
  SELECT t.id, t.display_name, t.first_guess_at, t.created_at, recent.guesses,
    (SELECT max(solved_at) FROM solves WHERE team_id = t.id) AS solved_at
  FROM (SELECT team_id, count(*) AS guesses FROM guesses WHERE guessed_at >= :since GROUP BY team_id) recent
  JOIN teams t ON t.id = recent.team_id
  WHERE t.role = 'team' AND NOT t.is_banned
) trying ORDER BY since, id LIMIT :most
""").bindparams(bindparam("since", type_=Moment()))


def count_active(database: Database, since: datetime) -> int:
    with database.reading() as connection:
        return int(connection.execute(_ACTIVE, {"since": since}).scalar_one())


def guesses_per_minute(database: Database, since: datetime) -> dict[datetime, int]:
    return _per_minute(database, "guesses", "guessed_at", since)


def solves_per_minute(database: Database, since: datetime) -> dict[datetime, int]:
    return _per_minute(database, "solves", "solved_at", since)


def _per_minute(database: Database, table: str, column: str, since: datetime) -> dict[datetime, int]:
    with database.reading() as connection:
        rows = connection.execute(_counting(database.is_sqlite, table, column), {"since": since}).all()
    return {moment(row[0]): row[1] for row in rows}


def _counting(is_sqlite: bool, table: str, column: str) -> TextClause:
    # Only our own names are put in here.
    minute = (PER_MINUTE_SQLITE if is_sqlite else PER_MINUTE_POSTGRESQL).format(column=column)
    words = f"SELECT {minute}, count(*) FROM {table} WHERE {column} >= :since GROUP BY 1"  # noqa: S608
    return text(words).bindparams(bindparam("since", type_=Moment()))


def longest_without_solve(database: Database, guessed_since: datetime, most: int) -> list[StuckTeam]:
    """Of teams that guessed since, those longest without a solve."""
    with database.reading() as connection:
        rows = connection.execute(_STUCK, {"since": guessed_since, "most": most}).all()
    return [StuckTeam(row[0], row[1], moment(row[2]), moment(row[3]) if row[3] else None, row[4]) for row in rows]


def read_waiting(database: Database) -> tuple[int, datetime | None]:
    """Waiting questions, and since when the oldest waits."""
    waiting: ColumnElement[bool] = HintRequest.open_key.is_not(None)
    with database.reading() as connection:
        row = connection.execute(select(func.count(), func.min(HintRequest.asked_at)).where(waiting)).one()
    return int(row[0]), row[1]


def count_open_reports(database: Database) -> int:
    with database.reading() as connection:
        query = select(func.count()).select_from(ProblemReport).where(ProblemReport.open_key.is_not(None))
        return int(connection.execute(query).scalar_one())
