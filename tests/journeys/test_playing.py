"""Playing with the keyboard alone, and everything that a page does while one looks at it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.demo.answers import ANSWERS
from tests.journeys.people import (
    GUESS,
    LEFT,
    RESULT,
    SOLVED,
    Organiser,
    guess,
    guess_and_read,
    is_marked,
    log_in,
    mark,
    register,
    words_of,
)
from tests.support.browser import Look, Window
from tests.support.client import PASSWORD

MOST_TABS = 80
TEAM_MENU = ".tools details:has([href='/account']) > summary"


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def focused(page: Page) -> str:
    """The id of what has the focus."""
    return str(page.evaluate("document.activeElement.id"))


def type_into(page: Page, selector: str, text: str) -> None:
    """Go there by Tab and type."""
    tab_to(page, selector)
    page.keyboard.type(text)


def press_at(page: Page, selector: str, key: str = "Enter") -> None:
    """Go there by Tab and press a key."""
    tab_to(page, selector)
    page.keyboard.press(key)


# What a screen reader hears: every change of every live region, with its words. A region that only appears with its
# words in it says nothing, so only those that stand there already are listened to.
LISTEN = """() => {
  window.heard = [];
  for (const region of document.querySelectorAll('[role="status"], [aria-live]')) {
    new MutationObserver(() => {
      const said = region.innerText.trim();
      if (said) window.heard.push(said);
    }).observe(region, { childList: true, subtree: true, characterData: true });
  }
}"""
NO_MOUSE = """for (const kind of ["pointerdown", "mousedown", "touchstart", "wheel"])
  addEventListener(kind, (event) => { if (event.isTrusted) sessionStorage.setItem("touched", kind); }, true);"""


def heard(page: Page, words: str) -> list[str]:
    """How often live regions have said something with these words since the last time, each time in full."""
    page.wait_for_timeout(300)
    said = [str(one) for one in page.evaluate("window.heard.splice(0)")]
    return [one for one in said if words in one]


def registers_by_keyboard(page: Page, name: str) -> None:
    """From the front page to the puzzles."""
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    press_at(page, 'main a[href="/account/register"]')
    page.wait_for_url("**/account/register")
    for field, text in (("name", name), ("display_name", f"The {name}")):
        type_into(page, f'input[name="{field}"]', text)
    type_into(page, 'select[name="division"]', "T")
    for field in ("password", "password_again"):
        type_into(page, f'input[name="{field}"]', PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/game")


def test_from_registering_to_logging_out_by_keyboard_alone(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    page.add_init_script(NO_MOUSE)
    registers_by_keyboard(page, "keys")
    organiser.gives("keys", 1)

    # A level and a puzzle, through the filter for those who see no pictures.
    press_at(page, ".list-filter summary")
    press_at(page, '.list-filter input[value="text only"]', "Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/game?access=text+only")
    expect(page.locator("[data-filtered]")).to_contain_text("Showing 3 of 5 open puzzles.")
    press_at(page, 'a[href="/game/quay?access=text+only"]')
    page.wait_for_url("**/game/quay?access=text+only")
    press_at(page, 'a[href="/game/puzzle/gauges?access=text+only"]')
    page.wait_for_url("**/game/puzzle/gauges?access=text+only")

    # A hint, with the credit that an organiser gave.
    press_at(page, "[data-hints] details summary")
    press_at(page, "[data-hints] details[open] button")
    expect(page.locator("#hint-1")).to_be_focused()
    expect(page.locator("#hint-1 .hint-body")).to_be_visible()

    # Guesses: each result is said once, by one region, and the focus stays where one types.
    page.evaluate(LISTEN)
    assert page.locator(RESULT).get_attribute("role") == "status"
    while focused(page) != "guess":
        page.keyboard.press("Shift+Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator(RESULT)).to_contain_text("Incorrect")
    assert len(heard(page, "Incorrect")) == 1
    assert focused(page) == "guess"
    page.keyboard.type(ANSWERS["gauges"])
    page.keyboard.press("Enter")
    expect(page.locator(SOLVED)).to_be_visible()
    assert len(heard(page, "Correct!")) == 1
    # The box is gone: the focus is on the news, not lost at the top of the page.
    assert page.evaluate("document.activeElement.matches('[data-solved]')")

    # The board, with one's own row.
    press_at(page, 'header a[href="/leaderboard"]')
    page.wait_for_url("**/leaderboard*")
    expect(page.locator("main tr.own", has_text="The keys")).to_be_visible()

    # And out again.
    press_at(page, TEAM_MENU)
    press_at(page, 'form[action="/account/logout"] button')
    page.wait_for_url(re.compile(r"/$"))
    expect(page.locator(".flashes[role=status]")).to_have_text("You’re logged out.")
    assert page.evaluate("sessionStorage.getItem('touched')") is None


def cells_of(row: Locator) -> list[str]:
    return [words_of(cell) for cell in row.locator("th, td").all()]


def test_the_menu_opens_and_closes_by_keyboard(desk: Window) -> None:
    page = desk.open()
    register(page, "menus")
    tab_to(page, TEAM_MENU)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Team account")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Team account")).to_be_hidden()
    assert page.evaluate("selector => document.activeElement.matches(selector)", TEAM_MENU)


def test_a_result_is_announced_once_and_the_focus_stays(desk: Window) -> None:
    page = desk.open()
    desk.complaints(page).expect("400")
    register(page, "hearers")
    page.goto("/game/puzzle/gauges")
    # What a screen reader hears: every time the region's content changes.
    page.evaluate("""() => {
      window.heard = [];
      const region = document.querySelector('[data-result]');
      new MutationObserver(() => window.heard.push(region.innerText)).observe(
        region, { childList: true, subtree: true, characterData: true });
    }""")
    assert page.locator(RESULT).get_attribute("role") == "status"
    tried = (("perhaps", "Incorrect"), ("perhaps", "Already tried"), ("…", ""), ("8 21 14 4 18 5 4", "Close"))
    for answer, title in tried:
        page.evaluate("window.heard.length = 0")
        guess(page, answer)
        expect(page.locator("[data-guess-form]")).to_have_attribute("aria-busy", "false")
        expect(page.locator(f"{RESULT} .result-title")).to_contain_text(title)
        page.wait_for_timeout(100)
        assert page.evaluate("window.heard.length") == 1, answer
        assert focused(page) == "guess"
    # An answer that cannot be one stays in the box; one that was judged leaves it empty for the next.
    expect(page.locator(GUESS)).to_have_value("")
    guess(page, "?!")
    expect(page.locator(GUESS)).to_have_value("?!")
    expect(page.locator(LEFT)).to_be_visible()


def test_guesses_of_the_team_are_listed_and_a_repeat_is_warned_of_before_it_is_sent(desk: Window) -> None:
    one, other = desk.open(), desk.open()
    register(one, "pair")
    log_in(other, "pair")
    one.goto("/game/puzzle/gauges")
    guess_and_read(one, "<b>first</b> try", "Incorrect")
    expect(one.locator("[data-past] li").first).to_contain_text("<b>first</b> try")
    other.goto("/game/puzzle/gauges")
    expect(other.locator("[data-past] li").first).to_contain_text("<b>first</b> try")
    other.locator(GUESS).fill("B FIRST B TRY")
    expect(other.locator("[data-note]")).to_have_text("Your team has already tried this.")
    expect(other.locator(LEFT)).to_have_text("9")


def test_a_teammates_solve_shows_on_the_next_click(desk: Window) -> None:
    one, other = desk.open(), desk.open()
    register(one, "mates")
    log_in(other, "mates")
    for page in (one, other):
        page.goto("/game/puzzle/gauges")
    guess_and_read(one, ANSWERS["gauges"], "Correct!")
    other.goto("/game")
    expect(other.locator(".card-solved .card-title")).to_have_text("The Tide Gauges")


def test_after_ten_guesses_the_box_counts_down_and_what_was_typed_stays(desk: Window) -> None:
    page = desk.open()
    desk.complaints(page).expect("429")
    register(page, "hasty")
    page.goto("/game/puzzle/gauges")
    for number in range(10):
        guess_and_read(page, f"guess {number}", "Incorrect")
        expect(page.locator(LEFT)).to_have_text(str(9 - number))
        expect(page.locator("[data-guess-form]")).to_have_attribute("aria-busy", "false")
    guess(page, "one too many")
    expect(page.locator(RESULT)).to_contain_text("You’ve used all your guesses for this minute")
    expect(page.locator(GUESS)).to_have_value("one too many")
    expect(page.locator("[data-guess-form] button")).to_have_text(re.compile(r"^\d+ s$"))
    assert focused(page) == "guess"


def test_guesses_come_back_on_the_open_page_and_what_is_no_answer_uses_one(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    desk.complaints(page).expect("400|429")
    register(page, "patient")
    organiser.sets("guess_window", "12 s")
    organiser.sets("guess_limit", "2")
    try:
        page.goto("/game/puzzle/gauges")
        guess_and_read(page, "!!!", "We couldn’t check that")
        expect(page.locator(LEFT)).to_have_text("1")
        guess_and_read(page, "early", "Incorrect")
        guess_and_read(page, "too early", "We couldn’t check that")
        expect(page.locator("[data-guess-form] button")).to_have_text("Submit")
        expect(page.locator(RESULT)).to_be_empty()
        expect(page.locator(LEFT)).to_have_text("2")
    finally:
        organiser.sets("guess_window", "60 s")
        organiser.sets("guess_limit", "10")


def test_tables_go_to_the_clipboard_as_cells(desk: Window) -> None:
    page = desk.open()
    register(page, "sheets")
    page.goto("/game/puzzle/gauges")
    page.get_by_role("button", name="Copy cells").click()
    expect(page.locator("[data-copied]")).to_have_text(re.compile(r"^Copied \d+ rows"))
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    rows = [line.split("\t") for line in copied.split("\n")]
    shown = [cells_of(row) for row in page.locator("[data-sheet] table tr").all()]
    assert rows[: len(shown)] == shown
    assert len(shown) > 5
    assert pasted(page)["html"].count("<td") == len(rows) * len(rows[0])


SHEET = """<table><thead><tr><th rowspan="4">No.</th><th>A</th></tr></thead><tbody>
  <tr><td>007</td><td>=GREEN</td></tr>
  <tr><td>1-2</td><td><table><tr><td>3/4</td><td>1e5</td></tr></table></td></tr></tbody></table>
  <ol start="5" type="i"><li>five</li><li value="9">nine<ol class="letters"><li>ten</li></ol></li></ol>
  <table><tr><td class="kept">a  b\n\tc</td><td>2026-11-30<br>TRUE</td></tr></table>"""
FILL = """(sheet, html) => {
  sheet.innerHTML = html;
  sheet.querySelector(".letters").style.listStyleType = "upper-alpha";
  sheet.querySelector(".kept").style.whiteSpace = "pre";
}"""
CELLS = [
    ["No.", "A", "", ""],
    ["007", "=GREEN", "", ""],
    ["1-2", "3/4", "1e5", ""],
    ["", "", "", ""],
    ["v.", "five", "", ""],
    ["ix.", "nine", "", ""],
    ["", "", "A.", "ten"],
    ["", "", "", ""],
    ['"a  b\n\tc"', '"2026-11-30\nTRUE"', "", ""],
]


def pasted(page: Page) -> dict[str, str]:
    """What another program gets from the clipboard."""
    page.evaluate("""() => {
      const box = document.body.appendChild(document.createElement("textarea"));
      box.focus();
      box.addEventListener("paste", ({ clipboardData }) => {
        window.pasted = { text: clipboardData.getData("text/plain"), html: clipboardData.getData("text/html") };
      });
    }""")
    page.keyboard.press("Control+V")
    return dict(page.wait_for_function("window.pasted").json_value())


def test_cells_keep_their_text_their_numbers_and_their_places(desk: Window) -> None:
    page = desk.open()
    register(page, "cells")
    page.goto("/game/puzzle/gauges")
    page.locator("[data-sheet]").evaluate(FILL, SHEET)
    page.get_by_role("button", name="Copy cells").click()
    expect(page.locator("[data-copied]")).to_have_text(re.compile("^Copied 9 rows"))
    got = pasted(page)
    assert got["text"] == "\n".join("\t".join(row) for row in CELLS)
    cells = re.findall(r"<td([^>]*)>(.*?)</td>", got["html"])
    assert len(cells) == 9 * 4
    for marks, text in cells:
        assert ("mso-number-format:'\\@'" in marks) is ("data-sheets-value=" in marks) is bool(text)
    assert [text for _, text in cells if text.startswith("2026")] == [
        '2026-11-30<br style="mso-data-placement:same-cell">TRUE'
    ]
    assert 'xmlns:x="urn:schemas-microsoft-com:office:excel"' in got["html"]


def test_colours_and_artwork_are_remembered_and_follow_the_system_until_then(desk: Window) -> None:
    page = desk.open(Look("dark", reduced_motion=True))
    page.goto("/")
    theme, art = (page.locator(f'[data-toggle="{name}"]') for name in ("theme", "art"))
    page.locator(".tools summary").click()
    expect(theme).to_have_attribute("aria-pressed", "true")
    expect(art).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".art")).to_be_hidden()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    theme.click()
    art.click()
    for path in ("/", "/leaderboard"):
        page.goto(path)
        expect(theme).to_have_attribute("aria-pressed", "false")
        expect(art).to_have_attribute("aria-pressed", "true")
        # Beside text, never behind it: on the home page alone.
        expect(page.locator(".art")).to_be_visible(visible=path == "/")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != dark
    # Back to what the system wishes: from then on the system is followed again.
    page.locator(".tools summary").click()
    theme.click()
    assert page.evaluate("localStorage.getItem('infinity-theme')") is None
    page.emulate_media(color_scheme="light")
    expect(theme).to_have_attribute("aria-pressed", "false")


def test_artwork_gives_way_to_a_wish_for_contrast(desk: Window) -> None:
    page = desk.open()
    page.emulate_media(contrast="more")
    page.goto("/")
    expect(page.locator(".art")).to_be_hidden()
    page.emulate_media(contrast="no-preference")
    expect(page.locator(".art")).to_be_visible()


def test_an_authors_script_runs_in_a_frame_that_reaches_nothing(desk: Window) -> None:
    page = desk.open()
    register(page, "lamplighters")
    for key in ("postcard", "gauges", "manifest"):
        page.goto(f"/game/puzzle/{key}")
        guess_and_read(page, ANSWERS[key], "Correct!")
    page.goto("/game/puzzle/lamps")
    toy = page.frame_locator('iframe[title="Nine Lamps: interactive part"]')
    for letter in ANSWERS["lamps"]:
        toy.get_by_role("button", name=f"{letter}:").click()
    expect(toy.get_by_role("status")).to_contain_text("All nine lamps are lit!")
    (frame,) = [frame for frame in page.frames if frame.url.endswith("/frame")]
    for reach in ("document.cookie", "localStorage.length", "parent.document.title", "top.document.cookie"):
        tried = f"(() => {{ try {{ return String({reach}) }} catch (error) {{ return error.name }} }})()"
        assert frame.evaluate(tried) == "SecurityError", reach
    blocked = frame.evaluate("fetch('/game', {mode: 'no-cors'}).then(() => 'went out', () => 'blocked')")
    assert blocked == "blocked"
    desk.complaints(page).expect("Content Security Policy|Refused to connect|Fetch API")


def test_a_lost_connection_is_said_and_the_guess_counts_once(desk: Window) -> None:
    page = desk.open()
    desk.complaints(page).expect("ERR_FAILED|ERR_INTERNET_DISCONNECTED|Failed to load")
    register(page, "tunnels")
    page.goto("/game/puzzle/gauges")
    # The first reply is lost on its way back: the site has judged, the browser does not know.
    lost = []

    def lose_first(route) -> None:  # type: ignore[no-untyped-def]
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            # By way of the socket the page knows of the guess before the second try is answered.
            page.locator("[data-past] li").wait_for()
            route.abort()
        else:
            route.continue_()

    page.route("**/game/puzzle/gauges", lose_first)
    mark(page)
    guess_and_read(page, "in the tunnel", "Incorrect")
    assert lost == [200]
    assert is_marked(page)
    expect(page.locator(LEFT)).to_have_text("9")
    expect(page.locator("[data-past] li")).to_have_count(1)
