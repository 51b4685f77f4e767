"""Hint credits from the page: the number of teams first, then the grant, once."""

from __future__ import annotations

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.demo_hunt import keeper as keeper
from tests.support.demo_hunt import world as world
from tests.support.organisers import add_account, audited, enter
from tests.support.pages import parsed


def credits_by_name(ports: Ports) -> dict[str, int]:
    return dict(rows(ports, "SELECT name, hint_credits FROM teams"))


def test_all_teams_or_a_division_get_credits_after_a_question_and_once(keeper: PageClient, world: Ports) -> None:
    for name, division in (("owls", "teams"), ("bats", "teams"), ("fox", "solo")):
        add_account(world, name, division=division)
    wish = {"audience": "division:teams", "amount": "2", "reason": "a broken clock"}
    asked = keeper.send_form("/admin/hints/credits/review", wish)
    assert "2 hint credits for each of 2 teams?" in asked.text
    assert set(credits_by_name(world).values()) == {0}
    form = parsed(asked.text).select_one('form[action="/admin/hints/credits"]')
    assert form is not None
    fields = {one["name"]: one["value"] for one in form.select("input[name]") if one["name"] != "csrf_token"}
    for _ in range(2):
        assert keeper.send_form("/admin/hints/credits", fields).status_code == 303
    assert credits_by_name(world) == {"keeper": 0, "owls": 2, "bats": 2, "fox": 0}
    assert ("keeper", "grant credits", "division:teams") in audited(world)
    assert keeper.send_form("/admin/hints/credits", {"audience": "all", "amount": "-1"}).status_code == 303
    assert credits_by_name(world) == {"keeper": 0, "owls": 1, "bats": 1, "fox": 0}


@pytest.mark.parametrize(
    "wish",
    [
        {"audience": "all", "amount": "0"}, {"audience": "all", "amount": "²"}, {"audience": "all", "amount": "1001"},
        {"audience": "division:nowhere", "amount": "1"}, {"audience": "", "amount": "1"}, {"audience": "all"},
        {"audience": "all", "amount": "--1"}, {"audience": "all", "amount": "1e2"},
    ],
)  # fmt: skip
def test_what_cannot_be_granted_is_refused_with_what_was_typed(keeper: PageClient, wish: dict[str, str]) -> None:
    for path in ("/admin/hints/credits/review", "/admin/hints/credits"):
        reply = keeper.send_form(path, wish)
        assert reply.status_code == 400
        assert "Nothing was changed." in reply.text


def test_only_admins_give_credits(app: Flask, world: Ports) -> None:
    helper = enter(app, "aide", "helper")
    assert helper.get("/admin/hints/credits").status_code == 403
    assert "Give hint credits" not in helper.get("/admin/hints").text
