"""Guesses in the archive: nothing is stored; the limit is by address, in this process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from app.clock import Clock
from app.concurrency.cache import Cache
from app.core.in_force import InForce
from app.core.model import Puzzle
from app.database.engine import Database
from app.guesses.limits import Judgement, limit_of
from app.guesses.verdict import VerdictCache, untracked_verdict
from app.ports import Hasher

# Addresses remembered; a dropped one starts afresh.
MOST_ADDRESSES = 10_000
_windows: WeakKeyDictionary[Database, Cache[tuple[str, bool], tuple[datetime, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class ArchiveGuess:
    """A verdict, and the remaining guesses of this address in the window."""

    judgement: Judgement
    guesses_left: int


def guess_in_archive(
    database: Database,
    in_force: InForce,
    clock: Clock,
    hasher: Hasher,
    verdicts: VerdictCache,
    secret: bytes,
    puzzle: Puzzle,
    text: str,
    address: str,
) -> ArchiveGuess:
    """Raises InvalidAnswer, OutOfGuesses and HashingBusy."""
    windows = _windows.setdefault(database, Cache(MOST_ADDRESSES))
    limit = limit_of(in_force.settings, puzzle)
    key = (address, limit.is_free)
    times = limit.take(windows.get(key) or (), clock.now())
    windows.put(key, times)
    judgement = untracked_verdict(database, hasher, verdicts, secret, puzzle, text)
    return ArchiveGuess(judgement, limit.left(times, clock.now()))
