"""Builds view models of levels, puzzles and the story.

Pure: needs only the visit. :mod:`app.core.unlocks` decides which puzzles appear.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from app.core.model import Level, Puzzle
from app.core.text import sentence
from app.game import hint_pages
from app.game.access_filter import NO_WISH, AccessWish, access_box
from app.game.list_pages import GamePage, LevelCard, LevelPage, PuzzleCard, StoryEntry, StoryPage
from app.game.pages import PastGuess, PuzzlePage, Result, SheetPicture
from app.guesses.guards import SKIPPED
from app.guesses.limits import WINDOW_SECONDS, guesses_left
from app.web.languages import told
from app.web.urls import level_url, puzzle_url
from app.web.visit import Visit


def puzzle_card(seen: Visit, puzzle: Puzzle, wish: AccessWish = NO_WISH) -> PuzzleCard:
    """Return an open puzzle's card; its link keeps the filter."""
    solve = seen.state.solves.get(puzzle.id)
    return PuzzleCard(
        key=puzzle.key,
        title=puzzle.title,
        url=puzzle_url(puzzle) + wish.query,
        value=puzzle.value,
        is_meta=puzzle.is_meta,
        is_solved=solve is not None,
        is_skipped=puzzle.id in seen.state.skips,
        points=solve.points if solve else None,
        description_html=puzzle.description_html,
        access=puzzle.access,
        is_new=solve is None and puzzle.id not in seen.state.viewed and puzzle.id not in seen.state.skips,
    )


def level_card(seen: Visit, level: Level, wish: AccessWish = NO_WISH) -> LevelCard:
    """Return a level with its open, filtered puzzles; counts ignore the filter.

    A closed level shows only title and opening time.
    """
    is_open = level.id in seen.game.open_levels
    puzzles = seen.game.open_in(level)
    return LevelCard(
        key=level.key,
        title=level.title,
        url=level_url(level) + wish.query,
        is_open=is_open,
        description_html=level.description_html if is_open else "",
        solved=sum(puzzle.id in seen.state.solves for puzzle in puzzles),
        total=len(puzzles),
        puzzles=tuple(puzzle_card(seen, puzzle, wish) for puzzle in puzzles if wish.admits(puzzle.access)),
        opens_at=level.unlock_at if not is_open and level.unlock_at and level.unlock_at > seen.now else None,
    )


def game_page(seen: Visit, wish: AccessWish = NO_WISH) -> GamePage:
    """Return all levels, except hidden ones."""
    levels = tuple(level_card(seen, level, wish) for level in seen.content.levels if level.is_unlocked)
    tags = [puzzle.access for puzzle in seen.content.puzzles if puzzle.id in seen.game.open_puzzles]
    return GamePage(
        levels=levels,
        solved=sum(card.solved for card in levels),
        total=sum(card.total for card in levels),
        access=access_box(wish, tags, "/game"),
    )


def level_page(seen: Visit, level: Level, wish: AccessWish = NO_WISH) -> LevelPage:
    """Return one open level."""
    css_url = f"{level_url(level)}/style.css?v={seen.content.version}" if level.css else ""
    tags = [puzzle.access for puzzle in seen.game.open_in(level)]
    return LevelPage(
        level=level_card(seen, level, wish), access=access_box(wish, tags, level_url(level)), css_url=css_url
    )


def story_of(seen: Visit, puzzle: Puzzle) -> tuple[str, ...]:
    """Return the puzzle's story blocks with the escaped team name."""
    name = escape(seen.team.display_name) if seen.team else told(sentence("your team"))
    return tuple(block.html.replace("{team}", name) for block in puzzle.story)


def story_page(seen: Visit) -> StoryPage:
    """Return the unlocked story in playing order."""
    entries = (
        StoryEntry(puzzle.title, puzzle_url(puzzle), html)
        for puzzle in seen.content.puzzles
        if puzzle.id in seen.game.open_puzzles
        for html in story_of(seen, puzzle)
    )
    return StoryPage(tuple(entries))


def puzzle_page(
    seen: Visit, puzzle: Puzzle, once: str, result: Result | None = None, wish: AccessWish = NO_WISH
) -> PuzzlePage:
    """Return an open puzzle's page; ``once`` is the idempotency key."""
    level = seen.content.level_of(puzzle)
    solve, is_skipped = seen.state.solves.get(puzzle.id), puzzle.id in seen.state.skips
    team_times = seen.team.guess_times if seen.team else ()
    others = [puzzle_card(seen, other, wish) for other in seen.game.open_in(level) if other.id != puzzle.id]
    return PuzzlePage(
        key=puzzle.key,
        title=puzzle.title,
        url=puzzle_url(puzzle),
        level_title=level.title,
        level_url=level_url(level),
        value=puzzle.value,
        is_meta=puzzle.is_meta,
        is_solved=solve is not None,
        is_skipped=is_skipped,
        points=solve.points if solve else None,
        solved_at=solve.solved_at if solve else None,
        story_html=story_of(seen, puzzle),
        solution_html=puzzle.solution_html if seen.hunt_state == "ended" else "",
        once=once,
        can_guess=solve is None and not is_skipped,
        why_not=SKIPPED if is_skipped else "",
        guesses_left=guesses_left(team_times, seen.now),
        window_seconds=WINDOW_SECONDS,
        past=tuple(_past(seen)),
        past_more=max(0, seen.state.guess_count - len(seen.state.guesses)),
        result=result,
        list_query=wish.query,
        neighbours=tuple(card for card in others if not card.is_meta),
        metas=tuple(card for card in others if card.is_meta),
        hints=hint_pages.hint_box(seen, puzzle),
        report=hint_pages.report_box(seen),
        powerups=hint_pages.powerups(seen, puzzle),
        **sheet_parts(seen, puzzle, level),
    )


def sheet_parts(seen: Visit, puzzle: Puzzle, level: Level) -> dict[str, Any]:
    """Return the author's parts of the page."""
    version = seen.content.version
    styles = [f"{level_url(level)}/style.css?v={version}"] if level.css else []
    styles += [f"{puzzle_url(puzzle)}/style.css?v={version}"] if puzzle.css else []
    return {
        "kind": puzzle.kind,
        "description_html": puzzle.description_html,
        "body_html": puzzle.body_html,
        "link_url": puzzle.url if puzzle.kind == "Link" else "",
        "frame_url": puzzle.url if puzzle.kind == "Embed" else "",
        "script_frame_url": f"{puzzle_url(puzzle)}/frame" if puzzle.script else "",
        "pictures": tuple(_picture(found.url, found) for found in puzzle.attachments),
        "css_urls": tuple(styles),
        "erratum_html": puzzle.erratum_html,
        "authors": puzzle.authors,
        "access": puzzle.access,
    }


def _picture(url: str, attachment: object) -> SheetPicture:
    media_type = str(getattr(attachment, "media_type", ""))
    kind = media_type.partition("/")[0]
    filename = str(getattr(attachment, "filename", ""))
    return SheetPicture(
        url=url,
        kind=kind if kind in ("image", "audio", "video") else "file",
        filename=filename,
        alt=filename,
        width=getattr(attachment, "width", None),
        height=getattr(attachment, "height", None),
        srcset=str(getattr(attachment, "srcset", "")),
    )


def _past(seen: Visit) -> Iterable[PastGuess]:
    """Newest first; omits the text of correct guesses."""
    for old in sorted(seen.state.guesses, key=lambda one: one.guessed_at, reverse=True):
        if old.text is not None:
            yield PastGuess(old.guessed_at, old.text, old.verdict, told(old.message_html))
