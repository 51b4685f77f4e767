"""A night of the organisers in real browsers, on two processes with PostgreSQL and Redis, by the pages alone.

Two teams play, an admin speaks at the phone: to one team, to a division, to all; a laptop is closed and misses three;
a hint is asked for, claimed, answered and seen; puzzles are closed and opened; wrong content is refused, right content
goes live.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.people import log_in, register
from tests.journeys.test_admin import hunt_file
from tests.journeys.test_admin_people import told
from tests.support.browser import Look, Window
from tests.support.client import PASSWORD
from tests.support.redis import redis_server
from tests.support.server import Node, node

if TYPE_CHECKING:
    from tests.support.databases import PostgresShelf

DOT, WINDOW, WORDS = ".live-dot", "dialog[data-modal]", "[data-modal-text]"
PUZZLE = "/game/puzzle/postcard"


@pytest.fixture(scope="module")
def site(shelves: dict[str, PostgresShelf]) -> Iterator[Node]:
    """The demo hunt as a real hunt runs: two processes on one port."""
    with shelves["postgresql"].fresh() as url, redis_server() as redis:
        settings = {"ADMIN_NAME": "keeper", "ADMIN_PASSWORD": PASSWORD, "REDIS_URL": redis.url, "WEB_PROCESSES": "2"}
        with node(url, settings, ["--demo"]) as server:
            yield server


@pytest.fixture
def owls(desk: Window) -> Page:
    """A team, in the division of teams."""
    return open_team(desk, "owls", "teams")


@pytest.fixture
def fox(desk: Window) -> Page:
    """Somebody who plays alone."""
    return open_team(desk, "fox", "solo")


@pytest.fixture
def admin(desk: Window) -> Page:
    """The admin, at the phone."""
    page = desk.open(Look("dark", is_phone=True))
    log_in(page, "keeper")
    return page


def open_team(desk: Window, name: str, division: str) -> Page:
    page = desk.open()
    # What a browser says of a login before the team is there, and of puzzles that are closed.
    desk.complaints(page).expect("status of 40[03]")
    page.goto("/account/login")
    log_in(page, name)
    if "/account/login" in page.url:
        register(page, name, division)
    return page


def is_live(page: Page) -> None:
    expect(page.locator(DOT)).to_have_attribute("data-state", "on")


def say(admin: Page, text: str, audience: str, team: str = "") -> None:
    """Compose a pop-up; the button names whom it reaches; send it."""
    admin.goto("/admin/messages")
    admin.locator("#body").fill(text)
    if team:
        admin.locator(".team-list label", has_text=team).click()
    else:
        admin.locator("#audience").select_option(audience)
    admin.get_by_role("button", name=re.compile(r"^Send to \d+ team")).click()
    told(admin, "Sent.")


def reads(page: Page, text: str) -> None:
    """An alert stands on the open page; it is read and closed."""
    expect(page.locator(WORDS)).to_have_text(text)
    page.get_by_role("button", name="Close", exact=True).click()


def is_seen_by(admin: Page, name: str) -> None:
    """The receipt of this team stands on the broadcast's page, after a look or two: receipts are noted in the wake."""
    row = admin.locator("tbody tr", has_text=name)
    for _ in range(120):
        if "not yet" not in row.inner_text():
            return
        admin.wait_for_timeout(500)
        admin.reload()
    pytest.fail(f"{name} has read it, and its receipt never came")


def test_words_to_a_team_a_division_and_all_reach_just_those(admin: Page, owls: Page, fox: Page) -> None:
    for page in (owls, fox):
        page.goto("/game")
        is_live(page)
    say(admin, "for the fox alone", "team", team="fox")
    reads(fox, "for the fox alone")
    say(admin, "for teams", "division:teams")
    reads(owls, "for teams")
    say(admin, "for everybody", "all")
    # Each has read what came before, and nothing that was for the other stood in between.
    reads(owls, "for everybody")
    reads(fox, "for everybody")
    for page in (owls, fox):
        expect(page.locator(WINDOW)).to_be_hidden()
    admin.goto("/admin/messages")
    admin.locator("tbody tr", has_text="for everybody").get_by_role("link").click()
    for name in ("owls", "fox"):
        is_seen_by(admin, name)


def test_a_laptop_that_was_closed_gets_the_three_it_missed_once(admin: Page, owls: Page) -> None:
    owls.goto("/game")
    is_live(owls)
    owls.goto("about:blank")
    for words in ("missed one", "missed two", "missed three"):
        say(admin, words, "all")
    owls.goto("/story")
    for words in ("missed one", "missed two", "missed three"):
        reads(owls, words)
    expect(owls.locator(WINDOW)).to_be_hidden()
    owls.reload()
    is_live(owls)
    expect(owls.locator(WINDOW)).to_be_hidden()
    # And whoever was there all the time is not told to look again.
    admin.goto("/admin/messages")
    admin.locator("tbody tr", has_text="missed two").get_by_role("link").click()
    is_seen_by(admin, "owls")


def test_a_hint_is_asked_claimed_answered_and_seen(admin: Page, owls: Page) -> None:
    owls.goto(PUZZLE)
    is_live(owls)
    owls.get_by_text("Ask for help", exact=True).click()
    owls.locator("#question").fill("Is it about the <i>boat</i>?")
    owls.get_by_role("button", name="Send").click()
    expect(owls.locator("#hints")).to_contain_text("Waiting for a reply")

    admin.goto("/admin/hints")
    admin.locator("tbody a").first.click()
    expect(admin.locator("#desk-thread")).to_contain_text("Is it about the <i>boat</i>?")
    admin.get_by_role("button", name="Claim it").click()
    owls.reload()
    expect(owls.locator("#hints")).to_contain_text("Someone is replying")
    is_live(owls)
    admin.locator("#text").fill("Look at its edge.")
    admin.get_by_role("button", name="Send the answer").click()
    told(admin, "Sent.")
    expect(owls.locator("#hints")).to_contain_text("Look at its edge.")


def test_a_lockdown_closes_the_puzzles_for_both_and_opens_them_again(admin: Page, owls: Page, fox: Page) -> None:
    for act, status in (("Close", 403), ("Open", 200)):
        admin.goto("/admin/lockdown")
        box = admin.locator('[data-switch="puzzles"]')
        box.get_by_text(f"{act} puzzles …").click()
        box.get_by_role("button", name=f"Yes, {act.lower()} it").click()
        expect(admin.locator(".flashes")).to_contain_text("now.")
        # Whichever of the two processes answers.
        for page in (owls, fox, owls, fox):
            reply = page.goto("/game")
            assert reply is not None
            assert reply.status == status


def test_wrong_content_is_refused_and_right_content_reaches_an_open_hunt(
    admin: Page, owls: Page, tmp_path: Path
) -> None:
    admin.goto("/admin/content")
    admin.get_by_label("File").set_input_files(hunt_file(tmp_path, "wrong.json", Prereq=["recNowhere"]))
    admin.get_by_role("button", name="Upload and check").click()
    faults = admin.get_by_role("region", name=re.compile("to fix"))
    expect(faults).to_contain_text("recNowhere")
    for _ in range(2):
        owls.goto(PUZZLE)
        expect(owls.locator("h1")).not_to_have_text("A fresh name")
    admin.get_by_label("File").set_input_files(hunt_file(tmp_path, "right.json", Title="A fresh name"))
    admin.get_by_role("button", name="Upload and check").click()
    expect(admin.locator("main")).to_contain_text("Put this live?")
    admin.get_by_role("button", name="Put live").click()
    expect(admin.locator("main")).to_contain_text("Live as version 2")
    for _ in range(4):
        owls.goto(PUZZLE)
        expect(owls.locator("h1")).to_have_text("A fresh name")
