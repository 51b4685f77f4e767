"""``/account/history`` as page, print and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from app.core.model import Puzzle
from app.core.text import sentence
from app.game.history import HistoryEntry, read_page, read_whole
from app.web.languages import told
from app.web.render import is_for_paper, render, wants_json
from app.web.visit import our_team, ports, visit

history = Blueprint("history", __name__, url_prefix="/account")
PATH = "/account/history"
WITHDRAWN = sentence("Withdrawn puzzle")
KINDS = {
    "guess": sentence("Guess"),
    "solve": sentence("Solve"),
    "hint": sentence("Hint"),
    "powerup": sentence("Power-up"),
    "skip": sentence("Skip"),
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """``is_answer``: a found answer. ``url``: empty if not open."""

    at: datetime
    kind: str
    title: str
    url: str
    text: str
    verdict: str | None
    points: int | None
    is_answer: bool


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``puzzles``: (key, title) for the filter, ``puzzle``: the chosen one."""

    lines: tuple[HistoryLine, ...]
    puzzles: tuple[tuple[str, str], ...]
    puzzle: str
    puzzle_title: str
    newer_url: str
    older_url: str
    print_url: str


@history.get("/history")
def show_history() -> Response | str:
    team_id, number = our_team().id, _number()
    wanted = _wanted()
    puzzle_id = wanted.id if wanted else ""
    found = (
        read_whole(ports().database, ports().encryption, team_id, puzzle_id)
        if is_for_paper()
        else read_page(ports().database, ports().encryption, team_id, puzzle_id, number)
    )
    newer = _url(wanted, page=number - 1) if found.has_newer else ""
    older = _url(wanted, page=number + 1) if found.has_older else ""
    if wants_json():
        return jsonify(entries=[_as_json(one) for one in found.rows], newer=newer or None, older=older or None)
    page = HistoryPage(
        lines=tuple(_line(one) for one in found.rows),
        puzzles=tuple((one.key, one.title) for one in _choices()),
        puzzle=wanted.key if wanted else "",
        puzzle_title=wanted.title if wanted else "",
        newer_url=newer,
        older_url=older,
        print_url=_url(wanted, print=1),
    )
    return render("game/history_paper.html" if is_for_paper() else "game/history.html", page)


def _number() -> int:
    text = request.args.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) > 0 else 1


def _wanted() -> Puzzle | None:
    found = visit().content.puzzle(request.args.get("puzzle", ""))
    return found if found in _choices() else None


def _choices() -> list[Puzzle]:
    seen = visit()
    met = seen.game.open_puzzles | seen.state.solves.keys() | seen.state.skips.keys() | seen.state.unlocks.keys()
    return [one for one in seen.content.puzzles if one.id in met and (seen.hunt_state != "before" or seen.sees_early)]


def _url(wanted: Puzzle | None, **more: int) -> str:
    asked = ({"puzzle": wanted.key} if wanted else {}) | {name: value for name, value in more.items() if value != 1}
    if "print" in more:
        asked["print"] = 1
    return f"{PATH}?{urlencode(asked)}" if asked else PATH


def _line(entry: HistoryEntry) -> HistoryLine:
    puzzle = visit().content.puzzle(entry.puzzle_id)
    is_open = puzzle is not None and puzzle.id in visit().game.open_puzzles
    return HistoryLine(
        at=entry.at,
        kind=told(KINDS[entry.kind]),
        title=puzzle.title if puzzle else told(WITHDRAWN),
        url=puzzle.page_url if puzzle and is_open else "",
        text=_text(entry),
        verdict=entry.verdict,
        points=entry.points,
        is_answer=entry.kind == "solve" or entry.verdict == "correct",
    )


def _text(entry: HistoryEntry) -> str:
    return entry.text if entry.is_typed else told(entry.text)


def _as_json(entry: HistoryEntry) -> dict[str, object]:
    puzzle = visit().content.puzzle(entry.puzzle_id)
    return {
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "puzzle": puzzle.key if puzzle else entry.puzzle_id,
        "text": _text(entry) or None,
        "verdict": entry.verdict,
        "points": entry.points,
    }
