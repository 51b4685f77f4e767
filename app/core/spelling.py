"""Names as typed: case, blanks and hyphens ignored; nearest match. Pure."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# Below this share of common letters a suggestion would mislead.
LEAST_LIKENESS = 0.64
# Words that other platforms and other writers use, by what they mean here; only what is known in place is suggested.
MEANINGS: dict[str, tuple[str, ...]] = {
    "answer": ("Solution",), "answers": ("Solution",), "hash": ("Solution",), "hashes": ("Solution",),
    "points": ("Value",), "score": ("Value",), "worth": ("Value",), "flavor": ("Description",),
    "flavour": ("Description",), "flavortext": ("Description",), "flavourtext": ("Description",),
    "content": ("ContentText", "Body", "Text", "HintText"), "text": ("ContentText", "HintText", "Body"),
    "body": ("ContentText", "HintText", "Text"), "html": ("ContentText", "Body"), "markdown": ("ContentText", "Body"),
    "round": ("Level", "Levels"), "rounds": ("Levels",), "name": ("Title",), "title": ("Name",),
    "link": ("URL",), "opens": ("UnlockAt",), "opensat": ("UnlockAt",), "requires": ("Prereq",),
    "requirements": ("Prereq",), "prerequisites": ("Prereq",), "feeders": ("Prereq",), "visible": ("Unlocked",),
    "open": ("Unlocked",), "style": ("CustomCSS",), "css": ("CustomCSS",), "files": ("Attachments", "assets"),
    "images": ("Attachments", "assets"), "pictures": ("Attachments", "assets"), "correction": ("Erratum",),
    "errata": ("Erratum",), "erata": ("Erratum",), "accessibility": ("Access",), "tags": ("Access",),
    "minutes": ("AvailableAfter",), "delay": ("AvailableAfter",), "price": ("Cost",), "sort": ("Order",),
    "position": ("Order",), "final": ("FinalPuzzle",), "records": ("tables",), "version": ("format",),
    "success": ("CustomSuccess",), "error": ("CustomError",), "nearanswers": ("Close1",), "closeanswers": ("Close1",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NamesRead:
    """``values`` by known name; ``aliases``: typed → known; ``unread``: unknown."""

    values: dict[str, Any]
    aliases: dict[str, str]
    unread: dict[str, Any]


@lru_cache(4_096)
def folded(name: str) -> str:
    """Lower-case letters and digits: ``Unlock At `` equals ``unlock_at``."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", name).casefold() if sign.isalnum())


def nearest(name: str, known: Iterable[str]) -> str | None:
    by_fold = {folded(one): one for one in known}
    typed = folded(name)
    meant = next((one for one in MEANINGS.get(typed, ()) if one in by_fold.values()), None)
    found = difflib.get_close_matches(typed, by_fold, n=1, cutoff=LEAST_LIKENESS)
    if found and (meant is None or difflib.SequenceMatcher(None, typed, found[0]).ratio() > 0.8):
        return by_fold[found[0]]
    return meant


def read_names(
    found: Mapping[str, Any], known: Sequence[str], fold: Callable[[str], str] = folded, *, keep_empty: bool = False
) -> NamesRead:
    """Sort names into known, aliased and unknown.

    An alias folds to an unused known name, and no other does. Empty values are ignored unless ``keep_empty``.
    """
    values = {name: value for name, value in found.items() if name in known}
    if len(values) == len(found):
        return NamesRead(values, {}, {})
    by_fold = {fold(one): one for one in known}
    others = {name: value for name, value in found.items() if name not in known and (keep_empty or not is_empty(value))}
    aliases: dict[str, str] = {}
    for name in others:
        meant = by_fold.get(fold(name))
        rivals = sum(by_fold.get(fold(other)) == meant for other in others)
        if meant is not None and rivals == 1 and is_empty(values.get(meant)):
            aliases[name] = meant
    values |= {aliases[name]: others[name] for name in aliases}
    return NamesRead(values, aliases, {name: value for name, value in others.items() if name not in aliases})


def is_empty(value: Any) -> bool:
    """None, empty text or list, unticked; zero is not."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def suggestion(name: str, known: Iterable[str]) -> str:
    found = nearest(name, known)
    return f" Did you mean {found}?" if found else ""
