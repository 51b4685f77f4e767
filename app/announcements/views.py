"""Announcements as pages and JSON."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from app.announcements.announcements import Announced, Reader, find_announcement, list_announcements
from app.errors import HuntError, NotFound
from app.web.access import for_all, open_to_tokens
from app.web.pages import AnnouncementItem, AnnouncementsPage
from app.web.render import render, wants_json
from app.web.visit import Visit, ports, visit

announcements = Blueprint("announcements", __name__)


@announcements.get("/announcements")
@for_all
@open_to_tokens
def show_all() -> str | Response:
    """JSON takes ``?after=ID``."""
    reader = reader_of(visit())
    if wants_json():
        return _as_json(
            list_announcements(ports().database, ports().clock, reader, _after(request.args.get("after", "")))
        )
    found = list_announcements(ports().database, ports().clock, reader)
    return render("announcements/list.html", AnnouncementsPage(items=tuple(item_of(one) for one in found)))


@announcements.get("/announcements/<int:number>")
@for_all
@open_to_tokens
def show_one(number: int) -> str | Response:
    """404 also if it is for another audience."""
    found = find_announcement(ports().database, ports().clock, reader_of(visit()), number)
    if found is None:
        raise NotFound
    if wants_json():
        return _as_json((found,))
    return render("announcements/list.html", AnnouncementsPage(items=(item_of(found),), is_single=True))


def reader_of(seen: Visit) -> Reader:
    """Banned teams read as visitors."""
    team = seen.team
    if team is None or team.is_banned:
        return Reader()

    def is_concerned(puzzle_id: str, at: datetime) -> bool:
        puzzle, solve = seen.content.puzzle(puzzle_id), seen.state.solves.get(puzzle_id)
        if puzzle is None or seen.hunt_state == "before" or (solve is not None and solve.solved_at <= at):
            return False
        return seen.game.is_puzzle_open(puzzle)

    return Reader(team.id, team.division, seen.is_staff, is_concerned)


def item_of(found: Announced) -> AnnouncementItem:
    return AnnouncementItem(found.id, found.title, found.html, found.at, found.kind, f"/announcements/{found.id}")


def _after(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise HuntError("invalid_form", "“after” is the number of an announcement.", fields={"after": "a number"})
    return int(text)


def _as_json(found: tuple[Announced, ...]) -> Response:
    rows = [{"id": x.id, "title": x.title, "html": x.html, "at": x.at.isoformat(), "kind": x.kind} for x in found]
    return jsonify({"announcements": rows})
