"""Queries for wrong guesses."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.database.engine import Database
from app.database.schema import AcceptedAnswer, Guess, Team

# Spellings looked at; they are brought together by their normal form afterwards.
MOST_SPELLINGS = 2_000
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text as typed: its first guess's number, teams, count, whether near."""

    guess_id: int
    text: str
    team_ids: frozenset[int]
    times: int
    verdict: str


def read_spellings(database: Database, puzzle_id: str) -> list[Spelling]:
    """Wrong and near guesses of competing teams in good standing, most frequent first."""
    playing = (Team.is_banned.is_(False), Guess.puzzle_id == puzzle_id, Guess.text.is_not(None))
    counted = (
        select(Guess.text, Guess.verdict, func.min(Guess.id), func.count())
        .join(Team, Team.id == Guess.team_id)
        .where(*playing)
        .group_by(Guess.text, Guess.verdict)
        .order_by(func.count().desc(), func.min(Guess.id))
        .limit(MOST_SPELLINGS)
    )
    who = select(Guess.text, Guess.team_id).join(Team, Team.id == Guess.team_id).where(*playing).distinct()
    with database.reading() as connection:
        rows = connection.execute(counted).all()
        pairs = connection.execute(who).all()
    teams: dict[str | None, set[int]] = {}
    for text, team_id in pairs:
        teams.setdefault(text, set()).add(team_id)
    return [Spelling(row[2], row[0] or "", frozenset(teams.get(row[0], ())), row[3], row[1]) for row in rows]


def read_right_digests(database: Database, puzzle_id: str) -> tuple[frozenset[str], frozenset[str]]:
    """Digests of right guesses and of accepted answers, which must not be shown."""
    right = select(Guess.digest).where(Guess.puzzle_id == puzzle_id, Guess.verdict == "correct").distinct()
    accepted = select(AcceptedAnswer.digest).where(AcceptedAnswer.puzzle_id == puzzle_id)
    with database.reading() as connection:
        return (
            frozenset(connection.execute(right).scalars().all()),
            frozenset(connection.execute(accepted).scalars().all()),
        )


def find_text(database: Database, guess_id: int) -> tuple[str, str] | None:
    """Puzzle and text of a guess that was not right, or None."""
    if not 0 < guess_id <= LARGEST_ID:
        return None
    with database.reading() as connection:
        row = connection.execute(select(Guess.puzzle_id, Guess.text).where(Guess.id == guess_id)).one_or_none()
    return (row[0], row[1]) if row and row[1] is not None else None
