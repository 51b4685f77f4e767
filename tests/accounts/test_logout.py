"""Logging out ends a session for every copy of its cookie, on every node, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.accounts import logout
from app.ops import jobs
from app.ports import Ports
from tests.broadcast.conftest import Live
from tests.support.accounts import ids, in_play, rows
from tests.support.client import JSON, PASSWORD, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin
from tests.support.sockets import OpenPage, wait_until

COOKIE = "session"


@pytest.fixture
def two(make_app: Callable[..., Flask]) -> tuple[Flask, Flask]:
    """Two nodes on one database."""
    one, other = make_app(), make_app()
    in_play(one)
    in_play(other)
    return one, other


def copied(client: PageClient, app: Flask) -> PageClient:
    """Another browser, at any node, with a copy of this one's cookie."""
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    thief: PageClient = app.test_client()  # type: ignore[assignment]
    thief.set_cookie(COOKIE, cookie.value)
    return thief


def team(app: Flask, name: str = "Owls") -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register(name).status_code == 303
    return client


def logged_in(app: Flask, name: str = "Owls", **fields: Any) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.login(name, **fields).status_code == 303
    return client


def is_in(client: PageClient) -> bool:
    return client.get("/account", headers=JSON).status_code == 200


@pytest.mark.parametrize("remember", [{}, {"remember": "y"}])
def test_a_copied_cookie_is_worthless_after_the_logout_on_every_node(
    two: tuple[Flask, Flask], remember: dict[str, str]
) -> None:
    team(two[0])
    owls = logged_in(two[0], **remember)
    thieves = [copied(owls, node) for node in two]
    assert all(map(is_in, thieves))
    owls.logout()
    assert not any(map(is_in, thieves))


def test_a_copied_cookie_reads_guesses_and_makes_nothing_after_the_logout(two: tuple[Flask, Flask]) -> None:
    owls = team(two[0])
    thief = copied(owls, two[1])
    token = {"X-CSRFToken": thief.token("/account"), **JSON}
    owls.logout()
    for path in ("/account", "/account/history", "/game", "/game/puzzle/one", "/story"):
        assert thief.get(path, headers=JSON).status_code in (401, 404), path
    for path in ("/account/token", "/account", "/account/hook", "/game/puzzle/one", "/account/logout"):
        assert thief.post(path, data={"answer": "x"}, headers=token).status_code in (401, 404), path
    assert rows(two[1].extensions["infinity"], "SELECT 1 FROM team_tokens") == []


def test_other_devices_of_the_team_stay_logged_in(two: tuple[Flask, Flask]) -> None:
    here = team(two[0])
    there = logged_in(two[1])
    here.logout()
    assert is_in(there)
    assert not is_in(here)


def test_a_new_login_in_the_same_browser_ends_the_session_before(two: tuple[Flask, Flask]) -> None:
    owls = team(two[0])
    thief = copied(owls, two[1])
    owls.login("Owls")
    assert is_in(owls)
    assert not is_in(thief)


def test_a_registration_in_the_same_browser_ends_the_session_before(two: tuple[Flask, Flask]) -> None:
    owls = team(two[0])
    thief = copied(owls, two[1])
    assert owls.register("Larks").status_code == 303
    assert not is_in(thief)


def test_a_changed_password_ends_the_copies_of_the_very_session_that_goes_on(two: tuple[Flask, Flask]) -> None:
    owls = team(two[0])
    thief = copied(owls, two[1])
    form = {"current_password": PASSWORD, "password": "new password", "password_again": "new password"}
    assert owls.send_form("/account", form).status_code == 303
    assert is_in(owls)
    assert not is_in(thief)
    later = copied(owls, two[1])
    owls.logout()
    assert not is_in(later)


def test_log_out_everywhere_ends_all_sessions_and_the_token(two: tuple[Flask, Flask]) -> None:
    here, larks = team(two[0]), team(two[1], "Larks")
    there = logged_in(two[1], remember="y")
    here.send_form("/account/token")
    assert here.send_form("/account/logout", {"everywhere": "1"}).status_code == 303
    assert not is_in(here)
    assert not is_in(there)
    assert is_in(larks)
    assert is_in(logged_in(two[1]))
    ports: Ports = two[0].extensions["infinity"]
    assert rows(ports, "SELECT 1 FROM team_tokens") == []
    assert len(rows(ports, "SELECT 1 FROM log WHERE kind = 'logout everywhere'")) == 1


def test_the_account_page_offers_both_ways_out(two: tuple[Flask, Flask]) -> None:
    page = team(two[0]).get("/account").text
    assert page.count('action="/account/logout"') == 3
    assert 'name="everywhere" value="1"' in page


def test_a_session_of_a_version_that_gave_it_no_key_ends_too(two: tuple[Flask, Flask]) -> None:
    owls = team(two[0])
    with owls.session_transaction() as session:
        del session["key"]
    thief = copied(owls, two[1])
    assert is_in(thief)
    owls.logout()
    assert not is_in(thief)


def test_whoever_sees_as_a_team_logs_out_alone(two: tuple[Flask, Flask]) -> None:
    owls, chief = team(two[0]), team(two[0], "Chief")
    ports: Ports = two[0].extensions["infinity"]
    with ports.database.writing() as connection:
        connection.exec_driver_sql("UPDATE teams SET role = 'admin' WHERE name = 'Chief'")
    assert chief.send_form(f"/admin/teams/{ids(ports)['Owls']}/see").status_code == 303
    thief = copied(chief, two[1])
    chief.logout()
    assert is_in(owls)
    assert not is_in(thief)


def test_ended_sessions_are_kept_until_they_would_have_been_over(two: tuple[Flask, Flask], clock: FixedClock) -> None:
    owls = team(two[0])
    thief = copied(owls, two[1])
    owls.logout()
    ports: Ports = two[0].extensions["infinity"]
    clock.advance(7 * 86400 - 1)
    jobs.sweep(ports)
    assert not is_in(thief)
    clock.advance(1)
    jobs.sweep(ports)
    assert rows(ports, "SELECT 1 FROM ended_sessions") == []
    assert not is_in(thief)


def test_a_team_that_logs_out_without_end_fills_nothing(
    two: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logout, "MOST_ENDED", 3)
    owls = team(two[0])
    thief = copied(owls, two[1])
    owls.logout()
    for _ in range(3):
        owls.login("Owls")
        owls.logout()
    assert rows(two[0].extensions["infinity"], "SELECT count(*) FROM ended_sessions") == [(0,)]
    assert not is_in(thief)


# --- sockets ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def live(app: Flask, clock: FixedClock) -> Live:
    begin(app, clock)
    return Live(app, clock)


def greeted(page: OpenPage) -> Any:
    return page.heard("hello")[0]["team"]


def is_closed(page: OpenPage) -> bool:
    return not page.is_connected()


def test_a_copied_cookie_opens_a_visitors_socket_after_the_logout(live: Live) -> None:
    owls = live.team("Owls")
    thief = copied(owls, live.app)
    assert greeted(OpenPage(live.app, thief)) == "Owls"
    owls.logout()
    assert greeted(OpenPage(live.app, thief)) is None


def test_the_sweep_ends_the_sockets_of_a_logout_whose_message_was_lost(live: Live) -> None:
    owls = live.team("Owls")
    there = logged_in(live.app)
    pages = [OpenPage(live.app, owls), OpenPage(live.app, there)]
    key = ""
    with owls.session_transaction() as session:
        key = session["key"]
    at = live.clock.now().isoformat()
    live.change(f"INSERT INTO ended_sessions SELECT id, '{key}', '{at}', '{at}' FROM teams WHERE name = 'Owls'")
    live.parts.sessions.sweep()
    wait_until(lambda: is_closed(pages[0]))
    assert not is_closed(pages[1])
