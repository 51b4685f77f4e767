"""The webhook on a team's account page: setting it, what the page says of it, and what it never shows."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import update

from app.database.schema import TeamHook
from app.ops import jobs
from app.ports import Ports
from tests.prox.origin import Origin, says
from tests.support.accounts import in_play, rows
from tests.support.client import PageClient
from tests.support.clock import NOON, FixedClock
from tests.support.organisers import enter

URL = "https://chat.example/hook/secret-part"


@pytest.fixture
def ports(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    return client


@pytest.fixture
def origin() -> Any:
    running = Origin()
    yield running
    running.close()


def account(team: PageClient) -> BeautifulSoup:
    return BeautifulSoup(team.get("/account").text, "html5lib")


def test_a_team_sets_it_and_sees_its_host_alone(
    team: PageClient, monkeypatch: pytest.MonkeyPatch, ports: Ports
) -> None:
    def asked(*words: Any, **more: Any) -> Any:
        raise AssertionError("the network was asked while somebody waits")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    reply = team.send_form("/account/hook", {"url": URL})
    assert (reply.status_code, reply.location) == (303, "/account#programs")
    shown = account(team).get_text(" ")
    assert "Connected to chat.example since" in " ".join(shown.split())
    assert "secret-part" not in team.get("/account").text
    assert rows(ports, "SELECT count(*) FROM outbox WHERE kind = 'hook'") == [(1,)]


@pytest.mark.parametrize("url", ["http://chat.example/x", "https://127.0.0.1/x", "nonsense", "<script>"])
def test_a_bad_address_is_refused_at_its_field_with_what_was_typed(team: PageClient, url: str) -> None:
    reply = team.send_form("/account/hook", {"url": url})
    assert reply.status_code == 400
    shown = BeautifulSoup(reply.text, "html5lib")
    assert shown.title.get_text().startswith("Error: ")
    box = shown.select_one("input[name=url]")
    assert box["value"] == url
    assert box["aria-invalid"] == "true"
    assert shown.select_one(f"#{box['id']}-error")
    as_json = team.send_json("/account/hook", {"url": url})
    assert (as_json.status_code, list(as_json.get_json()["error"]["fields"])) == (400, ["url"])


def test_it_cannot_be_changed_all_the_time(team: PageClient, clock: FixedClock) -> None:
    team.send_form("/account/hook", {"url": URL})
    again = team.send_json("/account/hook", {"url": ""})
    assert (again.status_code, again.headers["Retry-After"]) == (429, "60")
    clock.advance(60)
    assert team.send_form("/account/hook", {"url": ""}).status_code == 303
    assert "chat.example" not in account(team).get_text()


def test_a_hook_that_was_switched_off_is_said_to_be(team: PageClient, ports: Ports) -> None:
    team.send_form("/account/hook", {"url": URL})
    with ports.database.writing() as connection:
        connection.execute(update(TeamHook).values(failures=8, problem="HTTP 500", off_at=NOON))
    said = " ".join(account(team).select_one("section[aria-labelledby=hook-title] [role=status]").get_text().split())
    assert "was turned off" in said
    assert "HTTP 500. Connect again to turn it on." in said


def test_the_staff_set_theirs_among_the_notices_of_the_desk(app: Flask, team: PageClient, ports: Ports) -> None:
    chief = enter(app, "Chief", "admin")
    assert account(chief).select_one("[aria-labelledby=hook-title] input[name=url]")
    assert not account(chief).select("#programs")
    assert chief.send_form("/account/hook", {"url": URL}).headers["Location"] == "/account#notices"
    assert "chat.example" in account(chief).select_one("[aria-labelledby=hook-title]").get_text()
    refused = chief.send_form("/account/hook", {"url": "http://10.0.0.1/"})
    assert refused.status_code == 400
    assert not account(team).select("#notices")


def test_the_staff_choose_on_their_account_page_what_they_hear_of(app: Flask, team: PageClient, ports: Ports) -> None:
    chief, quill = enter(app, "Chief", "admin"), enter(app, "Quill", "writer")
    assert chief.send_form("/account/notices", {"about": "mine", "mail": "yes"}).status_code == 303
    box = account(chief).select_one("#notices")
    assert [one["value"] for one in box.select("[name=about][checked]")] == ["mine"]
    assert not account(quill).select("#notices [name=about]")
    # Without a mail server there is no such choice.
    assert not box.select("[name=mail]")
    assert team.send_form("/account/notices", {"mail": "yes"}).status_code == 403
    assert chief.send_json("/account/notices", {"about": "all"}).get_json() == {"url": "/account#notices"}
    assert not account(chief).select("[name=about][value=mine][checked]")


def test_without_the_sessions_token_nothing_is_set(team: PageClient, ports: Ports) -> None:
    assert team.post("/account/hook", data={"url": URL}).status_code == 400
    assert rows(ports, "SELECT count(*) FROM team_hooks") == [(0,)]


def test_from_a_solve_to_the_chat_by_the_jobs_alone(make_app: Any, origin: Origin, clock: FixedClock) -> None:
    app = make_app(PROX_PRIVATE_HOSTS=origin.host)
    ports = in_play(app)
    origin.pages["/hook"] = says(b"", 204)
    team = app.test_client()
    team.register("Owls")
    assert team.send_form("/account/hook", {"url": origin.url("/hook")}).status_code == 303
    with app.app_context():
        jobs.gather_news(ports)
        team.guess("one", "owl")
        clock.advance(60)
        jobs.gather_news(ports)
        jobs.send_to_hooks(ports)
        jobs.send_to_hooks(ports)
    assert len(origin.bodies) == 2
    assert json.loads(origin.bodies[1])["content"] == "✅ Solved: “One”.\n🔓 Now open: “Boss”."


def test_without_any_hook_the_job_writes_nothing(app: Flask, ports: Ports) -> None:
    from tests.test_url_map import writes_heard

    with app.app_context(), writes_heard() as heard:
        jobs.gather_news(ports)
        jobs.send_to_hooks(ports)
    assert heard == []
