"""In the archive anybody may guess: judged as a team's guess is, and nothing is written down.

No row, no points, no board. What the process knows of verdicts serves here too, so that strangers cannot keep it busy
hashing; how often they may ask is counted by address, in this process alone. Called by the game's view.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from app.rules import answers
from app.rules.guesses import Judgement, accepted_since, candidates, guesses_left, take_slot, verdict_for
from app.rules.model import Puzzle
from app.services.comparing import comparer
from app.services.ports import Ports
from app.services.trying_out import is_accepted
from app.store.connections import Database

# Addresses whose guesses of this minute are remembered; who falls out has all of them again.
MOST_ADDRESSES = 10_000
_windows: WeakKeyDictionary[Database, OrderedDict[str, tuple[datetime, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Along:
    """What a stranger's guess got, and how many more this address may make in the window."""

    judgement: Judgement
    guesses_left: int


def guess_along(ports: Ports, puzzle: Puzzle, raw: str, address: str) -> Along:
    """Judge a guess of nobody's. Raises InvalidAnswer, OutOfGuesses and HashingBusy."""
    times = _take_slot(ports, address)
    normalised = answers.checked(raw)
    return Along(_judge(ports, puzzle, normalised), guesses_left(times, ports.clock.now()))


def _take_slot(ports: Ports, address: str) -> tuple[datetime, ...]:
    windows = _windows.setdefault(ports.database, OrderedDict())
    times = take_slot(windows.get(address, ()), ports.clock.now())
    windows[address] = times
    windows.move_to_end(address)
    while len(windows) > MOST_ADDRESSES:
        windows.popitem(last=False)
    return times


def _judge(ports: Ports, puzzle: Puzzle, normalised: str) -> Judgement:
    if is_accepted(ports, puzzle, normalised):
        return accepted_since(puzzle)
    hashes = tuple(candidate.hash for candidate in candidates(puzzle))
    return verdict_for(puzzle, ports.verdicts.find_fit(hashes, normalised, comparer(ports)))
