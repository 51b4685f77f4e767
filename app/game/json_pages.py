"""JSON of ``GET /game``: closed levels by name, no closed puzzles."""

from __future__ import annotations

from typing import Any

from app.game.list_pages import LevelCard, PuzzleCard
from app.game.puzzle_pages import all_levels
from app.web.kept_pages import hole
from app.web.render import xp_of
from app.web.visit import Visit


def levels(seen: Visit) -> dict[str, Any]:
    return {"levels": [_level(seen, card) for card in all_levels(seen)], "team": team_totals(seen)}


def team_totals(seen: Visit) -> dict[str, Any]:
    team = seen.team
    if team is None:
        return {}
    grown = xp_of(seen)
    return {
        "name": team.name,
        "display_name": team.display_name,
        "division": team.division,
        "score": team.score,
        "xp": grown.xp,
        "hint_credits": team.hint_credits,
        "next_xp_seconds": grown.seconds_to_next and (hole("xp") or grown.seconds_to_next),
    }


def _level(seen: Visit, card: LevelCard) -> dict[str, Any]:
    return {
        "key": card.key,
        "title": card.title,
        "open": card.is_open,
        "puzzles": [_puzzle(seen, one) for one in card.puzzles],
    }


def _puzzle(seen: Visit, card: PuzzleCard) -> dict[str, Any]:
    puzzle = seen.content.puzzles_by_key[card.key]
    solve = seen.state.solves.get(puzzle.id)
    found: dict[str, Any] = {
        "key": card.key,
        "title": card.title,
        "value": card.value,
        "meta": card.is_meta,
        "open": True,
        "solved": card.is_solved,
        "skipped": card.is_skipped,
        "url": card.url,
        "opened_at": seen.game.opened_at(puzzle).isoformat() if seen.team else None,
        "solved_at": solve.solved_at.isoformat() if solve else None,
        "answer": card.answer or None,
    }
    if card.solve_count is not None:
        found["solve_count"] = card.solve_count
    if card.is_meta:
        found["feeders"] = [one.key for one in seen.content.feeders[puzzle.id] if one.id in seen.game.open_puzzles]
    return found
