"""Announcements as pages and JSON."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from app.announcements.announcements import Announced, Reader, find_announcement, list_announcements
from app.core.team import TeamState
from app.core.text import sentence
from app.errors import HuntError, NotFound
from app.web.access import for_all, kept, open_to_tokens
from app.web.languages import told
from app.web.pages import AnnouncementItem, AnnouncementsPage
from app.web.render import render, wants_json
from app.web.visit import Visit, ports, visit

TEXT_CHANGED = sentence("The text of this puzzle was changed.")

announcements = Blueprint("announcements", __name__)


@announcements.get("/announcements")
@for_all
@open_to_tokens
@kept("after", marks=("news",))
def show_all() -> str | Response:
    """JSON takes ``?after=ID``."""
    reader = reader_of(visit())
    if wants_json():
        return _as_json(
            list_announcements(ports().database, ports().clock, reader, _after(request.args.get("after", "")))
        )
    found = list_announcements(ports().database, ports().clock, reader)
    return render("announcements/list.html", AnnouncementsPage(items=tuple(item_of(one, visit()) for one in found)))


@announcements.get("/announcements/<int:number>")
@for_all
@open_to_tokens
@kept(marks=("news",))
def show_one(number: int) -> str | Response:
    """404 also if it is for another audience."""
    found = find_announcement(ports().database, ports().clock, reader_of(visit()), number)
    if found is None:
        raise NotFound
    if wants_json():
        return _as_json((found,))
    return render("announcements/list.html", AnnouncementsPage(items=(item_of(found, visit()),), is_single=True))


def reader_of(seen: Visit) -> Reader:
    """Banned teams read as visitors."""
    team = seen.team if seen.team is not None and not seen.team.is_banned else None
    if seen.is_archive:
        return _archive_reader(seen, team)
    if team is None:
        return Reader()

    def is_concerned(puzzle_id: str, at: datetime) -> bool:
        puzzle, solve = seen.content.puzzle(puzzle_id), seen.state.solves.get(puzzle_id)
        if puzzle is None or seen.hunt_state == "before" or (solve is not None and solve.solved_at <= at):
            return False
        return seen.game.is_puzzle_open(puzzle)

    return Reader(team.id, team.division, seen.is_staff, is_concerned)


def _archive_reader(seen: Visit, team: TeamState | None) -> Reader:
    def is_concerned(puzzle_id: str, at: datetime) -> bool:
        puzzle = seen.content.puzzle(puzzle_id)
        return puzzle is not None and seen.game.is_puzzle_open(puzzle)

    if team is None:
        return Reader(is_concerned=is_concerned)
    return Reader(team.id, team.division, seen.is_staff, is_concerned)


def item_of(found: Announced, seen: Visit) -> AnnouncementItem:
    """One about a puzzle leads there, for those who play."""
    puzzle = seen.content.puzzle(found.puzzle_id) if found.puzzle_id and not seen.is_staff else None
    url = f"/announcements/{found.id}"
    puzzle_url = puzzle.page_url if puzzle is not None else ""
    return AnnouncementItem(found.id, found.title, found.html, found.at, found.kind, url, puzzle_url)


def _after(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise HuntError("invalid_form", "“after” is the number of an announcement.", fields={"after": "a number"})
    return int(text)


def _as_json(found: tuple[Announced, ...]) -> Response:
    rows = [
        {
            "id": x.id,
            "title": x.title,
            "html": x.html or f"<p>{told(TEXT_CHANGED)}</p>",
            "at": x.at.isoformat(),
            "kind": x.kind,
        }
        for x in found
    ]
    return jsonify({"announcements": rows})
