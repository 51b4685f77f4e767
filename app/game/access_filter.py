"""The filter of the lists by accessibility tags: ``?access=TAG``, as often as there are tags that all must be there.

A filter is a way of looking: it opens nothing, changes nothing, and counts only what is open to the team anyway. What
is in the address may be anything; no more than a few short texts of it are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from app.game.list_pages import AccessBox, AccessChoice

MOST_TAGS = 10
LONGEST_TAG = 60


@dataclass(frozen=True, slots=True)
class AccessWish:
    """The tags that a hunter needs a puzzle to carry, folded; none: every puzzle will do."""

    tags: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.tags)

    @property
    def query(self) -> str:
        """What links carry along, such as ``?access=text+only``; empty without a wish."""
        return "?" + urlencode([("access", tag) for tag in self.tags]) if self.tags else ""

    def admits(self, access: Iterable[str]) -> bool:
        """Whether a puzzle with these tags is wanted."""
        return not self.tags or set(self.tags) <= {folded(tag) for tag in access}


NO_WISH = AccessWish()


def folded(tag: str) -> str:
    """A tag as it is compared: without regard to case and to blanks."""
    return " ".join(tag.split()).casefold()


def read_wish(values: Iterable[str]) -> AccessWish:
    """The wish that an address spells out; what can be no tag is dropped."""
    tags = dict.fromkeys(folded(value) for value in values)
    return AccessWish(tuple(tag for tag in tags if 0 < len(tag) <= LONGEST_TAG and tag.isprintable())[:MOST_TAGS])


def access_box(wish: AccessWish, open_puzzles: Iterable[tuple[str, ...]], action: str) -> AccessBox:
    """The form for a list of open puzzles, given by their tags. A tag that no open puzzle carries is not offered."""
    words: dict[str, str] = {}
    tagged = []
    for access in open_puzzles:
        words = {folded(tag): tag for tag in reversed(access)} | words
        tagged.append({folded(tag) for tag in access})
    counts = Counter(tag for tags in tagged for tag in tags)
    choices = tuple(AccessChoice(words[tag], counts[tag], tag in wish.tags) for tag in sorted(words))
    shown = sum(set(wish.tags) <= tags for tags in tagged)
    has_unknown = bool(set(wish.tags) - counts.keys())
    return AccessBox(action, choices, wish.query, shown, len(tagged), has_unknown)
