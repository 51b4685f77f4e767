"""Roles: a set of helper, writer and admin; none is a team. Pure.

``roles`` stores all, ``role`` the highest, for the index. Older releases change ``role`` alone: then it is right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import combinations
from typing import Protocol

from app.core.model import Puzzle
from app.core.names import display_key, name_key

# From the one that may least to the one that may all.
ROLES = ("helper", "writer", "admin")
TEAM = "team"
# The audience of whoever has a role.
STAFF = "staff"
# What stands between two names in a puzzle's ``Authors``.
_BETWEEN = r"[,;:/&+|()\[\]\n·•、–—]|\s(?:and|und|et|y|with|mit)\s"


class Named(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def display_name(self) -> str: ...


def highest(roles: Collection[str]) -> str:
    """``team`` if empty."""
    return next((role for role in reversed(ROLES) if role in roles), TEAM)


def as_words(roles: Collection[str]) -> str:
    return " ".join(role for role in ROLES if role in roles)


def columns_of(roles: Collection[str]) -> dict[str, str]:
    return {"role": highest(roles), "roles": as_words(roles)}


class _Held(dict[tuple[str, str], frozenset[str]]):
    """Both columns → set; ``role`` alone if they contradict."""

    def __missing__(self, columns: tuple[str, str]) -> frozenset[str]:
        return frozenset({columns[0]}) & frozenset(ROLES)


_SETS = [frozenset(found) for size in range(len(ROLES) + 1) for found in combinations(ROLES, size)]
HELD = _Held({(highest(found), as_words(found)): found for found in _SETS})


def sees_all_questions(roles: Collection[str]) -> bool:
    """Writers see those about their own puzzles."""
    return not {"helper", "admin"}.isdisjoint(roles)


def is_author(puzzle: Puzzle, account: Named) -> bool:
    given = _folded(puzzle.authors)
    return any(key and _stands_in(given, key) for key in _keys(account))


def names_author(puzzle: Puzzle, name: str) -> bool:
    key = display_key(name)
    return bool(key) and _stands_in(_folded(puzzle.authors), key)


def author_names(puzzles: Iterable[Puzzle]) -> tuple[str, ...]:
    """Unique, in order, as far as names can be separated."""
    found = (" ".join(name.split()) for puzzle in puzzles for name in re.split(_BETWEEN, puzzle.authors))
    by_key = {display_key(name): name for name in found if name}
    return tuple(by_key[key] for key in sorted(by_key))


def _keys(account: Named) -> tuple[str, str]:
    return " ".join(name_key(account.name).split()), display_key(account.display_name)


def _folded(authors: str) -> str:
    # Line by line: folding makes one space of a line's end, which parts two names.
    return "\n".join(display_key(line) for line in authors.splitlines())


def _stands_in(authors: str, key: str) -> bool:
    """Whole names only; a name may contain a comma or “and”."""
    whole = rf"(?:^|{_BETWEEN})\s*{re.escape(key)}\s*(?:$|{_BETWEEN})"
    return re.search(whole, authors) is not None
