"""Everything works without JavaScript, and says the same words as with it."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect

from tests.demo.answers import ANSWERS
from tests.journeys.people import GUESS, LEFT, RESULT, SOLVED, Organiser, log_in, register, words_of
from tests.support.browser import Window
from tests.support.client import PASSWORD, Visitor
from tests.support.server import Node


def send(page: Page, answer: str) -> str:
    """Send the form, wait for the next page, and answer the words of its result."""
    page.locator(GUESS).fill(answer)
    page.get_by_role("button", name="Submit").click()
    page.wait_for_load_state()
    return words_of(page.locator(RESULT))


def without_wait(words: str) -> str:
    """Words without the number of seconds to wait, which differs from moment to moment."""
    return re.sub(r"\d+ s\b", "… s", words)


def test_a_team_registers_guesses_prints_leaves_and_comes_back(desk: Window, organiser: Organiser) -> None:
    page = desk.open(has_script=False)
    register(page, "plain", display_name="Plain & Simple")
    assert page.url.endswith("/game")
    assert "Plain & Simple" in page.locator("header").inner_text()

    page.get_by_role("link", name="The Tide Gauges").click()
    assert send(page, "nonsense").startswith("Incorrect")
    expect(page.locator("[data-past] li")).to_have_count(1)
    expect(page.locator(LEFT)).to_have_text("9")
    assert send(page, "N O N S E N S E").startswith("Already tried")
    assert send(page, "8 21 14 4 18 5 4").startswith("Close ")
    assert page.title().startswith("Close")
    expect(page.locator("[data-past] li")).to_have_count(2)
    desk.complaints(page).expect("400")
    assert send(page, "!?") != ""
    assert page.title().startswith("Error: ")
    expect(page.locator(GUESS)).to_have_value("!?")
    assert send(page, ANSWERS["gauges"]).startswith("Correct! · 20 points")
    expect(page.locator(SOLVED)).to_be_visible()
    expect(page.locator(GUESS)).to_have_count(0)

    # Loading again or coming back later does not send anything again.
    page.reload()
    expect(page.locator(SOLVED)).to_be_visible()

    page.get_by_role("link", name="Print").click()
    expect(page.locator("h1")).to_have_text("The Tide Gauges")
    expect(page.locator("table")).to_be_visible()
    page.get_by_role("link", name="Back to the puzzle").click()

    page.goto("/account")
    page.get_by_role("button", name="Log out on this device").click()
    expect(page.get_by_text("You’re logged out.")).to_be_visible()
    page.goto("/game")
    assert "/account/login?next=/game" in page.url
    page.get_by_label("Username").fill("PLAIN")
    page.locator('input[name="password"]').fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Log in").click()
    assert page.url.endswith("/game")


def test_a_forgotten_password_is_set_anew_by_a_link(desk: Window, organiser: Organiser, site: Node) -> None:
    page = desk.open(has_script=False)
    register(page, "sieve")
    page.goto("/account/login")
    page.get_by_role("link", name="Forgot your password?").click()
    # This site sends no email, so its page asks for nothing.
    expect(page.locator("main")).to_contain_text("Ask the organisers for a link")
    expect(page.get_by_role("button", name="Send a link")).to_have_count(0)
    path = organiser.hunt("reset-link", "sieve").strip()
    page.goto(re.sub(r"^https?://[^/]+", "", path))
    page.locator('input[name="password"]').fill("a better one than before")
    page.locator('input[name="password_again"]').fill("a better one than before")
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_text("Password changed")).to_be_visible()
    page.goto("/account")
    page.get_by_role("button", name="Log out on this device").click()
    log_in(page, "sieve", "a better one than before")
    assert page.url.endswith("/game")


def test_a_form_that_is_refused_says_so_at_its_fields_and_keeps_what_was_typed(desk: Window) -> None:
    page = desk.open(has_script=False)
    desk.complaints(page).expect("400")
    page.goto("/account/register")
    page.get_by_label("Username").fill("x")
    page.get_by_label("Team name").fill("<i>Kept</i>")
    page.locator('input[name="password"]').fill("short")
    page.get_by_role("button", name="Register the team").click()
    assert page.title().startswith("Error: ")
    expect(page.get_by_label("Team name")).to_have_value("<i>Kept</i>")
    expect(page.locator('input[name="password"]')).to_have_value("")
    for name in ("name", "password"):
        box = page.locator(f'input[name="{name}"]')
        expect(box).to_have_attribute("aria-invalid", "true")
        assert words_of(page.locator(f"#{name}-error"))
    # The list on top leads to the fields.
    page.locator("[data-summary] a").first.click()
    assert page.url.endswith("#name")


def test_page_and_program_are_told_the_same_words(desk: Window, site: Node) -> None:
    page = desk.open(has_script=False)
    desk.complaints(page).expect("400|429")
    register(page, "listeners")
    page.goto("/game/puzzle/gauges")
    guesses = ("nonsense", "Non-Sense", "8 21 14 4 18 5 4", "…", "x" * 201, *(f"try {number}" for number in range(6)))
    with Visitor(site.url) as program:
        program.register("programs", division="teams")
        for answer in guesses:
            reply = program.guess("gauges", answer).json()
            message = reply["error"]["message"] if "error" in reply else text_of(reply["message_html"])
            shown = send(page, answer)
            assert without_wait(shown).endswith(without_wait(message)), (answer, shown, message)
        assert reply["error"]["code"] == "rate_limited"


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", BeautifulSoup(html, "html5lib").get_text()).strip()
