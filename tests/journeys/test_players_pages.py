"""What players see first, in a real browser: light pages, text in the upper half, answers that announce themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.demo.answers import ANSWERS
from tests.journeys.people import Organiser, guess_and_read, log_in, register
from tests.support.browser import Look, axe, fits_width

if TYPE_CHECKING:
    from tests.support.browser import Window

SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 1500);
})"""


def requests_of(page: Page, path: str) -> list[str]:
    """What a browser that knows nothing fetches for a page."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path)
    expect(page.locator(".live-dot")).to_have_attribute("data-state", "on")
    return asked


@pytest.fixture
def before_the_start(organiser: Organiser) -> Iterator[None]:
    """The home page counts down."""
    organiser.sets_time("starts_at", 3600)
    yield
    organiser.sets_time("starts_at", -3600)


@pytest.mark.usefixtures("before_the_start")
@pytest.mark.parametrize("look", [Look(), Look(is_phone=True, locale="de-DE")], ids=str)
def test_the_home_page_needs_few_requests_and_does_not_jump(desk: Window, look: Look) -> None:
    page = desk.open(look)
    asked = requests_of(page, "/")
    assert len(asked) <= 12, asked
    assert page.evaluate(SHIFTS) < 0.02


def test_on_a_phone_the_puzzle_begins_in_the_upper_half(desk: Window) -> None:
    page = desk.open(Look(is_phone=True))
    register(page, "thumbs")
    for key in ("postcard", "clocks"):
        page.goto(f"/game/puzzle/{key}")
        box = page.locator("[data-sheet]").bounding_box()
        assert box is not None
        assert box["y"] < 422, key
        assert fits_width(page)


def test_the_story_stands_open_the_first_time_and_is_one_line_after_that(desk: Window) -> None:
    page = desk.open()
    register(page, "readers")
    page.goto("/game/puzzle/postcard")
    story = page.locator(".story .story-text").first
    expect(story).to_be_visible()
    page.reload()
    expect(story).to_be_hidden()
    page.locator(".story summary").click()
    expect(story).to_be_visible()


def test_a_solve_is_said_in_one_box_that_stays_for_the_whole_team(desk: Window) -> None:
    mine, theirs = desk.open(), desk.open(Look("dark", is_phone=True))
    register(mine, "boxes")
    log_in(theirs, "boxes")
    for key in ("gauges", "manifest"):
        mine.goto(f"/game/puzzle/{key}")
        guess_and_read(mine, ANSWERS[key], "Correct!")
    mine.goto("/game/puzzle/clocks")
    theirs.goto("/game/puzzle/clocks")
    guess_and_read(mine, ANSWERS["clocks"], "Correct! · 30 points")
    assert mine.locator(".result, .solved").count() == 1
    opened = mine.locator("[data-opened] a").all_inner_texts()
    assert "The Stair" in opened
    for page in (mine, theirs):
        page.reload()
        box = page.locator("[data-solved]")
        expect(box.locator(".result-title")).to_have_text("Solved · 30 points")
        expect(box.locator(".found-answer")).to_have_text(ANSWERS["clocks"])
        assert box.locator("[data-opened] a").all_inner_texts() == opened
        expect(box.get_by_role("link", name="Back to The Quay")).to_be_visible()
        axe(page)


def test_lists_are_cards_or_a_table_and_the_browser_remembers(desk: Window) -> None:
    for has_script in (True, False):
        page = desk.open(has_script=has_script)
        register(page, f"lists-{has_script}")
        page.goto("/game")
        words = page.locator(".card-text").first
        expect(words).to_be_visible()
        page.get_by_text("Table", exact=True).click()
        expect(words).to_be_hidden()
        # Only the words show which one is chosen, also for the mouse.
        assert page.locator("#view-table").evaluate("radio => radio.offsetWidth") <= 1
        if has_script:
            axe(page)
            page.reload()
            expect(words).to_be_hidden()
            expect(page.get_by_label("Table", exact=True)).to_be_checked()
            page.get_by_text("Cards", exact=True).click()
            assert page.evaluate("localStorage.getItem('infinity-list')") is None
        expect(words).to_be_visible(visible=has_script)


def test_a_frame_is_as_high_as_what_it_shows_and_in_the_colours_of_the_page(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    register(page, "lamps")
    for key in ("gauges", "manifest", "clocks"):
        page.goto(f"/game/puzzle/{key}")
        guess_and_read(page, ANSWERS[key], "Correct!")
    page.goto("/game/puzzle/lamps")
    frame = page.locator("iframe[data-frame]")
    frame.scroll_into_view_if_needed()
    inside = frame.content_frame
    content = inside.locator("body").evaluate("body => body.getBoundingClientRect().height")
    page.wait_for_function("document.querySelector('iframe[data-frame]').style.height !== ''")
    box = frame.bounding_box()
    assert box is not None
    assert abs(box["height"] - content) < 6
    page.locator(".tools summary").click()
    page.get_by_role("button", name="Dark mode").click()
    ground = "document.documentElement"
    expect(inside.locator("html")).to_have_attribute("data-theme", "dark")
    colour = f"getComputedStyle({ground}).getPropertyValue('--accent').trim()"
    assert inside.locator("html").evaluate(f"() => {colour}") == page.evaluate(colour)
