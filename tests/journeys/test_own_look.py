"""An organiser gives the hunt a look of its own: sees it before anybody else does, then saves it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_admin import keeper
from tests.settings.look_files import picture
from tests.support.browser import Look, Window, axe, fits_width

ACCENT = "getComputedStyle(document.documentElement).getPropertyValue('--accent')"
BUILT_IN, ORANGE, NEAREST = "#a8213f", "#e67e22", "#a95600"
LOGO = {"name": "logo.png", "mimeType": "image/png", "buffer": picture(size=(600, 160))}


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_look_is_seen_in_the_preview_and_then_by_everybody(desk: Window, has_script: bool) -> None:
    visitor = desk.open()
    visitor.goto("/")
    page = keeper(desk, Look("light"), has_script=has_script)
    desk.complaints(page).expect("400")
    page.goto("/admin/customization")
    page.fill("#set-accent", ORANGE)
    page.set_input_files("#set-logo-file", LOGO)  # type: ignore[arg-type]
    press(page, "Preview without saving")
    expect(page.locator("#set-accent-error")).to_contain_text(NEAREST)
    page.check("#set-accent-meant")
    press(page, "Preview without saving")
    for title, colour in (("Light, desktop", "rgb(169, 86, 0)"), ("Light, phone", "rgb(169, 86, 0)")):
        frame = page.frame_locator(f'iframe[title="{title}"]')
        expect(frame.locator("p > a").first).to_have_css("color", colour)
        assert frame.locator(".brand img").evaluate("picture => picture.naturalWidth") == 600
    dark = page.frame_locator('iframe[title="Dark, phone"]')
    expect(dark.locator("html")).to_have_css("color-scheme", "dark")
    assert dark.locator("p > a").first.evaluate("link => getComputedStyle(link).color") != "rgb(169, 86, 0)"
    if has_script:
        axe(page)
    visitor.reload()
    assert visitor.evaluate(ACCENT) == BUILT_IN
    press(page, "Save")
    visitor.reload()
    assert visitor.evaluate(ACCENT) == NEAREST
    assert visitor.locator(".brand img").evaluate("picture => picture.naturalWidth") == 600
    page.fill("#set-accent", "")
    page.select_option("#set-logo", "")
    press(page, "Save")
    visitor.reload()
    assert visitor.evaluate(ACCENT) == BUILT_IN


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("is_phone", [True, False], ids=["phone", "desktop"])
def test_the_pages_of_a_hunt_with_a_look_of_its_own_are_readable(desk: Window, scheme: str, is_phone: bool) -> None:
    page = keeper(desk)
    page.goto("/admin/customization")
    page.fill("#set-accent", "#7a5c00")
    page.set_input_files("#set-artwork-file", {**LOGO, "buffer": picture(size=(800, 600))})  # type: ignore[arg-type]
    page.set_input_files("#set-logo-file", LOGO)  # type: ignore[arg-type]
    press(page, "Save")
    reader = keeper(desk, Look(scheme, is_phone=is_phone))
    for path in ("/", "/game", "/game/puzzle/postcard", "/leaderboard/teams", "/account", "/admin/customization"):
        reader.goto(path)
        axe(reader)
        assert fits_width(reader), path
