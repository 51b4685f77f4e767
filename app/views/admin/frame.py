"""What stands around every organisers' page: the way to all the others, as far as this role may go.

An entry shows when its endpoint exists and its view admits the viewer, so a page that is added later needs only a line
in :data:`ENTRIES`. Called by every view of this package instead of the plain ``render``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flask import current_app, request, url_for

from app.rules.wording import sentence
from app.views.access import policy_of
from app.views.pages.admin import AdminFrame, NavGroup, NavLink
from app.views.rendering import render
from app.views.visit import our_team, visit


class Entry(NamedTuple):
    """A page in the navigation: the group it stands in, its name, and its endpoint in this blueprint."""

    group: str
    title: str
    endpoint: str


ENTRIES = (
    Entry(sentence("Right now"), sentence("Dashboard"), "dashboard"),
    Entry(sentence("Right now"), sentence("Hint queue"), "hint_queue"),
    Entry(sentence("Right now"), sentence("Log"), "log"),
    Entry(sentence("Right now"), sentence("Lockdown"), "lockdown"),
    Entry(sentence("Teams"), sentence("Teams"), "teams"),
    Entry(sentence("Teams"), sentence("Accept an answer"), "accept"),
    Entry(sentence("Teams"), sentence("Signs of cheating"), "cheating"),
    Entry(sentence("Speaking"), sentence("Announcements"), "announcements"),
    Entry(sentence("Speaking"), sentence("Broadcasts"), "broadcasts"),
    Entry(sentence("The hunt"), sentence("Content"), "content"),
    Entry(sentence("The hunt"), sentence("Answer hashes"), "hashes"),
    Entry(sentence("The hunt"), sentence("Settings"), "settings"),
    Entry(sentence("The hunt"), sentence("Look"), "customization"),
    Entry(sentence("The machine"), sentence("Status"), "status"),
    Entry(sentence("The machine"), sentence("Audit"), "audit"),
)


def render_admin(template: str, page: object, here: str = "") -> str:
    """The page inside the organisers' frame; ``here`` names its entry where the endpoint alone does not."""
    return render(template, page, admin=frame(here))


def frame(here: str = "") -> AdminFrame:
    """The navigation of this viewer."""
    at = here or (request.endpoint or "").rpartition(".")[2]
    groups: dict[str, list[NavLink]] = {}
    for entry in _open_entries():
        link = NavLink(entry.title, url_for(f"admin.{entry.endpoint}"), entry.endpoint == at)
        groups.setdefault(entry.group, []).append(link)
    return AdminFrame(tuple(NavGroup(title, tuple(links)) for title, links in groups.items()))


def first_page() -> str:
    """Where a viewer who may not see the dashboard begins."""
    return next((url_for(f"admin.{entry.endpoint}") for entry in _open_entries() if entry.endpoint != "dashboard"), "/")


def _open_entries() -> Iterator[Entry]:
    views, role, is_admin = current_app.view_functions, our_team().role, visit().is_admin
    for entry in ENTRIES:
        view = views.get(f"admin.{entry.endpoint}")
        if view is None or not policy_of(view).admits(role):
            continue
        # Every role may knock at the dashboard's door, which leads others on to their own pages.
        if is_admin or entry.endpoint != "dashboard":
            yield entry
