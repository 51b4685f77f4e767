"""Filters puzzle lists by accessibility tags: ``?access=TAG``, repeatable.

Sees only open puzzles. Keeps only a few short tags of the untrusted query.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from app.core.clean_text import is_plain
from app.game.list_pages import AccessChoice, FilterBox

MOST_TAGS = 10
LONGEST_TAG = 60


@dataclass(frozen=True, slots=True)
class ListWish:
    """The required tags, folded; empty admits every puzzle."""

    tags: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        return bool(self.tags)

    @property
    def query(self) -> str:
        return "?" + urlencode([("access", tag) for tag in self.tags]) if self.tags else ""

    def admits(self, access: Iterable[str]) -> bool:
        return not self.tags or set(self.tags) <= {folded(tag) for tag in access}


NO_WISH = ListWish()


def folded(tag: str) -> str:
    """Normalise a tag's case and spaces."""
    return " ".join(tag.split()).casefold()


def read_wish(values: Iterable[str]) -> ListWish:
    """Parse the query; drop invalid tags."""
    tags = dict.fromkeys(folded(value) for value in values)
    return ListWish(tuple(tag for tag in tags if 0 < len(tag) <= LONGEST_TAG and is_plain(tag))[:MOST_TAGS])


def filter_box(wish: ListWish, open_puzzles: Iterable[tuple[str, ...]], action: str) -> FilterBox:
    """Return the filter form; offers only tags of open puzzles."""
    words: dict[str, str] = {}
    tagged = []
    for access in open_puzzles:
        words = {folded(tag): tag for tag in reversed(access)} | words
        tagged.append({folded(tag) for tag in access})
    counts = Counter(tag for tags in tagged for tag in tags)
    choices = tuple(AccessChoice(words[tag], counts[tag], tag in wish.tags) for tag in sorted(words))
    shown = sum(set(wish.tags) <= tags for tags in tagged)
    has_unknown = bool(set(wish.tags) - counts.keys())
    return FilterBox(action, choices, wish.query, shown, len(tagged), has_unknown)
