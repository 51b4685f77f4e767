"""Queries for answers accepted after the fact, and who had tried what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, exists, insert, select, update

from app.database.engine import Database
from app.database.schema import AcceptedAnswer, Guess, Skip, Solve, Team

# SQLite takes a limited number of values in one statement.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Tried:
    """A guess that was not right. ``standing`` of its team now: solve (to come), solved, skipped."""

    guess_id: int
    team_id: int
    display_name: str
    text: str
    tried_at: datetime
    standing: str
    is_banned: bool


def add(connection: Connection, puzzle_id: str, digest: str, now: datetime, actor: str) -> bool:
    """Accept an answer by its keyed digest; False if it was accepted before."""
    known = select(AcceptedAnswer.digest).where(AcceptedAnswer.puzzle_id == puzzle_id, AcceptedAnswer.digest == digest)
    if connection.execute(known).one_or_none():
        return False
    row = {"puzzle_id": puzzle_id, "digest": digest, "accepted_at": now, "accepted_by": actor}
    connection.execute(insert(AcceptedAnswer).values(**row))
    return True


def read_tries(database: Database, puzzle_id: str) -> list[Tried]:
    solved = exists().where(Solve.team_id == Guess.team_id, Solve.puzzle_id == Guess.puzzle_id)
    skipped = exists().where(Skip.team_id == Guess.team_id, Skip.puzzle_id == Guess.puzzle_id)
    standing = case((solved, "solved"), (skipped, "skipped"), else_="solve")
    query = (
        select(Guess.id, Guess.team_id, Team.display_name, Guess.text, Guess.guessed_at, standing, Team.is_banned)
        .join(Team, Team.id == Guess.team_id)
        .where(Guess.puzzle_id == puzzle_id, Guess.text.is_not(None))
        .order_by(Guess.guessed_at, Guess.id)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [Tried(*row) for row in rows]


def forget_texts(connection: Connection, guess_ids: Sequence[int]) -> None:
    """Drop the texts; the guesses and their verdicts stay."""
    for start in range(0, len(guess_ids), CHUNK):
        some = Guess.id.in_(guess_ids[start : start + CHUNK])
        connection.execute(update(Guess).where(some).values(text=None))
