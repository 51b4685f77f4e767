"""Guess limit and verdict.

The caller stores the window's moments under the team's row lock, and compares hashes, which is slow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.answers import is_answer_hash
from app.core.hunt_settings import HuntSettings
from app.core.model import Puzzle, Verdict
from app.core.team import TeamState
from app.core.text import sentence
from app.errors import HuntError

WINDOW_SECONDS = 60
# Guesses at a puzzle with free guesses have a window of their own, against programs that send without end.
FREE_LIMIT = 60

# Nodes' clocks differ a little: a moment this far ahead was taken by another node just now and counts in full. One
# further ahead comes from a clock that has been set back since, and would lock the team out for no fault of theirs.
CLOCK_SKEW_SECONDS = 5

SUCCESS_HTML = sentence("<p>Well done!</p>")
WRONG_HTML = sentence("<p>That’s not it.</p>")
CLOSE_HTML = sentence("<p>You’re close!</p>")


class OutOfGuesses(HuntError):
    """``retry_after``: whole seconds, from 1, to the next free guess."""

    code = "rate_limited"

    def __init__(self, retry_after: int, window_seconds: float = WINDOW_SECONDS) -> None:
        words = sentence(
            "You’ve used all your guesses for this minute. Next guess in %(seconds)s s.", seconds=retry_after
        )
        if window_seconds != 60:
            words = sentence("You’ve used all your guesses for now. Next guess in %(seconds)s s.", seconds=retry_after)
        super().__init__(message=words, retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class GuessLimit:
    """``is_free``: for puzzles whose guesses do not count against the team's limit."""

    most: int
    window_seconds: int
    is_free: bool = False

    def times_of(self, team: TeamState) -> tuple[datetime, ...]:
        return team.free_guess_times if self.is_free else team.guess_times

    def take(self, times: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
        """Use one guess of the sliding window; returns the moments to store, oldest first.

        A guess leaves the window exactly ``window_seconds`` later. Raises OutOfGuesses with the seconds, rounded up,
        until the next is free.
        """
        counted = self._in_window(times, now)
        if len(counted) < self.most:
            return (*counted, now)
        frees_at = counted[len(counted) - self.most] + timedelta(seconds=self.window_seconds)
        raise OutOfGuesses(max(1, math.ceil((frees_at - now).total_seconds())), self.window_seconds)

    def left(self, times: Sequence[datetime], now: datetime) -> int:
        return max(0, self.most - len(self._in_window(times, now)))

    def _in_window(self, times: Sequence[datetime], now: datetime) -> list[datetime]:
        oldest = now - timedelta(seconds=self.window_seconds)
        newest = now + timedelta(seconds=CLOCK_SKEW_SECONDS)
        return sorted(min(at, now) for at in times if oldest < at <= newest)

    def changes(self, times: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
        """When time alone changes :meth:`left`. A node's clock may be ahead."""
        length, skew = timedelta(seconds=self.window_seconds), timedelta(seconds=CLOCK_SKEW_SECONDS)
        return tuple(moment for at in times for moment in (at - skew, at + length) if moment > now)


def limit_of(hunt: HuntSettings, puzzle: Puzzle) -> GuessLimit:
    if puzzle.has_free_guesses:
        return GuessLimit(FREE_LIMIT, WINDOW_SECONDS, is_free=True)
    return GuessLimit(hunt.guess_limit, hunt.guess_window)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hash, and the verdict if it fits."""

    hash: str
    verdict: Verdict
    message_html: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict. ``hash`` is the one that fitted, None if wrong; it must never reach a page.

    ``is_bought``: near, and counts as right because the team pays.
    """

    verdict: Verdict
    message_html: str
    hash: str | None = None
    is_bought: bool = False


def candidates(puzzle: Puzzle, accepted: Sequence[str] = ()) -> tuple[Candidate, ...]:
    """Hashes to try, in order: right ones, then near ones.

    ``accepted``: hashes accepted afterwards, as good as the writer's. Malformed hashes are left out.
    """
    success = puzzle.success_html or SUCCESS_HTML
    right = [Candidate(hash_text, "correct", success) for hash_text in dict.fromkeys((*puzzle.answers, *accepted))]
    near = [Candidate(answer.hash, "close", answer.message_html or CLOSE_HTML) for answer in puzzle.close]
    return tuple(found for found in (*right, *near) if is_answer_hash(found.hash))


def accepted_since(puzzle: Puzzle) -> Judgement:
    return Judgement("correct", puzzle.success_html or SUCCESS_HTML)


def judge(
    puzzle: Puzzle, normalised: str, matches: Callable[[str, str], bool], accepted: Sequence[str] = ()
) -> Judgement:
    """``matches(hash, normalised)`` is called until the first hash fits."""
    for one in candidates(puzzle, accepted):
        if matches(one.hash, normalised):
            return Judgement(one.verdict, one.message_html, one.hash)
    return Judgement("wrong", puzzle.error_html or WRONG_HTML)
