"""Every page in every look: nothing that axe complains about, no sideways scrolling, a silent console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.demo.answers import ANSWERS
from tests.journeys import showcase
from tests.journeys.inspection import Inspector, come_in
from tests.journeys.people import Organiser, guess_and_read
from tests.support.browser import PHONE, Window
from tests.support.client import Visitor
from tests.support.server import Node, node

if TYPE_CHECKING:
    from tests.support.browser import Chromium
    from tests.support.postgres import Cluster

EVERYBODYS = (
    "/",
    "/account/register",
    "/account/login",
    "/account/login?next=/game",
    "/account/forgot",
    "/page/rules",
    "/page/stuck",
    "/page/credits",
    "/announcements",
    "/announcements/1",
    "/announcements/2",
    "/leaderboard/teams",
    "/leaderboard/guests",
    "/leaderboard/solo",
    "/no/such/page",
)
A_TEAMS = (
    "/",
    "/account",
    "/game",
    "/game?access=picture",
    "/game?print=1",
    "/game/quay",
    "/game/stair",
    "/game/puzzle/postcard",
    "/game/puzzle/manifest",
    "/game/puzzle/ropes",
    "/game/puzzle/ropes?print=1",
    "/game/puzzle/manifest?print=1",
    "/game/puzzle/windows",
    "/game/puzzle/lamps",
    "/game/puzzle/quay-board",
    "/story",
    "/leaderboard",
    "/game/puzzle/no-such-puzzle",
)
GUESSES = {
    showcase.LONG: "Incorrect",
    showcase.LONG.upper(): "Already tried",
    "TUR": "Close",
    "…": "We couldn’t check that",
    ANSWERS["clocks"]: "Correct!",
}
FORMS = {
    "a registration that is refused": ("/account/register", {"name": "x", "display_name": "<b>", "password": "short"}),
    "a login that is refused": ("/account/login", {"name": "nobody", "password": "wrong wrong"}),
    "a login too many": ("/account/login", {"name": "hammer", "password": "wrong wrong"}),
    "a guess by nobody": ("/game/puzzle/gauges", {"answer": "x"}),
}


@pytest.fixture(scope="module")
def furnished(site: Node, organiser: Organiser, tmp_path_factory: pytest.TempPathFactory) -> Node:
    """The site with something on every page."""
    showcase.furnish(site.url, organiser, tmp_path_factory.mktemp("showcase"))
    with Visitor(site.url) as visitor:
        for _ in range(10):
            visitor.login("hammer", "wrong wrong")
    return site


@pytest.fixture
def inspector(furnished: Node, chromium: Chromium) -> Iterator[Inspector]:
    """Somebody who looks closely."""
    window = Window(chromium, furnished.url)
    yield Inspector(window, window.open())
    window.close()


def test_pages_for_everybody(inspector: Inspector, organiser: Organiser) -> None:
    for path in (*EVERYBODYS, organiser.hunt("reset-link", showcase.RIVAL).strip()):
        inspector.visit(path)
    for name, (path, form) in FORMS.items():
        inspector.send(name, path, form)
    assert inspector.faults == []


def test_pages_of_a_team(inspector: Inspector, furnished: Node) -> None:
    come_in(inspector, furnished.url, showcase.TEAM)
    for path in A_TEAMS:
        inspector.visit(path)
    assert inspector.faults == []


def test_a_page_after_every_kind_of_guess(inspector: Inspector, furnished: Node) -> None:
    come_in(inspector, furnished.url, showcase.GUESTS)
    inspector.page.goto("/game/puzzle/clocks")
    for answer, title in GUESSES.items():
        guess_and_read(inspector.page, answer, title)
        inspector.look_at(f"after {answer}")
    assert inspector.faults == []


def test_pages_while_something_is_closed(inspector: Inspector, furnished: Node, organiser: Organiser) -> None:
    come_in(inspector, furnished.url, showcase.TEAM)
    states = {
        "lockdown_leaderboard": ("on", "off", ["/leaderboard"]),
        "lockdown_puzzles": ("on", "off", ["/game"]),
        "freeze_at": ("2020-01-01T00:00Z", "", ["/leaderboard/teams"]),
        "starts_at": ("2099-01-01T00:00Z", "", ["/", "/game", "/story"]),
        "ends_at": ("2020-01-01T00:00Z", "", ["/", "/game/puzzle/ropes"]),
    }
    try:
        for name, (closed, _, paths) in states.items():
            organiser.sets(name, closed)
            for path in paths:
                inspector.visit(path)
            organiser.sets(name, states[name][1])
    finally:
        for name, (_, opened, _) in states.items():
            organiser.sets(name, opened)
    assert inspector.faults == []


def test_pages_of_the_organisers_banners(inspector: Inspector, furnished: Node, organiser: Organiser) -> None:
    come_in(inspector, furnished.url, "keeper")
    try:
        for name in ("lockdown_puzzles", "lockdown_registration", "lockdown_leaderboard"):
            organiser.sets(name, "on")
        for path in ("/game", "/leaderboard"):
            inspector.visit(path)
    finally:
        for name in ("lockdown_puzzles", "lockdown_registration", "lockdown_leaderboard"):
            organiser.sets(name, "off")
    assert inspector.faults == []


def test_pages_after_the_end_and_in_the_archive(inspector: Inspector, organiser: Organiser) -> None:
    try:
        organiser.sets("ends_at", "2020-01-02T00:00Z")
        inspector.visit("/statistics")
        organiser.sets("archive", "on")
        for path in ("/", "/game", "/game/stair", "/game/puzzle/ropes", "/story"):
            inspector.visit(path)
    finally:
        organiser.sets("archive", "off")
        organiser.sets("ends_at", "")
    assert inspector.faults == []


def test_a_site_seen_through_a_team_s_eyes(inspector: Inspector, furnished: Node) -> None:
    come_in(inspector, furnished.url, "keeper")
    page = inspector.page
    page.goto("/admin/teams")
    page.get_by_role("link", name=showcase.TEAM, exact=False).first.click()
    page.get_by_text("See as this team").click()
    page.get_by_role("button", name="See the site as this team").click()
    page.wait_for_url("**/game")
    for path in ("/game", "/game/puzzle/windows", "/leaderboard"):
        inspector.visit(path)
        assert page.get_by_role("region", name="Viewing as a team").is_visible()
    page.get_by_role("button", name="Exit").click()
    page.wait_for_url("**/admin/teams/*")
    assert inspector.faults == []


@pytest.fixture(scope="module")
def adrift(shelves: dict[str, object], postgres: Cluster) -> Iterator[Node]:
    """A node whose database has gone away."""
    with shelves["postgresql"].fresh() as url, node(url, {"DB_POOL_TIMEOUT": "1"}, ["--demo"]) as server:  # type: ignore[attr-defined]
        name = url.rpartition("/")[2]
        postgres.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        yield server


def test_the_page_that_needs_no_database(adrift: Node, chromium: Chromium) -> None:
    window = Window(chromium, adrift.url)
    page = window.open()
    window.complaints(page).expect("status of 503")
    reply = page.goto("/game/puzzle/gauges")
    assert reply is not None
    assert (reply.status, reply.headers["retry-after"].isdigit()) == (503, True)
    assert page.locator("h1").inner_text() == "Back in a moment"
    inspector = Inspector(window, page)
    inspector.window.complaints(page).heard.clear()
    inspector.look_at("503")
    assert inspector.faults == []
    window.close()


def test_the_inspector_sees_what_is_wrong(inspector: Inspector) -> None:
    inspector.page.goto("/")
    inspector.page.evaluate("""() => {
      document.body.insertAdjacentHTML("beforeend", "<img src='/favicon.ico'><p class='wide'>wide</p>");
      document.querySelector("p.wide").style.width = "2000px";
      console.error("a complaint");
    }""")
    inspector.look_at("/")
    told = " ".join(inspector.faults)
    assert all(words in told for words in ("image-alt", "wider than the window", "a complaint"))


@pytest.mark.parametrize("who", ["", showcase.TEAM])
def test_the_hunts_name_is_not_broken_on_a_phone(inspector: Inspector, furnished: Node, who: str) -> None:
    if who:
        come_in(inspector, furnished.url, who)
    page = inspector.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/leaderboard")
    assert page.locator(".brand span").evaluate("(box) => box.getClientRects().length && box.offsetHeight") < 30


@pytest.mark.parametrize("path", ["/game", "/game/quay"])
def test_a_puzzles_whole_card_leads_to_it(inspector: Inspector, furnished: Node, path: str) -> None:
    come_in(inspector, furnished.url, showcase.TEAM)
    page = inspector.page
    page.goto(path)
    page.locator(".card").first.click(position={"x": 12, "y": 40})
    page.wait_for_url("**/game/puzzle/**")
