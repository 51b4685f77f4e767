"""The differences between two content versions, in the terms of the tables."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Literal

from app.core.model import Content, Hint, Puzzle, StoryBlock, playable
from app.core.text import sentence

# Model field → table field; others are not edited by writers.
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
    "cost": "Cost",
    "available_after": "AvailableAfter",
    "erratum_html": "Erratum",
    "solution_html": "SolutionText",
    "authors": "Authors",
    "access": "Access",
    "has_free_guesses": "FreeGuesses",
    "code": "Code",
    "name": "Name",
    "is_public": "Public",
    "is_ranked": "Ranked",
    "final_puzzle_id": "FinalPuzzle",
    "is_closed": "closed",
    "slug": "Slug",
    "html": "Body",
}
# Columns with another name in another table.
COLUMNS_OF = {("hint", "html"): "HintText", ("story block", "html"): "Text"}
# Compared separately, not as a column of their puzzle.
PARTS = frozenset({"hints", "story"})
# What of a puzzle a team has before its eyes while it works on it.
SEEN_TEXT = ("title", "description_html", "body_html", "kind", "url", "attachments", "script")
CorrectionKind = Literal["erratum", "text"]
# Each kind in words for readers; equal to the plain word.
KINDS = {
    str(kind): kind
    for kind in (
        sentence("level"), sentence("puzzle"), sentence("hint"), sentence("story block"), sentence("division"),
        sentence("page"), sentence("asset"), sentence("setting"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    kind: str
    id: str
    title: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class _Thing:
    kind: str
    id: str
    title: str
    value: Any
    puzzle: str = ""


def compare(old: Content, new: Content) -> Changes:
    before = {(thing.kind, thing.id): thing for thing in _things(old)}
    after = {(thing.kind, thing.id): thing for thing in _things(new)}
    return Changes(
        added=tuple(_change(thing) for key, thing in after.items() if key not in before),
        removed=tuple(_change(thing) for key, thing in before.items() if key not in after),
        changed=tuple(
            _change(thing, columns)
            for key, thing in after.items()
            if key in before and (columns := _columns_changed(before[key], thing))
        ),
    )


def _things(content: Content) -> Iterator[_Thing]:
    yield from (_Thing("level", level.id, level.title, level) for level in content.levels)
    for puzzle in content.puzzles:
        yield _Thing("puzzle", puzzle.id, puzzle.title, puzzle)
        parts: tuple[tuple[str, tuple[Hint | StoryBlock, ...]], ...] = (
            ("hint", puzzle.hints),
            ("story block", puzzle.story),
        )
        for kind, found in parts:
            for place, part in enumerate(found, 1):
                yield _Thing(kind, part.id, f"{puzzle.title} › {place}", part, puzzle.id)
    yield from (_Thing("division", division.code, division.name, division) for division in content.divisions)
    yield from (_Thing("page", page.slug, page.title, page) for page in content.pages)
    yield from (_Thing("asset", name, name, uri) for name, uri in content.assets.items())
    if content.site_css:
        yield _Thing("setting", "site_css", "site_css", content.site_css)


def _change(thing: _Thing, columns: tuple[str, ...] = ()) -> Change:
    return Change(KINDS[thing.kind], thing.id, thing.title, columns)


def _columns_changed(old: _Thing, new: _Thing) -> tuple[str, ...]:
    moved = ("Puzzle",) if old.puzzle != new.puzzle else ()
    if old.value == new.value:
        return moved
    if isinstance(new.value, str):
        return (*moved, "Content")
    names = (one.name for one in fields(new.value) if one.name not in PARTS)
    differing = (name for name in names if getattr(old.value, name) != getattr(new.value, name))
    return (*moved, *(COLUMNS_OF.get((new.kind, name), COLUMNS.get(name, name)) for name in differing))


# --- corrections -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Correction:
    """``text``: changed without a new ``Erratum``; ``digest``: of the new state."""

    puzzle_id: str
    title: str
    kind: CorrectionKind
    digest: str


# Which corrections teams are told of.
Choice = Callable[[Correction], bool]


def corrections(old: Content | None, new: Content) -> tuple[Correction, ...]:
    """Of puzzles playable in both versions."""
    found = []
    if old is not None:
        before = {puzzle.id: puzzle for puzzle in playable(old)}
        for puzzle in playable(new):
            kind = _correction_kind(before.get(puzzle.id, puzzle), puzzle)
            if kind is not None:
                found.append(Correction(puzzle.id, puzzle.title, kind, digest_of(puzzle, kind)))
    return tuple(found)


def where_erratum_changed(correction: Correction) -> bool:
    return correction.kind == "erratum"


def digest_of(puzzle: Puzzle, kind: CorrectionKind) -> str:
    said = puzzle.erratum_html if kind == "erratum" else repr([getattr(puzzle, name) for name in SEEN_TEXT])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


# What pictures get once they were fetched, perhaps only at a later restock.
_MEASURED = re.compile(r' (?:width|height|srcset|sizes)="[^"]*"')


def solving_digest(puzzle: Puzzle) -> str:
    """Of what solvers read, and the answers."""
    texts = [_MEASURED.sub("", html) for html in (puzzle.description_html, puzzle.body_html, puzzle.erratum_html)]
    files = [(one.url, one.filename) for one in puzzle.attachments]
    said = repr([puzzle.title, *texts, puzzle.kind, puzzle.url, files, puzzle.script, sorted(puzzle.answers)])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _correction_kind(old: Puzzle, new: Puzzle) -> CorrectionKind | None:
    if new.erratum_html and new.erratum_html != old.erratum_html:
        return "erratum"
    return "text" if any(getattr(old, name) != getattr(new, name) for name in SEEN_TEXT) else None
