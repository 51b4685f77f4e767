"""Messages to teams: published at once or kept as a draft, to one team from its own page, with a picker of names."""

from __future__ import annotations

import pytest

from app.ports import Ports
from tests.support.client import PageClient
from tests.support.demo_hunt import keeper as keeper
from tests.support.demo_hunt import world as world
from tests.support.organisers import add_account, audited
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
    for link in parsed(keeper.get(f"/admin/teams/{team}").text).select('.desk-main a[href*="team="]'):
        page = parsed(keeper.get(str(link["href"])).text)
        chosen = page.select_one("#audience option[selected]")
        assert chosen is not None
        assert chosen["value"] == "team"
        field = page.select_one('input[name="team"]')
        assert field is not None
        assert (field["value"], field["list"]) == ("The owls", "team-names")
        assert page.select_one('#team-names option[value="The owls"]') is not None
    alert = {"kind": "alert", "text": "Your clock is wrong.", "audience": "team", "team": "The owls"}
    assert "1 team" in keeper.send_form("/admin/broadcasts/review", alert).text


def test_a_message_to_a_team_that_is_gone_is_addressed_to_nobody(keeper: PageClient) -> None:
    assert keeper.get("/admin/broadcasts?team=999").status_code == 404
