"""The unlocked hunt as one page to print."""

from __future__ import annotations

from dataclasses import dataclass

from app.game.pages import SheetPicture


@dataclass(frozen=True, slots=True)
class PaperPuzzle:
    """An open puzzle on paper. ``box`` is the id of its place, which its own style does not leave; ``screen_url`` is
    where a puzzle is played that is not on paper."""

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


@dataclass(frozen=True, slots=True)
class PaperLevel:
    """An open level with its open puzzles."""

    box: str
    title: str
    css_url: str
    puzzles: tuple[PaperPuzzle, ...]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """``/game?print=1`` and ``/game/KEY?print=1``. Levels without an open puzzle are not in it."""

    title: str
    back_url: str
    back_text: str
    levels: tuple[PaperLevel, ...]
    is_filtered: bool = False
