"""Page values of levels, puzzles and story, from the visit alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from app.core.model import Level, Puzzle
from app.core.text import sentence
from app.database.page_query import SolveState
from app.game import hint_pages
from app.game.frame_policy import OURS, frame_rules
from app.game.list_filter import NO_WISH, ListWish, filter_box
from app.game.list_pages import (
    FilterBox,
    GamePage,
    LevelCard,
    LevelPage,
    PageLinks,
    PuzzleCard,
    StoryEntry,
    StoryPage,
    WayIn,
)
from app.game.pages import FeederRow, FoundBox, PastGuess, PuzzlePage, Result, SheetPicture
from app.guesses.found_answers import read_answers
from app.guesses.guards import SKIPPED
from app.guesses.limits import limit_of
from app.web.kept_pages import holds_until
from app.web.languages import told
from app.web.site_address import own_hosts
from app.web.visit import Visit, ports

MOST_PASSED_SHOWN = 8
CARDS_A_PAGE = 300
MOST_NEIGHBOURS = 60
NOTHING_FOUND: Mapping[str, str] = {}


def found_answers(seen: Visit, shown: Iterable[Puzzle] | None = None) -> Mapping[str, str]:
    """Of the puzzles that are shown; None: of all."""
    solves = seen.state.solves
    keys = solves if shown is None else [puzzle.id for puzzle in shown if puzzle.id in solves]
    if seen.team is None or not keys:
        return NOTHING_FOUND
    return read_answers(ports().encryption, seen.team.id, ((key, solves[key].answer) for key in keys))


def puzzle_card(
    seen: Visit, puzzle: Puzzle, wish: ListWish = NO_WISH, found: Mapping[str, str] = NOTHING_FOUND
) -> PuzzleCard:
    """Its link keeps the filter."""
    solve = seen.state.solves.get(puzzle.id)
    return PuzzleCard(
        key=puzzle.key,
        title=puzzle.title,
        url=puzzle.page_url + wish.query,
        value=puzzle.value,
        is_meta=puzzle.is_meta,
        is_solved=solve is not None,
        is_skipped=puzzle.id in seen.state.skips,
        points=solve.points if solve else None,
        description_html=puzzle.description_html,
        access=puzzle.access if wish.tags else (),
        is_new=solve is None and puzzle.id not in seen.state.viewed and puzzle.id not in seen.state.skips,
        answer=found.get(puzzle.id, ""),
        solve_count=None if seen.solve_counts is None else seen.solve_counts.get(puzzle.id, 0),
    )


@dataclass(frozen=True, slots=True)
class _ListedLevel:
    """A level's puzzles that the filter admits; many passed ones are folded where nothing is searched for."""

    level: Level
    shown: Sequence[Puzzle]
    folded: Sequence[Puzzle]

    def span(self, first: int, count: int) -> _ListedLevel:
        return replace(
            self,
            shown=self.shown[max(first, 0) : max(first + count, 0)],
            folded=self.folded[max(first - len(self.shown), 0) : max(first + count - len(self.shown), 0)],
        )

    def __len__(self) -> int:
        return len(self.shown) + len(self.folded)


def _listed(seen: Visit, level: Level, wish: ListWish) -> _ListedLevel:
    admitted = [puzzle for puzzle in seen.game.open_in(level) if admits(seen, wish, puzzle)]
    passed = [] if wish.is_any else [puzzle for puzzle in admitted if is_passed(seen, puzzle)]
    if len(passed) <= MOST_PASSED_SHOWN:
        return _ListedLevel(level, admitted, ())
    return _ListedLevel(level, [puzzle for puzzle in admitted if not is_passed(seen, puzzle)], passed)


def _page_of(lists: Sequence[_ListedLevel], wish: ListWish, url: str) -> tuple[list[_ListedLevel], PageLinks]:
    """What stands on the wished page. A level with nothing to show stands where its puzzles would."""
    count = sum(map(len, lists))
    pages = max(1, -(-count // CARDS_A_PAGE))
    page = min(max(1, wish.page), pages)
    before, found = 0, []
    for one in lists:
        part = one.span((page - 1) * CARDS_A_PAGE - before, CARDS_A_PAGE)
        if part or (not one and min(before, max(count - 1, 0)) // CARDS_A_PAGE == page - 1):
            found.append(part)
        before += len(one)
    return found, PageLinks(page, pages, url + (f"{wish.query}&" if wish.query else "?") + "page=")


def _level_card(seen: Visit, listed: _ListedLevel, wish: ListWish, found: Mapping[str, str]) -> LevelCard:
    """Counts ignore the filter."""
    level = listed.level
    is_open = level.id in seen.game.open_levels
    puzzles = seen.game.open_in(level)
    return LevelCard(
        key=level.key,
        title=level.title,
        url=level.page_url + wish.query,
        is_open=is_open,
        description_html=level.description_html if is_open else "",
        solved=sum(puzzle.id in seen.state.solves for puzzle in puzzles),
        total=len(puzzles),
        puzzles=tuple(puzzle_card(seen, puzzle, wish, found) for puzzle in listed.shown),
        folded=tuple(puzzle_card(seen, puzzle, wish, found) for puzzle in listed.folded),
        opens_at=level.unlock_at if not is_open and level.unlock_at and level.unlock_at > seen.now else None,
        way_in=None if is_open or not seen.settings.unlock_progress else _way_in(seen, level),
    )


def _way_in(seen: Visit, level: Level) -> WayIn | None:
    """Names no puzzle that is not open to the team."""
    needed, passed, puzzles = seen.game.way_into(level)
    if passed >= needed:
        return None
    only = puzzles[0] if len(puzzles) == 1 and puzzles[0].id in seen.game.open_puzzles else None
    return WayIn(needed, passed, only.title if only else "", only.page_url if only else "")


def all_levels(seen: Visit) -> tuple[LevelCard, ...]:
    """On no pages, and nothing folded."""
    found = found_answers(seen)
    return tuple(
        _level_card(seen, _ListedLevel(level, seen.game.open_in(level), ()), NO_WISH, found)
        for level in seen.content.levels
        if level.is_unlocked
    )


def game_page(seen: Visit, wish: ListWish = NO_WISH) -> GamePage:
    levels = [level for level in seen.content.levels if level.is_unlocked]
    lists, paging = _page_of([_listed(seen, level, wish) for level in levels], wish, "/game")
    found = found_answers(seen, (puzzle for one in lists for puzzle in (*one.shown, *one.folded)))
    puzzles = [puzzle for puzzle in seen.content.puzzles if puzzle.id in seen.game.open_puzzles]
    return GamePage(
        levels=tuple(_level_card(seen, one, wish, found) for one in lists),
        solved=sum(puzzle.id in seen.state.solves for puzzle in puzzles),
        total=len(puzzles),
        access=_filter_box(seen, wish, puzzles, "/game"),
        paging=paging,
    )


def level_page(seen: Visit, level: Level, wish: ListWish = NO_WISH) -> LevelPage:
    css_url = f"{level.page_url}/style.css?v={seen.content.version}" if level.css else ""
    (listed, *_), paging = _page_of([_listed(seen, level, wish)], wish, level.page_url)
    return LevelPage(
        level=_level_card(seen, listed, wish, found_answers(seen, (*listed.shown, *listed.folded))),
        access=_filter_box(seen, wish, seen.game.open_in(level), level.page_url),
        paging=paging,
        css_url=css_url,
    )


def is_passed(seen: Visit, puzzle: Puzzle) -> bool:
    return puzzle.id in seen.state.solves or puzzle.id in seen.state.skips


def admits(seen: Visit, wish: ListWish, puzzle: Puzzle) -> bool:
    return wish.admits(puzzle, is_passed=is_passed(seen, puzzle))


def _filter_box(seen: Visit, wish: ListWish, puzzles: Sequence[Puzzle], action: str) -> FilterBox:
    admitted = sum(admits(seen, wish, puzzle) for puzzle in puzzles) if wish.is_any else len(puzzles)
    return filter_box(wish, [puzzle.access for puzzle in puzzles], action, admitted)


def story_of(seen: Visit, puzzle: Puzzle) -> tuple[str, ...]:
    """With the escaped team name."""
    name = escape(seen.team.display_name) if seen.team else told(sentence("your team"))
    return tuple(block.html.replace("{team}", name) for block in puzzle.story)


def story_page(seen: Visit) -> StoryPage:
    """In playing order."""
    entries = (
        StoryEntry(puzzle.title, puzzle.page_url, html)
        for puzzle in seen.content.puzzles
        if puzzle.id in seen.game.open_puzzles
        for html in story_of(seen, puzzle)
    )
    return StoryPage(tuple(entries))


def puzzle_page(
    seen: Visit, puzzle: Puzzle, once: str, result: Result | None = None, wish: ListWish = NO_WISH
) -> PuzzlePage:
    """``once``: idempotency key."""
    level, limit = seen.content.level_of(puzzle), limit_of(seen.settings, puzzle)
    solve, is_skipped = seen.state.solves.get(puzzle.id), puzzle.id in seen.state.skips
    wanted = (puzzle, *seen.content.feeders.get(puzzle.id, ()))
    found, hints = found_answers(seen, wanted), hint_pages.hint_box(seen, puzzle)
    times = limit.times_of(seen.team) if seen.team else ()
    guesses_back_at = limit.changes(times, seen.now)
    holds_until(*guesses_back_at, *(line.available_at for line in (hints.lines if hints else ())))
    open_here, passed = seen.game.open_in(level), seen.state.solves.keys() | seen.state.skips.keys()
    others = [other for other in open_here if other.id != puzzle.id]
    # After this one, or else from the start. A preview shows puzzles that are not open yet, too.
    at = next((place for place, other in enumerate(open_here) if other.id == puzzle.id), 0)
    next_puzzle = next((other for other in others[at:] + others[:at] if other.id not in passed), None)
    near = max(0, min(at - MOST_NEIGHBOURS // 2, len(others) - MOST_NEIGHBOURS))
    neighbours = [puzzle_card(seen, other, wish) for other in others[near : near + MOST_NEIGHBOURS]]
    return PuzzlePage(
        key=puzzle.key,
        title=puzzle.title,
        url=puzzle.page_url,
        level_title=level.title,
        level_url=level.page_url,
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
        guesses_left=limit.left(times, seen.now),
        guesses_back_at=guesses_back_at,
        window_seconds=limit.window_seconds,
        has_free_guesses=limit.is_free,
        past=tuple(_past(seen)),
        past_more=max(0, seen.state.guess_count - len(seen.state.guesses)),
        is_first_view=solve is None and puzzle.id not in seen.state.viewed and not is_skipped,
        next_puzzle=puzzle_card(seen, next_puzzle, wish) if next_puzzle else None,
        result=result,
        list_query=wish.query,
        neighbours=tuple(card for card in neighbours if not card.is_meta),
        metas=tuple(puzzle_card(seen, other, wish) for other in others if other.is_meta),
        hints=hints,
        report=hint_pages.report_box(seen),
        rating=hint_pages.rating_box(seen) if solve else None,
        powerups=hint_pages.powerups(seen, puzzle),
        found=_found(seen, puzzle, solve, found) if solve else None,
        feeders=feeder_rows(seen, puzzle, found),
        **sheet_parts(seen, puzzle, level),
    )


def _found(seen: Visit, puzzle: Puzzle, solve: SolveState, found: Mapping[str, str]) -> FoundBox:
    answer = found.get(puzzle.id, "")
    opened = tuple((one.title, one.page_url) for one in seen.game.opened_with(puzzle))
    is_lost = solve.answer is not None and not answer
    return FoundBox(answer, is_lost, success_html=puzzle.success_html, opened=opened)


def feeder_rows(seen: Visit, puzzle: Puzzle, found: Mapping[str, str]) -> tuple[FeederRow, ...]:
    return tuple(
        FeederRow(
            title=one.title,
            url=one.page_url,
            is_solved=one.id in seen.state.solves,
            is_skipped=one.id in seen.state.skips,
            answer=found.get(one.id, ""),
        )
        for one in seen.content.feeders.get(puzzle.id, ())
        if one.id in seen.game.open_puzzles
    )


def sheet_parts(seen: Visit, puzzle: Puzzle, level: Level) -> dict[str, Any]:
    version = seen.content.version
    styles = [f"{level.page_url}/style.css?v={version}"] if level.css else []
    styles += [f"{puzzle.page_url}/style.css?v={version}"] if puzzle.css else []
    return {
        "kind": puzzle.kind,
        "description_html": puzzle.description_html,
        "body_html": puzzle.body_html,
        "link_url": puzzle.url if puzzle.kind == "Link" else "",
        "frame_url": puzzle.url if puzzle.kind == "Embed" else "",
        "frame": frame_rules(puzzle.url, own_hosts()) if puzzle.kind == "Embed" else OURS,
        "script_frame_url": f"{puzzle.page_url}/frame" if puzzle.script else "",
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
    for old in sorted(seen.state.guesses, key=lambda one: one.guessed_at, reverse=True):
        if old.text is not None:
            yield PastGuess(old.guessed_at, old.text, old.verdict, told(old.message_html))
