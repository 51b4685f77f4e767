"""The demo hunt in the `enigma` preset: hints for credits and points, XP that grows, and all three power-ups.

An hour of XP lasts two seconds here; everything else runs as in a hunt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.demo.answers import ANSWERS
from tests.journeys.conftest import ADMIN
from tests.journeys.people import (
    RESULT,
    SOLVED,
    Organiser,
    guess_and_read,
    is_marked,
    log_in,
    mark,
    register,
    words_of,
)
from tests.journeys.test_looks import Inspector
from tests.journeys.test_playing import tab_to
from tests.support.browser import Window
from tests.support.client import PASSWORD, Visitor
from tests.support.server import Node, node

PERIOD = 2  # seconds for ten XP
HINTS, POWERS = "#hints", "#powerups"
SLIP = "LAVENDRE"  # two neighbours of the postcard's answer in the wrong order


@pytest.fixture(scope="module")
def site(site_database: str) -> Iterator[Node]:
    """The demo hunt, with XP that grows fast enough to be watched."""
    with node(site_database, {**ADMIN, "XP_PERIOD_SECONDS": str(PERIOD)}, ["--demo"]) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def enigma(organiser: Organiser) -> None:
    """The preset, by the organiser's one command; points hints are a switch of their own."""
    told = organiser.hunt("preset", "enigma")
    assert "xp: off -> on" in told
    organiser.sets("points_hints", "on")
    organiser.sets_time("starts_at", -7200)


def button(page: Page, words: str) -> Locator:
    """The button that asks before it acts, and the form behind it."""
    return page.locator("details[data-confirm]", has=page.locator("summary", has_text=words))


def act(page: Page, words: str, *promises: str, answer: str = "") -> None:
    """Press, read what it will cost and do, and press again."""
    asked = button(page, words)
    asked.locator("summary").click()
    said = words_of(asked.locator("form"))
    assert all(promise in said for promise in promises), said
    if answer:
        asked.locator('input[name="answer"]').fill(answer)
    asked.get_by_role("button").click()


def news(page: Page, place: str) -> Locator:
    """Where the script says what a move came to."""
    return page.locator(f'[data-moved="{place}"]')


def standing(page: Page, name: str) -> Locator:
    """A figure in the header."""
    return page.locator(f'.standing [data-live="{name}"]')


def wait_for_xp(page: Page, least: int) -> None:
    """Look at the page until it shows that much; it is not loaded again."""
    page.wait_for_function(
        "least => Number(document.querySelector('#powerups [data-live=xp]')?.textContent) >= least",
        arg=least,
        timeout=(least // 10 + 5) * PERIOD * 1000,
    )


def test_a_hunt_with_credits_xp_and_all_three_powerups(desk: Window, organiser: Organiser) -> None:
    page, other = desk.open(), desk.open()
    desk.complaints(other).expect("409")
    register(page, "engines", display_name="The <b>Engines</b>")
    log_in(other, "engines")
    hints_for_credits_and_points(page, organiser)
    xp_grows_while_one_looks(page, other, organiser)
    two_buy_with_the_same_xp(page, other)
    a_skip_opens_what_waits_for_it(page, other)
    a_slip_is_as_good_as_an_answer(page)
    the_story_has_grown(page)
    assert "equal" in organiser.hunt("audit")


def hints_for_credits_and_points(page: Page, organiser: Organiser) -> None:
    page.goto("/game/puzzle/gauges")
    powers = page.locator(POWERS)
    for price in (50, 75, 100):
        expect(powers).to_contain_text(f"You need {price} XP (you have 0).")
    expect(powers.locator("form")).to_have_count(0)
    expect(page.locator(HINTS)).to_contain_text("You need 1 hint credit (you have 0).")
    organiser.hunt("grant", "all", "2")
    page.reload()
    mark(page)
    act(page, "Get hint 1 (1 credit)", "Uses 1 of your 2 hint credits.")
    expect(news(page, "hints")).to_have_text("Here’s hint 1.")
    expect(page.locator("#hint-1 .hint-body")).to_be_visible()
    expect(page.locator("#hint-1")).to_be_focused()
    expect(standing(page, "hint_credits")).to_have_text("1")
    # The next one is for those who have tried for ten minutes.
    expect(page.locator(HINTS)).to_contain_text("The next hint isn’t available yet.")
    expect(page.locator(f"{HINTS} time")).to_be_visible()
    expect(page.locator(f'{HINTS} form[action$="/take"]')).to_have_count(0)
    assert is_marked(page)
    organiser.lets_time_pass("engines", 11)
    page.reload()
    expect(button(page, "credit")).to_have_count(0)
    act(page, "(10 points)", "No credits needed.", "10 points less")
    expect(page.locator("#hint-2 .hint-body")).to_be_visible()
    expect(standing(page, "hint_credits")).to_have_text("1")
    guess_and_read(page, ANSWERS["gauges"], "Correct! · 10 points")
    expect(standing(page, "score")).to_have_text("10")


def xp_grows_while_one_looks(page: Page, other: Page, organiser: Organiser) -> None:
    organiser.gives("engines", -100, "xp")  # on a slow machine they may be at the cap already
    page.goto("/game/puzzle/clocks")
    other.goto("/game/puzzle/clocks")
    for one in (page, other):
        one.evaluate("""() => {
          window.waits = [];
          setInterval(() => {
            const wait = document.querySelector("[data-next-xp]")?.textContent;
            if (wait && wait !== window.waits.at(-1)) window.waits.push(wait);
          }, 50);
        }""")
        mark(one)
    before = int(page.locator(f"{POWERS} span[data-live=xp]").inner_text())
    for one in (page, other):
        wait_for_xp(one, min(100, before + 20))
        waits = one.evaluate("window.waits")
        # It counts down, and begins anew when the ten are there.
        assert any(later < earlier for earlier, later in pairwise(waits)), waits
        assert any(later > earlier for earlier, later in pairwise(waits)), waits
        assert set(waits) <= {"0:02", "0:01", "0:00"}
        # What can be paid for now is offered, without loading the page.
        wait_for_xp(one, 100)
        expect(one.locator(f"{POWERS} form")).to_have_count(3)
        expect(one.locator(f"{POWERS} progress")).to_have_attribute("value", "100")
        expect(one.locator("[data-next-xp]")).to_have_count(0)
        assert is_marked(one)


def two_buy_with_the_same_xp(page: Page, other: Page) -> None:
    button(other, "Submit a close answer").locator("summary").click()
    other.locator("#close-answer").fill("GUL")
    act(page, "Get a hint", "Uses 50 of your 100 XP.", "without spending hint credits or points")
    expect(news(page, "hints")).to_have_text("Here’s hint 1.")
    expect(page.locator(POWERS)).to_contain_text(re.compile(r"You need 75 XP \(you have [56]"))
    button(other, "Submit a close answer").get_by_role("button").click()
    expect(news(other, "powerups")).to_have_text(re.compile(r"^You need 100 XP \(you have \d0\)\.$"))
    expect(other.locator(POWERS)).to_be_focused()
    # The teammate's hint is here too, and nothing was paid for a guess that was not judged.
    expect(other.locator("#hint-1 .hint-body")).to_be_visible()
    expect(other.locator("[data-past] li")).to_have_count(0)


def a_skip_opens_what_waits_for_it(page: Page, other: Page) -> None:
    for one in (page, other):
        one.goto("/game/puzzle/manifest")
    wait_for_xp(page, 80)
    mark(page)
    mark(other)
    act(page, "Skip this puzzle", "Uses 75 of your", "You won’t get points for it")
    expect(news(page, "powerups")).to_contain_text("Skipped ")
    for one in (page, other):
        expect(one.locator("#answer")).to_contain_text("Your team has skipped this puzzle.")
        expect(one.locator("#guess")).to_have_count(0)
        expect(one.locator(f"{POWERS} form, {HINTS} form")).to_have_count(0)
        expect(one.locator(".puzzle-head .chips")).to_contain_text("Skipped")
        assert is_marked(one)
    expect(page.locator("[data-passed]")).to_be_focused()
    expect(standing(page, "score")).to_have_text("10")


def a_slip_is_as_good_as_an_answer(page: Page) -> None:
    page.goto("/game/puzzle/postcard")
    assert page.locator(".story").count() == 1
    wait_for_xp(page, 100)
    mark(page)
    act(page, "Submit a close answer", "Uses 100 of your 100 XP.", "10 points less", answer="SEAGULL")
    expect(page.locator(f"{RESULT} .result-title")).to_contain_text("Incorrect")
    expect(standing(page, "xp")).to_have_text("100")
    act(page, "Submit a close answer", answer=SLIP)
    expect(page.locator(f"{RESULT} .result-title")).to_have_text("Correct! · 10 points")
    expect(page.locator(SOLVED)).to_be_visible()
    expect(page.locator(SOLVED)).to_be_focused()
    # 100 paid, 5 earned, and perhaps a period meanwhile.
    expect(standing(page, "xp")).to_have_text(re.compile(r"^(5|15)$"))
    expect(standing(page, "score")).to_have_text("20")
    expect(page.locator(f"{POWERS} form")).to_have_count(0)
    expect(page.locator(RESULT)).to_contain_text("The Stair")
    assert is_marked(page)


def the_story_has_grown(page: Page) -> None:
    page.goto("/game/puzzle/ropes")
    told = words_of(page.locator(".story"))
    page.goto("/story")
    blocks = page.locator(".story-list > li")
    assert blocks.count() >= 2
    assert any(told in words_of(block) for block in blocks.all())
    assert "{team}" not in page.locator("main").inner_text()


def test_a_question_is_answered_on_the_open_page(desk: Window, organiser: Organiser) -> None:
    page, staff = desk.open(), desk.open()
    register(page, "askers")
    page.goto("/game/puzzle/clocks")
    mark(page)
    expect(page.locator(".live-dot")).to_have_attribute("data-state", "on")
    act(page, "Ask for help")
    desk.complaints(page).expect("400")
    said = button(page, "Ask for help").locator("[data-said]")
    expect(said).to_have_text("Enter your question.")
    expect(page.locator("#question")).to_be_focused()
    page.locator("#question").fill("Which <i>clock</i> is first?")
    button(page, "Ask for help").get_by_role("button").click()
    expect(news(page, "hints")).to_have_text("Sent. We’ll reply here.")
    thread = page.locator("[data-thread]")
    expect(thread).to_contain_text("Waiting for a reply")
    expect(thread).to_contain_text("Which <i>clock</i> is first?")
    expect(thread).to_be_focused()
    expect(button(page, "Ask for help")).to_have_count(0)

    log_in(staff, "keeper")
    staff.goto("/admin/hints")
    staff.locator("main").get_by_role("link", name=re.compile("askers|Clocks", re.IGNORECASE)).first.click()
    staff.get_by_label(re.compile("Reply to")).fill("The one that hangs straight.")
    staff.get_by_role("button", name="Send the answer").click()
    expect(thread).to_contain_text("The one that hangs straight.")
    expect(thread.locator(".chip")).to_have_text("Answered")
    expect(button(page, "Ask for help")).to_have_count(1)
    assert is_marked(page)


def test_hints_and_powerups_by_keyboard_alone(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    register(page, "fingers")
    organiser.gives("fingers", 1)
    organiser.gives("fingers", 100, "xp")
    page.goto("/game/puzzle/gauges")
    tab_to(page, f"{HINTS} summary")
    page.keyboard.press("Enter")
    tab_to(page, f"{HINTS} details[open] button")
    page.keyboard.press("Enter")
    expect(page.locator("#hint-1")).to_be_focused()
    tab_to(page, 'details:has(form[action$="/close"]) > summary')
    page.keyboard.press("Enter")
    tab_to(page, "#close-answer")
    page.keyboard.type("HUNDERD")
    page.keyboard.press("Enter")
    expect(page.locator(SOLVED)).to_be_focused()
    expect(page.locator(f"{RESULT} .result-title")).to_have_text("Correct! · 10 points")


def test_without_script_the_same_is_done_in_the_same_words(desk: Window, organiser: Organiser, site: Node) -> None:
    page = desk.open(has_script=False)
    desk.complaints(page).expect("409")
    register(page, "quiet")
    organiser.gives("quiet", 1)
    organiser.gives("quiet", 50, "xp")
    flash = page.locator(".flashes")
    page.goto("/game/puzzle/gauges")
    act(page, "Get hint 1 (1 credit)", "Uses 1 of your 1 hint credits.")
    expect(flash).to_have_text("Here’s hint 1.")
    expect(page.locator("#hint-1 .hint-body")).to_be_visible()
    expect(page.locator(POWERS)).to_contain_text("You need 75 XP (you have 50).")
    page.goto("/game/puzzle/manifest")
    act(page, "Get a hint", "Uses 50 of your 50 XP.")
    expect(flash).to_have_text("Here’s hint 1.")
    expect(page.locator("#hint-1 .hint-body")).to_be_visible()
    expect(page.locator(POWERS)).to_contain_text("You need 75 XP (you have 0).")

    organiser.gives("quiet", 100, "xp")
    page.goto("/game/puzzle/manifest")
    act(page, "Skip this puzzle", "Uses 75 of your 100 XP.")
    expect(flash).to_contain_text("Skipped ")
    expect(page.locator("#answer")).to_contain_text("Your team has skipped this puzzle.")
    organiser.gives("quiet", 75, "xp")
    page.goto("/game/puzzle/postcard")
    button(page, "Submit a close answer").locator("summary").click()
    page.locator("#close-answer").fill(SLIP)
    with Visitor(site.url) as teammate:  # spends what the open form counts on
        teammate.login("quiet")
        assert teammate.send_json("/game/puzzle/postcard/powerups/hint").status_code == 200
    page.locator(POWERS).get_by_role("button", name="Submit").click()
    expect(page.locator('main [role="status"]', has_text="You need 100 XP (you have 50).")).to_be_visible()
    assert page.title().startswith("Error: ")
    organiser.gives("quiet", 50, "xp")
    page.goto("/game/puzzle/postcard")
    act(page, "Submit a close answer", "Uses 100 of your 100 XP.", answer=SLIP)
    expect(page.locator(RESULT)).to_contain_text("Correct! · 10 points")
    expect(page.locator(SOLVED)).to_be_visible()


def test_every_state_of_these_pages_in_every_look(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    register(page, "lookers")
    organiser.gives("lookers", 3)
    organiser.gives("lookers", 100, "xp")
    inspector = Inspector(desk, page)
    inspector.visit("/game")
    inspector.visit("/story")
    inspector.visit("/game/puzzle/gauges")
    page.evaluate("document.querySelectorAll('details[data-confirm]').forEach((one) => (one.open = true))")
    inspector.look_at("every question open")
    page.reload()
    act(page, "Get hint 1 (1 credit)")
    expect(page.locator("#hint-1")).to_be_focused()
    button(page, "Ask for help").locator("summary").click()
    page.locator("#question").fill("Where do we begin?")
    button(page, "Ask for help").get_by_role("button").click()
    expect(page.locator("[data-thread]")).to_be_focused()
    thread = page.locator("[data-thread]").element_handle()
    token = page.locator('meta[name="csrf-token"]').get_attribute("content")
    page.request.post("/game/puzzle/gauges", form={"answer": "by a teammate", "csrf_token": str(token)})
    page.wait_for_function("(thread) => !thread.isConnected", arg=thread)
    expect(page.locator("[data-thread]")).to_be_focused()
    inspector.look_at("a hint and a question")
    act(page, "Skip this puzzle")
    expect(page.locator("[data-passed]")).to_be_focused()
    inspector.look_at("skipped")
    inspector.visit("/game/puzzle/postcard")
    assert inspector.faults == []
    assert PASSWORD not in page.content()
