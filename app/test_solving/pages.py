"""Page values of test-solves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.content.diff import solving_digest
from app.core.hint_rules import in_order
from app.core.model import Content, Hint, Puzzle
from app.core.puzzle_tests import CleanTally, PuzzleTestMark, Spoiled, tally, why_spoiled
from app.core.roles import is_author
from app.core.team import TeamState
from app.core.text import sentence
from app.game.pages import PastGuess, Result
from app.guesses.limits import limit_of
from app.test_solving.queries import GuessInTest, StoredTest
from app.test_solving.tester import OpenTest
from app.web.languages import told
from app.web.visit import Visit

SPOILED: dict[Spoiled, str] = {
    "author": sentence("You wrote this puzzle."),
    "tested": sentence("You’ve tested this puzzle before."),
}
RESULTS = {"open": sentence("in progress"), "solved": sentence("solved"), "stopped": sentence("not solved")}
WHY_NOT_CLEAN: dict[str, str] = {
    "author": sentence("author"), "tested": sentence("tested before"), "knew": sentence("knew the answer"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TestableLine:
    """``open_test``: this account's."""

    puzzle: Puzzle
    level_title: str
    counts: CleanTally
    spoiled: Spoiled
    open_test: int | None
    may_read: bool


@dataclass(frozen=True, slots=True)
class HintInTest:
    """``after``: minutes that teams wait."""

    order: int
    html: str
    cost: int
    after: int | None


@dataclass(frozen=True, slots=True)
class PageOfTest:
    test: StoredTest
    past: tuple[PastGuess, ...]
    hints: tuple[HintInTest, ...]
    hint_count: int
    next_order: int | None
    guesses_left: int
    window_seconds: int
    has_changed: bool
    result: Result | None

    @property
    def is_open(self) -> bool:
        return self.test.result == "open"


def may_read_results(account: TeamState, puzzle: Puzzle) -> bool:
    return "admin" in account.roles or ("writer" in account.roles and is_author(puzzle, account))


def test_lines(
    content: Content, account: TeamState, marks: Mapping[str, Sequence[PuzzleTestMark]]
) -> tuple[TestableLine, ...]:
    return tuple(line_of(content, account, puzzle, marks.get(puzzle.id, ())) for puzzle in content.puzzles)


def line_of(content: Content, account: TeamState, puzzle: Puzzle, marks: Sequence[PuzzleTestMark]) -> TestableLine:
    own = [one for one in marks if one.tester_id == account.id]
    return TestableLine(
        puzzle=puzzle,
        level_title=content.level_of(puzzle).title,
        counts=tally(marks, solving_digest(puzzle)),
        spoiled=why_spoiled(is_author=is_author(puzzle, account), results=[one.result for one in own]),
        open_test=next((one.id for one in own if one.result == "open"), None),
        may_read=may_read_results(account, puzzle),
    )


def page_of_test(seen: Visit, found: OpenTest, puzzle: Puzzle, result: Result | None) -> PageOfTest:
    test, limit, hints = found.stored, limit_of(seen.settings, puzzle), in_order(puzzle)
    taken = [(order, one) for order, one in enumerate(hints, 1) if one.id in test.hints]
    following = next((order for order, one in enumerate(hints, 1) if one.id not in test.hints), None)
    now = seen.content.puzzle(puzzle.id)
    return PageOfTest(
        test=test,
        past=tuple(_past(found.guesses)),
        hints=tuple(_hint(order, one) for order, one in taken),
        hint_count=len(hints),
        next_order=following,
        guesses_left=limit.left(test.guess_times, seen.now),
        window_seconds=limit.window_seconds,
        has_changed=now is None or solving_digest(now) != test.digest,
        result=result,
    )


def result_of(guesses: Iterable[GuessInTest], number: int, *, is_repeat: bool) -> Result | None:
    found = next((one for one in guesses if one.id == number), None)
    if found is None:
        return None
    return Result("repeat" if is_repeat else found.verdict, "", told(found.message_html))


def _hint(order: int, hint: Hint) -> HintInTest:
    return HintInTest(order, hint.html, hint.cost, hint.available_after)


def _past(guesses: Sequence[GuessInTest]) -> Iterable[PastGuess]:
    for one in reversed(guesses):
        if one.text is not None:
            yield PastGuess(one.guessed_at, one.text, one.verdict, told(one.message_html))
