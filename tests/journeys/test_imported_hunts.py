"""Exports of other platforms, taken in, checked and put live by clicks, then played in a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from tests.content.imports.test_real_exports import FILES
from tests.journeys.people import guess, log_in, register
from tests.support.browser import Window, fits_width


@dataclass(frozen=True)
class Step:
    """A puzzle that opens now, with what its page must have; ``""``: no answer has come in."""

    level: str
    puzzle: str
    text: str
    answer: str
    pictures: int = 0
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """``missing``: answers to type, as their puzzles came in without. ``secrets``: on no page before the end."""

    filename: str
    steps: tuple[Step, ...]
    secrets: tuple[str, ...]
    missing: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.filename


LAMP = (
    Step("Quay", "Signal Lamp", "Who holds the lamp?", "lantern", pictures=1),
    Step("Quay", "The Beam", "Add the two answers.", "lighthouse"),
)
HUNTS = (
    Taken(
        "ctfd-3.8.7.zip",
        (
            Step("Quay", "Signal flags", "Read these", "hunt{code_flags}", 1, ("https://example.org/quay",)),
            Step("Quay", "Tide tables", "Add the tides.", "ebb", pictures=1),
            Step("Locks", "The lock-keeper", "A falling value.", "sluice"),
        ),
        ("The flags spell it.", "Fog", "members"),
        {"Tide tables": "ebb", "Fog": "mist"},
    ),
    Taken(
        "puzzlespring.phe",
        (
            Step("Harbour Hunt", "Pier 1", "Who keeps the light?", "Lantern", pictures=1),
            Step("Harbour Hunt", "Pier 2", "meta.pdf", "lighthouse", links=("/assets/",)),
        ),
        ("The keeper.", "It turns.", "Brighter!"),
    ),
    Taken("gph-site-dump.zip", LAMP, ("A lantern by the", "endblock", "{:", "puzzle_resources")),
    Taken("gph-site-tsv.zip", LAMP, ("A lantern by the", "endblock", "{:", "puzzle_resources")),
)


def take_in(page: Page, filename: str) -> None:
    page.goto("/admin/write/import")
    page.get_by_label("File", exact=True).set_input_files(FILES / filename)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("No errors.")).to_be_visible(timeout=60_000)
    replaces = page.get_by_label("Replace everything in the tables")
    if replaces.count():
        replaces.check()
    page.get_by_role("button", name="Fill the tables").click()
    expect(page.get_by_text("The tables are filled.")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Go to the tables").click()


def type_answer(page: Page, title: str, answer: str) -> None:
    page.get_by_role("link", name="Check all").click()
    page.get_by_role("link", name=title, exact=True).first.click()
    page.get_by_label("Answer", exact=True).fill(answer)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".flashes")).to_contain_text("Saved.")
    page.locator(".desk-side").get_by_role("link", name="Write", exact=True).click()


def put_live(page: Page) -> None:
    page.get_by_role("link", name="Check all").click()
    page.get_by_role("button", name="Put live …").click()
    button = page.get_by_role("button", name="Put live", exact=True)
    expect(button).to_be_visible(timeout=60_000)
    agreed = page.get_by_label("Yes, take this from teams")
    if agreed.count():
        agreed.check()
    button.click()
    expect(page.locator(".flashes")).to_contain_text("is live")


def play(page: Page, step: Step, secrets: tuple[str, ...]) -> None:
    page.goto("/game")
    page.get_by_role("link", name=re.compile(re.escape(step.level))).first.click()
    page.locator("main").get_by_role("link", name=re.compile(re.escape(step.puzzle))).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(step.puzzle)
    main = page.locator("main")
    expect(main).to_contain_text(step.text)
    shown = main.locator("img")
    assert shown.count() >= step.pictures
    for one in shown.all():
        one.scroll_into_view_if_needed()
        expect(one).not_to_have_js_property("naturalWidth", 0)
    for link in step.links:
        expect(main.locator(f'a[href^="{link}"]').first).to_be_visible()
    assert fits_width(page)
    assert not [one for one in secrets if one in page.content()]
    expect(guess(page, "certainly not")).to_contain_text("Incorrect")
    guess(page, step.answer)
    expect(page.locator("[data-solved]")).to_be_visible()
    assert not [one for one in secrets if one in page.content()]


@pytest.mark.parametrize("hunt", HUNTS, ids=str)
def test_a_hunt_of_another_platform_is_taken_in_put_live_and_played(desk: Window, hunt: Taken) -> None:
    writer = desk.open()
    log_in(writer, "keeper")
    take_in(writer, hunt.filename)
    for title, answer in hunt.missing.items():
        type_answer(writer, title, answer)
    put_live(writer)
    team = desk.open()
    register(team, f"owls {HUNTS.index(hunt)}", "open")
    for step in hunt.steps:
        play(team, step, hunt.secrets)
