"""The account's pages as a visitor meets them: forms, ways on, refusals as page and as JSON, junk."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts import roles
from app.accounts.password_reset import make_reset_link
from app.ports import Ports
from tests.support.accounts import ids, in_play, rows, set_now
from tests.support.client import JSON, PASSWORD, PageClient
from tests.support.clock import FixedClock
from tests.support.organisers import enter

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""
NEW = "another password"


def another(client: PageClient) -> PageClient:
    return client.application.test_client()  # type: ignore[return-value]


def page(reply: Any) -> BeautifulSoup:
    return BeautifulSoup(reply.text, "html5lib")


def is_in(client: PageClient) -> bool:
    return client.get("/account").status_code == 200


def error_at(reply: Any, field: str) -> str:
    found = page(reply).select_one(f"#{field}-error")
    return found.get_text(strip=True) if found else ""


# --- registering -----------------------------------------------------------------------------------------------------


def test_registering_logs_in_and_leads_to_the_game(visitor: PageClient) -> None:
    reply = visitor.register("Owls", emails="a@example.org", affiliation="A school")
    assert (reply.status_code, reply.location) == (303, "/game")
    assert is_in(visitor)


def test_before_the_start_one_is_led_to_the_countdown(visitor: PageClient, world: Ports) -> None:
    set_now(world, starts_at="2027-03-15T12:00Z")
    assert visitor.register("Owls").location == "/"
    visitor.logout()
    assert visitor.login("Owls").location == "/"


@pytest.mark.parametrize("state", ["before", "running"])
@pytest.mark.parametrize(("role", "page_of_role"), [("admin", ""), ("helper", "hints"), ("writer", "write")])
def test_staff_are_led_to_their_work(app: Flask, world: Ports, state: str, role: str, page_of_role: str) -> None:
    if state == "before":
        set_now(world, starts_at="2027-03-15T12:00Z")
    staff = enter(app, "aide", role)
    staff.logout()
    assert staff.login("aide").location == "/admin/"
    assert (staff.get("/admin/").location or "") == (f"/admin/{page_of_role}" if page_of_role else "")
    staff.logout()
    assert staff.login("aide", next="/leaderboard").location == "/leaderboard"


def test_a_registration_that_is_refused_keeps_everything_but_the_passwords(visitor: PageClient) -> None:
    typed = {"display_name": HOSTILE, "affiliation": HOSTILE * 3, "emails": HOSTILE, "division": "quiet"}
    reply = visitor.register("ab" + HOSTILE, "my new password", **typed)
    found = page(reply)
    assert reply.status_code == 400
    assert found.title.get_text().startswith("Error: ")
    assert found.select_one("#name")["value"] == "ab" + HOSTILE
    assert found.select_one("#display_name")["value"] == HOSTILE
    assert found.select_one("#affiliation")["value"] == HOSTILE * 3
    assert found.select_one("#emails").get_text().strip() == HOSTILE
    assert found.select_one("#division option[selected]")["value"] == "quiet"
    assert "my new password" not in reply.text
    assert error_at(reply, "name")
    assert error_at(reply, "affiliation")
    assert "isn’t an email address" in error_at(reply, "emails")
    assert not is_in(visitor)


def test_a_program_is_told_the_fields(visitor: PageClient, world: Ports) -> None:
    reply = visitor.send_json("/account/register", {"name": "ab", "display_name": "Owls", "division": "open"})
    error = reply.json["error"]
    assert (reply.status_code, error["code"]) == (400, "invalid_form")
    assert set(error["fields"]) == {"name", "password"}
    assert rows(world, "SELECT * FROM teams") == []


def test_a_program_is_told_the_way_on(visitor: PageClient) -> None:
    form = {
        "name": "Owls",
        "display_name": "Owls",
        "division": "open",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    reply = visitor.send_json("/account/register", form)
    assert (reply.status_code, reply.json) == (200, {"url": "/game"})
    assert is_in(visitor)


def test_the_fields_may_come_as_a_json_object(visitor: PageClient, world: Ports) -> None:
    body = {"name": "Owls", "display_name": "Owls", "division": "open", "emails": ["a@example.org", "b@example.org"]}
    body |= {"password": PASSWORD, "password_again": PASSWORD}
    reply = visitor.post("/account/register", json=body, headers={**JSON, "X-CSRFToken": visitor.token()})
    assert reply.status_code == 200
    assert "b@example.org" in str(rows(world, "SELECT emails FROM teams"))


@pytest.mark.parametrize("body", [b"", b"[1, 2]", b"nonsense", b'"x"', b"{}", b'{"name": {"a": 1}}', b"\xff", b"null"])
def test_a_body_that_is_no_json_object_is_an_empty_form(visitor: PageClient, body: bytes) -> None:
    headers = {**JSON, "X-CSRFToken": visitor.token(), "Content-Type": "application/json"}
    reply = visitor.post("/account/register", data=body, headers=headers)
    assert (reply.status_code, reply.json["error"]["code"]) == (400, "invalid_form")


def test_only_public_divisions_are_offered(app: Flask) -> None:
    from app.core.model import Division

    in_play(
        app,
        divisions=(Division("b", "Bee", order=2), Division("a", "Ay", order=1), Division("c", "See", is_public=False)),
    )
    reply = app.test_client().get("/account/register")
    assert [option["value"] for option in page(reply).select("#division option")] == ["", "a", "b"]


def test_closed_registration_is_closed_to_all_but_admins(visitor: PageClient, world: Ports) -> None:
    visitor.register("Chief")
    roles.set_roles(world.database, world.clock, world.broadcaster, ids(world)["Chief"], {"admin"}, "test")
    set_now(world, lockdown_registration="on")
    outsider = another(visitor)
    for reply in (
        outsider.get("/account/register", headers=JSON),
        outsider.send_json("/account/register", {"name": "Owls"}),
    ):
        assert (reply.status_code, reply.json["error"]["code"]) == (403, "locked_down")
    assert outsider.get("/account/register").status_code == 403
    assert visitor.get("/account/register").status_code == 200
    assert visitor.register("Late", division="open").status_code == 303


def test_a_name_that_is_taken_is_said_at_its_field(visitor: PageClient) -> None:
    visitor.register("Owls")
    reply = another(visitor).register("OWLS", display_name="Others")
    assert reply.status_code == 400
    assert "That username is taken." in error_at(reply, "name")


# --- logging in and out ----------------------------------------------------------------------------------------------


def test_logging_in_and_out(visitor: PageClient) -> None:
    visitor.register("Owls")
    assert visitor.logout().status_code == 303
    assert not is_in(visitor)
    reply = visitor.login(" owls ")
    assert (reply.status_code, reply.location) == (303, "/game")
    assert is_in(visitor)


def test_logging_out_is_never_done_by_a_link(visitor: PageClient) -> None:
    visitor.register("Owls")
    assert visitor.get("/account/logout").status_code == 405
    assert is_in(visitor)


def test_a_wrong_name_and_a_wrong_password_read_alike(visitor: PageClient) -> None:
    visitor.register("Owls")
    visitor.logout()
    looks = []
    for name, password in (("Owls", "wrong password"), ("Oils", PASSWORD)):
        reply = visitor.login(name, password)
        assert password not in reply.text
        text = re.sub(r'nonce="[^"]*"|(?:content|value)="[^"]{60,}"', "", reply.text).replace(name, "NAME")
        looks.append(
            (reply.status_code, text, visitor.send_json("/account/login", {"name": name, "password": password}).json)
        )
    assert looks[0] == looks[1]
    assert looks[0][0] == 400
    assert looks[0][2]["error"] == {
        "code": "invalid_form",
        "message": "Wrong username or password.",
        "fields": {"password": "Wrong username or password."},
    }


def test_the_typed_name_is_kept_and_comes_back_as_text(visitor: PageClient) -> None:
    reply = visitor.login(HOSTILE, "wrong password")
    assert page(reply).select_one("#name")["value"] == HOSTILE


def test_too_many_failures_are_refused_with_the_time_to_wait(visitor: PageClient, clock: FixedClock) -> None:
    visitor.register("Owls")
    visitor.logout()
    for _ in range(10):
        assert visitor.login("Owls", "wrong password").status_code == 400
    clock.advance(18)
    reply = visitor.login("Owls")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "42")
    reply = visitor.send_json("/account/login", {"name": "Owls", "password": PASSWORD})
    assert (reply.status_code, reply.json["error"]["code"]) == (429, "rate_limited")
    # A forged header changes nothing.
    forged = {**JSON, "X-CSRFToken": visitor.token(), "X-Forwarded-For": "203.0.113.9"}
    assert (
        visitor.post("/account/login", data={"name": "Owls", "password": PASSWORD}, headers=forged).status_code == 429
    )
    clock.advance(42)
    assert visitor.login("Owls").status_code == 303


def test_the_address_is_the_one_the_trusted_proxy_vouches_for(make_app: Any) -> None:
    app = make_app(TRUSTED_PROXIES="1", SITE_URL="https://hunt.example")
    in_play(app)
    client = app.test_client()
    client.register("Owls")
    form = {"name": "Owls", "password": "wrong password"}
    token = client.token()

    def enter(forwarded: str) -> int:
        headers = {**JSON, "X-CSRFToken": token, "X-Forwarded-For": forwarded}
        return int(client.post("/account/login", data=form, headers=headers).status_code)

    assert [enter(f"198.51.100.{number}, 203.0.113.9") for number in range(11)] == [400] * 10 + [429]
    assert enter("203.0.113.10") == 400


def test_a_banned_team_is_refused_and_its_open_pages_too(visitor: PageClient, world: Ports) -> None:
    visitor.register("Owls")
    roles.ban(world.database, world.clock, world.broadcaster, ids(world)["Owls"], "test")
    reply = visitor.get("/account", headers=JSON)
    assert (reply.status_code, reply.json["error"]["code"]) == (403, "banned")
    other = another(visitor)
    assert other.send_json("/account/login", {"name": "Owls", "password": "wrong password"}).status_code == 400
    reply = other.send_json("/account/login", {"name": "Owls", "password": PASSWORD})
    assert (reply.status_code, reply.json["error"]["code"]) == (403, "banned")
    assert other.login("Owls").status_code == 403


def test_who_is_not_logged_in_is_led_to_the_login_and_back(visitor: PageClient) -> None:
    visitor.register("Owls")
    visitor.logout()
    reply = visitor.get("/account")
    assert (reply.status_code, reply.location) == (303, "/account/login?next=/account")
    found = page(visitor.get(reply.location))
    assert "Log in to continue." in found.get_text()
    assert found.select_one('input[name="next"]')["value"] == "/account"
    assert visitor.login("Owls", next="/account").location == "/account"
    assert another(visitor).get("/account", headers=JSON).status_code == 401


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/%2f/evil.example"]
)
def test_a_login_never_leads_away(visitor: PageClient, wanted: str) -> None:
    visitor.register("Owls")
    visitor.logout()
    assert "evil" not in visitor.get("/account/login", query_string={"next": wanted}).text
    assert visitor.login("Owls", next=wanted).location == "/game"


# --- the profile -----------------------------------------------------------------------------------------------------


def test_a_profile_is_shown_and_saved(visitor: PageClient, world: Ports) -> None:
    visitor.register("Owls", emails="a@example.org")
    form = {"part": "profile", "display_name": HOSTILE, "affiliation": "<b>", "emails": "b@example.org"}
    reply = visitor.send_form("/account", form)
    assert (reply.status_code, reply.location) == (303, "/account")
    found = page(visitor.get("/account"))
    assert found.select_one("#display_name")["value"] == HOSTILE
    assert found.select_one("#emails").get_text().strip() == "b@example.org"
    assert "Saved." in found.select_one('[role="status"]').get_text()


def test_a_field_that_is_not_sent_stays_as_it_was(visitor: PageClient, world: Ports) -> None:
    visitor.register("Owls", emails="a@example.org", affiliation="A school")
    assert visitor.send_form("/account", {"display_name": "Larks"}).status_code == 303
    assert rows(world, "SELECT display_name, affiliation FROM teams") == [("Larks", "A school")]
    assert "a@example.org" in str(rows(world, "SELECT emails FROM teams"))


def test_a_profile_that_is_refused_keeps_what_was_typed(visitor: PageClient) -> None:
    visitor.register("Owls")
    reply = visitor.send_form("/account", {"display_name": "x" * 61, "affiliation": HOSTILE, "emails": "@"})
    assert reply.status_code == 400
    assert page(reply).title.get_text().startswith("Error: ")
    assert page(reply).select_one("#affiliation")["value"] == HOSTILE
    assert error_at(reply, "display_name")
    assert error_at(reply, "emails")
    reply = visitor.send_json("/account", {"display_name": ""})
    assert set(reply.json["error"]["fields"]) == {"display_name"}


def test_a_new_password_keeps_this_session_and_ends_the_others(visitor: PageClient) -> None:
    visitor.register("Owls")
    other = another(visitor)
    other.login("Owls")
    form = {"part": "password", "current_password": PASSWORD, "password": NEW, "password_again": NEW}
    assert visitor.send_form("/account", form).status_code == 303
    assert is_in(visitor)
    assert not is_in(other)
    assert other.login("Owls").status_code == 400
    assert other.login("Owls", NEW).status_code == 303


@pytest.mark.parametrize("part", [{"part": "password"}, {}])
def test_a_wrong_present_password_is_said_at_its_field(visitor: PageClient, part: dict[str, str]) -> None:
    visitor.register("Owls")
    form = {"current_password": "wrong password", "password": NEW, "password_again": NEW, **part}
    reply = visitor.send_form("/account", form)
    assert reply.status_code == 400
    assert "current password" in error_at(reply, "current_password")
    assert page(reply).select_one("#display_name")["value"] == "Owls"
    assert NEW not in reply.text


# --- forgotten -------------------------------------------------------------------------------------------------------


def test_asking_for_a_link_reads_alike_for_all(visitor: PageClient) -> None:
    visitor.register("Owls")
    visitor.logout()
    replies = [visitor.send_json("/account/forgot", {"name": name}) for name in ("Owls", "nobody", HOSTILE)]
    assert {(reply.status_code, reply.text) for reply in replies} == {(200, replies[0].text)}
    assert "Ask the organisers" in replies[0].json["message"]
    assert "Ask the organisers" in visitor.get("/account/forgot").text
    assert visitor.send_form("/account/forgot", {"name": "Owls"}).location == "/account/login"
    assert "Ask the organisers" in visitor.get("/account/login").text
    assert visitor.send_form("/account/forgot", {"name": " "}).status_code == 400


def test_a_link_sets_the_password_logs_in_and_is_used_up(visitor: PageClient, world: Ports) -> None:
    visitor.register("Owls")
    link = make_reset_link(world.database, world.clock, ids(world)["Owls"], "test")
    other = another(visitor)
    assert other.get(link).status_code == 200
    assert other.send_form(link, {"password": "short", "password_again": "short"}).status_code == 400
    reply = other.send_form(link, {"password": NEW, "password_again": NEW})
    assert (reply.status_code, reply.location) == (303, "/game")
    assert is_in(other)
    assert not is_in(visitor)
    for reply in (visitor.get(link), visitor.send_form(link, {"password": NEW, "password_again": NEW})):
        assert reply.status_code == 404
        assert "Ask for a new one" in reply.text


@pytest.mark.parametrize("token", ["x", "%00", "%ED%A0%80", "<script>", "x" * 3000])
def test_a_link_that_is_none_is_not_found(visitor: PageClient, token: str) -> None:
    assert visitor.get(f"/account/reset/{token}").status_code == 404
    assert visitor.send_json(f"/account/reset/{token}", {"password": NEW, "password_again": NEW}).status_code == 404


# --- junk ------------------------------------------------------------------------------------------------------------

FIELDS = {
    "/account/register": ("name", "display_name", "division", "affiliation", "emails", "password", "password_again"),
    "/account/login": ("name", "password", "remember", "next"),
    "/account/forgot": ("name",),
    "/account": ("part", "display_name", "affiliation", "emails", "current_password", "password", "password_again"),
}
TEXT = st.text(max_size=70) | st.sampled_from(["", "\0", "a@b.org", HOSTILE, "x" * 5000, "//x", "ﷺ" * 60, "é" * 40])


@pytest.mark.parametrize("path", FIELDS)
@pytest.mark.parametrize("as_json", [False, True])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_no_junk_breaks_a_form(visitor: PageClient, world: Ports, path: str, as_json: bool, draw: Any) -> None:
    if not rows(world, "SELECT id FROM teams"):
        visitor.register("Owls")
    client = visitor if path == "/account" else another(visitor)
    before = rows(world, "SELECT * FROM teams ORDER BY id")
    form = draw.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS[path], TEXT)))
    reply = client.send_json(path, form) if as_json else client.send_form(path, form)
    assert reply.status_code in (200, 303, 400, 429)
    if reply.status_code >= 400:
        assert rows(world, "SELECT * FROM teams ORDER BY id") == before


def test_a_mountain_of_marks_is_answered_at_once(visitor: PageClient) -> None:
    mountain = "a" + "\u0301" * 12_000 + "\u0323" * 12_000
    begun = time.process_time()
    for path, fields in FIELDS.items():
        for field in fields:
            assert visitor.send_json(path, {field: mountain}).status_code in (200, 400, 401, 413)
    assert time.process_time() - begun < 4
