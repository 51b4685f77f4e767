"""Common wrong guesses, so that organisers can spot fair ones.

Never shows a right answer: known-right and accepted ones are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core import answers
from app.core.in_force import InForce
from app.core.model import Puzzle
from app.database.engine import Database
from app.errors import NotFound
from app.guesses import wrong_guess_queries
from app.guesses.verdict import VerdictCache, accepted_digest, former_digests, guess_digest
from app.guesses.wrong_guess_queries import Spelling

SHOWN = 50


class GuessUnknown(NotFound):
    """There is no such wrong guess."""


@dataclass(frozen=True, slots=True)
class CommonGuess:
    """In its usual spelling, with the number of teams."""

    guess_id: int
    text: str
    teams: int
    times: int
    is_near: bool


def common_wrong_guesses(
    database: Database, verdicts: VerdictCache, secret: bytes, puzzle: Puzzle
) -> tuple[CommonGuess, ...]:
    """Most teams first, spellings merged."""
    groups: dict[str, list[Spelling]] = {}
    for one in wrong_guess_queries.read_spellings(database, puzzle.id):
        groups.setdefault(answers.normalise(one.text), []).append(one)
    right, accepted = wrong_guess_queries.read_right_digests(database, puzzle.id)
    found = (
        _common(spellings)
        for normalised, spellings in groups.items()
        if normalised and not _is_right(verdicts, secret, puzzle, spellings[0].text, right, accepted)
    )
    return tuple(sorted(found, key=lambda one: (-one.teams, -one.times, one.guess_id))[:SHOWN])


def _common(spellings: Iterable[Spelling]) -> CommonGuess:
    group = sorted(spellings, key=lambda one: (-one.times, one.guess_id))
    teams = frozenset[int]().union(*(one.team_ids for one in group))
    is_near = any(one.verdict == "close" for one in group)
    return CommonGuess(group[0].guess_id, group[0].text, len(teams), sum(one.times for one in group), is_near)


def _is_right(
    verdicts: VerdictCache, secret: bytes, puzzle: Puzzle, text: str, right: frozenset[str], accepted: frozenset[str]
) -> bool:  # fmt: skip
    """Right under the present hashes, verified in this process, or accepted."""
    normalised, former = answers.normalise(text), former_digests(secret, puzzle, text)
    if not accepted.isdisjoint((accepted_digest(secret, puzzle.id, normalised), former[1])):
        return True
    if guess_digest(secret, puzzle, normalised) in right:
        return True
    return any(verdicts.is_known_to_fit(hashed, normalised) for hashed in puzzle.answers)


def find_guess(database: Database, in_force: InForce, guess_id: int) -> tuple[Puzzle, str]:
    """Puzzle and text of a wrong guess. Raises :class:`GuessUnknown`."""
    found = wrong_guess_queries.find_text(database, guess_id)
    puzzle = in_force.content.puzzle(found[0]) if found else None
    if found is None or puzzle is None:
        raise GuessUnknown
    return puzzle, found[1]
