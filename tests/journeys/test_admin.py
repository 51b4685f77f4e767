"""Organisers at work, on a desk and on a phone: every page, a lockdown, content refused and content going live."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.demo.answers import ANSWERS
from tests.journeys.people import log_in, register
from tests.support.browser import Look, Window, axe, fits_width
from tests.support.client import PASSWORD
from tests.support.environment import DEMO_HUNT

MORE_PAGES = (
    "/admin/content/1", "/admin/content/1/puzzle/postcard", "/admin/content/1/rollback",
    "/admin/content/compare?old=1&new=1", "/admin/log?team=owls&kind=guess", "/admin/log?since=nonsense",
)  # fmt: skip


def hunt_file(folder: Path, name: str, **changes: Any) -> Path:
    """The demo hunt with another first puzzle."""
    whole = json.loads(DEMO_HUNT.read_text())
    for row in whole["tables"]["Puzzles"]:
        if row["fields"].get("Slug") == "postcard":
            row["fields"].update(changes)
    path = folder / name
    path.write_text(json.dumps(whole))
    return path


def keeper(desk: Window, look: Look | None = None, *, has_script: bool = True) -> Page:
    """The admin, logged in."""
    page = desk.open(look, has_script=has_script)
    log_in(page, "keeper", PASSWORD)
    return page


def all_pages(page: Page) -> list[str]:
    """The addresses of everything in the navigation, and some that are reached from there."""
    page.goto("/admin/")
    links = page.locator(".desk-side a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(links) >= 9
    return [*links, *MORE_PAGES]


# test_desk_looks.py has the other two.
@pytest.mark.parametrize("look", [Look("dark"), Look("light", is_phone=True)], ids=str)
def test_every_page_can_be_read_by_everybody(desk: Window, look: Look) -> None:
    page = keeper(desk, look)
    too_wide = []
    for address in all_pages(page):
        page.goto(address)
        axe(page)
        if not fits_width(page):
            too_wide.append(address)
    assert too_wide == []


def test_a_lockdown_by_phone_is_felt_by_a_team_and_lifted_again(desk: Window) -> None:
    team = desk.open()
    register(team, "herons")
    desk.complaints(team).expect("403")
    page = keeper(desk, Look(is_phone=True))
    for act, status in (("Close", 403), ("Open", 200)):
        page.goto("/admin/lockdown")
        box = page.locator('[data-switch="puzzles"]')
        box.get_by_text(f"{act} puzzles …").click()
        expect(box).to_contain_text("For all teams")
        box.get_by_role("button", name=f"Yes, {act.lower()} it").click()
        expect(page.locator(".flashes")).to_contain_text(f"Puzzles: {'closed' if act == 'Close' else 'open'} now.")
        reply = team.goto("/game")
        assert reply is not None
        assert reply.status == status


def test_wrong_content_is_refused_and_right_content_goes_live(desk: Window, tmp_path: Path) -> None:
    page = keeper(desk)
    page.goto("/admin/content")
    page.get_by_label("File").set_input_files(hunt_file(tmp_path, "wrong.json", Prereq=["recNowhere"]))
    page.get_by_role("button", name="Upload and check").click()
    # The page loads itself again when the restock is over.
    faults = page.get_by_role("region", name=re.compile("to fix"))
    expect(faults).to_contain_text("recNowhere")
    expect(faults).to_contain_text("Prereq")
    page.get_by_label("File").set_input_files(hunt_file(tmp_path, "right.json", Title="A fresh name"))
    page.get_by_role("button", name="Upload and check").click()
    expect(page.locator("main")).to_contain_text("Put this live?")
    expect(page.locator("main")).to_contain_text("Teams lose nothing.")
    page.get_by_role("button", name="Put live").click()
    expect(page.locator("main")).to_contain_text("Live as version 2")
    team = desk.open()
    register(team, "egrets")
    team.goto("/game/puzzle/postcard")
    expect(team.locator("h1")).to_have_text("A fresh name")

    page.goto("/admin/content")
    page.get_by_role("link", name=re.compile("Make live")).click()
    expect(page.locator("main")).to_contain_text("Title")
    page.get_by_role("button", name="Put live").click()
    expect(page.locator(".flashes")).to_contain_text("Version 1 is live.")
    team.reload()
    expect(team.locator("h1")).not_to_have_text("A fresh name")


def test_everything_works_without_javascript(desk: Window) -> None:
    page = keeper(desk, Look(is_phone=True), has_script=False)
    page.goto("/admin/")
    page.locator(".desk-menu summary").click()
    page.locator(".desk-menu").get_by_role("link", name="Content").click()
    page.get_by_role("button", name="Restock from the content file").click()
    for _ in range(240):
        if not page.locator("[data-restock]").count():
            break
        page.wait_for_timeout(250)
        page.get_by_role("link", name="Refresh").click()
    expect(page.locator("main")).to_contain_text(re.compile("is the same as version 1"))

    page.goto("/admin/content/1/puzzle/postcard")
    page.get_by_label("An answer to try").fill(ANSWERS["postcard"])
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".result")).to_contain_text("Correct!")
    page.goto("/leaderboard/teams")
    expect(page.locator("main")).not_to_contain_text("keeper")
