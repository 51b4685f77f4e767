"""The second factor: set up, asked for, used once on all nodes, counted, reset, required."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from pyotp import TOTP

from app.accounts import login, second_factor
from app.accounts.login import TooManyFailures
from app.accounts.second_factor import FactorPresent, LoginExpired
from app.database import teams
from app.database.teams import Account
from app.encryption import Encryption
from app.errors import FieldsRefused, HuntError
from app.ports import Ports
from tests.support.accounts import HERE, THERE, add_team, in_play, rows, set_now
from tests.support.client import JSON, PASSWORD, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import hunt
from tests.support.organisers import enter
from tests.support.world import SECRET, World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def account(node: World, team: int) -> Account:
    found = teams.find_by_id(node.database, team)
    assert found is not None
    return found


def with_factor(node: World, name: str = "Owls") -> tuple[int, str, tuple[str, ...]]:
    """An admin with a second factor, its secret, and its recovery codes; the code of this step is used."""
    team = add_team(node, name, role="admin")
    second_factor.begin(node.database, node.clock, node.encryption, team)
    secret = second_factor.standing(node.database, node.encryption, team).secret
    _, codes = second_factor.confirm(
        node.database, node.clock, node.broadcaster, node.encryption, account(node, team), code(node, secret), HERE
    )
    return team, secret, codes


def code(node: World, secret: str, steps: int = 0) -> str:
    return str(TOTP(secret).at(node.clock.now() + timedelta(seconds=30 * steps)))


def finish(node: World, team: int, typed: str, address: str = HERE) -> Account:
    return second_factor.finish_login(node.for_login, node.encryption, team, account(node, team).epoch, typed, address)


def test_setting_it_up_stores_no_secret_in_clear_and_ends_other_sessions(node: World) -> None:
    team, secret, codes = with_factor(node)
    assert (len(codes), len(set(codes)), node.row(team).epoch) == (10, 10, 1)
    stored = str(node.all("SELECT * FROM second_factors")) + str(node.all("SELECT * FROM recovery_codes"))
    assert not any(one in stored or one.replace("-", "") in stored for one in (secret, *codes))
    assert second_factor.standing(node.database, node.encryption, team) == second_factor.FactorState(True, "", 10)
    with pytest.raises(FactorPresent):
        second_factor.begin(node.database, node.clock, node.encryption, team)
    assert node.all("SELECT actor, action FROM audit") == [("Owls", "second_factor.on")]


def test_a_wrong_first_code_puts_nothing_into_force(node: World) -> None:
    team = add_team(node, role="admin")
    second_factor.begin(node.database, node.clock, node.encryption, team)
    first = second_factor.standing(node.database, node.encryption, team).secret
    second_factor.begin(node.database, node.clock, node.encryption, team)
    with pytest.raises(FieldsRefused):
        second_factor.confirm(
            node.database, node.clock, node.broadcaster, node.encryption, account(node, team), code(node, first), HERE
        )
    assert not account(node, team).has_second_factor
    assert node.count("recovery_codes") == 0


def test_the_password_alone_is_no_login(node: World) -> None:
    team, secret, _ = with_factor(node)
    assert login.log_in(node.for_login, "Owls", PASSWORD, HERE).has_second_factor
    assert node.count("log", "kind = 'login'") == 0
    node.clock.advance(30)
    assert finish(node, team, code(node, secret)).id == team
    assert node.count("log", "kind = 'login'") == 1


def test_a_code_works_once(node: World) -> None:
    team, secret, _ = with_factor(node)
    for steps in (0, -1, 0):  # the code that confirmed it, and an older one
        with pytest.raises(FieldsRefused):
            finish(node, team, code(node, secret, steps))
    assert finish(node, team, code(node, secret, 1)).id == team
    with pytest.raises(FieldsRefused):
        finish(node, team, code(node, secret, 1))


def test_of_nodes_that_get_one_code_at_once_one_takes_it(database: str, clock: FixedClock) -> None:
    with world(database, clock) as one, world(database, clock) as two:
        team, secret, codes = with_factor(one)
        for typed in (code(one, secret, 1), codes[0]):
            results = at_once(
                [lambda at=at, place=place: finish(at, team, typed, f"192.0.2.{place}")  # noqa: B023
                 for place, at in enumerate((one, two, one, two))]
            )  # fmt: skip
            assert sorted(type(result).__name__ for result in results) == ["Account", *["FieldsRefused"] * 3]


def test_a_recovery_code_works_once_and_is_audited(node: World) -> None:
    team, _, codes = with_factor(node)
    assert finish(node, team, f" {codes[3].lower()} ").id == team
    with pytest.raises(FieldsRefused):
        finish(node, team, codes[3])
    assert second_factor.standing(node.database, node.encryption, team).recovery_left == 9
    assert ("Owls", "second_factor.recovery") in node.all("SELECT actor, action FROM audit")


def test_another_accounts_recovery_code_is_wrong(node: World) -> None:
    team, _, _ = with_factor(node)
    _, _, others = with_factor(node, "Bats")
    with pytest.raises(FieldsRefused):
        finish(node, team, others[0])


def test_wrong_codes_are_failed_logins(node: World) -> None:
    team, secret, codes = with_factor(node)
    for typed in ("000000", "", "AAAA-BBBB", "999999", "x" * 300):
        with pytest.raises(FieldsRefused):
            finish(node, team, typed)
    assert node.count("login_failures") == 5
    for _ in range(5):
        with pytest.raises(login.WrongLogin):
            login.log_in(node.for_login, "Owls", "wrong password", HERE)
    with pytest.raises(TooManyFailures):
        login.log_in(node.for_login, "Owls", PASSWORD, HERE)


def test_wrong_passwords_of_strangers_do_not_lock_a_right_code_but_wrong_codes_do(node: World) -> None:
    team, secret, codes = with_factor(node)
    for _ in range(10):
        with pytest.raises(login.WrongLogin):
            login.log_in(node.for_login, "Owls", "wrong password", HERE)
    assert finish(node, team, codes[1]).id == team
    for _ in range(10):
        with pytest.raises(FieldsRefused):
            finish(node, team, "000000")
    for right in (code(node, secret, 1), codes[0]):
        with pytest.raises(TooManyFailures):
            finish(node, team, right)
    assert finish(node, team, codes[0], THERE).id == team
    node.clock.advance(61)
    assert finish(node, team, code(node, secret)).id == team


def test_a_second_step_does_not_outlive_a_change_of_the_account(node: World) -> None:
    team, secret, _ = with_factor(node)
    epoch = node.row(team).epoch
    with node.database.writing() as connection:
        teams.end_sessions(connection, team)
    with pytest.raises(LoginExpired):
        second_factor.finish_login(node.for_login, node.encryption, team, epoch, code(node, secret, 1), HERE)
    second_factor.reset(node.database, node.clock, node.broadcaster, team, "test")
    with pytest.raises(LoginExpired):
        finish(node, team, code(node, secret, 1))


def test_turning_it_off_takes_password_and_code(node: World) -> None:
    team, secret, codes = with_factor(node)
    for password, typed in (("wrong", code(node, secret, 1)), (PASSWORD, "000000"), ("", "")):
        with pytest.raises(FieldsRefused):
            second_factor.turn_off(node.for_login, node.encryption, account(node, team), password, typed, HERE)
    assert node.count("login_failures") == 3
    second_factor.turn_off(node.for_login, node.encryption, account(node, team), PASSWORD, codes[0], HERE)
    assert (node.count("second_factors"), node.count("recovery_codes")) == (0, 0)
    assert node.all("SELECT action FROM audit ORDER BY id")[-1] == ("second_factor.off",)


def test_an_older_secret_still_reads_it_and_a_lost_one_says_so(node: World) -> None:
    from dataclasses import replace

    team, secret, _ = with_factor(node)
    rotated = replace(node.ports, encryption=Encryption([b"n" * 40, SECRET]))
    epoch, typed = node.row(team).epoch, code(node, secret, 1)
    assert second_factor.finish_login(rotated.for_login, rotated.encryption, team, epoch, typed, HERE).id == team
    lost = replace(node.ports, encryption=Encryption([b"m" * 40]))
    with pytest.raises(HuntError, match="can’t be read"):
        second_factor.finish_login(lost.for_login, lost.encryption, team, epoch, typed, HERE)
    # That login has encrypted it under the new secret: the old one is needed no more.
    node.clock.advance(60)
    new = replace(node.ports, encryption=Encryption([b"n" * 40]))
    assert second_factor.finish_login(new.for_login, new.encryption, team, epoch, code(node, secret), HERE).id == team


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(app: Flask) -> Ports:
    return in_play(app)


def page(reply: Any) -> BeautifulSoup:
    return BeautifulSoup(reply.text, "html5lib")


def is_out(client: PageClient) -> bool:
    """Whether this browser is logged in nowhere."""
    return all(client.get(path, headers=JSON).status_code == 401 for path in ("/account", "/admin/"))


def set_up(client: PageClient, clock: FixedClock) -> tuple[str, list[str]]:
    """Set the factor up by its pages; answers the secret and the recovery codes."""
    assert client.send_form("/account/second-factor/begin").location == "/account/second-factor"
    shown = page(client.get("/account/second-factor"))
    secret = str(shown.select_one("#key")["value"])
    assert str(shown.select_one("img[src^='data:image/svg+xml']")["alt"])
    box = shown.select_one("#code")
    assert (box["autocomplete"], box["inputmode"]) == ("one-time-code", "numeric")
    assert client.send_form("/account/second-factor/confirm", {"code": "000000"}).status_code == 400
    reply = client.send_form("/account/second-factor/confirm", {"code": TOTP(secret).at(clock.now())})
    return secret, [one.get_text() for one in page(reply).select("li code")]


def test_the_login_asks_for_the_code_and_leads_on(app: Flask, site: Ports, clock: FixedClock) -> None:
    admin = enter(app, "keeper", "admin")
    secret, codes = set_up(admin, clock)
    assert len(codes) == 10
    assert not any(one in admin.get("/account/second-factor").text for one in (secret, *codes))
    other: PageClient = app.test_client()  # type: ignore[assignment]
    assert other.login("keeper", remember="y", next="/admin/log").location == "/account/login/code"
    assert is_out(other)
    reply = other.send_form("/account/login/code", {"code": "123456"})
    assert (reply.status_code, "That code is wrong" in reply.text) == (400, True)
    clock.advance(30)
    reply = other.send_form("/account/login/code", {"code": TOTP(secret).at(clock.now())})
    assert (reply.status_code, reply.location) == (303, "/admin/log")
    assert other.get("/admin/log").status_code == 200
    assert other.get_cookie("session").expires is not None


def test_programs_log_in_by_both_steps(app: Flask, site: Ports, clock: FixedClock) -> None:
    secret, _ = set_up(enter(app, "keeper", "admin"), clock)
    other: PageClient = app.test_client()  # type: ignore[assignment]
    reply = other.send_json("/account/login", {"name": "keeper", "password": PASSWORD})
    assert reply.json == {"url": "/account/login/code"}
    refused = other.send_json("/account/login/code", {"code": "1"})
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (400, ["code"])
    clock.advance(30)
    assert "url" in other.send_json("/account/login/code", {"code": TOTP(secret).at(clock.now())}).json


def test_the_second_step_is_open_for_ten_minutes_and_to_nobody_else(app: Flask, site: Ports, clock: FixedClock) -> None:
    secret, _ = set_up(enter(app, "keeper", "admin"), clock)
    other: PageClient = app.test_client()  # type: ignore[assignment]
    assert other.get("/account/login/code").location == "/account/login"
    assert other.send_json("/account/login/code", {"code": TOTP(secret).at(clock.now())}).status_code == 401
    other.login("keeper")
    token = other.token()
    clock.advance(601)
    typed = {"code": TOTP(secret).at(clock.now()), "csrf_token": token}
    assert other.post("/account/login/code", data=typed, headers=JSON).status_code == 401
    assert is_out(other)


def test_a_reset_link_does_not_go_around_the_second_factor(app: Flask, site: Ports, clock: FixedClock) -> None:
    set_up(enter(app, "keeper", "admin"), clock)
    link = hunt(app, "reset-link", "keeper").strip()
    other: PageClient = app.test_client()  # type: ignore[assignment]
    reply = other.send_form(link, {"password": "another password", "password_again": "another password"})
    assert (reply.status_code, reply.location) == (303, "/account/login/code")
    assert is_out(other)


def test_where_it_is_required_no_organisers_page_opens_before_it_is_set_up(
    app: Flask, site: Ports, clock: FixedClock
) -> None:
    admin = enter(app, "keeper", "admin")
    set_now(site, staff_second_factor="on")
    assert admin.get("/admin/settings").location == "/account/second-factor"
    assert admin.send_form("/admin/lockdown", {}).status_code == 403
    assert admin.get("/admin/log", headers=JSON).status_code == 403
    assert "to open Admin" in admin.get("/account/second-factor").text
    admin.logout()
    assert admin.login("keeper", next="/admin/log").location == "/account/second-factor"
    set_up(admin, clock)
    assert admin.get("/admin/settings").status_code == 200
    helper = enter(app, "aide", "helper")
    assert helper.get("/admin/hints").location == "/account/second-factor"
    set_now(site, staff_second_factor="off")
    assert helper.get("/admin/hints").status_code == 200


def test_a_new_password_keeps_what_the_session_has_proved(app: Flask, site: Ports, clock: FixedClock) -> None:
    admin = enter(app, "keeper", "admin")
    set_now(site, staff_second_factor="on")
    set_up(admin, clock)
    new = {
        "part": "password",
        "current_password": PASSWORD,
        "password": "quite another",
        "password_again": "quite another",
    }
    assert admin.send_form("/account", new).status_code == 303
    assert admin.get("/admin/settings").status_code == 200


def test_turning_it_off_closes_the_organisers_pages_where_it_is_required(
    app: Flask, site: Ports, clock: FixedClock
) -> None:
    admin = enter(app, "keeper", "admin")
    set_now(site, staff_second_factor="on")
    _, codes = set_up(admin, clock)
    form = {"current_password": "wrong", "code": codes[0]}
    assert admin.send_form("/account/second-factor/off", form).status_code == 400
    form["current_password"] = PASSWORD
    assert admin.send_form("/account/second-factor/off", form).status_code == 303
    assert admin.get("/admin/settings").location == "/account/second-factor"


def test_a_team_has_no_second_factor(app: Flask, site: Ports) -> None:
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.register("owls")
    assert team.get("/account/second-factor").status_code == 403
    assert team.send_form("/account/second-factor/begin").status_code == 403
    assert "second-factor" not in team.get("/account").text


def test_the_command_line_removes_it_and_ends_the_sessions(app: Flask, site: Ports, clock: FixedClock) -> None:
    admin = enter(app, "keeper", "admin")
    set_up(admin, clock)
    assert hunt(app, "second-factor", "keeper").strip() == "keeper: the second factor is on."
    assert hunt(app, "second-factor", "KEEPER", "--reset").strip() == "keeper: second factor removed."
    assert is_out(admin)
    assert admin.login("keeper").location == "/admin/"
    done = app.test_cli_runner().invoke(args=["hunt", "second-factor", "keeper", "--reset"])
    assert (done.exit_code, "no second factor" in done.output) == (1, True)
    assert rows(site, "SELECT actor, action FROM audit ORDER BY id")[-1] == ("command line", "second_factor.reset")


def test_nothing_secret_reaches_audit_or_log(app: Flask, site: Ports, clock: FixedClock) -> None:
    secret, codes = set_up(enter(app, "keeper", "admin"), clock)
    written = json.dumps(rows(site, "SELECT * FROM audit") + rows(site, "SELECT * FROM log"), default=str)
    assert not any(one in written for one in (secret, *codes))
