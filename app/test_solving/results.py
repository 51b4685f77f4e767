"""What authors learn from the tests of a puzzle. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from app.core.answers import normalise
from app.core.puzzle_tests import CleanTally, PuzzleTestMark, is_clean, tally
from app.test_solving.queries import GuessInTest, StoredTest

WithGuesses = tuple[StoredTest, tuple[GuessInTest, ...]]


@dataclass(frozen=True, slots=True)
class Medians:
    count: int
    fun: float | None
    difficulty: float | None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class TriedAnswer:
    text: str
    verdict: str
    testers: int


@dataclass(frozen=True, slots=True)
class LineOfTest:
    test: StoredTest
    guesses: int
    is_clean: bool
    is_outdated: bool


@dataclass(frozen=True, slots=True)
class ResultsOfTests:
    """Newest first."""

    lines: tuple[LineOfTest, ...]
    counts: CleanTally
    medians: Medians
    tried: tuple[TriedAnswer, ...]


def results_of(tests: Sequence[WithGuesses], digest: str) -> ResultsOfTests:
    """``digest``: of the puzzle as it is. Medians leave out spoiled testers."""
    marks = [one.mark for one, _ in tests]
    finished = [one for one, _ in tests if one.result != "open" and not one.spoiled]
    lines = [_line(one, guesses, one.mark, digest) for one, guesses in tests]
    return ResultsOfTests(tuple(reversed(lines)), tally(marks, digest), medians_of(finished), tried_answers(tests))


def medians_of(tests: Sequence[StoredTest]) -> Medians:
    return Medians(
        len(tests),
        middle(one.fun for one in tests),
        middle(one.difficulty for one in tests),
        middle(one.minutes for one in tests),
    )


def middle(values: Iterable[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(median(known)) if known else None


def tried_answers(tests: Iterable[WithGuesses]) -> tuple[TriedAnswer, ...]:
    found: dict[str, tuple[GuessInTest, set[int]]] = {}
    for test, guesses in tests:
        for guess in guesses:
            if guess.text is not None:
                found.setdefault(normalise(guess.text), (guess, set()))[1].add(test.tester_id or -test.id)
    tried = [TriedAnswer(first.text or "", first.verdict, len(testers)) for first, testers in found.values()]
    return tuple(sorted(tried, key=lambda one: -one.testers))


def _line(test: StoredTest, guesses: Sequence[GuessInTest], mark: PuzzleTestMark, digest: str) -> LineOfTest:
    return LineOfTest(test, len(guesses), is_clean(mark, digest), test.digest != digest)
