"""Queries for wrong guesses."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text

from app.database.engine import Database
from app.database.schema import AcceptedAnswer, Guess, Team

# Of a puzzle's digests the most frequent are looked at; alike texts are merged afterwards.
MOST_DIGESTS = 2_000
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text as typed, or a right guess (no text): its first guess's number, count, verdict."""

    digest: str
    guess_id: int
    text: str | None
    times: int
    verdict: str
    is_banned: bool


def read_frequent(database: Database, puzzle_id: str, least_times: int) -> dict[str, int]:
    """Digests made at least so often, most frequent first; right ones too. By an index alone."""
    times = func.count()
    query = select(Guess.digest, times).where(Guess.puzzle_id == puzzle_id).group_by(Guess.digest)
    query = query.having(times >= least_times).order_by(times.desc(), Guess.digest).limit(MOST_DIGESTS)
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query).all()}


_TEXTS = """SELECT named.digest, (SELECT text FROM guesses g
  WHERE g.puzzle_id = :puzzle AND g.digest = named.digest AND g.text IS NOT NULL LIMIT 1) FROM {named}"""
_NAMED_SQLITE = "(SELECT value AS digest FROM json_each(:digests)) named"
_NAMED_POSTGRESQL = "unnest(CAST(:digests AS text[])) AS named(digest)"


def read_texts(database: Database, puzzle_id: str, digests: Sequence[str]) -> dict[str, str]:
    named = _NAMED_SQLITE if database.is_sqlite else _NAMED_POSTGRESQL
    values = {"puzzle": puzzle_id, "digests": json.dumps(digests) if database.is_sqlite else list(digests)}
    with database.reading() as connection:
        rows = connection.execute(text(_TEXTS.format(named=named)), values).all()
    return {row[0]: row[1] for row in rows if row[1] is not None}


def read_spellings(database: Database, puzzle_id: str, digests: Collection[str]) -> list[Spelling]:
    query = (
        select(Guess.digest, func.min(Guess.id), Guess.text, func.count(), Guess.verdict, Team.is_banned)
        .join(Team, Team.id == Guess.team_id)
        .where(Guess.puzzle_id == puzzle_id, Guess.digest.in_(digests))
        .group_by(Guess.digest, Guess.text, Guess.verdict, Team.is_banned)
    )
    with database.reading() as connection:
        return [Spelling(*row) for row in connection.execute(query).all()]


def count_teams(database: Database, puzzle_id: str, digests: Collection[str]) -> int:
    playing = (Team.is_banned.is_(False), Guess.puzzle_id == puzzle_id, Guess.text.is_not(None))
    query = select(func.count(Guess.team_id.distinct())).join(Team, Team.id == Guess.team_id)
    with database.reading() as connection:
        return connection.execute(query.where(*playing, Guess.digest.in_(digests))).scalar_one()


def read_accepted(database: Database, puzzle_id: str) -> frozenset[str]:
    """Digests of accepted answers, which must not be shown."""
    with database.reading() as connection:
        query = select(AcceptedAnswer.digest).where(AcceptedAnswer.puzzle_id == puzzle_id)
        return frozenset(connection.execute(query).scalars().all())


def find_text(database: Database, guess_id: int) -> tuple[str, str] | None:
    if not 0 < guess_id <= LARGEST_ID:
        return None
    with database.reading() as connection:
        row = connection.execute(select(Guess.puzzle_id, Guess.text).where(Guess.id == guess_id)).one_or_none()
    return (row[0], row[1]) if row and row[1] is not None else None
