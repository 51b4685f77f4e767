"""Queries for cheating signs: addresses, first views, rare wrong guesses.

They filter in the database; :mod:`app.ops.cheating_signs` decides. Without staff.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, text

from app.database.engine import Database
from app.database.page_query import moment
from app.database.schema import Guess, Team

Visit = tuple[int, str]
Sight = tuple[int, str, datetime, datetime]
Try = tuple[int, str, str, datetime]

_VISITS = text("""
SELECT seen.team_id, seen.address FROM log seen JOIN teams t ON t.id = seen.team_id
WHERE t.role = 'team' AND (seen.address LIKE '%:%' OR seen.address IN (
  SELECT address FROM log WHERE team_id IS NOT NULL AND address <> ''
  GROUP BY address HAVING min(team_id) <> max(team_id)
)) GROUP BY seen.team_id, seen.address
""")

_SIGHTS = text("""
SELECT s.team_id, s.puzzle_id, u.viewed_at, s.solved_at FROM solves s
JOIN unlocks u ON u.team_id = s.team_id AND u.puzzle_id = s.puzzle_id
JOIN teams t ON t.id = s.team_id
WHERE u.viewed_at IS NOT NULL AND t.role = 'team'
""")

# A team's repeats are not stored, so the rows of one digest are about as many as its teams.
# Materialised: otherwise each PostgreSQL worker would compute it.
_RARE = """
WITH rare AS MATERIALIZED (
  SELECT puzzle_id, digest FROM guesses WHERE verdict = 'wrong'
  GROUP BY puzzle_id, digest
  HAVING count(*) BETWEEN 2 AND :most AND min(team_id) <> max(team_id)
    AND (count(*) > 2 OR {within})
)
SELECT g.team_id, g.puzzle_id, g.digest, g.guessed_at FROM rare
JOIN guesses g ON rare.puzzle_id = g.puzzle_id AND rare.digest = g.digest
JOIN teams t ON t.id = g.team_id
WHERE t.role = 'team' AND g.verdict = 'wrong'
"""
# Of two, the time between them is known at once; of three, it takes a closer look.
_SPAN_SQLITE = "julianday(max(guessed_at)) - julianday(min(guessed_at)) <= :within"
_SPAN_POSTGRESQL = "max(guessed_at) - min(guessed_at) <= :within"


def read_visits(database: Database) -> list[Visit]:
    with database.reading() as connection:
        return [(row[0], row[1]) for row in connection.execute(_VISITS).all()]


def read_quick_sights(database: Database, within: timedelta) -> list[Sight]:
    within_words = "" if database.is_sqlite else " AND s.solved_at <= u.viewed_at + :within"
    query = text(_SIGHTS.text + within_words)
    with database.reading() as connection:
        rows = connection.execute(query, {} if database.is_sqlite else {"within": within}).all()
    found = [(row[0], row[1], moment(row[2]), moment(row[3])) for row in rows]
    return [one for one in found if one[3] - one[2] <= within]


def read_rare_guesses(database: Database, most_teams: int, within: timedelta) -> list[Try]:
    """Wrong guesses of two to ``most_teams`` teams; of two only within ``within``."""
    is_sqlite = database.is_sqlite
    # A day is SQLite's unit; a second more forgives its rounding, and the rules look again.
    span = (within.total_seconds() + 1) / 86_400 if is_sqlite else within
    query = text(_RARE.format(within=_SPAN_SQLITE if is_sqlite else _SPAN_POSTGRESQL))
    with database.reading() as connection:
        rows = connection.execute(query, {"most": most_teams, "within": span}).all()
    return [(row[0], row[1], row[2], moment(row[3])) for row in rows]


def read_texts(database: Database, guesses: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of wrong guesses, named by puzzle and digest: a text of each digest."""
    named = [and_(Guess.puzzle_id == puzzle, Guess.digest == digest) for puzzle, digest in sorted(set(guesses))]
    query = select(Guess.digest, func.max(Guess.text)).where(or_(False, *named), Guess.verdict == "wrong")
    with database.reading() as connection:
        return {row[0]: row[1] or "" for row in connection.execute(query.group_by(Guess.digest)).all()}


def read_names(database: Database, team_ids: Iterable[int]) -> dict[int, str]:
    query = select(Team.id, Team.display_name).where(Team.id.in_(sorted(set(team_ids))))
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query).all()}
