"""A hunt written in the site by somebody without a shell: made, tested and published by clicks, no address typed."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.content.writing.pictures import PNG
from tests.journeys.people import guess, log_in, register
from tests.support.browser import LOOKS, Look, Window, axe, fits_width

PUZZLES = (("The Maze", "Minotaur"), ("The Bridge", "Troll"), ("The Gate", "Cerberus"))
DROP = """([selector, bytes]) => {
  const given = new DataTransfer();
  const raw = Uint8Array.from(atob(bytes), (sign) => sign.charCodeAt(0));
  given.items.add(new File([raw], "Old map.png", { type: "image/png" }));
  const dropped = new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true });
  document.querySelector(selector).dispatchEvent(dropped);
}"""

# How many pixels above, below, left and right of its middle a finger still hits the target: a finger needs 44 in all.
REACH = """(target) => {
  target.scrollIntoView({ block: "center", behavior: "instant" });
  const { left, right, top, bottom } = target.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const hits = (across, down) => {
    const found = document.elementFromPoint(x + across, y + down);
    return found && (target.contains(found) || found.control === target || target.control === found);
  };
  return [[0, -1], [0, 1], [-1, 0], [1, 0]].map(([across, down]) => {
    let far = 0;
    while (far < 22 && hits(across * (far + 1), down * (far + 1))) far += 1;
    return far;
  });
}"""


@pytest.fixture
def writer(desk: Window) -> Page:
    """The admin, on the writers' page, by clicks."""
    page = desk.open()
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Log in").click()
    page.get_by_label("Username").fill("keeper")
    page.locator('input[name="password"]').fill("correct horse battery")
    page.locator("main").get_by_role("button", name="Log in").click()
    page.get_by_role("banner").get_by_role("link", name="Admin", exact=True).click()
    to_tables(page)
    return page


def to_tables(page: Page) -> None:
    page.locator(".desk-side").get_by_role("link", name="Write", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Write")).to_be_visible()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".flashes")).to_contain_text("Saved.")


def write_puzzle(page: Page, title: str, answer: str) -> None:
    to_tables(page)
    page.get_by_role("link", name="Puzzles", exact=True).last.click()
    page.get_by_role("link", name="New puzzle").click()
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_label("Puzzle", exact=True).fill(f"Who guards *{title}*?")
    page.get_by_label("Answer", exact=True).fill(answer)
    save(page)


def test_a_stranger_makes_tests_and_publishes_a_hunt_with_a_picture(writer: Page, desk: Window) -> None:
    writer.get_by_role("button", name="Begin with an empty hunt").click()
    for title, answer in PUZZLES:
        write_puzzle(writer, title, answer)
    box = writer.get_by_label("Puzzle", exact=True)
    box.press("End")
    expect(writer.locator("form[data-ready]")).to_be_visible()
    writer.evaluate(DROP, ["#write-ContentText", base64.b64encode(PNG).decode()])
    expect(box).to_have_value(re.compile(r"!\[Old map\]\(asset:old-map\.png\)"))
    expect(writer.locator('[data-preview="ContentText"] img')).to_be_visible()
    save(writer)
    axe(writer)
    to_tables(writer)
    writer.get_by_role("link", name="Check all").click()
    expect(writer.get_by_text("No errors in 3 puzzles.")).to_be_visible()
    writer.get_by_role("button", name="Put live …").click()
    put_live = writer.get_by_role("button", name="Put live", exact=True)
    expect(put_live).to_be_visible()
    put_live.click()
    expect(writer.locator(".flashes")).to_contain_text("is live")

    team = desk.open()
    register(team, "owls", "open")
    team.goto("/game")
    team.get_by_role("link", name=re.compile("Level 1")).first.click()
    team.get_by_role("link", name=re.compile("The Gate")).first.click()
    expect(team.locator(".puzzle-body img")).to_have_js_property("naturalWidth", 1)
    guess(team, "cerberus")
    expect(team.locator("[data-solved]")).to_be_visible()


def test_faults_and_previews_follow_what_is_typed(writer: Page) -> None:
    writer.get_by_role("link", name="Puzzles", exact=True).last.click()
    writer.get_by_role("link", name="The Maze", exact=True).click()
    writer.locator("summary", has_text="More").last.click()
    writer.get_by_label("Address", exact=True).fill("Not An Address")
    fault = writer.locator('[data-said="Slug"] .field-error')
    expect(fault).to_contain_text("A slug has lower-case letters")
    writer.get_by_label("Puzzle", exact=True).fill('<p class="loud">Hear **this**</p>')
    writer.get_by_label("Style (CSS)").fill(".loud { color: rgb(1, 2, 3) }")
    shown = writer.locator('[data-preview="ContentText"] .loud')
    expect(shown).to_have_css("color", "rgb(1, 2, 3)")
    writer.get_by_label("Address", exact=True).fill("an-address")
    expect(fault).to_have_count(0)
    expect(writer.locator("[data-verdict]")).not_to_contain_text("before this can go live")


def test_what_was_typed_survives_a_lost_line_and_a_closed_tab(desk: Window, writer: Page) -> None:
    writer.get_by_role("link", name="Puzzles", exact=True).last.click()
    writer.get_by_role("link", name="The Bridge", exact=True).click()
    words, answer = writer.get_by_label("Puzzle", exact=True), writer.get_by_label("Answer", exact=True)
    expect(writer.locator("form[data-ready]")).to_be_visible()
    desk.complaints(writer).expect("ERR_INTERNET_DISCONNECTED")
    writer.context.set_offline(True)
    words.fill("A night’s work")
    answer.fill("secretanswer")
    expect(writer.locator("[data-saved-words]")).to_contain_text("kept in this browser")
    assert "secretanswer" not in writer.evaluate("JSON.stringify(localStorage)")
    writer.context.set_offline(False)
    writer.reload()
    expect(words).not_to_have_value("A night’s work")
    writer.get_by_role("button", name="Bring it back").click()
    expect(words).to_have_value("A night’s work")
    save(writer)
    expect(writer.locator("[data-local-draft]")).to_be_hidden()
    writer.reload()
    expect(writer.locator("[data-local-draft]")).to_be_hidden()
    expect(words).to_have_value("A night’s work")


def test_puzzles_are_put_in_order_by_dragging(writer: Page) -> None:
    writer.get_by_role("link", name="Puzzles", exact=True).last.click()
    lines = writer.locator("[data-order-line]")
    assert "The Gate" in lines.nth(2).inner_text()
    expect(lines.nth(2).locator("[data-order-grip]")).to_be_visible()
    grip = lines.nth(2).locator("[data-order-grip]").bounding_box()
    first = lines.nth(0).bounding_box()
    assert grip is not None
    assert first is not None
    writer.mouse.move(grip["x"] + 8, grip["y"] + 8)
    writer.mouse.down()
    writer.mouse.move(first["x"] + 20, first["y"] + first["height"] / 2, steps=5)
    writer.mouse.move(first["x"] + 20, first["y"] + 2, steps=5)
    writer.mouse.up()
    writer.get_by_role("button", name="Save the order").click()
    expect(writer.locator("[data-order-line]").nth(0)).to_contain_text("The Gate")


def tap(target: Locator) -> None:
    """With a thumb: the target is large enough, and nothing scrolls sideways."""
    expect(target).to_be_visible()
    above, below, left, right = target.evaluate(REACH)
    assert above + below >= 42, f"{target} is {above + below} pixels high"
    assert left + right >= 42, f"{target} is {left + right} pixels wide"
    assert fits_width(target.page)
    target.tap()


def to_puzzles_by_thumb(page: Page) -> None:
    tap(page.locator(".desk-menu > summary"))
    tap(page.locator(".desk-menu").get_by_role("link", name="Write", exact=True))
    expect(page.get_by_role("heading", level=1, name="Write")).to_be_visible()
    tap(page.locator("main").get_by_role("link", name="Puzzles", exact=True).last)


def test_a_phone_is_enough_to_put_puzzles_in_order_add_a_picture_and_publish(desk: Window) -> None:
    page = desk.open(Look("dark", is_phone=True))
    log_in(page, "keeper")
    to_puzzles_by_thumb(page)
    lines = page.locator("[data-order-line]")
    last = lines.last.locator("a").first.inner_text()
    lines.last.locator(".order-box").fill("0")
    tap(page.get_by_role("button", name="Save the order"))
    expect(lines.first).to_contain_text(last)
    tap(lines.first.locator("a").first)
    expect(page.locator("form[data-ready]")).to_be_visible()
    box = page.get_by_label("Puzzle", exact=True)
    words = box.input_value()
    with page.expect_file_chooser() as chooser:
        tap(page.locator('label[for="write-ContentText-picture"]'))
    chooser.value.set_files({"name": "New map.png", "mimeType": "image/png", "buffer": PNG})
    expect(box).to_have_value(re.compile(rf"^{re.escape(words.rstrip())}\s+!\[New map\]\(asset:[\w-]+\.png\)\s*$"))
    expect(page.locator('[data-preview="ContentText"] img').last).to_be_visible()
    page.get_by_label("Answer", exact=True).focus()
    tap(page.locator("label", has_text="Open to teams"))
    tap(page.locator("label", has_text="Open to teams"))
    tap(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator(".flashes")).to_contain_text("Saved.")
    tap(page.locator(".crumbs").get_by_role("link", name="Write"))
    tap(page.get_by_role("link", name="Check all"))
    tap(page.get_by_role("button", name="Put live …"))
    put_live = page.get_by_role("button", name="Put live", exact=True)
    expect(put_live).to_be_visible(timeout=30_000)
    tap(put_live)
    expect(page.locator(".flashes")).to_contain_text("is live")


def test_a_box_that_is_entered_by_keyboard_stays_above_the_bar(desk: Window) -> None:
    page = desk.open(Look(is_phone=True, reduced_motion=True))
    log_in(page, "keeper")
    to_puzzles_by_thumb(page)
    page.get_by_role("link", name="New puzzle").tap()
    expect(page.locator("form[data-ready]")).to_be_visible()
    page.get_by_label("Title", exact=True).focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        bar = page.locator(".write-save").bounding_box()
        entered = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
        assert bar is not None
        assert entered["bottom"] <= bar["y"] or entered["top"] >= bar["y"], entered


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_writers_pages_can_be_used_by_everybody(desk: Window, look: Look) -> None:
    page = desk.open(look)
    log_in(page, "keeper")
    for path in ("/admin/write", "/admin/write/puzzles", "/admin/write/check", "/admin/write/begin"):
        page.goto(path)
        axe(page)
        assert fits_width(page), path
    page.goto("/admin/write/puzzles")
    page.get_by_role("link", name="The Maze", exact=True).click()
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    axe(page)
    assert fits_width(page)
    page.locator("main").get_by_role("link", name="Delete …").click()
    axe(page)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_import_page_fits_and_is_accessible(desk: Window, look: Look) -> None:
    page = desk.open(look)
    log_in(page, "keeper")
    page.goto("/admin/write/import")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "p.csv", "mimeType": "text/csv", "buffer": b"Title,Answer,Slug,Odd\nA,x,a,1\nB,y,a,2\n"}
    )
    axe(page)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("row 3, column C")).to_be_visible()
    expect(page.get_by_label("Field for the column Odd")).to_be_visible()
    assert fits_width(page)
    axe(page)
