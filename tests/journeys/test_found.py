"""What a team found, in a real browser: shown at once, on every open page, copied as cells, hidden by a switch."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.people import SOLVED, guess, log_in, register
from tests.support.browser import Window, axe, fits_width

FOUND = f"{SOLVED} .found-answer"
MENU = ".tools details:has([href='/account']) > summary"


def test_an_answer_is_shown_at_once_and_on_the_teammates_page_too(desk: Window) -> None:
    mine, theirs = desk.open(), desk.open()
    register(mine, "finders")
    log_in(theirs, "finders")
    for page in (mine, theirs):
        page.goto("/game/puzzle/postcard")
        expect(page.locator(FOUND)).to_be_hidden()
    guess(mine, "Laven-der!")
    expect(mine.locator(FOUND)).to_have_text("Laven-der!")
    expect(theirs.locator(FOUND)).to_have_text("Laven-der!")
    mine.reload()
    expect(mine.locator(FOUND)).to_have_text("Laven-der!")
    axe(mine)
    assert fits_width(mine)
    mine.goto("/game")
    expect(mine.locator(".card .found-answer")).to_have_text(["Laven-der!"])
    axe(mine)
    mine.goto("/account/history")
    expect(mine.locator(".history tbody tr")).to_have_count(2)
    axe(mine)
    assert fits_width(mine)


def test_a_switch_hides_what_was_found_in_this_browser(desk: Window) -> None:
    page = desk.open()
    register(page, "shy finders")
    page.goto("/game/puzzle/postcard")
    guess(page, "lavender")
    expect(page.locator(FOUND)).to_be_visible()
    page.locator(MENU).click()
    switch = page.get_by_role("button", name="Show found answers")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(page.locator(FOUND)).to_be_hidden()
    for path in ("/game", "/game/puzzle/quay-board", "/game/puzzle/postcard?print=1", "/game?print=1"):
        page.goto(path)
        assert page.locator(".found-answer").count() > 0
        assert not any(one.is_visible() for one in page.locator(".found-answer").all()), path
    page.goto("/game")
    page.locator(MENU).click()
    switch.click()
    expect(page.locator(".card .found-answer")).to_be_visible()
    assert page.evaluate("localStorage.getItem('infinity-answers')") is None


def test_the_table_of_a_meta_is_copied_as_cells(desk: Window) -> None:
    page = desk.open()
    register(page, "copying finders")
    page.goto("/game/puzzle/postcard")
    guess(page, "Lavender")
    expect(page.locator(FOUND)).to_be_visible()
    page.goto("/game/puzzle/quay-board")
    axe(page)
    page.get_by_role("button", name="Copy cells").click()
    rows = [line.split("\t") for line in str(page.evaluate("navigator.clipboard.readText()")).split("\n")]
    feeders = [row[:2] for row in rows[-7:]]
    assert ["Puzzle", "Answer"] in feeders
    assert ["A Card from the Edge", "Lavender"] in feeders
    assert ["The Tide Gauges", ""] in feeders


def test_a_list_is_searched_while_one_types_and_reduced_to_what_is_left(desk: Window) -> None:
    page = desk.open()
    register(page, "searching finders")
    page.goto("/game/puzzle/postcard")
    guess(page, "Lavender")
    expect(page.locator(FOUND)).to_be_visible()
    page.goto("/game")
    shown = page.locator(".cards > li:visible .card-title")
    count = shown.count()
    assert count > 3
    words = page.get_by_label("Search by title")
    words.press_sequentially("tide")
    expect(page.locator("[data-list-shown]")).to_have_text("1 puzzle fits")
    expect(shown).to_have_text(["The Tide Gauges"])
    words.fill("  CÁRD from  ")
    expect(shown).to_have_text(["A Card from the Edge"])
    words.fill("")
    page.get_by_label("Unsolved only").check()
    expect(shown).to_have_count(count - 1)
    assert "A Card from the Edge" not in shown.all_inner_texts()
    words.fill("gauges")
    words.press("Enter")
    expect(page).to_have_url("/game?q=gauges&unsolved=1")
    expect(page.locator(".card-title")).to_have_text(["The Tide Gauges"])
