"""Messages to teams: published at once or kept as a draft, to one team from its own page, with a picker of names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from app.broadcast.receipts import ReceiptBuffer
from app.broadcast.stored import missed
from app.ports import Ports
from tests.support.accounts import rows
from tests.support.client import JSON, PageClient
from tests.support.demo_hunt import keeper as keeper
from tests.support.demo_hunt import world as world
from tests.support.organisers import add_account, audited, enter
from tests.support.pages import parsed

WORDS = {"title": "A clock is wrong", "body": "It is four.", "kind": "announcement", "audience": "all", "revision": "0"}


@pytest.mark.parametrize(("act", "is_published"), [("publish", True), ("draft", False), ("", False)])
def test_news_is_published_at_once_or_kept_as_a_draft(keeper: PageClient, act: str, is_published: bool) -> None:
    assert keeper.send_form("/admin/announcements/new", WORDS | {"act": act}).status_code == 303
    assert ("A clock is wrong" in keeper.get("/announcements").text) is is_published


def test_news_that_is_refused_publishes_nothing(keeper: PageClient, world: Ports) -> None:
    reply = keeper.send_form(
        "/admin/announcements/new", WORDS | {"act": "publish", "audience": "team", "team": "no one"}
    )
    assert reply.status_code == 400
    assert [line for line in audited(world) if line[0] == "keeper"] == []


def test_a_team_s_page_leads_to_a_message_that_is_addressed_already(keeper: PageClient, world: Ports) -> None:
    team = add_account(world, "owls", division="teams")
    links = parsed(keeper.get(f"/admin/teams/{team}").text).select('.desk-main a[href*="team="]')
    assert len(links) == 1
    page = parsed(keeper.get(str(links[0]["href"])).text)
    assert [box["value"] for box in page.select('input[name="teams"][checked]')] == [str(team)]
    assert page.select_one("#popup[checked]") is not None


@pytest.mark.parametrize(
    "path", ["/admin/messages", "/admin/announcements", "/admin/announcements/new", "/admin/broadcasts"]
)
def test_a_message_to_a_team_that_is_gone_is_addressed_to_nobody(keeper: PageClient, path: str) -> None:
    assert keeper.get(f"{path}?team=999", follow_redirects=True).status_code == 404


@pytest.mark.parametrize("path", ["/admin/announcements", "/admin/announcements/new", "/admin/broadcasts"])
def test_the_former_pages_lead_to_the_messages(keeper: PageClient, path: str) -> None:
    assert keeper.get(path, follow_redirects=True).status_code == 200
    assert str(keeper.get(f"{path}?puzzle=postcard").location).startswith("/admin/messages?puzzle=postcard")


def mark_seen(world: Ports, number: int, team: int) -> None:
    receipts = ReceiptBuffer(world.database, world.clock)
    receipts.add(number, team)
    receipts.write()


# --- one form for all ------------------------------------------------------------------------------------------------

POPUP = {"audience": "teams", "body": "Come *now*.", "popup": "y", "once": "k"}
NEWS = {"audience": "all", "body": "Come *now*.", "news": "y", "title": "Pizza", "kind": "announcement", "once": "k"}


def compose(keeper: PageClient, typed: Mapping[str, Any]) -> Any:
    """Send the form twice: the first time the page names the receivers."""
    review = keeper.send_form("/admin/messages", dict(typed))
    if review.status_code != 200:
        return review
    box = parsed(review.text).select_one('input[name="expected"]')
    assert box is not None
    return keeper.send_form("/admin/messages", {**typed, "expected": str(box["value"])})


def sent(world: Ports) -> list[tuple[Any, ...]]:
    return rows(world, "SELECT kind, audience FROM broadcasts ORDER BY id")


def test_without_a_script_the_page_names_the_number_before_it_sends(keeper: PageClient, world: Ports) -> None:
    add_account(world, "owls", division="teams")
    review = keeper.send_form("/admin/messages", POPUP)
    assert "all teams: 1 team." in " ".join(parsed(review.text).select_one("#review").get_text().split())
    assert sent(world) == []
    assert compose(keeper, POPUP).status_code == 303
    assert sent(world) == [("alert", "teams")]


def test_receivers_that_changed_since_they_were_named_are_named_again(keeper: PageClient, world: Ports) -> None:
    add_account(world, "owls", division="teams")
    box = parsed(keeper.send_form("/admin/messages", POPUP).text).select_one('input[name="expected"]')
    add_account(world, "bats", division="teams")
    again = keeper.send_form("/admin/messages", POPUP | {"expected": str(box["value"])})
    assert (again.status_code, "2 teams." in again.text) == (200, True)
    assert sent(world) == []


def test_the_script_asks_for_the_number_and_what_it_gets_sends_at_once(keeper: PageClient, world: Ports) -> None:
    team = add_account(world, "owls", division="teams")
    asked = keeper.get(f"/admin/messages/receivers?audience=chosen&teams={team}", headers=JSON).get_json()
    assert asked["words"] == "1 team"
    typed = POPUP | {"audience": "chosen", "teams": [str(team)], "expected": asked["expected"]}
    assert keeper.send_form("/admin/messages", typed).status_code == 303
    assert sent(world) == [("alert", f"team:{team}")]
    assert keeper.get("/admin/messages/receivers?audience=chosen", headers=JSON).status_code == 400


def test_a_form_that_is_sent_twice_sends_once(keeper: PageClient, world: Ports) -> None:
    for typed in (POPUP, NEWS):
        places = {compose(keeper, typed).location for _ in range(2)}
        assert len(places) == 1
    assert sent(world) == [("alert", "teams"), ("announcement", "all")]
    assert rows(world, "SELECT count(*) FROM announcements") == [(1,)]


def test_a_pop_up_with_news_is_an_alert_in_plain_text_and_stands_in_the_news(keeper: PageClient, world: Ports) -> None:
    text = "Come [here](/page/rules) <b>now</b>"
    compose(keeper, NEWS | {"popup": "y", "body": text})
    ((kind, payload),) = rows(world, "SELECT kind, payload FROM broadcasts")
    assert (kind, json.loads(payload)["text"] if isinstance(payload, str) else payload["text"]) == (
        "alert", "Come here <b>now</b>",
    )  # fmt: skip
    assert "Pizza" in keeper.get("/announcements").text


def test_chosen_teams_read_it_in_the_news_and_others_do_not(app: Flask, keeper: PageClient, world: Ports) -> None:
    chosen = [str(add_account(world, name, division="teams")) for name in ("owls", "bats")]
    add_account(world, "larks", division="teams")
    assert compose(keeper, NEWS | {"audience": "", "teams": chosen}).status_code == 303
    assert sorted(sent(world)) == sorted(("announcement", f"team:{team}") for team in chosen)
    for name, is_shown in (("owls", True), ("bats", True), ("larks", False)):
        team = app.test_client()
        assert isinstance(team, PageClient)
        team.login(name)
        assert ("Pizza" in team.get("/announcements").text) is is_shown
        assert (team.get("/announcements/1").status_code == 200) is is_shown
    visitor = app.test_client()
    assert "Pizza" not in visitor.get("/announcements").text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (POPUP | {"audience": ""}, "audience"),
        (POPUP | {"audience": "chosen"}, "audience"),
        (POPUP | {"audience": "all", "teams": ["1"]}, "audience"),
        (POPUP | {"audience": "chosen", "teams": ["999", "x", "-1"]}, "audience"),
        (POPUP | {"audience": "puzzle"}, "puzzle"),
        (POPUP | {"body": ""}, "body"),
        (POPUP | {"body": "x" * 2_001}, "body"),
        (POPUP | {"popup": ""}, "popup"),
        (POPUP | {"act": "draft"}, "news"),
        (NEWS | {"title": ""}, "title"),
        (NEWS | {"kind": "joke"}, "kind"),
        (NEWS | {"popup": "y", "body": "x" * 2_001}, "body"),
    ],
)
def test_what_cannot_be_sent_is_said_at_its_field(
    keeper: PageClient, world: Ports, typed: dict[str, Any], field: str
) -> None:
    reply = keeper.send_form("/admin/messages", typed)
    assert reply.status_code == 400
    assert parsed(reply.text).select_one(f"#{field}-error") is not None
    assert sent(world) == []


def test_a_draft_keeps_its_chosen_teams_and_that_it_pops_up(keeper: PageClient, world: Ports) -> None:
    chosen = [str(add_account(world, name, division="teams")) for name in ("owls", "bats")]
    add_account(world, "larks", division="teams")
    place = keeper.send_form(
        "/admin/messages", NEWS | {"audience": "chosen", "teams": chosen, "popup": "y", "act": "draft"}
    )
    page = parsed(keeper.get(str(place.location)).text)
    assert {box["value"] for box in page.select('input[name="teams"][checked]')} == set(chosen)
    assert page.select_one("#popup[checked]") is not None
    assert keeper.send_form(f"{place.location}/publish", {"revision": "0"}).status_code == 303
    assert sorted(sent(world)) == sorted(("alert", f"team:{team}") for team in chosen)


def test_one_message_to_several_teams_is_one_line_with_its_receipts(keeper: PageClient, world: Ports) -> None:
    teams = [add_account(world, name, division="teams") for name in ("owls", "bats", "larks")]
    place = compose(keeper, POPUP | {"audience": "chosen", "teams": [str(one) for one in teams[:2]]}).location
    mark_seen(world, 2, teams[0])  # by name, the bats come first
    lines = parsed(keeper.get("/admin/messages").text).select("tbody tr")
    assert [line.select("td")[-1].get_text() for line in lines] == ["1 of 2"]
    assert keeper.send_form(f"{place}/resend").status_code == 303
    assert sent(world)[-1] == ("alert", f"team:{teams[1]}")
    mark_seen(world, 3, teams[1])
    page = parsed(keeper.get("/admin/messages").text)
    assert [line.select("td")[-1].get_text() for line in page.select("tbody tr")] == ["2 of 2"]
    # A broadcast of the same message leads to it.
    assert keeper.get("/admin/broadcasts/3").location == place


def test_a_corrected_pop_up_is_read_by_those_who_come_later_and_shown_again_on_demand(
    keeper: PageClient, world: Ports
) -> None:
    add_account(world, "owls", division="teams")
    place = compose(keeper, POPUP).location
    assert keeper.send_form(str(place), {"text": ""}).status_code == 400
    assert keeper.send_form(str(place), {"text": "Come at nine."}).status_code == 303
    assert [one["data"]["text"] for one in missed(world.database, ["teams"], 0)] == ["Come at nine."]
    assert keeper.send_form(str(place), {"text": "Come at ten.", "tell": "yes"}).status_code == 303
    assert [one["data"]["text"] for one in missed(world.database, ["teams"], 0)] == ["Come at ten."] * 2
    assert len(parsed(keeper.get("/admin/messages").text).select("tbody tr")) == 1


def test_a_withdrawn_message_reaches_nobody_any_more(keeper: PageClient, world: Ports) -> None:
    add_account(world, "owls", division="teams")
    popup, news = (str(compose(keeper, typed).location) for typed in (POPUP, NEWS | {"popup": "y", "once": "n"}))
    assert keeper.send_form(f"{popup}/withdraw").status_code == 303
    assert keeper.send_form(f"{news}/withdraw", {"revision": "7"}).status_code == 409
    assert keeper.send_form(f"{news}/withdraw", {"revision": "0"}).status_code == 303
    assert missed(world.database, ["all", "teams"], 0) == ()
    assert "Pizza" not in keeper.get("/announcements").text
    assert keeper.get("/announcements/1").status_code == 404
    assert keeper.get("/announcements?after=0", headers=JSON).get_json() == {"announcements": []}
    for place in (popup, news):
        assert "withdrawn" in keeper.get(place).text
        assert keeper.send_form(f"{place}/resend").status_code == 404
    assert keeper.send_form(news, {"title": "x", "body": "y", "revision": "1"}).status_code == 409
    assert ("keeper", "announcement.withdraw", "1") in audited(world)


def test_helpers_send_no_messages(app: Flask, world: Ports) -> None:
    helper = enter(app, "aide", "helper")
    assert helper.get("/admin/messages").status_code == 403
    assert helper.send_form("/admin/messages", POPUP).status_code == 403
    for path in ("/admin/broadcasts/1", "/admin/broadcasts/1/withdraw", "/admin/announcements/1/withdraw"):
        assert helper.send_form(path, {"text": "x"}).status_code == 403
