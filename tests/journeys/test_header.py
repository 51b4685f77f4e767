"""The top of every page: one row for every reader, and a menu that needs no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.people import Organiser, log_in, register
from tests.support.browser import Look, axe

if TYPE_CHECKING:
    from tests.support.browser import Window

MENU = ".tools .menu > summary"
LONG_NAME = "The Society of Reluctant Early Risers"
WIDTHS = (320, 390, 768, 899, 900, 1024, 1280, 1600)


def height(page: Page, width: int) -> float:
    """The header's height in a window of this width, on a page that does not scroll sideways."""
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0, width
    return float(page.evaluate("document.querySelector('header.top').getBoundingClientRect().height"))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("who", ["visitor", "team", "staff"])
def test_the_header_is_one_row_for_every_reader(desk: Window, organiser: Organiser, who: str, language: str) -> None:
    organiser.sets("hunt_name", "The Extraordinary Midsummer Puzzle Hunt 2027")
    page = desk.open()
    if who == "team":
        register(page, f"rows-{language}", display_name=f"{LONG_NAME} {language}")
    if who == "staff":
        log_in(page, "keeper")
    if language == "de":
        english, page = page, desk.open(Look(locale="de-DE"))
        page.context.add_cookies(english.context.cookies())  # type: ignore[arg-type]
    page.goto("/page/rules")
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert {width: height(page, width) for width in WIDTHS} == dict.fromkeys(WIDTHS, 68)


@pytest.mark.parametrize("is_phone", [True, False])
def test_the_menu_opens_without_a_script(desk: Window, is_phone: bool) -> None:
    page = desk.open(Look(is_phone=is_phone), has_script=False)
    page.goto("/")
    page.locator(MENU).click()
    ways = page.get_by_role("navigation", name="Main").get_by_role("link", name="Leaderboard")
    expect(ways).to_be_visible()
    ways.click()
    expect(page.locator("h1")).to_have_text("Leaderboard")


def test_the_menu_is_worked_by_the_keyboard(desk: Window) -> None:
    page = desk.open(Look(is_phone=True))
    register(page, "keys")
    page.goto("/game")
    page.locator(MENU).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Dark mode")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Dark mode").press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Dark mode")).to_be_hidden()
    expect(page.locator(MENU)).to_be_focused()
