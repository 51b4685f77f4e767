"""Answers that the organisers accepted after the fact, and who had tried what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, exists, insert, select

from app.database.engine import Database
from app.database.schema import AcceptedAnswer, Guess, Skip, Solve, Team


@dataclass(frozen=True, slots=True)
class Tried:
    """A guess that was not right then. ``standing`` of its team on the puzzle now: solve (to come), solved, skipped."""

    team_id: int
    display_name: str
    text: str
    tried_at: datetime
    standing: str


def add(connection: Connection, puzzle_id: str, digest: str, now: datetime, actor: str) -> bool:
    """Accept an answer by its keyed digest; False when it had been accepted before."""
    known = select(AcceptedAnswer.digest).where(AcceptedAnswer.puzzle_id == puzzle_id, AcceptedAnswer.digest == digest)
    if connection.execute(known).one_or_none():
        return False
    row = {"puzzle_id": puzzle_id, "digest": digest, "accepted_at": now, "accepted_by": actor}
    connection.execute(insert(AcceptedAnswer).values(**row))
    return True


def read_tries(database: Database, puzzle_id: str) -> list[Tried]:
    """Every guess on the puzzle that was not right, by accounts in good standing, the oldest first."""
    solved = exists().where(Solve.team_id == Guess.team_id, Solve.puzzle_id == Guess.puzzle_id)
    skipped = exists().where(Skip.team_id == Guess.team_id, Skip.puzzle_id == Guess.puzzle_id)
    standing = case((solved, "solved"), (skipped, "skipped"), else_="solve")
    query = (
        select(Guess.team_id, Team.display_name, Guess.text, Guess.guessed_at, standing)
        .join(Team, Team.id == Guess.team_id)
        .where(Guess.puzzle_id == puzzle_id, Guess.text.is_not(None), Team.is_banned.is_(False))
        .order_by(Guess.guessed_at, Guess.id)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [Tried(row[0], row[1], row[2] or "", row[3], row[4]) for row in rows]
