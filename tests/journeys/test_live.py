"""Live pages in real browsers: two people of a team, a stranger, and organisers who speak to all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from app.core.answers import normalise
from tests.demo.answers import ANSWERS, FEEDERS
from tests.journeys.people import SOLVED, Organiser, guess_and_read, is_marked, log_in, mark, register
from tests.support.browser import Look, Window, axe, fits_width
from tests.support.client import PASSWORD
from tests.support.environment import DEMO_HUNT
from tests.support.server import Node, node
from tests.support.sockets import wait_until

TOKEN = "a token that nobody guesses"
DOT, TOAST, WINDOW = ".live-dot", ".toast", "dialog[data-modal]"
MENU = ".tools .menu > summary"


@pytest.fixture(scope="module")
def site(site_database: str) -> Iterator[Node]:
    """The program with the demo hunt and an open broadcast API."""
    settings = {"ADMIN_NAME": "keeper", "ADMIN_PASSWORD": PASSWORD, "BROADCAST_TOKEN": TOKEN}
    with node(site_database, settings, ["--demo"]) as server:
        yield server


def api(site: Node, path: str, **body: Any) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.post(f"{site.url}/api/{path}", json=body, headers=headers, timeout=20).status_code == 200


def is_live(page: Page) -> None:
    """Wait until the page says that it is live."""
    expect(page.locator(DOT)).to_have_attribute("data-state", "on")


# The last message that the page has taken in.
CURSOR = "localStorage.getItem('infinity-cursor')"


def first_puzzle(page: Page) -> str:
    """The key of an open puzzle that is no meta, from the list."""
    page.goto("/game")
    hrefs = [str(link.get_attribute("href")) for link in page.locator(".card-title a").all()]
    return next(key for key in (href.rpartition("/")[2] for href in hrefs) if key in ANSWERS and key not in FEEDERS)


def shows_next(site: Node, page: Page, text: str) -> None:
    """A new alert is what the page shows: an older one that came again would stand before it until it is closed."""
    api(site, "alert", message=text)
    expect(page.locator(WINDOW)).to_be_visible()
    expect(page.locator("[data-modal-text]")).to_have_text(text)
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(WINDOW)).to_be_hidden()


def test_an_alert_reaches_everybody_once_and_as_text(site: Node, desk: Window) -> None:
    team, stranger = desk.open(), desk.open(Look("dark", is_phone=True))
    register(team, "Alerted")
    stranger.goto("/")
    is_live(team)
    is_live(stranger)
    assert fits_width(stranger)
    api(site, "alert", message="Mind the <b>gap</b>!\nSecond line")
    for page in (team, stranger):
        expect(page.locator(WINDOW)).to_be_visible()
        expect(page.locator("[data-modal-text]")).to_have_text("Mind the <b>gap</b>!\nSecond line")
    axe(team)
    team.keyboard.press("Escape")
    expect(team.locator(WINDOW)).to_be_hidden()
    team.goto("/game")
    is_live(team)
    shows_next(site, team, "the one after the gap")


def test_a_teammates_guess_and_solve_change_the_open_page_and_leave_what_is_typed(site: Node, desk: Window) -> None:
    one, two = desk.open(), desk.open()
    register(one, "Twosome")
    log_in(two, "Twosome")
    key = first_puzzle(one)
    one.goto(f"/game/puzzle/{key}")
    two.goto(f"/game/puzzle/{key}")
    for page in (one, two):
        is_live(page)
        mark(page)
    left = int(two.locator("[data-guesses-left]").inner_text())
    two.locator("#guess").fill("half a thou")
    guess_and_read(one, "surely not this one", "Incorrect")
    expect(two.locator("[data-past]")).to_contain_text("surely not this one")
    expect(two.locator("[data-guesses-left]")).to_have_text(str(left - 1))
    expect(two.locator("#guess")).to_have_value("half a thou")
    expect(two.locator("#guess")).to_be_focused()
    guess_and_read(one, normalise(ANSWERS[key]), "Correct!")
    expect(two.locator(SOLVED)).to_be_visible()
    expect(two.locator("[data-guess-form]")).to_be_hidden()
    expect(two.locator(".puzzle-head .chips")).to_contain_text("Solved")
    expect(two.locator(TOAST).first).to_contain_text("Solved")
    expect(one.locator(TOAST)).to_have_count(0)
    assert is_marked(one)
    assert is_marked(two)
    axe(two)


def test_the_list_of_puzzles_follows_a_solve(site: Node, desk: Window) -> None:
    one, two = desk.open(), desk.open()
    register(one, "Listers")
    log_in(two, "Listers")
    key = first_puzzle(one)
    two.goto("/game")
    is_live(two)
    mark(two)
    one.goto(f"/game/puzzle/{key}")
    guess_and_read(one, normalise(ANSWERS[key]), "Correct!")
    expect(two.locator(".card-solved")).to_have_count(1)
    score = one.locator('.standing [data-live="score"]').text_content()
    expect(two.locator('.standing [data-live="score"]')).to_have_text(str(score))
    assert is_marked(two)


def test_a_closed_laptop_shows_what_it_missed_once(site: Node, desk: Window) -> None:
    page = desk.open()
    register(page, "Sleepers")
    is_live(page)
    page.goto("about:blank")
    for text in ("one", "two", "three"):
        api(site, "alert", message=f"missed {text}")
    page.goto("/story")
    for text in ("one", "two", "three"):
        expect(page.locator("[data-modal-text]")).to_have_text(f"missed {text}")
        page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(WINDOW)).to_be_hidden()
    page.reload()
    is_live(page)
    shows_next(site, page, "four")


def test_an_alert_stays_until_its_reader_closes_it(site: Node, desk: Window) -> None:
    page = desk.open()
    register(page, "Hasty")
    is_live(page)
    api(site, "alert", message="stays")
    expect(page.locator("[data-modal-text]")).to_have_text("stays")
    page.goto("/story")
    expect(page.locator("[data-modal-text]")).to_have_text("stays")
    page.evaluate("document.querySelector('[action=\"/account/logout\"]').submit()")
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()
    expect(page.locator(WINDOW)).to_be_hidden()
    log_in(page, "Hasty")
    page.get_by_role("button", name="Close", exact=True).click()
    page.goto("/story")
    is_live(page)
    expect(page.locator(WINDOW)).to_be_hidden()


def test_tabs_of_a_browser_share_one_socket_and_show_a_message_once(site: Node, desk: Window) -> None:
    first = desk.open()
    sockets: list[str] = []
    first.context.on("page", lambda page: page.on("websocket", lambda socket: sockets.append(socket.url)))
    register(first, "Tabbed")
    is_live(first)
    second = first.context.new_page()
    second.goto("/game")
    is_live(second)
    assert sockets == []
    api(site, "alert", message="only once")
    first.bring_to_front()
    for _ in range(300):
        shown = [page for page in (first, second) if page.locator(WINDOW).is_visible()]
        if shown:
            break
        first.wait_for_timeout(100)
    first.wait_for_timeout(500)
    assert len([page for page in (first, second) if page.locator(WINDOW).is_visible()]) == 1
    first.close()
    for _ in range(300):
        if sockets:
            break
        second.wait_for_timeout(100)
    is_live(second)
    assert len(sockets) == 1


def test_messages_can_be_silenced_and_sound_is_off_until_asked_for(site: Node, desk: Window) -> None:
    page = desk.open(Look("light", is_phone=True))
    register(page, "Silent")
    is_live(page)
    page.locator(MENU).click()
    box = page.locator(".tools .menu-body").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    expect(page.get_by_label("Sound", exact=True)).not_to_be_checked()
    page.get_by_label("Notifications").uncheck()
    axe(page)
    page.reload()
    page.locator(MENU).click()
    expect(page.get_by_label("Notifications")).not_to_be_checked()


def test_a_reload_keeps_what_was_typed(site: Node, desk: Window) -> None:
    page = desk.open()
    register(page, "Typists")
    page.goto(f"/game/puzzle/{first_puzzle(page)}")
    is_live(page)
    page.locator("#guess").fill("nearly there")
    mark(page)
    page.clock.install()
    before = page.evaluate(CURSOR)
    api(site, "refresh")
    wait_until(lambda: page.evaluate(CURSOR) != before, what="the page to hear of it")
    page.clock.fast_forward(9_000)
    assert is_marked(page)
    page.clock.fast_forward(15_000)
    page.wait_for_function("window.notReloaded === undefined")
    expect(page.locator("#guess")).to_have_value("nearly there")
    expect(page.locator("#guess")).to_be_focused()


def test_without_a_server_the_dot_says_so_and_comes_back(site: Node, desk: Window) -> None:
    page = desk.open()
    desk.complaints(page).expect(r"WebSocket|ERR_CONNECTION|Failed to load resource")
    register(page, "Waiters")
    is_live(page)
    page.context.set_offline(True)
    site.kill()
    expect(page.locator(DOT)).not_to_have_attribute("data-state", "on")
    expect(page.locator(DOT)).to_have_attribute("title", re.compile("Reconnecting|Not connected"))
    site.start()
    page.context.set_offline(False)
    is_live(page)


def test_a_correction_is_offered_on_the_open_page_and_shown_when_the_reader_wants_it(
    site: Node, desk: Window, organiser: Organiser, tmp_path: Path
) -> None:
    page = desk.open(Look("dark", is_phone=True))
    register(page, "Correctors")
    page.goto("/game/puzzle/postcard")
    is_live(page)
    mark(page)
    page.locator("#guess").fill("half a thou")
    whole = json.loads(DEMO_HUNT.read_text())
    fields = next(row["fields"] for row in whole["tables"]["Puzzles"] if row["fields"].get("Slug") == "postcard")
    fields |= {"Erratum": "The stamp shows a hare.", "ContentText": fields["ContentText"] + "\n\nP.S. A hare."}
    (tmp_path / "hunt.json").write_text(json.dumps(whole))
    organiser.hunt("restock", "--from", str(tmp_path / "hunt.json"))
    offer = page.locator("[data-corrected]")
    expect(offer).to_contain_text("This puzzle was corrected.")
    assert offer.get_attribute("role") == "status"
    expect(page.locator(TOAST)).to_have_count(0)
    expect(page.locator("[data-sheet]")).not_to_contain_text("P.S. A hare.")
    assert fits_width(page)
    axe(page)
    page.get_by_role("button", name="Show the correction").press("Enter")
    expect(page.locator("[data-sheet]")).to_contain_text("P.S. A hare.")
    expect(page.locator(".erratum")).to_contain_text("The stamp shows a hare.")
    expect(page.locator(".erratum")).to_be_focused()
    expect(offer).to_be_empty()
    expect(page.locator("#guess")).to_have_value("half a thou")
    assert is_marked(page)
    page.goto("/announcements")
    expect(page.locator("main")).to_contain_text("The stamp shows a hare.")
    assert organiser.counts("announcements", "kind = 'erratum'") == 1
