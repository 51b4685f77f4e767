"""Two people of a team play the demo's first level on two days and devices, from what the site shows them alone."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.demo.answers import ANSWERS
from tests.journeys.people import SOLVED, Organiser, guess, log_in, register
from tests.support.browser import Look, Window
from tests.support.client import PASSWORD
from tests.support.environment import DEMO_HUNT

TEAM, AUTHOR = "night owls", "ada quill"
PUZZLES_OF_DAY_ONE = ("postcard", "gauges", "manifest")


def solve(page: Page, key: str) -> None:
    page.goto(f"/game/puzzle/{key}")
    guess(page, ANSWERS[key].title())
    expect(page.locator(f"{SOLVED} .found-answer")).to_have_text(ANSWERS[key].title())


def found_on(page: Page) -> list[str]:
    """The answers in the meta's table, as a reader sees them."""
    return [answer for answer in page.locator(".feeders-table td").all_inner_texts() if answer.strip()]


def boxes_on(page: Page) -> list[tuple[int, int]]:
    """Of each row of the meta, from its picture in words: how many boxes it has, and which has the thick rim."""
    page.locator(".puzzle-body summary").click()
    rows = [row.locator("td").all_inner_texts() for row in page.locator(".puzzle-body details tbody tr").all()]
    return [(int(row[1]), int("".join(filter(str.isdigit, row[2])))) for row in rows]


def answered_by_the_author(desk: Window, organiser: Organiser, asking: Page, key: str) -> None:
    """The team asks; a writer who is named as the puzzle's author, and has no other role, answers at the hint desk."""
    author = desk.open()
    register(author, AUTHOR, display_name="Ada Quill")
    organiser.hunt("roles", AUTHOR, "writer")
    asking.goto(f"/game/puzzle/{key}")
    asking.get_by_text("Ask for help").click()
    asking.locator("#question").fill("Do the hands matter, or only where they point?")
    asking.get_by_role("button", name="Send").click()
    expect(asking.locator("[data-thread=open]")).to_be_visible()
    author.goto("/admin/hints")
    author.locator("#desk-list tbody a").first.click()
    author.locator("#text").fill("Only where they point.")
    author.get_by_role("button", name="Send the answer").click()
    expect(asking.locator("#hints")).to_contain_text("Only where they point.")


def test_a_level_is_solved_over_two_days_from_what_the_site_keeps(
    desk: Window, organiser: Organiser, tmp_path: Path
) -> None:
    hunt = json.loads(DEMO_HUNT.read_text())
    for record in hunt["tables"]["Puzzles"]:
        if record["fields"]["Slug"] == "clocks":
            record["fields"]["Authors"] = "Ada Quill"
    file = tmp_path / "hunt.json"
    file.write_text(json.dumps(hunt))
    organiser.hunt("restock", "--from", str(file))

    laptop, phone = desk.open(), desk.open(Look("dark", is_phone=True))
    register(laptop, TEAM)
    log_in(phone, TEAM)
    for number, key in enumerate(PUZZLES_OF_DAY_ONE):
        solve((laptop, phone)[number % 2], key)
    answered_by_the_author(desk, organiser, phone, "clocks")
    for page in (laptop, phone):
        page.context.close()

    organiser.lets_time_pass(TEAM, 24 * 60)
    other_laptop, other_phone = desk.open(), desk.open(Look("light", is_phone=True))
    for page in (other_laptop, other_phone):
        log_in(page, TEAM, PASSWORD)
    other_phone.goto("/game/puzzle/clocks")
    expect(other_phone.locator("#hints")).to_contain_text("Only where they point.")
    solve(other_phone, "clocks")
    solve(other_laptop, "berths")

    other_laptop.goto("/game/puzzle/quay-board")
    by_length = {len(answer): answer for answer in found_on(other_laptop)}
    meta = "".join(by_length[boxes][thick - 1] for boxes, thick in boxes_on(other_laptop))
    guess(other_laptop, meta)
    expect(other_laptop.locator(f"{SOLVED} .found-answer")).to_have_text(meta)
    other_phone.goto("/account/history?puzzle=quay-board")
    expect(other_phone.locator(".history tbody")).to_contain_text(meta)
