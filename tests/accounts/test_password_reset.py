"""Forgotten passwords: links that work once and for a day, mails, and what a stranger can learn or spoil."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from app.accounts.login import AccountBanned, log_in
from app.accounts.password_reset import (
    LinkUsedUp,
    account_of_link,
    ask_for_link,
    make_reset_link,
    reset_password,
    write_link,
)
from app.accounts.roles import ban
from app.errors import FieldsRefused, TeamUnknown
from app.notifications.outbox import send_due
from tests.support.accounts import HERE, add_team
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world

NEW = "another password"
SITE = "https://hunt.example.org/"


def link_writer(node: World) -> Callable[[Mapping[str, Any]], dict[str, Any] | None]:
    """Writes the reset mails of this node."""
    return partial(write_link, node.database, node.in_force, node.clock, node.translate)


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        one.ears.is_set_up = True
        yield one


def link(node: World, team: int) -> str:
    return make_reset_link(node.database, node.clock, team, "Admin", HERE).removeprefix("/account/reset/")


def use(node: World, token: str, password: str = NEW, again: str = NEW) -> tuple[int, int]:
    found = reset_password(node.database, node.clock, node.hasher, node.broadcaster, token, password, again, HERE)
    return found.id, found.epoch


def ask(node: World, who: str) -> None:
    """Ask for a link, and let the job send what waits."""
    ask_for_link(node.database, node.clock, node.postman, node.encryption, node.later, who, SITE, HERE)
    send_due(node.database, node.clock, node.encryption, {"mail": Letterbox(node)}, write_link=link_writer(node))


@dataclass(frozen=True)
class Letterbox:
    """Puts the mails that go out to the others that were seen."""

    node: World

    def send(self, payload: Mapping[str, Any]) -> None:
        self.node.ears.send(tuple(payload["to"]), payload["subject"], payload["text"])


def test_a_link_sets_the_password_and_ends_all_sessions(node: World) -> None:
    team = add_team(node)
    assert use(node, link(node, team)) == (team, 1)
    assert log_in(node.for_login, "Owls", NEW, HERE).epoch == 1
    assert node.all("SELECT kind, team_id, address FROM log ORDER BY id")[0] == ("password reset", team, HERE)


def test_an_account_without_a_password_gets_one_by_its_link(node: World) -> None:
    team = add_team(node, password=None)
    use(node, link(node, team))
    assert log_in(node.for_login, "Owls", NEW, HERE).id == team


def test_only_the_digest_of_a_link_is_stored_and_the_audit_does_not_have_it(node: World) -> None:
    token = link(node, add_team(node))
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert token not in str(node.all("SELECT * FROM reset_links"))
    audit = node.all("SELECT actor, action, subject, address, details FROM audit")
    assert audit[0][:4] == ("Admin", "team.reset_link", "Owls", HERE)
    assert token not in str(audit)


def test_a_link_works_once(node: World) -> None:
    token = link(node, add_team(node))
    use(node, token)
    with pytest.raises(LinkUsedUp):
        use(node, token)
    with pytest.raises(LinkUsedUp):
        account_of_link(node.database, node.clock, token)


def test_of_many_who_use_a_link_at_once_one_gets_in(database: str, clock: FixedClock) -> None:
    with world(database, clock) as one, world(database, clock) as other:
        token, nodes = link(one, add_team(one)), (one, other)
        results = at_once([lambda n=n: use(nodes[n % 2], token, f"password {n}", f"password {n}") for n in range(8)])
        assert sum(isinstance(result, tuple) for result in results) == 1
        assert sum(isinstance(result, LinkUsedUp) for result in results) == 7
        assert (one.row(1).epoch, one.count("log")) == (1, 1)


def test_a_link_works_for_a_day(node: World) -> None:
    token = link(node, add_team(node))
    node.clock.advance(24 * 3600 - 1)
    assert account_of_link(node.database, node.clock, token).name == "Owls"
    node.clock.advance(1)
    with pytest.raises(LinkUsedUp):
        account_of_link(node.database, node.clock, token)
    with pytest.raises(LinkUsedUp):
        use(node, token)


def test_looking_at_a_link_does_not_use_it_up(node: World) -> None:
    token = link(node, add_team(node))
    for _ in range(3):
        account_of_link(node.database, node.clock, token)
    assert use(node, token)


def test_a_password_that_is_refused_leaves_the_link_good(node: World) -> None:
    token = link(node, add_team(node))
    with pytest.raises(FieldsRefused):
        use(node, token, "short", "short")
    with pytest.raises(FieldsRefused):
        use(node, token, NEW, "something else")
    assert use(node, token)


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "x" * 5000, "../..", "%00"])
def test_junk_opens_nothing_and_is_not_hashed(node: World, token: str) -> None:
    link(node, add_team(node))
    node.hasher.problem = AssertionError("bcrypt ran")
    with pytest.raises(LinkUsedUp):
        use(node, token)


def test_using_one_link_spoils_the_others_of_the_team_alone(node: World) -> None:
    owls, larks = add_team(node), add_team(node, "Larks")
    first, second, foreign = link(node, owls), link(node, owls), link(node, larks)
    use(node, second)
    with pytest.raises(LinkUsedUp):
        use(node, first)
    assert use(node, foreign) == (larks, 1)


def test_a_banned_team_gets_in_by_no_link(node: World) -> None:
    add_team(node, "Chief", role="admin")
    team = add_team(node)
    before = link(node, team)
    ban(node.database, node.clock, node.broadcaster, team, "Chief")
    with pytest.raises(LinkUsedUp):
        use(node, before)
    with pytest.raises(AccountBanned):
        use(node, link(node, team))
    ask(node, "Owls")
    assert node.ears.mails == []


def test_there_is_no_link_for_nobody(node: World) -> None:
    with pytest.raises(TeamUnknown):
        make_reset_link(node.database, node.clock, 4711, "Admin")
    assert node.count("audit") == 0


# --- by e-mail -------------------------------------------------------------------------------------------------------


def test_a_team_is_mailed_a_link_to_all_its_addresses(node: World) -> None:
    team = add_team(node, emails=["a@example.org", "b@example.org"])
    ask(node, " owls ")
    ((to, subject, text),) = node.ears.mails
    assert to == ("a@example.org", "b@example.org")
    assert subject == "Infinity: reset your password"
    token = re.search(r"https://hunt\.example\.org/account/reset/(\S+)", text)[1]
    assert use(node, token) == (team, 1)


def test_an_address_is_mailed_a_link_for_each_team_that_gave_it(node: World) -> None:
    add_team(node, emails=["a@example.org", "b@example.org"])
    add_team(node, "Larks", emails=["A@example.org"])
    add_team(node, "Wrens", emails=["c@example.org"])
    ask(node, "a@example.org")
    # As each team wrote it: what was typed now may be another mailbox.
    assert [to for to, _, _ in node.ears.mails] == [("a@example.org",), ("A@example.org",)]
    assert ["Larks" in text for _, _, text in node.ears.mails] == [False, True]


@pytest.mark.parametrize("who", ["nobody", "nobody@example.org", "\0", "\ud800@", "x" * 100_000, "Quiet"])
def test_asking_for_nobody_does_nothing_and_says_nothing(node: World, who: str) -> None:
    add_team(node, "Quiet")
    ask(node, who)
    assert (node.ears.mails, node.count("reset_links"), node.count("log")) == ([], 0, 0)


def test_without_a_mail_server_nothing_is_made(node: World) -> None:
    add_team(node, emails=["a@example.org"])
    node.ears.is_set_up = False
    ask(node, "Owls")
    assert (node.ears.mails, node.count("reset_links")) == ([], 0)


def test_nothing_is_looked_up_before_the_answer_has_gone_out(node: World) -> None:
    from dataclasses import replace

    add_team(node, emails=["a@example.org"])
    postponed = []
    ask_for_link(
        replace(node.ports, later=postponed.append, database=None).database,
        replace(node.ports, later=postponed.append, database=None).clock,
        replace(node.ports, later=postponed.append, database=None).postman,
        replace(node.ports, later=postponed.append, database=None).encryption,
        replace(node.ports, later=postponed.append, database=None).later,
        "Owls",
        SITE,
        HERE,
    )
    assert len(postponed) == 1


def test_asking_again_and_again_fills_no_letter_box(node: World) -> None:
    add_team(node, emails=["a@example.org"])
    at_once([lambda: ask(node, "Owls")] * 5)
    assert len(node.ears.mails) == 1
    node.clock.advance(300)
    ask(node, "Owls")
    assert len(node.ears.mails) == 2


def test_a_stranger_who_asks_does_not_spoil_the_link_in_the_teams_hands(node: World) -> None:
    token = link(node, add_team(node, emails=["a@example.org"]))
    node.clock.advance(600)
    ask(node, "Owls")
    assert use(node, token)
