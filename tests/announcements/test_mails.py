"""Announcements by mail: bounces, ways out, and the words of a mail."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.announcements.mail_runs import (
    FIRST_PAUSE,
    MOST_ATTEMPTS,
    LinkInvalid,
    count_addresses,
    send_runs,
    stop_run,
    unsubscribe,
)
from app.announcements.mail_text import as_plain_text
from app.notifications.outbox import NotDelivered
from tests.announcements.mailing import (
    SITE,
    Server,
    add_team,
    change,
    counts,
    fill_up,
    press,
    prove,
    say,
    send,
)
from tests.support.clock import FixedClock
from tests.support.world import World, world

UNSUBSCRIBE = re.compile(r"https://hunt\.example/unsubscribe/(\S+)")


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        one.settle(mail_rate=6_000)
        yield one


@pytest.fixture
def server() -> Server:
    return Server()


# --- what does not arrive --------------------------------------------------------------------------------------------


def test_a_hard_bounce_is_not_tried_again_nor_by_the_next_run(node: World, server: Server) -> None:
    add_team(node, "Owls", "gone@example.org", "fine@example.org")
    tried = []

    def refuse(to: str) -> NotDelivered | None:
        tried.append(to)
        bounce = NotDelivered("recipients refused", is_final=True, is_bounced=True)
        return bounce if to == "gone@example.org" else None

    server.refuse = refuse
    number = say(node)
    send(node, server)
    assert counts(node, number) == {"sent": 1, "refused": 1}
    node.clock.advance(86_400)
    say(node)
    send(node, server)
    assert tried.count("gone@example.org") == 1
    assert server.receivers == ["fine@example.org"] * 2


def test_a_refusal_that_is_not_the_addresss_fault_closes_no_mailbox(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    server.refuse = lambda to: NotDelivered("SMTP 554", is_final=True)
    number = say(node)
    send(node, server)
    assert counts(node, number) == {"refused": 1}
    server.refuse = lambda to: None
    say(node)
    assert send(node, server) == 1


def test_a_soft_bounce_is_tried_again_after_growing_pauses_and_at_last_given_up(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    tried: list[Any] = []

    def refuse(to: str) -> NotDelivered:
        tried.append(node.clock.now())
        return NotDelivered("SMTP 451")

    server.refuse = refuse
    number = say(node)
    for _ in range(200):
        send(node, server)
        node.clock.advance(60)
    assert len(tried) == MOST_ATTEMPTS
    pauses = [(after - before) / FIRST_PAUSE for before, after in itertools.pairwise(tried)]
    assert pauses == [1, 2, 4, 8, 16]
    assert counts(node, number) == {"refused": 1}


def test_a_mail_server_that_is_away_costs_nobody_an_attempt(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    server.refuse = lambda to: NotDelivered("ConnectionRefusedError", is_silent=True)
    number = say(node)
    for _ in range(30):
        send(node, server)
        node.clock.advance(60)
    assert counts(node, number) == {"waiting": 1}
    server.refuse = lambda to: None
    assert send(node, server) == 1


def test_a_run_that_is_stopped_sends_no_more(node: World, server: Server) -> None:
    fill_up(node, 5)
    node.settle(mail_rate=2)
    number = say(node)
    send(node, server)
    assert stop_run(node.database, node.clock, number, "chief")
    assert not stop_run(node.database, node.clock, number, "chief")
    node.clock.advance(60)
    assert send(node, server) == 0
    assert counts(node, number) == {"sent": 2, "waiting": 3}


# --- the mail --------------------------------------------------------------------------------------------------------


def test_a_mail_has_links_to_the_site_and_a_way_out_in_one_click(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    number = say(node)
    send(node, server)
    (mail,) = server.mails
    assert mail["subject"] == "Infinity: Pizza"
    assert "Come here (https://hunt.example/pizza)." in mail["text"]
    assert f"https://hunt.example/announcements/{number}" in mail["text"]
    found = UNSUBSCRIBE.search(mail["text"])
    assert found
    assert mail["headers"] == {
        "List-Unsubscribe": f"<https://hunt.example/api/unsubscribe/{found[1]}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert unsubscribe(node.database, node.clock, node.encryption, found[1]) == "a@example.org"
    say(node)
    assert send(node, server) == 0


def test_who_unsubscribes_while_a_run_is_under_way_gets_nothing(node: World, server: Server) -> None:
    team = add_team(node, "Owls", "a@example.org", "b@example.org")
    node.settle(mail_rate=1)
    number = say(node)
    send(node, server)
    with node.database.writing() as connection:
        from app.announcements.mail_run_queries import refuse

        for one in ("A@example.org", "B@example.org"):
            refuse(connection, one, "unsubscribed", node.clock.now())
    node.clock.advance(60)
    send(node, server)
    assert counts(node, number) == {"sent": 1, "skipped": 1}
    prove(node, team, "a@example.org")
    assert count_addresses(node.database, node.in_force, node.clock, "all", None) == 1


@pytest.mark.parametrize("token", ["", "x", "gAAAA", "ü" * 50])
def test_a_made_up_link_unsubscribes_nobody(node: World, token: str) -> None:
    with pytest.raises(LinkInvalid):
        unsubscribe(node.database, node.clock, node.encryption, token)
    with pytest.raises(LinkInvalid):
        unsubscribe(node.database, node.clock, node.encryption, node.encryption.encrypt("unsubscribe", "[]"))


def test_each_team_reads_its_own_language_and_the_words_as_they_are_now(node: World, server: Server) -> None:
    add_team(node, "Eulen", "de@example.org", language="de")
    add_team(node, "Owls", "en@example.org")
    number = say(node)
    change(node, f"UPDATE announcements SET title = 'Pasta' WHERE id = {number}")
    node.ports = replace(node.ports, translate=lambda language, words: f"[{language}] {words}")
    send(node, server)
    texts = {mail["to"][0]: mail["text"] for mail in server.mails}
    assert "[de] Read it on the site" in texts["de@example.org"]
    assert "[] Read it on the site" in texts["en@example.org"]
    assert {mail["subject"] for mail in server.mails} == {"Infinity: Pasta"}


@pytest.mark.parametrize(
    ("markdown", "site_url", "expected"),
    [
        ("plain", SITE, "plain"),
        ("[here](/game/x)", SITE, "here (https://hunt.example/game/x)"),
        ("[here](/game/x)", "", "here"),
        ("[there](https://a.example/b)", "", "there (https://a.example/b)"),
        ('[there](https://a.example/b "title")', SITE, "there (https://a.example/b)"),
        ("[https://a.example](https://a.example)", SITE, "https://a.example"),
        ("<https://a.example/b>", SITE, "https://a.example/b"),
        ("![a map](/pic.png) ahead", SITE, "a map ahead"),
        ("[evil](//other.example/x)", SITE, "evil"),
        ("one\r\n\r\ntwo\r\n", SITE, "one\n\ntwo"),
    ],
)
def test_markdown_is_written_out_as_plain_text(markdown: str, site_url: str, expected: str) -> None:
    assert as_plain_text(markdown, site_url) == expected


def test_without_the_sites_address_a_mail_has_no_links(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    say(node)
    send_runs(press(node, ""), server)
    (mail,) = server.mails
    assert mail["headers"] == {}
    assert "http" not in mail["text"]
