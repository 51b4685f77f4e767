"""The hint desk in real browsers: two helpers and a team at once, on a desk and on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.core.answers import normalise
from tests.demo.answers import ANSWERS, FEEDERS
from tests.journeys.people import Organiser, log_in, register
from tests.support.browser import Look, Window, axe, fits_width
from tests.support.client import PASSWORD


def puzzle_of(page: Page) -> str:
    """The key of an open puzzle that is no meta."""
    page.goto("/game")
    hrefs = [str(link.get_attribute("href")) for link in page.locator(".card-title a").all()]
    return next(key for key in (href.rpartition("/")[2] for href in hrefs) if key in ANSWERS and key not in FEEDERS)


def ask(team: Page, key: str, question: str) -> None:
    team.goto(f"/game/puzzle/{key}")
    team.get_by_text("Ask for help").click()
    team.locator("#question").fill(question)
    team.get_by_role("button", name="Send").click()
    expect(team.locator("[data-thread=open]")).to_be_visible()


def desk_page(page: Page, path: str = "/admin/hints") -> Page:
    log_in(page, "keeper", PASSWORD)
    page.goto(path)
    expect(page.locator(".live-dot")).to_have_attribute("data-state", "on")
    return page


def test_two_helpers_see_a_question_a_claim_and_a_solve_as_they_happen(desk: Window) -> None:
    team, one, other = desk.open(), desk.open(), desk.open(Look("dark", is_phone=True))
    register(team, "Owls at work")
    key = puzzle_of(team)
    desk_page(one)
    desk_page(other)
    ask(team, key, "We read https://sheet.example/owls.")
    for page in (one, other):
        expect(page.locator("#desk-list")).to_contain_text("Owls at work")
    assert fits_width(other)
    axe(one)
    axe(other)
    # Three taps on a phone: the question, the box, the button.
    one.locator("#desk-list tbody a").first.click()
    expect(one.locator("#desk-thread a")).to_have_attribute("href", "https://sheet.example/owls")
    one.get_by_role("button", name="Claim it").click()
    expect(other.locator("#desk-list")).to_contain_text("yours")
    assert fits_width(one)
    axe(one)
    # The answer is being typed while the team solves the puzzle.
    one.locator("#text").fill("Look at the")
    answer = normalise(ANSWERS[key])
    team.goto(f"/game/puzzle/{key}")
    team.locator("#guess").fill(answer)
    team.locator("#guess").press("Enter")
    expect(one.locator("#desk-state")).to_contain_text("solved meanwhile")
    expect(one.locator("[data-desk-warning]")).to_be_visible()
    assert one.locator("#text").input_value() == "Look at the"
    desk.complaints(one).expect("409")
    one.get_by_role("button", name="Send the answer").click()
    expect(one.locator("p[role=alert]").first).to_contain_text("solved the puzzle meanwhile")
    assert one.locator("#text").input_value() == "Look at the"
    expect(team.locator("#hints")).to_contain_text("Solved")
    expect(team.get_by_text("Look at the", exact=True)).to_have_count(0)


def test_a_refused_answer_leaves_a_page_that_goes_on_following(desk: Window, organiser: Organiser) -> None:
    team, keeper, other = desk.open(), desk.open(), desk.open()
    register(team, "Jays at work")
    register(other, "Second helper")
    organiser.hunt("roles", "Second helper", "helper")
    ask(team, puzzle_of(team), "Is it a code?")
    desk_page(keeper)
    keeper.locator("#desk-list tbody a", has_text=re.compile(r".")).first.click()
    keeper.wait_for_url(re.compile(r"/admin/hints/\d+$"))
    question = keeper.url
    other.goto(question)
    keeper.get_by_role("button", name="Claim it").click()
    expect(other.locator("#desk-state")).to_contain_text("claimed")
    desk.complaints(other).expect("409")
    other.locator("#text").fill("It is one.")
    other.get_by_role("button", name="Send the answer").click()
    expect(other.locator("p[role=alert]").first).to_contain_text("Take it over first")
    assert other.url == question
    # What the other helper does next is seen, and the refused words are neither lost nor sent.
    keeper.locator("#text").fill("Look closer.")
    keeper.get_by_role("button", name="Send the answer").click()
    expect(other.locator("#desk-thread")).to_contain_text("Look closer.")
    assert other.locator("#text").input_value() == "It is one."
    expect(other.locator("#desk-thread")).not_to_contain_text("It is one.")


def test_a_helper_answers_on_a_phone_with_three_taps(desk: Window) -> None:
    team, phone = desk.open(), desk.open(Look("light", is_phone=True))
    register(team, "Larks at work")
    key = puzzle_of(team)
    ask(team, key, "Where do we begin?")
    desk_page(phone)
    phone.locator("#desk-list tbody a").first.click()
    assert fits_width(phone)
    axe(phone)
    phone.locator("#text").fill("With the first line.")
    phone.get_by_role("button", name="Send the answer").click()
    expect(team.locator("#hints")).to_contain_text("With the first line.")


def test_a_team_reports_a_problem_and_sees_what_becomes_of_it(desk: Window) -> None:
    team, keeper = desk.open(), desk.open()
    register(team, "Rooks at work")
    key = puzzle_of(team)
    desk_page(keeper, "/admin/problems")
    team.goto(f"/game/puzzle/{key}")
    team.locator("#report summary").click()
    team.locator("#problem").fill("Clue 3 has a typo.")
    team.get_by_role("button", name="Send report").click()
    expect(team.locator("[data-report=open]")).to_be_visible()
    axe(team)
    expect(keeper.locator("#desk-list")).to_contain_text("Clue 3 has a typo.")
    keeper.locator("#desk-list summary").first.click()
    axe(keeper)
    keeper.get_by_role("button", name="Erratum published").first.click()
    expect(team.locator("[data-report=erratum]")).to_contain_text(re.compile("Erratum published"))


def test_an_answer_announces_itself_on_the_puzzles_own_page_too(desk: Window) -> None:
    team, keeper = desk.open(Look(is_phone=True)), desk.open()
    register(team, "Owls far up")
    key = puzzle_of(team)
    ask(team, key, "Is the picture cut off?")
    team.evaluate("scrollTo(0, 0)")
    expect(team.locator(".live-dot")).to_have_attribute("data-state", "on")
    desk_page(keeper)
    keeper.locator("#desk-list tbody tr", has_text="Owls far up").locator("a").first.click()
    keeper.locator("#text").fill("It is whole.")
    keeper.get_by_role("button", name="Send the answer").click()
    link = team.locator(".toast a", has_text="The organisers replied")
    expect(link).to_be_visible()
    link.click()
    expect(team.get_by_text("It is whole.")).to_be_in_viewport()
