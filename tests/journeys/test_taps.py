"""What an organiser does at night, on a phone, beginning at the dashboard: counted in taps on links, boxes and buttons.

Typing is no tap. Nothing on the way scrolls sideways.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.people import log_in, register
from tests.support.browser import Look, Window, fits_width
from tests.support.client import PASSWORD
from tests.support.environment import ROOT


class Thumb:
    """Taps and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, target: Locator) -> None:
        expect(target).to_be_visible()
        assert fits_width(self.page)
        target.tap()
        self.taps += 1


@pytest.fixture
def thumb(desk: Window) -> Thumb:
    page = desk.open(Look("dark", is_phone=True))
    log_in(page, "keeper", PASSWORD)
    page.goto("/admin/")
    return Thumb(page)


def team_page(desk: Window, name: str) -> Page:
    page = desk.open()
    register(page, name, "teams")
    return page


def test_a_hint_is_answered_with_three_taps_and_everything_in_sight(desk: Window, thumb: Thumb) -> None:
    team = team_page(desk, "Askers")
    team.goto("/game/puzzle/postcard")
    team.get_by_text("Ask for help").click()
    team.locator("#question").fill("Where do we begin?")
    team.get_by_role("button", name="Send").click()
    expect(team.locator("[data-thread=open]")).to_be_visible()
    page = thumb.page
    page.reload()
    thumb.tap(page.locator(".tally a").first)
    thumb.tap(page.locator("#desk-list tbody a").first)
    for words in ("Where do we begin?", "A Card from the Edge"):
        expect(page.locator("main")).to_contain_text(words)
    page.locator("#text").fill("Read the back of it.")
    thumb.tap(page.locator("[data-desk-answer]").get_by_role("button").first)
    expect(team.locator("#hints")).to_contain_text("Read the back of it.")
    assert thumb.taps == 3


def test_one_team_is_alerted_with_three_taps(desk: Window, thumb: Thumb) -> None:
    wanted, other = team_page(desk, "Larks by night"), team_page(desk, "Larks by day")
    for team in (wanted, other):
        team.goto("/game")
        expect(team.locator(".live-dot")).to_have_attribute("data-state", "on")
    page = thumb.page
    thumb.tap(page.get_by_role("link", name="New message"))
    page.locator("#body").fill("Your clock is right after all.")
    page.locator("[data-team-search]").fill("by night")
    thumb.tap(page.locator(".team-list label", has_text="Larks by night"))
    thumb.tap(page.get_by_role("button", name="Send to 1 team"))
    expect(wanted.locator("[data-modal-text]")).to_have_text("Your clock is right after all.")
    expect(other.locator("dialog[data-modal]")).to_be_hidden()
    assert thumb.taps == 3


def test_a_typo_in_a_live_puzzle_is_mended_with_four_taps(desk: Window, thumb: Thumb) -> None:
    page = thumb.page
    thumb.tap(page.locator("#puzzles-title ~ .scroll").get_by_role("link", name="A Card from the Edge"))
    thumb.tap(page.get_by_role("link", name="Edit", exact=True))
    thumb.tap(page.get_by_role("link", name=re.compile("^Edit Title")))
    page.get_by_label("Title").fill("A Card from the Edge!")
    thumb.tap(page.get_by_role("button", name="Put live"))
    expect(page.locator(".flashes")).to_be_visible(timeout=60_000)
    team = team_page(desk, "Readers")
    team.goto("/game/puzzle/postcard")
    expect(team.locator("h1")).to_have_text("A Card from the Edge!")
    assert thumb.taps == 4


def test_an_erratum_takes_at_most_two_taps_beyond_the_restock(desk: Window, thumb: Thumb, tmp_path: Path) -> None:
    team = team_page(desk, "Ringers")
    team.goto("/game/puzzle/postcard")
    expect(team.locator(".live-dot")).to_have_attribute("data-state", "on")
    hunt = json.loads((ROOT / "data" / "demo_hunt.json").read_text())
    puzzle = next(one for one in hunt["tables"]["Puzzles"] if one["fields"].get("Slug") == "postcard")
    puzzle["fields"]["Erratum"] = "The stamp is violet."
    (tmp_path / "hunt.json").write_text(json.dumps(hunt))
    page = thumb.page
    page.goto("/admin/content")
    page.locator("input[type=file]").set_input_files(str(tmp_path / "hunt.json"))
    page.get_by_role("button", name="Upload and check").tap()
    expect(page.get_by_role("button", name=re.compile("^Put live"))).to_be_visible(timeout=60_000)
    # The restock itself: the box of the erratum is ticked already.
    expect(page.locator("#tell-1")).to_be_checked()
    thumb.tap(page.get_by_role("button", name=re.compile("^Put live")))
    expect(team.locator("main")).to_contain_text("corrected")
    assert thumb.taps <= 2
