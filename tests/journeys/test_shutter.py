"""The demo hunt's interactive puzzle that leads to an answer: turned by keyboard, on a phone, in light and dark."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.demo.answers import ANSWERS
from tests.demo.derive_lamp_room import RIDDLES
from tests.journeys.people import guess_and_read, log_in
from tests.journeys.test_playing import MOST_TABS
from tests.support.browser import LOOKS, Look, Window, axe, fits_width
from tests.support.client import Visitor
from tests.support.server import Node

WAY_UP = ("postcard", "gauges", "manifest", "ropes", "steps", "logbook", "windows")


def read(frame: FrameLocator) -> tuple[str, str]:
    """Where the notch is, and the letters in the holes."""
    notch, letters = str(frame.get_by_role("status").text_content()).split(": ")
    return notch.removeprefix("Notch at the "), letters.replace(" ", "")


def focus_the_right_turn(page: Page, frame: FrameLocator) -> None:
    turn = frame.get_by_role("button", name="Turn right")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if turn.evaluate("button => button === document.activeElement"):
            return
    raise AssertionError("the keyboard does not reach the shutter")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_shutter_is_turned_by_keyboard_until_it_reads_a_riddle(look: Look, desk: Window, site: Node) -> None:
    name = f"shutter-{look}"
    with Visitor(site.url) as visitor:
        visitor.register(name)
        for key in WAY_UP:
            visitor.guess(key, ANSWERS[key])
    page = desk.open(look)
    log_in(page, name)
    page.goto("/game/puzzle/shutter")
    frame = page.frame_locator("iframe[data-frame]")
    focus_the_right_turn(page, frame)
    parts = [read(frame)]
    for _ in range(3):
        page.keyboard.press("Enter")
        parts.append(read(frame))
    assert [notch for notch, _ in parts] == ["top", "right", "bottom", "left"]
    assert all(one != other for (_, one), (_, other) in pairwise(parts))
    frame.get_by_role("button", name="Turn left").press("Enter")
    assert read(frame) == parts[2]
    assert "".join(letters for _, letters in parts[2:] + parts[:2]) in RIDDLES
    assert fits_width(page)
    axe(page)
    told = guess_and_read(page, "".join(letters for _, letters in parts), "Close")
    assert "Which way up" in told
    guess_and_read(page, ANSWERS["shutter"], "Correct!")
    expect(page.locator("[data-sheet]")).to_be_visible()
