"""A team's token for programs: what it opens, what it never does, and when it dies."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.accounts import roles
from app.accounts.password_reset import make_reset_link
from app.ports import Ports
from app.web.access import open_to_tokens, policy_of
from tests.middleware.test_middleware import statements
from tests.support.accounts import ids, in_play, rows, set_now
from tests.support.client import JSON, PASSWORD, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import path_of
from tests.support.hunts import rules as routes
from tests.support.organisers import enter
from tests.support.small_hunt import change_team
from tests.test_url_map import writes_heard

OPEN_TO_TOKENS = {"/game", "/announcements", "/announcements/<int:number>"}


@pytest.fixture
def ports(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    return client


@pytest.fixture
def token(team: PageClient) -> str:
    return made(team)


@pytest.fixture
def program(app: Flask) -> PageClient:
    """Somebody without a session."""
    return app.test_client()  # type: ignore[return-value]


def made(team: PageClient) -> str:
    return str(team.send_json("/account/token").get_json()["token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def code(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.get_json()["error"]["code"]


# --- what it opens ---------------------------------------------------------------------------------------------------


def test_it_reads_what_the_session_reads(team: PageClient, program: PageClient, token: str) -> None:
    team.guess("one", "owl")
    by_token = program.get("/game", headers=bearer(token))
    assert by_token.get_json() == team.get("/game", headers=JSON).get_json()
    assert "Set-Cookie" not in by_token.headers
    assert by_token.headers["Cache-Control"] == "private, no-cache"


def test_the_answer_is_json_whatever_is_asked_for(program: PageClient, token: str) -> None:
    for path in ("/game", "/game?print=1", "/announcements"):
        for accept in ("text/html", "*/*", ""):
            reply = program.get(path, headers={**bearer(token), "Accept": accept})
            assert (reply.status_code, reply.mimetype) == (200, "application/json")


def test_a_list_costs_one_query(program: PageClient, token: str) -> None:
    program.get("/game", headers=bearer(token))
    with statements() as heard:
        program.get("/game", headers=bearer(token))
    assert len(heard) == 1, heard


def test_news_are_those_of_the_team(team: PageClient, program: PageClient, token: str, ports: Ports) -> None:
    from app.announcements.announcements import publish

    publish(ports.for_content, "For Owls", "x", "chief", audience=f"team:{ids(ports)['Owls']}")
    publish(ports.for_content, "For others", "x", "chief", audience="team:99")
    told = program.get("/announcements", headers=bearer(token)).get_json()["announcements"]
    assert [one["title"] for one in told] == ["For Owls"]
    assert program.get("/announcements/2", headers=bearer(token)).status_code == 404


def test_the_same_routes_are_open_as_ever_and_no_other(app: Flask) -> None:
    open_now = {
        rule.rule for rule in app.url_map.iter_rules() if policy_of(app.view_functions[rule.endpoint]).is_open_to_tokens
    }
    assert open_now == OPEN_TO_TOKENS
    assert all("POST" not in (rule.methods or ()) for rule in app.url_map.iter_rules() if rule.rule in OPEN_TO_TOKENS)


# --- what it never does ----------------------------------------------------------------------------------------------


def test_it_opens_no_page_and_takes_no_post(app: Flask, program: PageClient, token: str) -> None:
    """Elsewhere the token is nothing: the answers are those that anybody without a session gets."""
    stranger = app.test_client()
    keys = {"puzzle": "one", "level": "shallows", "code": "open"}
    for method in ("GET", "POST"):
        for rule in routes(app, method):
            if rule.rule in OPEN_TO_TOKENS or rule.rule.startswith(("/api/", "/readyz", "/metrics", "/static")):
                continue
            path = path_of(rule, **keys)
            with writes_heard() as heard:
                by_token = program.open(path, method=method, headers={**JSON, **bearer(token)})
            without = stranger.open(path, method=method, headers=JSON)
            assert by_token.status_code == without.status_code, rule.rule
            assert not heard, rule.rule


def test_nothing_can_be_written_while_it_is_answered(
    app: Flask, program: PageClient, token: str, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    @open_to_tokens
    def writes() -> str:
        with ports.database.writing():
            return "written"

    monkeypatch.setitem(app.view_functions, "game.levels", writes)
    assert code(program.get("/game", headers=bearer(token))) == (403, "forbidden")


def test_a_wrong_token_is_not_made_good_by_a_session(team: PageClient, token: str) -> None:
    assert code(team.get("/game", headers=bearer("inf_wrong"))) == (401, "login_required")
    assert team.get("/game", headers=JSON).status_code == 200


def test_an_admin_who_looks_through_a_teams_eyes_borrows_no_token(app: Flask, token: str) -> None:
    assert enter(app, "Chief", "admin").get("/game", headers=bearer(token)).get_json()["team"]["name"] == "Owls"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "bearer x",
        "Bearer \xe9",
        "Bearer a b",
        "Bearer '; DROP TABLE teams",
        "Bearer " + "x" * 9000,
    ],
)
def test_what_is_no_token_is_refused(program: PageClient, ports: Ports, header: str) -> None:
    assert code(program.get("/game", headers={"Authorization": header})) == (401, "login_required")


@pytest.mark.parametrize("header", ["Basic b3dsOm93bA==", "x", "Bearerx"])
def test_other_ways_to_sign_in_are_not_looked_at(program: PageClient, team: PageClient, header: str) -> None:
    assert program.get("/game", headers={"Authorization": header}).status_code == 303
    assert team.get("/game", headers={"Authorization": header}).status_code == 200


# --- locks -----------------------------------------------------------------------------------------------------------


def test_the_locks_and_switches_are_those_of_the_team(program: PageClient, token: str, ports: Ports) -> None:
    told = program.get("/game", headers=bearer(token)).get_json()
    assert [one["key"] for level in told["levels"] for one in level["puzzles"]] == ["one", "two"]
    set_now(ports, lockdown_puzzles="on")
    assert code(program.get("/game", headers=bearer(token))) == (403, "locked_down")
    set_now(ports, lockdown_puzzles="off", starts_at="2099-01-01T00:00Z")
    assert code(program.get("/game", headers=bearer(token))) == (403, "not_running")


def test_an_organisers_account_has_no_token(app: Flask, team: PageClient, token: str, ports: Ports) -> None:
    chief = enter(app, "Chief", "admin")
    assert code(chief.send_json("/account/token")) == (403, "forbidden")
    assert "token" not in BeautifulSoup(chief.get("/account").text, "html5lib").main.get_text()
    change_team(ports, ids(ports)["Owls"], role="writer")
    assert code(app.test_client().get("/game", headers=bearer(token))) == (403, "forbidden")


# --- how it lives and dies -------------------------------------------------------------------------------------------


def test_it_is_shown_once_and_stored_as_a_digest(
    team: PageClient, ports: Ports, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = BeautifulSoup(team.send_form("/account/token").text, "html5lib")
    token = shown.select_one("main code").get_text()
    assert token.startswith("inf_")
    assert len(token) > 40
    assert team.get("/game", headers=bearer(token)).status_code == 200
    account = team.get("/account").text
    assert "created " in account
    secret = token.removeprefix("inf_")
    cookies = "".join(cookie.value for cookie in team._cookies.values())
    tables = ("team_tokens", "log", "audit", "broadcasts")
    kept = "".join(str(rows(ports, f"SELECT * FROM {table}")) for table in tables)
    assert not [place for place in (account, cookies, kept, caplog.text) if secret in place]


def named(team: PageClient, name: str) -> Any:
    return team.send_json("/account/token", {"name": name})


def shown_names(team: PageClient) -> list[str]:
    page = BeautifulSoup(team.get("/account").text, "html5lib")
    return [str(one["value"]) for one in page.select("#programs input[type=hidden][name=name]")]


def test_a_team_has_several_by_name_and_ends_each_by_itself(
    team: PageClient, program: PageClient, token: str, ports: Ports
) -> None:
    newer = named(team, "  our   bot ").get_json()["token"]
    assert shown_names(team) == ["1", "our bot"]
    assert code(named(team, "our bot")) == (400, "invalid_form")
    assert [program.get("/game", headers=bearer(one)).status_code for one in (token, newer)] == [200, 200]
    assert team.send_form("/account/token/revoke", {"name": "1"}).status_code == 303
    assert code(program.get("/game", headers=bearer(token))) == (401, "login_required")
    assert program.get("/game", headers=bearer(newer)).status_code == 200
    for _ in range(2):
        team.send_form("/account/token/revoke", {"name": "our bot"})
    assert code(program.get("/game", headers=bearer(newer))) == (401, "login_required")
    kinds = [kind for (kind,) in rows(ports, "SELECT kind FROM log WHERE kind LIKE 'token%' ORDER BY id")]
    assert kinds == ["token made", "token made", "token revoked", "token revoked"]


def test_there_are_at_most_ten(app: Flask, team: PageClient, program: PageClient) -> None:
    tokens = [made(team) for _ in range(10)]
    assert shown_names(team) == [str(number) for number in range(1, 11)]
    assert code(named(team, "one more")) == (409, "conflict")
    assert "Revoke one first" in team.get(team.send_form("/account/token", {"name": "x"}).location).text
    other: PageClient = app.test_client()  # type: ignore[assignment]
    other.register("Bats")
    other.send_form("/account/token/revoke", {"name": "3"})
    assert program.get("/game", headers=bearer(tokens[2])).status_code == 200
    team.send_form("/account/token/revoke", {"name": "3"})
    assert made(team)
    assert sorted(shown_names(team)) == sorted(str(number) for number in range(1, 11))


@pytest.mark.parametrize("name", ["x" * 61, "a\u202eb", "\0"])
def test_a_name_that_is_no_plain_text_is_refused(team: PageClient, name: str) -> None:
    assert code(named(team, name)) == (400, "invalid_form")
    assert "<b>" not in team.get("/account").text


def test_each_has_its_own_sixty_reads(program: PageClient, team: PageClient, token: str) -> None:
    newer = made(team)
    for _ in range(60):
        assert program.get("/game", headers=bearer(token)).status_code == 200
    assert program.get("/game", headers=bearer(token)).status_code == 429
    assert program.get("/game", headers=bearer(newer)).status_code == 200


def test_a_ban_ends_it_at_once_and_lifting_the_ban_does_not_bring_it_back(
    program: PageClient, token: str, ports: Ports
) -> None:
    owls = ids(ports)["Owls"]
    roles.ban(ports.database, ports.clock, ports.broadcaster, owls, "chief")
    assert code(program.get("/game", headers=bearer(token))) == (401, "login_required")
    roles.unban(ports.database, ports.clock, ports.broadcaster, owls, "chief")
    assert code(program.get("/game", headers=bearer(token))) == (401, "login_required")


def test_a_banned_team_is_refused_even_if_a_token_were_left(program: PageClient, token: str, ports: Ports) -> None:
    change_team(ports, ids(ports)["Owls"], is_banned=True)
    for path in ("/game", "/announcements"):
        assert code(program.get(path, headers=bearer(token))) == (403, "banned")


def test_a_new_password_ends_it(app: Flask, team: PageClient, program: PageClient, token: str, ports: Ports) -> None:
    form = {
        "part": "password",
        "current_password": PASSWORD,
        "password": "another horse",
        "password_again": "another horse",
    }
    assert team.send_form("/account", form).status_code == 303
    assert code(program.get("/game", headers=bearer(token))) == (401, "login_required")
    newer, link = made(team), make_reset_link(ports.database, ports.clock, ids(ports)["Owls"], "chief")
    app.test_client().send_form(link, {"password": PASSWORD, "password_again": PASSWORD})  # type: ignore[attr-defined]
    assert code(program.get("/game", headers=bearer(newer))) == (401, "login_required")


def test_a_post_without_the_sessions_token_makes_none(team: PageClient, ports: Ports) -> None:
    for path in ("/account/token", "/account/token/revoke"):
        assert team.post(path).status_code == 400
    assert rows(ports, "SELECT count(*) FROM team_tokens") == [(0,)]


# --- how often -------------------------------------------------------------------------------------------------------


def test_sixty_reads_a_minute_and_the_next_waits(program: PageClient, token: str, clock: FixedClock) -> None:
    for _ in range(60):
        assert program.get("/game", headers=bearer(token)).status_code == 200
    with statements() as heard:
        refused = program.get("/game", headers=bearer(token))
    assert (code(refused), refused.headers["Retry-After"]) == ((429, "rate_limited"), "1")
    assert heard == []
    clock.advance(1)
    assert program.get("/game", headers=bearer(token)).status_code == 200


def test_wrong_tokens_are_counted_by_address_and_soon_not_looked_up(program: PageClient, token: str) -> None:
    for number in range(30):
        assert code(program.get("/game", headers=bearer(f"inf_{number}"))) == (401, "login_required")
    with statements() as heard:
        assert code(program.get("/game", headers=bearer("inf_x"))) == (429, "rate_limited")
    assert heard == []


def test_a_good_token_is_not_kept_out_by_a_neighbours_wrong_ones(program: PageClient, token: str) -> None:
    program.get("/game", headers=bearer(token))
    for number in range(31):
        program.get("/game", headers=bearer(f"inf_{number}"))
    assert program.get("/game", headers=bearer(token)).status_code == 200
