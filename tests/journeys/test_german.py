"""A team that reads German, in a real browser: once it has chosen, pages, scripts and live messages speak it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.demo.answers import ANSWERS
from tests.journeys.people import log_in, register
from tests.support.browser import Look, Window, axe, fits_width
from tests.support.client import PASSWORD
from tests.support.server import Node, node

PUZZLE = "gauges"


@pytest.fixture(scope="module")
def site(site_database: str) -> Iterator[Node]:
    """The program with the demo hunt."""
    with node(site_database, {}, ["--demo"]) as server:
        yield server


def choose_german(page: Page) -> None:
    page.goto("/account")
    page.get_by_label("Language").select_option(label="Deutsch")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Gespeichert.")).to_be_visible()


def answer(page: Page, text: str) -> None:
    page.get_by_label("Eure Antwort").fill(text)
    page.get_by_role("button", name="Absenden").click()


def test_a_team_plays_in_german_and_its_other_browser_does_too(site: Node, desk: Window) -> None:
    page, other = desk.open(), desk.open(Look("dark", is_phone=True))
    register(page, "Eulen")
    choose_german(page)
    log_in(other, "Eulen")
    for one in (page, other):
        one.goto("/game")
        expect(one.locator("html")).to_have_attribute("lang", "de")
        expect(one.locator(".live-dot")).to_have_attribute("title", "Live-Updates an")
        assert fits_width(one)
        axe(one)
    page.goto(f"/game/puzzle/{PUZZLE}")
    expect(page.locator("h1")).to_have_attribute("lang", "en")
    answer(page, "falsch")
    expect(page.locator("[data-result]")).to_contain_text("Das ist es nicht.")
    answer(page, ANSWERS[PUZZLE])
    expect(page.locator("[data-result]")).to_contain_text("Richtig! · 20 Punkte")
    expect(other.locator(".toast")).to_contain_text("Gelöst: The Tide Gauges · 20 Punkte")
    axe(page)


def test_whoever_is_not_logged_in_reads_what_the_browser_asks_for(site: Node, desk: Window) -> None:
    page = desk.open(Look(locale="de-AT"))
    desk.complaints(page).expect("400")
    page.goto("/account/login")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_text("Benutzername oder Passwort falsch.").first).to_be_visible()
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Anzeigen").click()
    expect(page.get_by_label("Passwort", exact=True)).to_have_attribute("type", "text")
    axe(page)
