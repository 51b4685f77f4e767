"""Test-solves: what makes one clean, and who is spoiled. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from app.core.clean_text import clean_text
from app.core.text import sentence
from app.errors import FieldsRefused

CLEAN_NEEDED = 2
HIGHEST = 6
MOST_CHARACTERS = 4_000
LONGEST_MINUTES = 9_999
# Why a test doesn't count: wrote it, tested it before, or said so; else empty.
Spoiled = Literal["", "author", "tested", "knew"]


@dataclass(frozen=True, slots=True)
class PuzzleTestMark:
    id: int
    puzzle_id: str
    digest: str
    result: str
    spoiled: str
    tester_id: int | None


@dataclass(frozen=True, slots=True)
class CleanTally:
    """``outdated``: clean before the puzzle changed."""

    clean: int = 0
    finished: int = 0
    outdated: int = 0

    @property
    def needs_tests(self) -> bool:
        return self.clean < CLEAN_NEEDED


NO_TESTS = CleanTally()


def is_clean(mark: PuzzleTestMark, digest: str) -> bool:
    """``digest``: of the puzzle as it is."""
    return mark.result == "solved" and not mark.spoiled and mark.digest == digest


def tally(marks: Iterable[PuzzleTestMark], digest: str) -> CleanTally:
    finished = [one for one in marks if one.result != "open"]
    clean = sum(is_clean(one, digest) for one in finished)
    outdated = sum(is_clean(one, one.digest) for one in finished) - clean
    return CleanTally(clean, len(finished), outdated)


def why_spoiled(*, is_author: bool, results: Collection[str], knows: bool = False) -> Spoiled:
    """``results``: of the account's earlier tests."""
    if is_author:
        return "author"
    if any(result != "open" for result in results):
        return "tested"
    return "knew" if knows else ""


@dataclass(frozen=True, slots=True)
class Rating:
    fun: int
    difficulty: int
    comment: str


def read_rating(fun: str, difficulty: str, comment: str) -> Rating:
    """Raises FieldsRefused."""
    words = sentence("Choose a number from 1 to %(most)s.", most=HIGHEST)
    typed = {"fun": fun.strip(), "difficulty": difficulty.strip()}
    wrong = {name: words for name, text in typed.items() if not re.fullmatch(r"[1-6]", text)}
    said = clean_text(comment).strip()
    if len(said) > MOST_CHARACTERS:
        wrong["comment"] = sentence("Comments can have up to %(most)s characters.", most=MOST_CHARACTERS)
    if wrong:
        raise FieldsRefused(wrong)
    return Rating(int(typed["fun"]), int(typed["difficulty"]), said)


def read_minutes(text: str) -> int:
    """Raises FieldsRefused."""
    typed = text.strip()
    if not re.fullmatch(r"[0-9]{1,4}", typed):
        raise FieldsRefused(
            {"minutes": sentence("Minutes are a whole number from 0 to %(most)s.", most=LONGEST_MINUTES)}
        )
    return int(typed)
