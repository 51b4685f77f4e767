"""Pages and commands about announcements by mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.announcements.mail_run_queries import refuse
from app.database import addresses
from app.notifications.outbox import send_due
from app.ops import jobs
from app.ports import Ports
from tests.announcements.mailing import Server
from tests.support.accounts import in_play, rows
from tests.support.client import PageClient
from tests.support.organisers import add_account, audited, enter

LINK = re.compile(r"https://hunt\.example(/unsubscribe/\S+)")


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(SMTP_URL="smtp://127.0.0.1:1", SITE_URL="https://hunt.example")


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


@pytest.fixture
def server(app: Flask) -> Server:
    app.extensions["senders"]["mail"] = made = Server()
    return made


class Box:
    """Takes the outbox's mails."""

    def __init__(self) -> None:
        self.mails: list[Mapping[str, Any]] = []

    def send(self, payload: Mapping[str, Any]) -> None:
        self.mails.append(payload)


def text_of(reply: Any) -> str:
    return " ".join(BeautifulSoup(reply.text, "html5lib").get_text().split())


def add_reader(world: Ports, name: str, *emails: str) -> int:
    team = add_account(world, name, emails=list(emails))
    with world.database.writing() as connection:
        addresses.note_proved(connection, team, emails, world.clock.now())
    return team


def draft(admin: PageClient, **more: str) -> str:
    form = {"title": "Pizza", "body": "Come.", "kind": "announcement", "audience": "all", **more}
    return str(admin.send_form("/admin/announcements/new", form).location)


def run_job(app: Flask, world: Ports) -> None:
    with app.app_context():
        jobs.mail_announcements(world)


def test_an_organiser_sees_how_many_it_reaches_ticks_it_and_sees_it_go(
    app: Flask, admin: PageClient, world: Ports, server: Server
) -> None:
    add_reader(world, "owls", "a@example.org", "b@example.org")
    path = draft(admin)
    shown = text_of(admin.get(path))
    assert "Also by email" in shown
    assert "2 addresses, of the teams whose addresses are confirmed" in shown
    assert "at 60 a minute that takes 1 minute." in shown
    assert admin.send_form(f"{path}/publish", {"revision": "0", "mail": "yes"}).status_code == 303
    assert "Starting …" in text_of(admin.get(path))
    run_job(app, world)
    assert server.receivers == ["a@example.org", "b@example.org"]
    shown = text_of(admin.get(path))
    assert "Finished" in shown
    assert "sent 2" in shown
    assert admin.send_form(f"{path}/mail").status_code == 409
    assert "announcement.mail" in str(audited(world))


def test_what_is_not_ticked_goes_by_no_mail_until_it_is_sent_later(
    app: Flask, admin: PageClient, world: Ports, server: Server
) -> None:
    add_reader(world, "owls", "a@example.org")
    path = draft(admin)
    admin.send_form(f"{path}/publish", {"revision": "0"})
    run_job(app, world)
    assert server.receivers == []
    assert admin.send_form(f"{path}/mail").status_code == 303
    run_job(app, world)
    assert server.receivers == ["a@example.org"]


def test_a_run_can_be_stopped(app: Flask, admin: PageClient, world: Ports, server: Server) -> None:
    add_reader(world, "owls", "a@example.org")
    path = draft(admin)
    admin.send_form(f"{path}/publish", {"revision": "0", "mail": "yes"})
    assert admin.send_form(f"{path}/mail/stop").status_code == 303
    assert "Stopped" in text_of(admin.get(path))
    assert admin.send_form(f"{path}/mail/stop").status_code == 404
    run_job(app, world)
    assert server.receivers == []


def test_a_trial_goes_to_one_address_and_nobody_else(app: Flask, admin: PageClient, world: Ports) -> None:
    add_reader(world, "owls", "a@example.org")
    path = draft(admin)
    assert admin.send_form(f"{path}/mail/try", {"to": "me@example.org"}).status_code == 303
    box = Box()
    send_due(world.database, world.clock, world.encryption, {"mail": box})
    ((mail),) = box.mails
    assert (mail["to"], mail["subject"]) == (["me@example.org"], "Test: Infinity: Pizza")
    for wrong in ("", "me", "a@b.org, c@d.org", "me@example.org\r\nBcc: x@example.org"):
        assert admin.send_form(f"{path}/mail/try", {"to": wrong}).status_code == 303
        assert "That isn’t an email address." in text_of(admin.get(path))
    replies = [admin.send_form(f"{path}/mail/try", {"to": "me@example.org"}).status_code for _ in range(21)]
    assert (replies[0], replies[-1]) == (303, 429)
    assert rows(world, "SELECT id FROM mail_runs") == []


def test_only_admins_mail(app: Flask, admin: PageClient, world: Ports) -> None:
    path = draft(admin)
    helper = enter(app, "aide", "helper")
    for act in ("mail", "mail/try", "mail/stop"):
        assert helper.send_form(f"{path}/{act}", {"to": "a@example.org"}).status_code == 403


def test_a_reader_leaves_by_a_page_with_a_button(app: Flask, admin: PageClient, world: Ports, server: Server) -> None:
    add_reader(world, "owls", "a@example.org")
    path = draft(admin)
    admin.send_form(f"{path}/publish", {"revision": "0", "mail": "yes"})
    run_job(app, world)
    found = LINK.search(server.mails[0]["text"])
    assert found
    reader = app.test_client()
    assert isinstance(reader, PageClient)
    assert "a@example.org" in text_of(reader.get(found[1]))
    assert rows(world, "SELECT address_key FROM mail_refusals") == []
    assert reader.send_form(found[1]).status_code == 303
    assert rows(world, "SELECT address_key, reason FROM mail_refusals") == [("a@example.org", "unsubscribed")]
    assert reader.get("/unsubscribe/x").status_code == 404


def test_a_mail_program_leaves_by_one_click_without_a_session(
    app: Flask, admin: PageClient, world: Ports, server: Server
) -> None:
    add_reader(world, "owls", "a@example.org")
    path = draft(admin)
    admin.send_form(f"{path}/publish", {"revision": "0", "mail": "yes"})
    run_job(app, world)
    address = server.mails[0]["headers"]["List-Unsubscribe"].strip("<>").removeprefix("https://hunt.example")
    program = app.test_client()
    opened = program.get(address)
    assert (opened.status_code, opened.location) == (303, address.removeprefix("/api"))
    assert rows(world, "SELECT address_key FROM mail_refusals") == []
    assert program.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 204
    assert program.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 204
    assert rows(world, "SELECT address_key, reason FROM mail_refusals") == [("a@example.org", "unsubscribed")]
    assert program.post("/api/unsubscribe/x").status_code == 404


def test_an_account_page_says_which_address_is_unsubscribed(app: Flask, world: Ports) -> None:
    team = app.test_client()
    assert isinstance(team, PageClient)
    team.register("Owls", emails="a@example.org")
    with world.database.writing() as connection:
        addresses.note_proved(connection, rows(world, "SELECT id FROM teams WHERE name = 'Owls'")[0][0],
                              ["a@example.org"], world.clock.now())  # fmt: skip
        refuse(connection, "a@example.org", "unsubscribed", world.clock.now())
    assert "unsubscribed from news" in team.get("/account").text


def test_an_announcement_of_the_command_line_goes_by_mail_where_it_says_so(
    app: Flask, world: Ports, server: Server, tmp_path: Path
) -> None:
    add_reader(world, "owls", "a@example.org")
    body = tmp_path / "body.md"
    body.write_text("Come.")
    run = app.test_cli_runner().invoke
    said = run(args=["hunt", "announce", "Pizza", "--body", str(body), "--mail"])
    assert "Also mailed to 1 addresses." in said.output
    said = run(args=["hunt", "announce", "One", "--body", str(body), "--kind", "erratum", "--puzzle", "one", "--mail"])
    assert (said.exit_code, "Also mailed to" in said.output) == (0, True)
    assert run(args=["hunt", "announce", "X", "--body", str(body), "--puzzle", "nothing"]).exit_code == 1
    run_job(app, world)
    assert server.receivers[0] == "a@example.org"
    assert rows(world, "SELECT count(*) FROM mail_runs") == [(2,)]


def test_without_a_mail_server_nothing_is_offered_or_taken(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app()
    world = in_play(app)
    admin = enter(app, "keeper", "admin")
    path = draft(admin)
    assert "by mail" not in text_of(admin.get(path))
    assert admin.send_form(f"{path}/publish", {"revision": "0", "mail": "yes"}).status_code == 409
    assert admin.send_form(f"{path}/mail").status_code == 409
    assert admin.send_form(f"{path}/mail/try", {"to": "a@example.org"}).status_code == 409
    body = tmp_path / "body.md"
    body.write_text("Come.")
    said = app.test_cli_runner().invoke(args=["hunt", "announce", "Pizza", "--body", str(body), "--mail"])
    assert "SMTP_URL is not set" in said.output
    assert rows(world, "SELECT id FROM announcements WHERE published_at IS NOT NULL") == []
