"""What changed from one content version to another, in the words of the tables it was made from.

Called for ``hunt versions`` and by the admin pages before somebody makes a version current.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from app.core.model import Content

# How a field of ours is called in the table it comes from. What is not named here is not a writer's to change.
COLUMNS = {
    "key": "Slug",
    "title": "Title",
    "level_id": "Level",
    "order": "Order",
    "description_html": "Description",
    "value": "Value",
    "is_meta": "Meta",
    "is_unlocked": "Unlocked",
    "unlock_at": "UnlockAt",
    "prereq": "Prereq",
    "prereq_count": "PrereqCount",
    "metas": "Meta",
    "divisions": "Divisions",
    "kind": "Type",
    "body_html": "ContentText",
    "url": "URL",
    "attachments": "Attachments",
    "css": "CustomCSS",
    "script": "Script",
    "answers": "Solution",
    "near": "Near",
    "close": "Close1…Close5",
    "success_html": "CustomSuccess",
    "error_html": "CustomError",
    "hints": "Hints",
    "story": "Story",
    "erratum_html": "Erratum",
    "solution_html": "SolutionText",
    "authors": "Authors",
    "access": "Access",
    "code": "Code",
    "name": "Name",
    "is_public": "Public",
    "is_ranked": "Ranked",
    "final_puzzle_id": "FinalPuzzle",
    "slug": "Slug",
    "html": "Body",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. ``kind``: level, puzzle, division, page, asset, site; ``columns`` only where changed."""

    kind: str
    id: str
    title: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """All differences between two versions, in playing order."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two versions play exactly alike."""
        return not (self.added or self.removed or self.changed)


def compare(old: Content, new: Content) -> Changes:
    """What was added, removed and changed on the way from ``old`` to ``new``; a renumbered copy has no changes."""
    before, after = dict(_things(old)), dict(_things(new))
    return Changes(
        added=tuple(_change(key, thing) for key, thing in after.items() if key not in before),
        removed=tuple(_change(key, thing) for key, thing in before.items() if key not in after),
        changed=tuple(
            _change(key, thing, columns)
            for key, thing in after.items()
            if key in before and (columns := _columns_changed(before[key], thing))
        ),
    )


def _things(content: Content) -> Iterator[tuple[tuple[str, str], Any]]:
    yield from ((("level", level.id), level) for level in content.levels)
    yield from ((("puzzle", puzzle.id), puzzle) for puzzle in content.puzzles)
    yield from ((("division", division.code), division) for division in content.divisions)
    yield from ((("page", page.slug), page) for page in content.pages)
    yield from ((("asset", name), asset) for name, asset in content.assets.items())
    yield ("site", "css"), content.site_css


def _change(key: tuple[str, str], thing: Any, columns: tuple[str, ...] = ()) -> Change:
    kind, name = key
    return Change(kind, name, getattr(thing, "title", "") or getattr(thing, "name", "") or name, columns)


def _columns_changed(old: Any, new: Any) -> tuple[str, ...]:
    if isinstance(new, str):
        return () if old == new else ("Content",)
    differing = (one.name for one in fields(new) if getattr(old, one.name) != getattr(new, one.name))
    return tuple(COLUMNS.get(name, name) for name in differing)
