"""Every page of the organisers, by the table of routes, in every look; also refused forms and an empty site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from werkzeug.routing import Rule

from tests.journeys import desk_scene, showcase
from tests.journeys.conftest import ADMIN
from tests.journeys.inspection import Inspector, come_in
from tests.journeys.people import Organiser
from tests.support.browser import Look, Window
from tests.support.client import PASSWORD, Visitor
from tests.support.hunts import rules
from tests.support.server import Node, node

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The first segment after /admin/: a test for each, since a look at a page takes time. "" is the dashboard.
AREAS = (
    "", "accept", "announcements", "audit", "broadcasts", "cheating", "content", "customization", "hashes", "hints",
    "late-solves", "lockdown", "log", "messages", "problems", "puzzles", "ratings", "see", "settings", "status",
    "teams", "tests", "write",
)  # fmt: skip
STATES = {
    "accept": ("?puzzle={record}", "?puzzle={asked}"),
    "announcements": ("/1", "/2", "/99"),
    "audit": ("?who=keeper", "?since=nonsense"),
    "broadcasts": ("/1", "/99"),
    "content": ("/compare?old=1&new=2", "/compare?old=2&new=2", "/3", "/99", "/2/puzzle/{long}",
                "/staged/{refused id}"),
    "hints": ("/2", "/3", "?show=answered", "?show=all", "?team=nobody", "/99"),
    "log": ("?team=rivals&kind=guess", "?since=nonsense", "?team=nobody"),
    "messages": ("?team=2",),
    "problems": ("?show=all",),
    "teams": ("?words=rivals", "?words=nobody", "/1", "/99"),
    "tests": ("?show=needed", "?show=mine", "/1", "/99"),
    "write": ("/levels", "/pages", "/divisions", "/puzzles?q=nothing", "/puzzles/new",
              "/live/puzzles/{record}?field=Title", "/nothing"),
}  # fmt: skip
# What is typed into a form; all others are sent empty.
TYPED = {
    "/admin/hints/credits/review": {"audience": "all", "amount": "2", "reason": "late pages"},
    "/admin/hashes": {"answers": f"{showcase.LONG}\nx\n…", "near": "y"},
    "/admin/customization": {"act": "preview", "accent": "nonsense", "css": "body { colour: red"},
    "/admin/lockdown": {"starts_at": "nonsense", "ends_at": "2020-01-01 00:00"},
    "/admin/settings": {"section": "hunt", "time_zone": "Central Europe", "hunt_name": ""},
    "/admin/broadcasts/review": {"kind": "alert", "text": showcase.LONG, "audience": "all"},
    "/admin/content/<int:version>/puzzle/<record>": {"answer": "lavender"},
    "/admin/write/<table>/<record>/delete": {},
}
# A sandbox for a puzzle's script, words for the script of a form, and a page that needs two versions (see STATES).
NO_PAGES = {
    "/admin/content/<int:version>/puzzle/<record>/frame", "/admin/messages/receivers", "/admin/content/compare",
}  # fmt: skip
# The other two differ from these by colours that test_admin.py sees.
TWO_LOOKS = (Look("light"), Look("dark", is_phone=True))
# Least room, for what differs from the same page by little.
ONE_LOOK = TWO_LOOKS[1:]
# Who looks at the site changes with these; test_looks.py sees it through a team's eyes.
EXEMPT = {"/admin/teams/<int:number>/see", "/admin/see/stop"}


@pytest.fixture(scope="module")
def values(site: Node, organiser: Organiser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A value for each argument of a route, on a site with something on every page."""
    return desk_scene.set_up(site.url, organiser, tmp_path_factory.mktemp("desk"))


@pytest.fixture
def inspector(site: Node, chromium: Browser) -> Iterator[Inspector]:
    """The admin, looking closely."""
    window = Window(chromium, site.url)
    inspector = Inspector(window, window.open(), TWO_LOOKS)
    come_in(inspector, site.url, "keeper")
    yield inspector
    window.close()


@pytest.fixture(scope="module")
def empty(shelves: dict[str, object]) -> Iterator[Node]:
    """A site on which nothing has happened yet: no hunt, no team."""
    with shelves["sqlite"].fresh() as url, node(url, {**ADMIN, "CONTENT_FILE": ""}) as server:  # type: ignore[attr-defined]
        yield server


def area_of(rule: Rule) -> str:
    return rule.rule.split("/")[2].partition(".")[0]


def routes(organiser: Organiser, method: str, *areas: str) -> list[Rule]:
    """The organisers' routes in these areas."""
    found = [rule for rule in rules(organiser.app, method) if rule.rule.startswith("/admin/")]
    return [rule for rule in found if not areas or area_of(rule) in areas]


def path_of(rule: Rule, values: dict[str, str]) -> str:
    """The address of something that is there."""
    places = [*(f"{word} " for word in reversed(rule.rule.split("/")[2:4])), ""]
    known = {name: next(values[key + name] for key in places if key + name in values) for name in rule.arguments}
    _, path = rule.build(known, append_unknown=False) or ("", "")
    return str(path)


def test_every_route_belongs_to_an_area(organiser: Organiser) -> None:
    assert {area_of(rule) for method in ("GET", "POST") for rule in routes(organiser, method)} == {*AREAS}


@pytest.mark.parametrize("area", AREAS)
def test_every_page_can_be_read_by_everybody(
    inspector: Inspector, organiser: Organiser, values: dict[str, str], site: Node, area: str
) -> None:
    with Visitor(site.url) as desk:
        desk.login("keeper", PASSWORD)
        for rule in routes(organiser, "GET", area):
            if rule.rule in NO_PAGES:
                continue
            path = path_of(rule, values)
            reply = desk.get(path)
            assert reply.status_code == 200 or reply.is_redirect, (path, reply.status_code)
            if reply.headers["Content-Type"].startswith("text/html"):
                inspector.visit(path)
    assert inspector.faults == []


@pytest.mark.parametrize("area", STATES)
def test_more_states_of_pages(inspector: Inspector, values: dict[str, str], area: str) -> None:
    inspector.looks = ONE_LOOK
    for path in STATES[area]:
        inspector.visit(f"/admin/{area}{path}".format(**values))
    assert inspector.faults == []


@pytest.mark.parametrize("area", AREAS)
def test_an_empty_site_has_the_same_pages(chromium: Browser, empty: Node, organiser: Organiser, area: str) -> None:
    window = Window(chromium, empty.url)
    inspector = Inspector(window, window.open(), ONE_LOOK)
    come_in(inspector, empty.url, "keeper")
    for rule in routes(organiser, "GET", area):
        if not rule.arguments and inspector.kind_of(rule.rule).startswith("text/html"):
            inspector.visit(rule.rule)
    window.close()
    assert inspector.faults == []


@pytest.mark.parametrize("area", AREAS)
def test_every_refused_form_can_be_read_by_everybody(
    inspector: Inspector, organiser: Organiser, values: dict[str, str], area: str
) -> None:
    inspector.looks = ONE_LOOK
    for rule in routes(organiser, "POST", area):
        if rule.rule not in EXEMPT:
            inspector.send(f"POST {rule.rule}", path_of(rule, values), TYPED.get(rule.rule, {}), "/admin/hashes")
    assert inspector.faults == []
