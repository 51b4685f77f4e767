"""The print view of open puzzles, without further queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import groupby

from app.core.model import Level, Puzzle
from app.core.text import sentence
from app.game.list_filter import NO_WISH, ListWish
from app.game.paper_pages import PaperLevel, PaperPage, PaperPuzzle
from app.game.puzzle_pages import admits, feeder_rows, found_answers, sheet_parts, story_of
from app.web.visit import Visit

SHARED = ("description_html", "body_html", "pictures", "erratum_html", "authors")


def printed(seen: Visit, only: Level | None = None, wish: ListWish = NO_WISH) -> tuple[Puzzle, ...]:
    levels = seen.content.levels if only is None else (only,)
    found = (puzzle for level in levels for puzzle in seen.game.open_in(level))
    return tuple(puzzle for puzzle in found if admits(seen, wish, puzzle))


def paper_page(seen: Visit, puzzles: Sequence[Puzzle], only: Level | None, wish: ListWish) -> PaperPage:
    found = found_answers(seen)
    by_level = groupby(puzzles, key=seen.content.level_of)
    return PaperPage(
        title=only.title if only else sentence("All open puzzles"),
        back_url=(only.page_url if only else "/game") + wish.query,
        back_text=sentence("Back to the level") if only else sentence("Back to the puzzles"),
        levels=tuple(_level(seen, level, tuple(some), found) for level, some in by_level),
        is_filtered=wish.is_any,
    )


def paper_id(record_id: str) -> str:
    """An element id of letters and digits."""
    return "p" + sha256(record_id.encode()).hexdigest()[:16]


def _level(seen: Visit, level: Level, puzzles: Sequence[Puzzle], found: Mapping[str, str]) -> PaperLevel:
    return PaperLevel(
        box=paper_id(level.id),
        title=level.title,
        css_url=f"{level.page_url}/style.css?v={seen.content.version}&box=1" if level.css else "",
        puzzles=tuple(_puzzle(seen, level, puzzle, found) for puzzle in puzzles),
    )


def _puzzle(seen: Visit, level: Level, puzzle: Puzzle, found: Mapping[str, str]) -> PaperPuzzle:
    parts = sheet_parts(seen, puzzle, level)
    solve = seen.state.solves.get(puzzle.id)
    return PaperPuzzle(
        box=paper_id(puzzle.id),
        title=puzzle.title,
        is_meta=puzzle.is_meta,
        is_solved=solve is not None,
        css_url=f"{puzzle.page_url}/style.css?v={seen.content.version}&box=1" if puzzle.css else "",
        story_html=story_of(seen, puzzle),
        answer=found.get(puzzle.id, ""),
        feeders=feeder_rows(seen, puzzle, found),
        screen_url=parts["link_url"] or parts["frame_url"],
        **{name: parts[name] for name in SHARED},
    )
