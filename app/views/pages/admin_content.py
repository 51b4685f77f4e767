"""The organisers' pages about content: versions, restocks, comparisons, previews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.views.pages.admin import RestockNote
from app.views.pages.puzzle import PuzzlePage, Result


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault or warning: where it stands, and what to do."""

    table: str
    record: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A content version in the list."""

    number: int
    made_at: datetime
    made_by: str
    source: str
    puzzles: int
    warnings: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """A place to restock from. ``why_not`` is empty where it can be used."""

    key: str
    title: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class ContentPage:
    """``/admin/content``: what is in play, what is wrong with it, how does it change?

    ``problem`` and ``faults`` are what the last restock from a page was refused for; ``teams`` whom a change reaches.
    """

    current: VersionRow | None
    age_minutes: int
    warnings: tuple[Finding, ...]
    restock: RestockNote
    problem: str
    faults: tuple[Finding, ...]
    sources: tuple[SourceChoice, ...]
    versions: tuple[VersionRow, ...]
    teams: int
    most_megabytes: int
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between two versions."""

    what: str
    title: str
    columns: str = ""


@dataclass(frozen=True, slots=True)
class ComparePage:
    """Two versions side by side; with ``is_rollback`` the question before the newer one is left for the older."""

    old: int
    new: int
    added: tuple[Difference, ...]
    removed: tuple[Difference, ...]
    changed: tuple[Difference, ...]
    is_rollback: bool = False
    teams: int = 0
    versions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PreviewLink:
    """A puzzle of a version, to be previewed."""

    title: str
    url: str
    value: int
    is_meta: bool
    hints: int
    has_answer: bool


@dataclass(frozen=True, slots=True)
class PreviewLevel:
    """A level of a version with its puzzles."""

    title: str
    puzzles: tuple[PreviewLink, ...]


@dataclass(frozen=True, slots=True)
class VersionPage:
    """``/admin/content/N``: what is in this version?"""

    version: VersionRow
    levels: tuple[PreviewLevel, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PreviewHint:
    """A hint as it would be given; ``after_minutes`` since the puzzle opened, None for at once."""

    html: str
    cost: int
    after_minutes: int | None


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A puzzle of a version as a team would see it, and what a guess at it would get."""

    version: int
    is_current: bool
    url: str
    sheet: PuzzlePage
    hints: tuple[PreviewHint, ...]
    solution_html: str
    previous_url: str = ""
    next_url: str = ""
    answer: str = ""
    result: Result | None = None
