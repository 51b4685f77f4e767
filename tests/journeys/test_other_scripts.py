"""Guesses in other scripts, where the browser and the server must agree on what is the same guess."""

from __future__ import annotations

import unicodedata

from playwright.sync_api import expect

from app.core.answers import normalise
from tests.journeys.people import GUESS, guess_and_read, register
from tests.support.browser import Window

FORMS = """async (texts) => {
  const { src } = document.querySelector("script[type=module]");
  const { normalised } = await import(src.replace(/[^/]*$/, "guess-text.js"));
  return texts.map(normalised);
}"""


def test_every_character_has_the_same_form_in_the_browser(desk: Window) -> None:
    page = desk.open()
    page.goto("/")
    assigned = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    texts = [text for sign in assigned for text in (sign, f"a{sign}", f"か{sign}")]
    forms = page.evaluate(FORMS, texts)
    assert [(ascii(text), form) for text, form in zip(texts, forms, strict=True) if form != normalise(text)] == []


def test_a_guess_in_another_spelling_is_known_before_it_is_sent(desk: Window) -> None:
    page = desk.open()
    register(page, "spellers")
    page.goto("/game/puzzle/gauges")
    note = page.locator("[data-note]")
    for tried, same, other in (("Łódź", "LODZ", "lods"), ("かき", "か き", "かぎ"), ("1.5", "1,5", "15")):
        guess_and_read(page, tried, "Incorrect")
        page.locator(GUESS).fill(other)
        expect(note).to_have_text("")
        page.locator(GUESS).fill(same)
        expect(note).to_have_text("Your team has already tried this.")
        guess_and_read(page, same, "Already tried")
