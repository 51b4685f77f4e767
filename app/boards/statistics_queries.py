"""Queries for statistics of competing teams: five statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, func, select

from app.database.engine import Database
from app.database.schema import AcceptedAnswer, Guess, HintTaken, Solve, Team, Unlock

# A wrong guess is common when teams share it; what one team alone has typed is its own affair.
FEWEST_TEAMS = 2


@dataclass(frozen=True, slots=True)
class SolveRow:
    puzzle_id: str
    team_id: int
    solved_at: datetime
    is_late: bool
    unlocked_at: datetime | None


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A wrong or near guess under the hashes of its ``digest``."""

    puzzle_id: str
    digest: str
    text: str
    teams: int


@dataclass(frozen=True, slots=True)
class Tallies:
    """``right`` and ``accepted``: (puzzle, digest), never shown.

    ``hints``: by puzzle, (taken, teams).
    """

    teams: tuple[tuple[int, str, str], ...]
    solves: tuple[SolveRow, ...]
    wrong: tuple[WrongLine, ...]
    right: frozenset[tuple[str, str]]
    accepted: frozenset[tuple[str, str]]
    hints: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def read_tallies(database: Database) -> Tallies:
    with database.reading() as connection:
        teams = connection.execute(select(Team.id, Team.display_name, Team.division).where(*_playing())).all()
        solves = connection.execute(_solves()).all()
        wrong = connection.execute(_wrong()).all()
        right = connection.execute(select(Guess.puzzle_id, Guess.digest).where(Guess.verdict == "correct").distinct())
        return Tallies(
            teams=tuple((row[0], row[1], row[2]) for row in teams),
            solves=tuple(SolveRow(*row) for row in solves),
            wrong=tuple(WrongLine(*row) for row in wrong),
            right=_pairs(right.all()),
            accepted=_pairs(connection.execute(select(AcceptedAnswer.puzzle_id, AcceptedAnswer.digest)).all()),
            hints={row[0]: (row[1], row[2]) for row in connection.execute(_hints()).all()},
        )


def _playing() -> tuple[ColumnElement[bool], ...]:
    return (Team.role == "team", Team.is_banned.is_(False))


def _solves() -> Executable:
    opened = (Unlock.team_id == Solve.team_id) & (Unlock.puzzle_id == Solve.puzzle_id)
    columns = (Solve.puzzle_id, Solve.team_id, Solve.solved_at, Solve.is_late, Unlock.unlocked_at)
    query = select(*columns).join(Team, Team.id == Solve.team_id).outerjoin(Unlock, opened)
    return query.where(*_playing()).order_by(Solve.solved_at, Solve.id)


def _hints() -> Select[str, int, int]:
    teams = func.count(HintTaken.team_id.distinct())
    query = select(HintTaken.puzzle_id, func.count(), teams).join(Team, Team.id == HintTaken.team_id)
    return query.where(*_playing()).group_by(HintTaken.puzzle_id)


def _wrong() -> Executable:
    teams = func.count(Guess.team_id.distinct())
    query = select(Guess.puzzle_id, Guess.digest, func.min(Guess.text), teams).join(Team, Team.id == Guess.team_id)
    counted = query.where(*_playing(), Guess.text.is_not(None)).group_by(Guess.puzzle_id, Guess.digest)
    return counted.having(teams >= FEWEST_TEAMS).order_by(Guess.puzzle_id, teams.desc(), func.min(Guess.id))


def _pairs(rows: Sequence[Any]) -> frozenset[tuple[str, str]]:
    return frozenset((row[0], row[1]) for row in rows)
