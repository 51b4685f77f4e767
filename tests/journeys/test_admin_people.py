"""An organiser at a phone: a team set right, a list taken in, a question answered, news told, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.journeys.people import log_in, register
from tests.support.browser import Look, axe

if TYPE_CHECKING:
    from tests.support.browser import Window

KEY = "postcard"


def do(page: Page, summary: str, button: str, **typed: str) -> None:
    """Unfold an act, fill its fields, and press its button."""
    act = page.locator("details.confirm", has=page.get_by_text(summary, exact=True))
    act.locator("summary").click()
    for name, value in typed.items():
        box = act.locator(f'[name="{name}"]')
        if box.evaluate("box => box.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)
    act.get_by_role("button", name=button).click()


def told(page: Page, words: str) -> None:
    """What stands above the page after an act."""
    expect(page.locator(".flashes")).to_contain_text(words)


def test_an_organiser_looks_after_the_teams(desk: Window, tmp_path: Path) -> None:
    team = desk.open()
    register(team, "owls")
    team.goto(f"/game/puzzle/{KEY}")
    token = team.locator('meta[name="csrf-token"]').get_attribute("content")
    for path, form in (("/hints/ask", {"question": "Where do we begin?"}), ("", {"answer": "a fair guess"})):
        reply = team.request.post(f"/game/puzzle/{KEY}{path}", form={**form, "csrf_token": str(token)})
        assert reply.ok

    page = desk.open(Look(is_phone=True))
    log_in(page, "keeper")
    set_a_team_right(page)
    take_in_a_list(page, tmp_path)
    answer_a_question(page)
    say_something(page)
    for path in ("/admin/accept", "/admin/hashes"):
        page.goto(path)
        axe(page)
    team.goto("/announcements")
    expect(team.locator("main")).to_contain_text("Lunch is late")


def set_a_team_right(page: Page) -> None:
    page.goto("/admin/teams?words=owls")
    axe(page)
    page.get_by_role("link", name="The owls").click()
    axe(page)
    do(page, "Points, credits, XP …", "Change it", what="credits", amount="2", reason="a broken printer")
    told(page, "0 before, 2 now")
    do(page, "Make a reset link …", "Make the link")
    told(page, "Link created")
    assert "/account/reset/" in page.locator("#reset-link").input_value()
    axe(page)


def take_in_a_list(page: Page, folder: Path) -> None:
    file = folder / "teams.csv"
    file.write_text("name,display_name,division\nbats,The Bats,teams\ncats,The Cats,solo\n")
    page.goto("/admin/teams/import")
    axe(page)
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Check file").click()
    axe(page)
    page.get_by_role("button", name="Import 2 teams").click()
    told(page, "2 teams imported.")
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the links, this once").click()
    assert "/account/reset/" in Path(download.value.path()).read_text()


def answer_a_question(page: Page) -> None:
    page.goto("/admin/hints")
    axe(page)
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="Claim it").click()
    axe(page)
    page.locator("#text").fill("At the stamp.")
    page.get_by_role("button", name="Send the answer").click()
    told(page, "Sent.")


def say_something(page: Page) -> None:
    page.goto("/admin/messages")
    axe(page)
    page.locator("#audience").select_option("all")
    page.locator("#body").fill("By *one* hour.")
    page.get_by_label("In News").check()
    page.get_by_label("Title").fill("Lunch is late")
    page.get_by_role("button", name="Save draft").click()
    axe(page)
    do(page, "Publish …", "Publish it")
    told(page, "Published")
    page.goto("/admin/messages")
    page.locator("#audience").select_option("teams")
    page.locator("#body").fill("Back in five minutes.")
    page.get_by_role("button", name=re.compile(r"^Send to \d+ team")).click()
    told(page, "Sent.")
    # Organisers at work read such words in a toast: no window comes between them and the next message.
    expect(page.locator("[data-modal]")).to_be_hidden()
    axe(page)
