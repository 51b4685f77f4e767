"""Suspicious activity, for organisers to read.

Each may be innocent: a school has one address, two teams can have the same thought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from app.core.addresses import counted_address

QUICK = timedelta(seconds=10)
SHARED_WITHIN = timedelta(minutes=5)
# A wrong guess that more teams than this had is one that the puzzle suggests.
RARE_TEAMS = 3


@dataclass(frozen=True, slots=True)
class SharedAddress:
    """Teams at one address or IPv6 /64."""

    address: str
    team_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FirstSight:
    team_id: int
    puzzle_id: str
    seen_at: datetime
    solved_at: datetime


@dataclass(frozen=True, slots=True)
class WrongGuess:
    team_id: int
    puzzle_id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SharedGuess:
    """The same rare wrong guess within five minutes, ``first`` before ``second``."""

    first: WrongGuess
    second: WrongGuess


def shared_addresses(visits: Iterable[tuple[int, str]]) -> list[SharedAddress]:
    teams: dict[str, set[int]] = defaultdict(set)
    for team_id, address in visits:
        teams[counted_address(address)].add(team_id)
    found = [SharedAddress(address, tuple(sorted(ids))) for address, ids in teams.items() if address and len(ids) > 1]
    return sorted(found, key=lambda shared: (-len(shared.team_ids), shared.address))


def quick_solves(solves: Iterable[FirstSight], within: timedelta = QUICK) -> list[FirstSight]:
    """Within ten seconds of the first view, quickest first."""
    found = [solve for solve in solves if solve.solved_at - solve.seen_at <= within]
    return sorted(found, key=lambda solve: (solve.solved_at - solve.seen_at, solve.team_id, solve.puzzle_id))


def shared_wrong_guesses(guesses: Iterable[WrongGuess], within: timedelta = SHARED_WITHIN) -> list[SharedGuess]:
    """Guesses of at most three teams, made by two within five minutes."""
    alike: dict[tuple[str, str], list[WrongGuess]] = defaultdict(list)
    for guess in guesses:
        alike[guess.puzzle_id, guess.text].append(guess)
    found = [pair for same in alike.values() for pair in _pairs(same, within)]
    return sorted(found, key=lambda pair: (pair.second.at, pair.first.at, pair.first.team_id, pair.second.team_id))


def _pairs(same: Sequence[WrongGuess], within: timedelta) -> Iterator[SharedGuess]:
    firsts: dict[int, WrongGuess] = {}
    for guess in sorted(same, key=lambda one: (one.at, one.team_id)):
        firsts.setdefault(guess.team_id, guess)
    if len(firsts) <= RARE_TEAMS:
        pairs = combinations(firsts.values(), 2)
        yield from (SharedGuess(one, other) for one, other in pairs if other.at - one.at <= within)
