"""Common wrong guesses, so that organisers can spot fair ones.

Never shows a right answer: known-right and accepted ones are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core import answers
from app.core.in_force import InForce
from app.core.model import Puzzle
from app.database.engine import Database
from app.errors import NotFound
from app.guesses import wrong_guess_queries
from app.guesses.verdict import VerdictCache, accepted_digest, former_digests, guess_digest
from app.guesses.wrong_guess_queries import MOST_DIGESTS, Spelling

SHOWN = 50
# Groups of alike guesses that are read together: those that are shown, and a few that turn out to be right.
AT_ONCE = 60


class GuessUnknown(NotFound):
    """There is no such wrong guess."""


@dataclass(frozen=True, slots=True)
class CommonGuess:
    guess_id: int
    text: str
    teams: int
    times: int
    is_near: bool


def common_wrong_guesses(
    database: Database, verdicts: VerdictCache, secret: bytes, puzzle: Puzzle
) -> tuple[CommonGuess, ...]:
    """Most teams first, spellings merged.

    Digests are counted by an index; only the guesses of those that may be shown are read.
    """
    groups = _groups(database, puzzle)
    accepted = wrong_guess_queries.read_accepted(database, puzzle.id)
    found: list[CommonGuess] = []
    # No group has more teams than guesses, so the rest can be left out as soon as enough have more.
    while groups and (len(found) < SHOWN or found[SHOWN - 1].teams <= groups[0].times):
        some, groups = groups[:AT_ONCE], groups[AT_ONCE:]
        found += _read(database, verdicts, secret, puzzle, some, accepted)
        found.sort(key=lambda one: (-one.teams, -one.times, one.guess_id))
    return tuple(found[:SHOWN])


@dataclass(frozen=True, slots=True)
class _Group:
    """Digests of one normalised text; ``times``: at most so many guesses count."""

    text: str
    digests: tuple[str, ...]
    times: int


def _groups(database: Database, puzzle: Puzzle) -> list[_Group]:
    frequent = wrong_guess_queries.read_frequent(database, puzzle.id, 2)
    if len(frequent) < MOST_DIGESTS:
        frequent = wrong_guess_queries.read_frequent(database, puzzle.id, 1)
    alike: dict[str, list[str]] = {}
    texts = wrong_guess_queries.read_texts(database, puzzle.id, list(frequent))
    for digest, text in texts.items():
        if normalised := answers.normalise(text):
            alike.setdefault(normalised, []).append(digest)
    groups = [_Group(texts[own[0]], tuple(own), sum(frequent[one] for one in own)) for own in alike.values()]
    return sorted(groups, key=lambda group: -group.times)


def _read(
    database: Database, verdicts: VerdictCache, secret: bytes, puzzle: Puzzle, groups: Sequence[_Group],
    accepted: frozenset[str],
) -> list[CommonGuess]:  # fmt: skip
    present = [guess_digest(secret, puzzle, answers.normalise(group.text)) for group in groups]
    digests = {*present, *(digest for group in groups for digest in group.digests)}
    spellings: dict[str, list[Spelling]] = {}
    for one in wrong_guess_queries.read_spellings(database, puzzle.id, digests):
        spellings.setdefault(one.digest, []).append(one)
    right = frozenset(digest for digest, all_of in spellings.items() if any(x.verdict == "correct" for x in all_of))
    shown = [group for group in groups if not _is_right(verdicts, secret, puzzle, group.text, right, accepted)]
    own = [[x for digest in group.digests for x in spellings.get(digest, ())] for group in shown]
    return [
        _common(database, puzzle, group, counted)
        for group, all_of in zip(shown, own, strict=True)
        if (counted := [x for x in all_of if x.text is not None and not x.is_banned])
    ]


def _common(database: Database, puzzle: Puzzle, group: _Group, spellings: Sequence[Spelling]) -> CommonGuess:
    first = min(spellings, key=lambda one: (-one.times, one.guess_id))
    times = sum(one.times for one in spellings)
    # A team's repeats are not stored: only under several digests can it have made several of these guesses.
    is_simple = len(group.digests) == 1
    teams = times if is_simple else wrong_guess_queries.count_teams(database, puzzle.id, group.digests)
    is_near = any(one.verdict == "close" for one in spellings)
    return CommonGuess(first.guess_id, first.text or "", teams, times, is_near)


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
