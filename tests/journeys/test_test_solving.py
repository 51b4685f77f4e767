"""From a draft to a rating, by clicks: written, tested by two, changed, tested no more; after the hunt a team rates."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.people import Organiser, guess, log_in, register
from tests.support.browser import LOOKS, Look, Window, axe, fits_width


def to_page(page: Page, name: str) -> None:
    """By the organisers' menu."""
    page.locator(".desk-side").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def to_puzzles(page: Page) -> None:
    to_page(page, "Write")
    page.get_by_role("link", name="Puzzles", exact=True).last.click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".flashes")).to_contain_text("Saved.")


def put_live(page: Page) -> None:
    to_page(page, "Write")
    page.get_by_role("button", name="Put live …").click()
    button = page.get_by_role("button", name="Put live", exact=True)
    expect(button).to_be_visible()
    button.click()
    expect(page.locator(".flashes")).to_contain_text("is live")


def staff(desk: Window, organiser: Organiser, name: str, role: str) -> Page:
    page = desk.open()
    register(page, name, "open")
    organiser.hunt("roles", name, role)
    page.goto("/admin/tests")
    return page


def mark(page: Page, name: str, value: str) -> None:
    page.get_by_role("group", name=name).get_by_role("radio", name=value).check()


def line(page: Page) -> str:
    return page.locator("[data-order-line]", has_text="The Maze").inner_text()


def helper_tests(page: Page, wrong: str) -> None:
    page.get_by_role("link", name="The Maze", exact=True).click()
    page.get_by_role("button", name="Start the test").click()
    expect(page.get_by_text("Who guards it?")).to_be_visible()
    guess(page, wrong)
    expect(page.locator("[data-result]")).to_contain_text("Incorrect")
    guess(page, "Minotaur")
    expect(page.locator("[data-result]")).to_contain_text("Correct!")
    mark(page, "How much fun was it?", "5")
    mark(page, "How difficult was it?", "2")
    page.get_by_label("Comment").fill(f"Not {wrong}, then.")
    page.get_by_label("Minutes you spent").fill("7")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".flashes")).to_contain_text("The authors can read it now.")


def test_a_puzzle_is_tested_changed_and_rated(desk: Window, organiser: Organiser) -> None:
    keeper = desk.open()
    log_in(keeper, "keeper")
    keeper.goto("/admin/write")
    keeper.get_by_role("button", name="Begin with an empty hunt").click()
    to_puzzles(keeper)
    keeper.get_by_role("link", name="New puzzle").click()
    keeper.get_by_label("Title", exact=True).fill("The Maze")
    keeper.get_by_label("Puzzle", exact=True).fill("Who guards it?")
    keeper.get_by_label("Answer", exact=True).fill("Minotaur")
    save(keeper)
    to_puzzles(keeper)
    assert "Needs 2 clean tests" in line(keeper)
    put_live(keeper)
    owls = desk.open()
    register(owls, "owls", "open")
    owls.goto("/game")
    owls.get_by_role("link", name=re.compile("Level 1")).first.click()
    owls.get_by_role("link", name=re.compile("The Maze")).first.click()
    guess(owls, "minotaur")
    expect(owls.locator("[data-solved]")).to_be_visible()

    for name, wrong in (("aide", "troll"), ("bede", "cerberus")):
        helper_tests(staff(desk, organiser, name, "helper"), wrong)
    to_puzzles(keeper)
    assert "Tested" in line(keeper)
    keeper.get_by_role("link", name="The Maze", exact=True).click()
    keeper.get_by_label("Puzzle", exact=True).fill("Who guards it at night?")
    save(keeper)
    to_puzzles(keeper)
    assert "Needs 2 clean tests" in line(keeper)
    put_live(keeper)
    to_page(keeper, "Test-solving")
    expect(keeper.get_by_role("row", name=re.compile("The Maze"))).to_contain_text("2 before the last change")

    organiser.sets_time("ends_at", -1)
    owls.reload()
    mark(owls, "How much fun was it?", "6")
    mark(owls, "How difficult was it?", "3")
    owls.get_by_label("Comment").fill("We got lost.")
    owls.get_by_role("button", name="Send rating").click()
    expect(owls.locator(".flashes")).to_contain_text("Thanks for your rating!")
    keeper.get_by_role("row", name=re.compile("The Maze")).get_by_role("link", name=re.compile("clean")).click()
    for words in ("troll", "cerberus", "Not troll, then.", "We got lost.", "changed since"):
        expect(keeper.get_by_text(words).first).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_pages_of_tests_can_be_used_by_everybody(desk: Window, organiser: Organiser, look: Look) -> None:
    page = desk.open(look)
    log_in(page, "keeper")
    page.goto("/admin/tests")
    seen = [page.url]
    page.get_by_role("link", name="The Maze", exact=True).click()
    axe(page)
    assert fits_width(page)
    if page.get_by_role("button", name="Start the test").count():
        page.get_by_role("button", name="Start the test").click()
        guess(page, "harpy")
        expect(page.locator("[data-result]")).to_contain_text("Incorrect")
        axe(page)
        assert fits_width(page)
        page.locator("summary", has_text="Stop the test").click()
        axe(page)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_role("heading", name="How was it?")).to_be_visible()
    seen += [page.url, "/admin/write/puzzles"]
    page.goto("/admin/tests")
    page.get_by_role("link", name=re.compile("of 2 clean")).click()
    seen.append(page.url)
    for path in seen:
        page.goto(path)
        axe(page)
        assert fits_width(page), path


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_rating_can_be_used_by_everybody(desk: Window, look: Look) -> None:
    page = desk.open(look)
    log_in(page, "owls")
    page.goto("/game")
    page.get_by_role("link", name=re.compile("Level 1")).first.click()
    page.get_by_role("link", name=re.compile("The Maze")).first.click()
    expect(page.get_by_role("heading", name="Rate this puzzle")).to_be_visible()
    axe(page)
    assert fits_width(page)
    page.get_by_role("group", name="How much fun was it?").get_by_role("radio", name="6").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("radio", name="5").first).to_be_checked()
