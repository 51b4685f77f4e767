"""Queries for the dashboard, each served by an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, text
from sqlalchemy.sql.elements import TextClause

from app.database.engine import Database
from app.database.page_query import moment
from app.database.progress import AT_ONCE
from app.database.schema import HintRequest, Moment, ProblemReport, Skip, Solve, Team

PER_MINUTE_SQLITE = "strftime('%Y-%m-%d %H:%M:00', {column})"
PER_MINUTE_POSTGRESQL = "date_trunc('minute', {column})"


@dataclass(frozen=True, slots=True)
class PuzzleActivity:
    """``opened``: teams that have seen it. ``wrong`` and ``recent_solves``: since a moment.

    ``median_seconds``: from opening it to the solve.
    """

    puzzle_id: str
    opened: int = 0
    solved: int = 0
    wrong: int = 0
    recent_solves: int = 0
    asks: int = 0
    waiting: int = 0
    median_seconds: int | None = None


_PUZZLES = """
SELECT puzzle_id, sum(opened), sum(solved), sum(wrong), sum(recent), sum(asks), sum(waiting), max(median) FROM (
  SELECT puzzle_id, count(*) AS opened, 0 AS solved, 0 AS wrong, 0 AS recent, 0 AS asks, 0 AS waiting, NULL AS median
  FROM unlocks u JOIN teams t ON t.id = u.team_id
  WHERE t.role = 'team' AND NOT t.is_banned GROUP BY puzzle_id
  UNION ALL
  SELECT puzzle_id, 0, count(*), 0, sum(CASE WHEN solved_at >= :since THEN 1 ELSE 0 END), 0, 0,
    avg(CASE WHEN place * 2 BETWEEN timed AND timed + 2 THEN seconds END)
  FROM (
    SELECT s.puzzle_id, s.solved_at, timing.seconds,
      row_number() OVER (PARTITION BY s.puzzle_id ORDER BY timing.seconds IS NULL, timing.seconds) AS place,
      count(timing.seconds) OVER (PARTITION BY s.puzzle_id) AS timed
    FROM solves s JOIN teams t ON t.id = s.team_id
    LEFT JOIN (
      SELECT s2.id, {seconds} AS seconds FROM solves s2
      JOIN unlocks u ON u.team_id = s2.team_id AND u.puzzle_id = s2.puzzle_id
    ) timing ON timing.id = s.id
    WHERE t.role = 'team' AND NOT t.is_banned
  ) solved GROUP BY puzzle_id
  UNION ALL
  SELECT g.puzzle_id, 0, 0, count(*), 0, 0, 0, NULL FROM guesses g JOIN teams t ON t.id = g.team_id
  WHERE g.guessed_at >= :since AND g.verdict IN ('wrong', 'close') AND t.role = 'team' AND NOT t.is_banned
  GROUP BY g.puzzle_id
  UNION ALL
  SELECT puzzle_id, 0, 0, 0, 0, count(*), sum(CASE WHEN open_key IS NULL THEN 0 ELSE 1 END), NULL
  FROM hint_requests GROUP BY puzzle_id
) parts GROUP BY puzzle_id
"""
_SECONDS_SQLITE = "(julianday(s2.solved_at) - julianday(u.unlocked_at)) * 86400"
_SECONDS_POSTGRESQL = "extract(epoch FROM s2.solved_at - u.unlocked_at)"

_ACTIVE = text("""
SELECT count(*) FROM (
  SELECT team_id FROM guesses WHERE guessed_at >= :since
  UNION SELECT team_id FROM log WHERE at >= :since AND team_id IS NOT NULL
) active JOIN teams t ON t.id = active.team_id WHERE t.role = 'team' AND NOT t.is_banned
""").bindparams(bindparam("since", type_=Moment()))

_TRYING = text("""
SELECT t.id, t.display_name, recent.guesses
FROM (SELECT team_id, count(*) AS guesses FROM guesses WHERE guessed_at >= :since GROUP BY team_id) recent
JOIN teams t ON t.id = recent.team_id
WHERE t.role = 'team' AND NOT t.is_banned
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


def read_trying(database: Database, guessed_since: datetime) -> dict[int, tuple[str, int]]:
    with database.reading() as connection:
        return {row[0]: (row[1], row[2]) for row in connection.execute(_TRYING, {"since": guessed_since}).all()}


def read_names(database: Database, team_ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    query = select(Team.id, Team.display_name).where(Team.role == "team", Team.is_banned.is_(False))
    with database.reading() as connection:
        for start in range(0, len(team_ids), AT_ONCE):
            rows = connection.execute(query.where(Team.id.in_(team_ids[start : start + AT_ONCE]))).all()
            found |= {row[0]: row[1] for row in rows}
    return found


def read_advanced(database: Database, since: datetime) -> set[int]:
    solved = select(Solve.team_id).where(Solve.solved_at > since)
    with database.reading() as connection:
        return set(connection.execute(solved.union(select(Skip.team_id).where(Skip.skipped_at > since))).scalars())


def read_waiting(database: Database) -> tuple[int, datetime | None]:
    waiting: ColumnElement[bool] = HintRequest.open_key.is_not(None)
    with database.reading() as connection:
        row = connection.execute(select(func.count(), func.min(HintRequest.asked_at)).where(waiting)).one()
    return int(row[0]), row[1]


def count_open_reports(database: Database) -> int:
    with database.reading() as connection:
        query = select(func.count()).select_from(ProblemReport).where(ProblemReport.open_key.is_not(None))
        return int(connection.execute(query).scalar_one())


def read_puzzles(database: Database, since: datetime) -> dict[str, PuzzleActivity]:
    seconds = _SECONDS_SQLITE if database.is_sqlite else _SECONDS_POSTGRESQL
    query = text(_PUZZLES.format(seconds=seconds)).bindparams(bindparam("since", type_=Moment()))
    with database.reading() as connection:
        rows = connection.execute(query, {"since": since}).all()
    return {row[0]: _activity(row) for row in rows}


def _activity(row: Sequence[Any]) -> PuzzleActivity:
    opened, solved, wrong, recent, asks, waiting = (int(one or 0) for one in row[1:7])
    median = int(row[7]) if row[7] is not None else None
    return PuzzleActivity(row[0], opened, solved, wrong, recent, asks, waiting, median)
