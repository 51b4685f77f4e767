"""Page values of the print view."""

from __future__ import annotations

from dataclasses import dataclass

from app.game.pages import FeederRow, SheetPicture


@dataclass(frozen=True, slots=True)
class PaperPuzzle:
    """``box``: element id that scopes its CSS.

    ``screen_url``: if it cannot be printed. ``answer``: the team's.
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
    box: str
    title: str
    css_url: str
    puzzles: tuple[PaperPuzzle, ...]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """``?print=1``; without empty levels."""

    title: str
    back_url: str
    back_text: str
    levels: tuple[PaperLevel, ...]
    is_filtered: bool = False
