"""Filters of lists: ``?access=TAG`` (repeatable), ``unsolved=1``, ``q=`` title words; ``page=`` of long lists.

Only open puzzles; bounded input.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlencode

from app.core.clean_text import is_plain
from app.core.model import Puzzle
from app.game.list_pages import AccessChoice, FilterBox

MOST_TAGS = 10
LONGEST_TAG = 60
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class ListWish:
    """Folded tags; title words; unsolved only."""

    tags: tuple[str, ...] = ()
    is_unsolved: bool = False
    search: str = ""
    page: int = 1
    query: str = field(init=False)

    def __post_init__(self) -> None:
        asked = [("access", tag) for tag in self.tags]
        asked += [("unsolved", "1")] if self.is_unsolved else []
        asked += [("q", self.search)] if self.search else []
        object.__setattr__(self, "query", "?" + urlencode(asked) if asked else "")

    @property
    def is_any(self) -> bool:
        return bool(self.tags or self.is_unsolved or self.search)

    def admits(self, puzzle: Puzzle, *, is_passed: bool) -> bool:
        if self.is_unsolved and is_passed:
            return False
        has_words = not self.search or plain(self.search) in plain(puzzle.title)
        return has_words and (not self.tags or set(self.tags) <= {folded(tag) for tag in puzzle.access})


NO_WISH = ListWish()


def folded(tag: str) -> str:
    return " ".join(tag.split()).casefold()


@lru_cache(2_048)
def plain(text: str) -> str:
    split = unicodedata.normalize("NFKD", text)
    return " ".join("".join(sign for sign in split if not unicodedata.combining(sign)).casefold().split())


def read_wish(values: Iterable[str], *, is_unsolved: bool = False, search: str = "", page: int = 1) -> ListWish:
    """Drops what has no meaning."""
    tags = dict.fromkeys(folded(value) for value in values)
    kept = tuple(tag for tag in tags if 0 < len(tag) <= LONGEST_TAG and is_plain(tag))[:MOST_TAGS]
    words = " ".join(search.split())
    return ListWish(kept, is_unsolved, words if len(words) <= LONGEST_SEARCH and is_plain(words) else "", page)


def filter_box(
    wish: ListWish, open_puzzles: Iterable[tuple[str, ...]], action: str, admitted: int | None = None
) -> FilterBox:
    words: dict[str, str] = {}
    tagged = []
    for access in open_puzzles:
        words = {folded(tag): tag for tag in reversed(access)} | words
        tagged.append({folded(tag) for tag in access})
    counts = Counter(tag for tags in tagged for tag in tags)
    choices = tuple(AccessChoice(words[tag], counts[tag], tag in wish.tags) for tag in sorted(words))
    shown = sum(set(wish.tags) <= tags for tags in tagged)
    has_unknown = bool(set(wish.tags) - counts.keys())
    return FilterBox(
        action, choices, wish.query, shown if admitted is None else admitted, len(tagged), has_unknown,
        wish.tags, wish.is_unsolved, wish.search,
    )  # fmt: skip
