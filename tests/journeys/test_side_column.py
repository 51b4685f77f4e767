"""The column beside a puzzle: in view while it fits the window, and never cut off in a box of its own."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.people import register
from tests.support.browser import DESKTOP, Window


def test_the_side_column_stays_in_view_while_it_fits_and_else_scrolls_with_the_page(desk: Window) -> None:
    page = desk.open()
    register(page, "columns")
    page.goto("/game/puzzle/clocks")
    side = page.locator(".puzzle-side")
    expect(side).to_have_attribute("data-fits", "")
    page.mouse.wheel(0, 400)
    page.wait_for_function("scrollY > 0")
    assert side.bounding_box()["y"] >= 0  # type: ignore[index]
    page.set_viewport_size({**DESKTOP, "height": 300})  # type: ignore[arg-type]
    expect(side).not_to_have_attribute("data-fits", "")
    assert side.evaluate("side => side.scrollHeight <= side.clientHeight")
    last = side.get_by_text("Report a problem")
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
