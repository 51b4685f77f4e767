"""The session's cookie: what it says to the browser, when it ends, and that the server decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask import Flask, session

from app.web.sessions import HuntSessions
from tests.support.accounts import in_play
from tests.support.client import PageClient
from tests.support.clock import NOON, FixedClock


@pytest.fixture
def visitor(app: Flask) -> PageClient:
    in_play(app)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("Owls")
    client.logout()
    return client


def cookie(reply: Any) -> dict[str, str]:
    """The session cookie's attributes, lower-cased; the value under ``session``."""
    (line,) = [line for line in reply.headers.getlist("Set-Cookie") if line.startswith("session=")]
    parts = [part.strip().partition("=") for part in line.split(";")]
    return {name.lower(): value for name, _, value in parts}


def is_in(client: PageClient) -> bool:
    return client.get("/account").status_code == 200


def test_the_cookie_is_for_the_server_alone(visitor: PageClient) -> None:
    sent = cookie(visitor.login("Owls"))
    assert "httponly" in sent
    assert sent["samesite"] == "Lax"
    assert "secure" not in sent
    assert "domain" not in sent


def test_over_https_the_cookie_is_secure(visitor: PageClient) -> None:
    here = {"base_url": "https://hunt.example.org"}
    from tests.support.pages import csrf_token

    token = csrf_token(visitor.get("/account/login", **here).text)
    form = {"name": "Owls", "password": "correct horse battery", "csrf_token": token}
    assert "secure" in cookie(visitor.post("/account/login", data=form, **here))


def test_remember_me_lasts_exactly_48_hours(visitor: PageClient, clock: FixedClock) -> None:
    sent = cookie(visitor.login("Owls", remember="y"))
    assert parsedate_to_datetime(sent["expires"]) == NOON + timedelta(hours=48)
    clock.advance(48 * 3600 - 1)
    assert is_in(visitor)
    clock.advance(1)
    assert not is_in(visitor)


def test_a_remembered_session_is_not_prolonged_by_use(visitor: PageClient, clock: FixedClock) -> None:
    visitor.login("Owls", remember="y")
    clock.advance(47 * 3600)
    reply = visitor.send_form("/account", {"display_name": "Larks"})
    assert parsedate_to_datetime(cookie(reply)["expires"]) == NOON + timedelta(hours=48)
    clock.advance(3600)
    assert not is_in(visitor)


def test_changing_the_password_does_not_prolong_the_session(visitor: PageClient, clock: FixedClock) -> None:
    visitor.login("Owls", remember="y")
    clock.advance(47 * 3600)
    form = {"current_password": "correct horse battery", "password": "new password", "password_again": "new password"}
    assert visitor.send_form("/account", form).status_code == 303
    assert is_in(visitor)
    clock.advance(3600)
    assert not is_in(visitor)


@pytest.mark.parametrize("remember", [{}, {"remember": ""}, {"remember": "false"}])
def test_unremembered_the_cookie_goes_with_the_browser_and_after_a_week_anyway(
    visitor: PageClient, clock: FixedClock, remember: dict[str, str]
) -> None:
    sent = cookie(visitor.login("Owls", **remember))
    assert "expires" not in sent
    assert "max-age" not in sent
    clock.advance(7 * 86400 - 1)
    assert is_in(visitor)
    clock.advance(1)
    assert not is_in(visitor)


def test_login_renews_the_session(visitor: PageClient) -> None:
    before = visitor.token()
    with visitor.session_transaction() as session:
        session["planted"] = "by somebody else"
    visitor.login("Owls")
    with visitor.session_transaction() as session:
        assert "planted" not in session
    reply = visitor.post("/account/logout", data={"csrf_token": before})
    assert reply.status_code == 400


def test_there_is_no_other_key_to_the_door(visitor: PageClient) -> None:
    reply = visitor.login("Owls", remember="y")
    assert [line.split("=")[0] for line in reply.headers.getlist("Set-Cookie")] == ["session"]


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "eyJ1c2VyIjoxfQ.aaaa.bbbb", "\x7f", "." * 4000])
def test_a_cookie_that_is_not_ours_is_no_session(visitor: PageClient, value: str) -> None:
    visitor.login("Owls")
    visitor.set_cookie("session", value)
    assert visitor.get("/account/login").status_code == 200
    assert not is_in(visitor)


@pytest.mark.parametrize(
    "kept", [{"_user_id": "1.0"}, {"_user_id": "1.0", "until": "for ever"}, {"_user_id": "1.0", "until": None}]
)
def test_a_session_without_an_end_is_none(visitor: PageClient, kept: dict[str, Any]) -> None:
    with visitor.session_transaction() as session:
        session.clear()
        session.update(kept)
    assert not is_in(visitor)


def test_the_end_is_read_off_the_hunts_own_clock(visitor: PageClient, clock: FixedClock) -> None:
    clock.set_wall(datetime(2019, 1, 1, tzinfo=UTC))
    visitor.login("Owls", remember="y")
    assert is_in(visitor)
    clock.set_wall(datetime(2019, 1, 3, tzinfo=UTC))
    assert not is_in(visitor)


def test_a_cookie_says_the_same_however_often_it_comes(app: Flask) -> None:
    """What one request adds to a list of its session is not in the next request with the same cookie."""
    serializer = HuntSessions().get_signing_serializer(app)
    assert serializer is not None
    cookie = serializer.dumps({"_flashes": [("success", "one")], "csrf_token": "x"})
    for _ in range(3):
        with app.test_request_context(headers={"Cookie": f"session={cookie}"}):
            assert session["_flashes"] == [("success", "one")]
            session["_flashes"].append(("success", "two"))
