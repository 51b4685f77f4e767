"""Pages under hard conditions: magnified, in forced colours, without motion, on paper, from right to left, full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.hunts import made_up_hunt
from tests.demo.answers import ANSWERS
from tests.journeys.people import Organiser, log_in
from tests.support.browser import Look, Window, axe, fits_width
from tests.support.client import Visitor
from tests.support.server import Node

TEAM, ARABIC = "owls", "فريق الألغاز السعيد"
PUZZLE = "/game/puzzle/clocks"
PAGES = ("/", "/game", "/game/quay", PUZZLE, "/leaderboard/teams", "/account", "/story", "/announcements")
DESKS = (
    "/admin/",
    "/admin/hints",
    "/admin/log",
    "/admin/teams",
    "/admin/content",
    "/admin/messages",
    "/admin/status",
)
# 1280 by 900 dots magnified twice, and the four times that nobody should have to scroll sideways at.
TWICE, FOUR_TIMES = {"width": 640, "height": 450}, {"width": 320, "height": 225}
MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def played(site: Node) -> Node:
    """A hunt in which two teams have played, one with a name from right to left."""
    for name, shown in ((TEAM, "Owls"), ("arabs", ARABIC)):
        with Visitor(site.url) as visitor:
            visitor.register(name, display_name=shown, affiliation="القاهرة", division="teams")
            for key in list(ANSWERS)[:3]:
                visitor.guess(key, ANSWERS[key])
    return site


@pytest.fixture
def page(desk: Window, played: Node) -> Page:
    opened = desk.open()
    log_in(opened, TEAM)
    return opened


@pytest.mark.parametrize("size", [TWICE, FOUR_TIMES], ids=["200 %", "400 %"])
def test_a_magnified_page_needs_no_scrolling_sideways(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    for path in PAGES:
        page.goto(path)
        assert fits_width(page), path


@pytest.mark.parametrize("size", [TWICE, FOUR_TIMES], ids=["200 %", "400 %"])
def test_organisers_magnify_their_pages_too(desk: Window, played: Node, size: dict[str, int]) -> None:
    page = desk.open()
    log_in(page, "keeper")
    page.set_viewport_size(size)  # type: ignore[arg-type]
    for path in DESKS:
        page.goto(path)
        assert fits_width(page), path


def test_forced_colours_leave_every_state_to_be_seen(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    for path in PAGES:
        page.goto(path)
        axe(page)
    page.goto("/game")
    # A colour of the page's own would be gone: what is left are borders and words.
    assert page.locator(".card").first.evaluate("(box) => getComputedStyle(box).borderTopWidth") != "0px"
    expect(page.locator(".card-solved").first).to_contain_text("Solved")


def test_nothing_moves_for_who_wants_no_motion(desk: Window, played: Node) -> None:
    page = desk.open(Look(reduced_motion=True))
    log_in(page, TEAM)
    for path in (PUZZLE, "/game", "/leaderboard/teams"):
        page.goto(path)
        assert page.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length") == 0, path


def test_paper_gets_the_puzzle_without_the_site_around_it(page: Page) -> None:
    page.goto(PUZZLE)
    page.emulate_media(media="print")
    expect(page.locator("#puzzle-title")).to_be_visible()
    for what in ("header.top", "footer.foot", ".puzzle-tools"):
        expect(page.locator(what)).to_be_hidden()


def test_a_name_from_right_to_left_disturbs_nothing_beside_it(page: Page) -> None:
    page.goto("/leaderboard/teams")
    row = page.locator("tr", has_text=ARABIC)
    name, points = row.locator("th bdi").first.bounding_box(), row.locator("td.figure").first.bounding_box()
    assert name is not None
    assert points is not None
    assert name["x"] + name["width"] <= points["x"]
    assert row.locator("th bdi").first.evaluate("(box) => getComputedStyle(box).unicodeBidi") == "isolate"
    assert fits_width(page)


def test_a_whole_puzzle_page_weighs_little_and_can_be_read_before_any_script(desk: Window, played: Node) -> None:
    page = desk.open(has_script=False)
    log_in(page, TEAM)
    sizes: dict[str, int] = {}

    def weigh(request: object) -> None:
        sizes[request.url] = request.sizes()["responseBodySize"]  # type: ignore[attr-defined]

    scripted = desk.open()
    log_in(scripted, TEAM)
    scripted.on("requestfinished", weigh)
    scripted.goto(PUZZLE, wait_until="networkidle")
    own = [url for url in sizes if "/assets/" in url or "/prox/" in url]
    assert sum(size for url, size in sizes.items() if url not in own) < MOST_BYTES, sizes
    assert any(url.endswith(".js") for url in sizes)
    page.goto(PUZZLE)
    expect(page.locator(".puzzle-body")).to_be_visible()
    expect(page.locator("#guess")).to_be_visible()


@pytest.fixture
def full(site: Node, organiser: Organiser, tmp_path: Path) -> Iterator[Node]:
    """The same site with three hundred puzzles."""
    file = tmp_path / "big.json"
    tables = {
        # Every level is open from the start, so that all of them are on one page.
        name: [{"id": one.id, "fields": {k: v for k, v in one.fields.items() if k != "Prereq"}} for one in records]
        for name, records in made_up_hunt(300, 7).tables.items()
    }
    file.write_text(json.dumps({"format": 1, "tables": tables}))
    organiser.hunt("restock", "--from", str(file), "--yes")
    yield site
    organiser.hunt("rollback", "1", "--yes")


def test_three_hundred_puzzles_are_a_list_that_can_be_read(page: Page, full: Node) -> None:
    for look in (Look(), Look("dark", is_phone=True)):
        page.emulate_media(color_scheme=look.scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": 390, "height": 844} if look.is_phone else {"width": 1280, "height": 900})
        page.goto("/game")
        assert page.locator(".card").count() == 300
        assert fits_width(page)
        axe(page)
