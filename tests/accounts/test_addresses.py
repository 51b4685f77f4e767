"""E-mail addresses: a mail goes to those that were proved, and few mails can be set off for those that were not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from flask import Flask

from app.accounts.addresses import (
    LINK_LIFE,
    MAILBOX_LINKS,
    NETWORK_LINKS,
    TEAM_LINKS,
    MailDesk,
    ProofInvalid,
    TooManyLinks,
    ask_again,
    ask_for_proofs,
    list_addresses,
    prove_address,
)
from app.accounts.password_reset import MAILBOX_MAILS, MOST_TEAMS, MOST_UNPROVED, ask_for_link, write_link
from app.database import addresses
from app.errors import NotFound
from app.notifications.outbox import OutboxPostman, send_due
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world

SITE, HERE = "https://hunt.example/", "192.0.2.1"
LINK = re.compile(r"https://hunt\.example/account/confirm/(\S+)")


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        one.ports = replace(one.ports, postman=OutboxPostman(clock, one.database, one.encryption, is_set_up=True))
        yield one


class Box:
    """Keeps the mails that go out."""

    def __init__(self) -> None:
        self.mails: list[Mapping[str, Any]] = []

    def send(self, payload: Mapping[str, Any]) -> None:
        self.mails.append(payload)


def desk(node: World, **changes: Any) -> MailDesk:
    made = MailDesk(node.database, node.in_force, node.clock, node.encryption, node.translate, True, SITE)
    return replace(made, **changes)


def mails(node: World) -> list[Mapping[str, Any]]:
    """What goes out now."""
    box, writer = Box(), partial(write_link, node.database, node.in_force, node.clock, node.translate)
    send_due(node.database, node.clock, node.encryption, {"mail": box}, write_link=writer)
    return box.mails


def receivers(node: World) -> list[str]:
    return sorted(one for mail in mails(node) for one in mail["to"])


def token_of(mail: Mapping[str, Any]) -> str:
    found = LINK.search(mail["text"])
    assert found
    return found[1]


def prove(node: World, token: str) -> str:
    return prove_address(node.database, node.clock, node.encryption, token, HERE)


def states(node: World, team: int) -> list[bool]:
    return [one.is_proved for one in list_addresses(node.database, team, tuple(node.row(team).emails))]


def ask_reset(node: World, who: str, network: str = HERE) -> None:
    ask_for_link(node.database, node.clock, node.postman, node.encryption, node.later, who, SITE, network)


# --- proofs ----------------------------------------------------------------------------------------------------------


def test_nothing_but_a_link_goes_to_an_address_that_nobody_proved(node: World) -> None:
    team = node.add_team("Owls", emails=["a@example.org", "b@example.org"])
    node.postman.send(team, "An answer", "Look up.")
    assert mails(node) == []
    assert ask_for_proofs(desk(node), team, HERE) == 2
    first, _ = mails(node)
    assert prove(node, token_of(first)) == "a@example.org"
    assert states(node, team) == [True, False]
    node.postman.send(team, "An answer", "Look up.")
    assert receivers(node) == ["a@example.org"]


def test_the_first_mail_says_nothing_that_the_team_wrote(node: World) -> None:
    team = node.add_team("Buy cheap pills at spam.example", emails=["a@example.org"])
    ask_for_proofs(desk(node), team, HERE)
    (mail,) = mails(node)
    assert "spam" not in mail["subject"] + mail["text"]


def test_each_address_is_asked_by_itself_and_once(node: World) -> None:
    team = node.add_team("Owls", emails=["a@example.org", "b@example.org"])
    ask_for_proofs(desk(node), team, HERE)
    assert [mail["to"] for mail in mails(node)] == [["a@example.org"], ["b@example.org"]]
    assert ask_for_proofs(desk(node), team, HERE) == 0


def test_a_link_proves_for_its_own_team_only(node: World) -> None:
    owls = node.add_team("Owls", emails=["a@example.org"])
    bats = node.add_team("Bats", emails=["a@example.org"])
    ask_for_proofs(desk(node), owls, HERE)
    prove(node, token_of(mails(node)[0]))
    assert (states(node, owls), states(node, bats)) == ([True], [False])


def test_a_link_may_be_followed_twice(node: World) -> None:
    team = node.add_team("Owls", emails=["a@example.org"])
    ask_for_proofs(desk(node), team, HERE)
    token = token_of(mails(node)[0])
    assert prove(node, token) == prove(node, token) == "a@example.org"


def test_a_link_ends_after_a_week_and_with_the_address_and_with_a_ban(node: World) -> None:
    teams = [node.add_team(name, emails=[f"{name}@example.org"]) for name in ("Owls", "Bats", "Eels")]
    tokens = []
    for team in teams:
        ask_for_proofs(desk(node), team, HERE)
        tokens.append(token_of(mails(node)[0]))
    with node.database.writing() as connection:
        from app.database import teams as team_queries

        team_queries.change(connection, teams[0], emails=["other@example.org"])
        team_queries.change(connection, teams[1], is_banned=True)
    for token in tokens[:2]:
        with pytest.raises(ProofInvalid):
            prove(node, token)
    node.clock.advance(LINK_LIFE.total_seconds())
    with pytest.raises(ProofInvalid):
        prove(node, tokens[2])


@pytest.mark.parametrize("token", ["", "x", "ü", "gAAAAA", "x" * 4000])
def test_a_made_up_link_proves_nothing(node: World, token: str) -> None:
    with pytest.raises(ProofInvalid):
        prove(node, token)
    for text in ("[]", "7", json.dumps({"team": 1}), json.dumps({"team": None, "address": "a", "until": "x"})):
        with pytest.raises(ProofInvalid):
            prove(node, node.encryption.encrypt("address proof", text))


def test_an_address_that_was_proved_and_comes_back_is_proved(node: World) -> None:
    from app.database import teams

    team = node.add_team("Owls", emails=["a@example.org"])
    ask_for_proofs(desk(node), team, HERE)
    prove(node, token_of(mails(node)[0]))
    for emails in (["b@example.org"], ["a@example.org"]):
        with node.database.writing() as connection:
            teams.change(connection, team, emails=emails)
    assert states(node, team) == [True]


def test_without_mail_or_the_sites_address_no_link_is_made(node: World) -> None:
    team = node.add_team("Owls", emails=["a@example.org"])
    for changed in ({"is_set_up": False}, {"site_url": ""}):
        assert ask_for_proofs(desk(node, **changed), team, HERE) == 0
        with pytest.raises(NotFound):
            ask_again(desk(node, **changed), team, "a@example.org", HERE)
    with pytest.raises(NotFound):
        ask_again(desk(node), team, "stranger@example.org", HERE)
    assert mails(node) == []


# --- limits ----------------------------------------------------------------------------------------------------------


def test_one_form_with_ten_addresses_sets_off_few_mails(node: World) -> None:
    team = node.add_team("Owls", emails=[f"{number}@example.org" for number in range(10)])
    assert ask_for_proofs(desk(node), team, HERE) == TEAM_LINKS
    assert len(mails(node)) == TEAM_LINKS
    with pytest.raises(TooManyLinks) as refused:
        ask_again(desk(node), team, "9@example.org", HERE)
    assert refused.value.retry_after == 3_600
    node.clock.advance(3_600)
    ask_again(desk(node), team, "9@example.org", HERE)
    assert receivers(node) == ["9@example.org"]


def test_many_teams_of_one_network_set_off_few_mails(node: World) -> None:
    for number in range(10):
        team = node.add_team(f"Team {number}", emails=[f"{number}.{one}@example.org" for one in range(5)])
        ask_for_proofs(desk(node), team, HERE)
    assert node.count("outbox") == NETWORK_LINKS


def test_one_mailbox_gets_few_links_whichever_teams_and_networks_ask(node: World) -> None:
    for number in range(10):
        team = node.add_team(f"Team {number}", emails=["Victim@example.org" if number % 2 else "victim@example.org"])
        ask_for_proofs(desk(node), team, f"192.0.2.{number}")
    assert node.count("outbox") == MAILBOX_LINKS


def test_a_limit_holds_when_many_ask_at_once(node: World) -> None:
    teams = [node.add_team(f"Team {number}", emails=["victim@example.org"]) for number in range(8)]
    at_once([lambda team=team: ask_for_proofs(desk(node), team, f"192.0.2.{team}") for team in teams])
    assert node.count("outbox") == MAILBOX_LINKS


def test_a_forgotten_password_of_a_team_with_ten_addresses_mails_few_strangers(node: World) -> None:
    node.add_team("Owls", emails=[f"{number}@example.org" for number in range(10)])
    ask_reset(node, "owls")
    assert receivers(node) == [f"{number}@example.org" for number in range(MOST_UNPROVED)]


def test_once_an_address_is_proved_a_reset_goes_nowhere_else(node: World) -> None:
    team = node.add_team("Owls", emails=["a@example.org", "b@example.org"])
    with node.database.writing() as connection:
        addresses.note_proved(connection, team, ["b@example.org"], node.clock.now())
    ask_reset(node, "owls")
    assert receivers(node) == ["b@example.org"]


def test_strangers_teams_with_somebodys_address_neither_flood_it_nor_keep_its_reset_away(node: World) -> None:
    for number in range(15):
        node.add_team(f"Stranger {number}", emails=["victim@example.org"])
    mine = node.add_team("Owls", emails=["victim@example.org"])
    with node.database.writing() as connection:
        addresses.note_proved(connection, mine, ["victim@example.org"], node.clock.now())
    for _ in range(4):
        ask_reset(node, "victim@example.org")
        node.clock.advance(301)
    sent = mails(node)
    assert sum("Owls" in mail["text"] for mail in sent) == 4
    assert sum("Stranger" in mail["text"] for mail in sent) <= min(MAILBOX_MAILS, 4 * (MOST_TEAMS - 1))


def test_a_reset_goes_to_the_address_as_it_is_stored_not_as_it_was_typed(node: World) -> None:
    node.add_team("Owls", emails=["boss@glass.example"])
    ask_reset(node, "boss@glaß.example")
    assert receivers(node) == ["boss@glass.example"]


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mailing(make_app: Callable[..., Flask]) -> Flask:
    from tests.support.accounts import in_play

    app = make_app(SMTP_URL="smtp://127.0.0.1:1", SITE_URL="https://hunt.example")
    in_play(app)
    return app


def waiting(app: Flask) -> list[Mapping[str, Any]]:
    """What the site would mail now."""
    ports, box = app.extensions["infinity"], Box()
    send_due(ports.database, ports.clock, ports.encryption, {"mail": box})
    return box.mails


def test_a_team_confirms_its_address_by_the_link_in_its_first_mail(mailing: Flask) -> None:
    team, reader = mailing.test_client(), mailing.test_client()
    assert isinstance(team, PageClient)
    assert isinstance(reader, PageClient)
    team.register("Owls", emails="a@example.org b@example.org")
    first, second = waiting(mailing)
    assert team.get("/account").text.count("not confirmed") == 2
    path = "/account/confirm/" + token_of(first)
    assert "a@example.org" in reader.get(path).text
    assert team.get("/account").text.count("not confirmed") == 2
    assert reader.send_form(path).status_code == 303
    assert team.get("/account").text.count("not confirmed") == 1
    reply = team.send_form("/account/addresses", {"address": "b@example.org"})
    assert (reply.status_code, reply.location) == (303, "/account#addresses")
    assert [mail["to"] for mail in waiting(mailing)] == [second["to"]] == [["b@example.org"]]
    assert team.send_form("/account/addresses", {"address": "nobody@example.org"}).status_code == 404
    for _ in range(9):
        reply = team.send_json("/account/addresses", {"address": "b@example.org"})
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) > 0
    assert reader.get("/account/confirm/x").status_code == 404


def test_saving_new_addresses_asks_for_their_proof(mailing: Flask) -> None:
    team = mailing.test_client()
    assert isinstance(team, PageClient)
    team.register("Owls")
    assert waiting(mailing) == []
    assert team.send_form("/account", {"display_name": "Owls", "emails": "c@example.org"}).status_code == 303
    assert [mail["to"] for mail in waiting(mailing)] == [["c@example.org"]]


def test_a_site_without_mail_says_nothing_of_confirming(visitor: PageClient) -> None:
    visitor.register("Owls", emails="a@example.org")
    assert "not confirmed" not in visitor.get("/account").text
    assert visitor.send_form("/account/addresses", {"address": "a@example.org"}).status_code == 404
