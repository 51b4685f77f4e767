"""A browser that keeps a team's pages: it asks each time, and shows nobody another team's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Response, expect

from tests.journeys.people import Organiser, log_in, register
from tests.support.browser import Window

PUZZLE = "/game/puzzle/postcard"


def statuses(page: Page, path: str) -> list[int]:
    """The statuses of what is asked for at this path from now on, as they came over the wire."""
    found: list[int] = []
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    addresses: dict[str, str] = {}
    client.on(
        "Network.requestWillBeSent", lambda event: addresses.update({event["requestId"]: event["request"]["url"]})
    )

    def note(event: dict[str, object]) -> None:
        if addresses.get(str(event["requestId"]), "").endswith(path):
            found.append(int(str(event["statusCode"])))

    client.on("Network.responseReceivedExtraInfo", note)
    return found


def came(reply: Response | None) -> Response:
    assert reply is not None
    return reply


def test_a_page_that_has_not_changed_is_not_sent_again_and_one_that_has_is(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    register(page, "terns")
    # After the first reading the story is folded.
    page.goto(PUZZLE)
    page.goto("/game")
    page.goto(PUZZLE)
    wire = statuses(page, PUZZLE)
    page.goto(PUZZLE)
    page.reload()
    assert wire == [304, 304]
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    organiser.gives("terns", 3)
    page.goto(PUZZLE)
    assert wire[2:] == [200]
    expect(page.locator('header [data-live="hint_credits"]')).to_have_text("3")


def test_the_way_back_asks_and_shows_what_has_changed(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    register(page, "gulls")
    page.goto("/story")
    page.goto("/page/rules")
    organiser.gives("gulls", 2)
    page.go_back()
    page.wait_for_url("**/story")
    expect(page.locator('[data-live="hint_credits"]')).to_have_text("2")


@pytest.mark.parametrize("has_script", [True, False])
def test_after_logout_the_way_back_shows_no_page_of_the_team(desk: Window, has_script: bool) -> None:
    page = desk.open(has_script=has_script)
    name = f"petrels{has_script}"
    register(page, name)
    page.goto("/game")
    page.goto("/account")
    page.get_by_role("button", name="Log out on this device").click()
    for _ in range(3):
        page.evaluate("history.back()")
        page.wait_for_timeout(700)
        assert name not in page.content()
    came(page.goto("/game"))
    assert "/account/login" in page.url


def test_a_session_that_was_ended_elsewhere_has_no_pages_on_the_way_back(desk: Window) -> None:
    page, other = desk.open(), desk.open()
    register(page, "skuas")
    page.goto("/story")
    page.goto("/page/rules")
    log_in(other, "skuas")
    other.goto("/account")
    other.get_by_role("button", name="Log out everywhere").click()
    page.evaluate("history.back()")
    page.wait_for_url("**/account/login**")
    assert "skuas" not in page.content()


@pytest.mark.parametrize("has_script", [True, False])
def test_another_team_in_the_same_browser_sees_none_of_the_first_ones_pages(desk: Window, has_script: bool) -> None:
    page = desk.open(has_script=has_script)
    first, second = f"auks{has_script}", f"rooks{has_script}"
    register(page, second)
    page.goto("/account")
    page.get_by_role("button", name="Log out on this device").click()
    register(page, first)
    page.goto("/game")
    page.goto(PUZZLE)
    # Logging in without logging out: the first team's pages lie behind.
    log_in(page, second)
    page.go_back()
    page.wait_for_timeout(300)
    page.go_back()
    page.wait_for_timeout(300)
    assert first not in page.content()
    page.goto(PUZZLE)
    assert second in page.content()
    assert first not in page.content()


def test_a_page_that_is_shown_again_keeps_what_was_heard_and_how_late_it_is(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    register(page, "knots")
    page.goto("/story")
    page.evaluate("localStorage.setItem('infinity-cursor', '40')")
    wire = statuses(page, "/story")
    page.reload()
    assert wire == [304]
    assert page.evaluate("localStorage.getItem('infinity-cursor')") == "40"
    assert abs(int(page.evaluate("localStorage.getItem('infinity-clock')"))) < 60_000
