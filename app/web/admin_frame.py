"""The frame of organisers' pages: navigation by role.

An entry shows if its endpoint exists and admits the viewer; add pages to :data:`ENTRIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from flask import current_app, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.core.text import sentence
from app.errors import HuntError
from app.web.access import policy_of
from app.web.admin_pages import AdminFrame, NavGroup, NavLink
from app.web.languages import told
from app.web.render import render
from app.web.visit import our_team, visit


class NavEntry(NamedTuple):
    """``endpoint``: in this blueprint, unless it names its own."""

    group: str
    title: str
    endpoint: str

    @property
    def full_endpoint(self) -> str:
        return self.endpoint if "." in self.endpoint else f"admin.{self.endpoint}"


ENTRIES = (
    NavEntry(sentence("Live"), sentence("Dashboard"), "dashboard"),
    NavEntry(sentence("Live"), sentence("Hint desk"), "hint_queue"),
    NavEntry(sentence("Live"), sentence("Reported problems"), "problem_reports"),
    NavEntry(sentence("Live"), sentence("Log"), "log"),
    NavEntry(sentence("Live"), sentence("Statistics"), "statistics.show"),
    NavEntry(sentence("Live"), sentence("Lockdown"), "lockdown"),
    NavEntry(sentence("Teams"), sentence("Teams"), "teams"),
    NavEntry(sentence("Teams"), sentence("Accept an answer"), "accept"),
    NavEntry(sentence("Teams"), sentence("Suspicious activity"), "cheating"),
    NavEntry(sentence("Teams"), sentence("Messages"), "messages_page"),
    NavEntry(sentence("The hunt"), sentence("Puzzles and solutions"), "puzzles"),
    NavEntry(sentence("The hunt"), sentence("Test-solving"), "tests"),
    NavEntry(sentence("The hunt"), sentence("Write"), "write"),
    NavEntry(sentence("The hunt"), sentence("Content"), "content"),
    NavEntry(sentence("The hunt"), sentence("Answer hashes"), "hashes"),
    NavEntry(sentence("The hunt"), sentence("Settings"), "settings"),
    NavEntry(sentence("The hunt"), sentence("Look"), "customization"),
    NavEntry(sentence("System"), sentence("Status"), "status"),
    NavEntry(sentence("System"), sentence("Audit"), "audit"),
)


def render_admin(template: str, here: str = "", **values: object) -> str:
    return render(template, admin=frame(here), title_of=title_of, **values)


def frame(here: str = "") -> AdminFrame:
    at = here or (request.endpoint or "").rpartition(".")[2]
    groups: dict[str, list[NavLink]] = {}
    for entry in _open_entries():
        link = NavLink(entry.title, url_for(entry.full_endpoint), entry.endpoint == at)
        groups.setdefault(entry.group, []).append(link)
    return AdminFrame(tuple(NavGroup(title, tuple(links)) for title, links in groups.items()))


def title_of(puzzle_id: str | None) -> str:
    puzzle = visit().content.puzzle(puzzle_id) if puzzle_id else None
    return puzzle.title if puzzle else puzzle_id or ""


def puzzle_options() -> list[tuple[str, str]]:
    """(id, title)."""
    return [(puzzle.id, puzzle.title) for puzzle in visit().content.puzzles]


def done(message: str, endpoint: str, **values: Any) -> BaseResponse:
    flash(told(message), "success")
    return redirect(url_for(f"admin.{endpoint}", **values), 303)


def act(
    run: Callable[[], str], again: Callable[[str], str], endpoint: str, **values: Any
) -> BaseResponse | tuple[str, int]:
    """Run a use case that returns a message, then :func:`done`.

    ``again`` shows an error in the form.
    """
    try:
        return done(run(), endpoint, **values)
    except HuntError as error:
        if not error.belongs_to_form:
            raise
        return again(error.message), error.status


def first_page() -> str:
    return url_for("admin.hint_queue" if "helper" in our_team().roles else "admin.write")


def _open_entries() -> Iterator[NavEntry]:
    views, roles, is_admin = current_app.view_functions, our_team().roles, visit().is_admin
    for entry in ENTRIES:
        view = views.get(entry.full_endpoint)
        if view is None or not policy_of(view).admits(roles):
            continue
        # The dashboard redirects those who are no admins to the first of their own pages.
        if is_admin or entry.endpoint != "dashboard":
            yield entry
