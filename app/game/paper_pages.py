"""View models for the print view."""

from __future__ import annotations

from dataclasses import dataclass

from app.game.pages import FeederRow, SheetPicture


@dataclass(frozen=True, slots=True)
class PaperPuzzle:
    """A printed puzzle; ``box`` is the element ID that scopes its CSS.

    ``screen_url`` is set if the puzzle cannot be printed. ``answer`` is what this team found.
    """

    box: str
    title: str
    is_meta: bool
    is_solved: bool
    css_url: str
    description_html: str
    body_html: str
    pictures: tuple[SheetPicture, ...]
    story_html: tuple[str, ...]
    erratum_html: str
    authors: str
    screen_url: str
    answer: str = ""
    feeders: tuple[FeederRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperLevel:
    """An open level."""

    box: str
    title: str
    css_url: str
    puzzles: tuple[PaperPuzzle, ...]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """``/game?print=1`` and ``/game/KEY?print=1``; omits levels without open puzzles."""

    title: str
    back_url: str
    back_text: str
    levels: tuple[PaperLevel, ...]
    is_filtered: bool = False
