"""What organisers do on the day, as it arrives on the pages of teams: start, end, lockdown, bans, errata."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.demo.answers import ANSWERS
from tests.journeys.people import GUESS, RESULT, SOLVED, Organiser, guess, guess_and_read, log_in, register, words_of
from tests.support.browser import Window
from tests.support.client import Visitor
from tests.support.environment import DEMO_HUNT
from tests.support.server import Node


@pytest.fixture(autouse=True)
def always_on(organiser: Organiser) -> Iterator[None]:
    """Whatever a test did to the hunt's times and switches is undone."""
    yield
    for name, value in changed(organiser):
        organiser.sets(name, value)


def changed(organiser: Organiser) -> Iterator[tuple[str, str]]:
    for line in organiser.hunt("settings").splitlines():
        name, _, value = line.partition(" = ")
        if name in ("starts_at", "ends_at") and value.strip():
            yield name, ""
        if name.startswith("lockdown_") and value.strip() == "on":
            yield name, "off"


def test_a_page_that_counts_down_opens_by_itself_at_the_start(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    desk.complaints(page).expect("403")
    register(page, "early-birds")
    starts_at = organiser.sets_time("starts_at", 12)
    reply = page.goto("/game")
    assert reply is not None
    assert reply.status == 403
    expect(page.locator("h1")).to_have_text("Not yet")
    expect(page.get_by_role("timer")).to_contain_text("second")
    # Nobody clicks: the countdown ends, and within its five seconds of spread the puzzles are there.
    expect(page.locator("h1")).to_have_text("Puzzles")
    assert datetime.now(UTC) >= starts_at


def test_the_home_page_counts_down_by_the_servers_clock(desk: Window, organiser: Organiser) -> None:
    organiser.sets_time("starts_at", 3 * 3600)
    page = desk.open()
    # A reader whose clock is an hour wrong sees the same countdown.
    page.clock.install(time=datetime.fromtimestamp(time.time() - 3600, UTC))
    page.goto("/")
    page.clock.run_for(1000)
    hours = page.locator(".countdown-part", has_text="hour").locator(".countdown-number")
    expect(hours).to_have_text("2")
    expect(page.get_by_role("link", name="Go to puzzles")).to_have_count(0)


def test_after_the_end_solutions_are_shown_and_guesses_earn_nothing(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    register(page, "latecomers")
    page.goto("/game/puzzle/gauges")
    expect(page.locator(".solution")).to_have_count(0)
    organiser.sets_time("ends_at", -1)
    page.reload()
    expect(page.get_by_text("You can still check answers")).to_be_visible()
    page.locator(".solution summary").click()
    expect(page.locator(".solution-body")).to_contain_text(ANSWERS["gauges"])
    guess_and_read(page, ANSWERS["gauges"], "Correct!")
    page.goto("/game")
    expect(page.locator('[data-live="score"]').first).to_have_text("0")


def test_a_lockdown_shows_on_the_next_click_and_admins_pass_under_a_banner(desk: Window, organiser: Organiser) -> None:
    page, keeper = desk.open(), desk.open()
    desk.complaints(page).expect("403")
    register(page, "locked-out")
    log_in(keeper, "keeper")
    page.goto("/game/puzzle/gauges")
    organiser.sets("lockdown_puzzles", "on")
    guess(page, "anything")
    expect(page.locator(RESULT)).to_contain_text("The organisers have closed the puzzles")
    expect(page.locator(GUESS)).to_have_value("anything")
    page.goto("/game")
    expect(page.locator("h1")).to_have_text("Closed for now")
    keeper.goto("/game")
    expect(keeper.get_by_role("region", name="Staff only")).to_contain_text("Closed to teams: puzzles")
    expect(keeper.locator(".card")).not_to_have_count(0)
    organiser.sets("lockdown_puzzles", "off")
    page.goto("/game/puzzle/gauges")
    guess_and_read(page, "anything", "Incorrect")


def test_a_ban_shows_on_the_next_click(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    desk.complaints(page).expect("403")
    register(page, "cheats")
    page.goto("/game/puzzle/gauges")
    organiser.bans("cheats")
    guess(page, "anything")
    expect(page.locator(RESULT)).to_contain_text("suspended")
    page.goto("/")
    expect(page.locator("h1")).to_have_text("This account is suspended")
    page.locator("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You’re logged out.")).to_be_visible()
    log_in(page, "cheats")
    expect(page.locator("h1")).to_have_text("This account is suspended")


def test_staff_see_the_puzzles_early_under_a_banner(desk: Window, organiser: Organiser) -> None:
    organiser.sets_time("starts_at", 3600)
    keeper = desk.open()
    log_in(keeper, "keeper")
    keeper.goto("/game/puzzle/gauges")
    expect(keeper.get_by_role("region", name="Staff only")).to_contain_text("Before launch")
    expect(keeper.locator(GUESS)).to_be_visible()


def test_an_erratum_and_its_correction_arrive_with_a_restock(
    desk: Window, organiser: Organiser, site: Node, tmp_path: Path
) -> None:
    page = desk.open()
    register(page, "proofreaders")
    page.goto("/game/puzzle/postcard")
    expect(page.locator(".erratum")).to_have_count(0)
    hunt = json.loads(DEMO_HUNT.read_text())
    fields = next(row["fields"] for row in hunt["tables"]["Puzzles"] if row["fields"].get("Slug") == "postcard")
    fields["Erratum"] = "The *third* line was misread. <script>alert(1)</script>"
    corrected = tmp_path / "corrected.json"
    corrected.write_text(json.dumps(hunt))
    organiser.hunt("restock", "--from", str(corrected))
    page.reload()
    expect(page.locator(".erratum")).to_contain_text("The third line was misread.")
    expect(page.locator(".erratum em")).to_have_text("third")
    organiser.hunt("restock", "--from", str(DEMO_HUNT))
    page.reload()
    expect(page.locator(".erratum")).to_have_count(0)


def test_a_guess_from_a_page_that_lost_its_session_offers_the_way_back(desk: Window, site: Node) -> None:
    page = desk.open()
    desk.complaints(page).expect("40[01]")
    register(page, "sleepers")
    page.goto("/game/puzzle/gauges")
    page.context.clear_cookies()
    guess(page, "still here")
    expect(page.locator(RESULT)).to_contain_text(re.compile("log in|out of date", re.IGNORECASE))
    expect(page.locator(GUESS)).to_have_value("still here")


def test_a_solve_by_a_teammate_at_the_same_moment_is_told_kindly(desk: Window, site: Node) -> None:
    page = desk.open()
    desk.complaints(page).expect("409")
    register(page, "twins")
    page.goto("/game/puzzle/gauges")
    # The live connection is cut, as behind a proxy without websockets: the page does not know yet.
    page.context.set_offline(True)
    with Visitor(site.url) as other:
        other.login("twins")
        assert other.guess("gauges", ANSWERS["gauges"]).json()["verdict"] == "correct"
    page.context.set_offline(False)
    desk.complaints(page).expect("ERR_INTERNET_DISCONNECTED|WebSocket")
    if page.locator(GUESS).is_visible():
        guess(page, ANSWERS["gauges"])
    expect(page.locator(SOLVED)).to_be_visible()
    assert "20 points" in words_of(page.locator(SOLVED))
