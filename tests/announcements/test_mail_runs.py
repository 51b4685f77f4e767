"""Announcements by mail: whom they reach, each address once, at a rate, over kills."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from app.announcements.announcements import publish
from app.announcements.mail_runs import (
    CLAIMED_FOR,
    AlreadyMailed,
    count_addresses,
    mail_published,
)
from app.errors import NotFound
from app.notifications.outbox import NotDelivered
from tests.announcements.mailing import (
    Server,
    add_team,
    change,
    counts,
    fill_up,
    is_finished,
    prove,
    say,
    send,
    solve,
)
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        one.settle(mail_rate=6_000)
        yield one


@pytest.fixture
def server() -> Server:
    return Server()


# --- whom it reaches -------------------------------------------------------------------------------------------------


def test_it_goes_to_each_proved_address_of_the_playing_teams_once(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org", "b@example.org")
    add_team(node, "Bats", "B@example.org", "c@example.org")
    add_team(node, "Eels", "unproved@example.org", proved=False)
    add_team(node, "Cats", "banned@example.org", is_banned=True)
    add_team(node, "Staff", "staff@example.org", role="admin")
    mixed = add_team(node, "Dogs", "d@example.org", "not-d@example.org", proved=False)
    prove(node, mixed, "d@example.org", "gone@example.org")
    assert count_addresses(node.database, node.in_force, node.clock, "all", None) == 4
    number = say(node)
    assert send(node, server) == 4
    assert sorted(one.lower() for one in server.receivers) == [f"{name}@example.org" for name in "abcd"]
    assert counts(node, number) == {"sent": 4}
    assert is_finished(node, number)
    assert send(node, server) == 0


def test_a_division_and_a_team_are_audiences(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    team = add_team(node, "Bats", "b@example.org", division="quiet")
    say(node, audience="division:quiet")
    say(node, audience=f"team:{team}")
    assert count_addresses(node.database, node.in_force, node.clock, "division:quiet", None) == 1
    send(node, server)
    assert server.receivers == ["b@example.org"] * 2


def test_an_erratum_goes_to_teams_that_have_the_puzzle_open_and_unsolved_at_sending(
    node: World, server: Server
) -> None:
    solved = add_team(node, "Owls", "solved@example.org")
    solves_now = add_team(node, "Bats", "solves-now@example.org", "also-there@example.org")
    add_team(node, "Eels", "works@example.org", "also-there@example.org")
    solve(node, solved, "one", "owl")
    number = say(node, kind="erratum", audience="puzzle", puzzle_id="recOne")
    assert count_addresses(node.database, node.in_force, node.clock, "puzzle", "recOne") == 3
    server.refuse = lambda to: NotDelivered("SMTP 451")
    send(node, server)
    solve(node, solves_now, "one", "owl")
    server.refuse = lambda to: None
    node.clock.advance(3_600)
    send(node, server)
    assert server.receivers == ["also-there@example.org", "works@example.org"]
    assert counts(node, number) == {"sent": 2, "skipped": 1}


def test_an_erratum_of_a_puzzle_that_is_open_to_nobody_goes_nowhere(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    number = say(node, kind="erratum", audience="puzzle", puzzle_id="recDeep")
    assert send(node, server) == 0
    assert is_finished(node, number)


def test_who_is_banned_or_takes_the_address_away_meanwhile_gets_nothing(node: World, server: Server) -> None:
    banned, changed = add_team(node, "Owls", "a@example.org"), add_team(node, "Bats", "b@example.org")
    node.settle(mail_rate=1)
    number = say(node)
    server.refuse = lambda to: NotDelivered("SMTP 451")
    send(node, server)
    server.refuse = lambda to: None
    change(node, f"UPDATE teams SET is_banned = true WHERE id = {banned}")
    change(node, f"UPDATE teams SET emails = '[]' WHERE id = {changed}")
    node.settle(mail_rate=6_000)
    node.clock.advance(3_600)
    assert send(node, server) == 0
    assert counts(node, number) == {"skipped": 2}


def test_two_thousand_addresses_are_written_down_by_few_statements_and_not_by_the_page(
    node: World, server: Server
) -> None:
    from sqlalchemy import event, insert

    from app.database.schema import Team, TeamAddress

    now, common = node.clock.now(), {"division": "open", "guess_times": [], "password_hash": None}
    teams = [
        {"id": at, "name": f"t{at}", "name_key": f"t{at}", "display_name": f"T{at}", "display_key": f"t{at}",
         "emails": [f"{at}.{one}@example.org" for one in range(2)], "created_at": now, **common}
        for at in range(1, 1_001)
    ]  # fmt: skip
    rows = [
        {"team_id": team["id"], "address": one, "proved_at": now} for team in teams for one in team["emails"]
    ]  # fmt: skip
    with node.database.writing() as connection:
        connection.execute(insert(Team), teams)
        connection.execute(insert(TeamAddress), rows)
    node.settle(mail_rate=1)
    asked: list[str] = []
    event.listen(node.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    number = say(node)
    assert len(asked) < 10
    asked.clear()
    assert send(node, server) == 1
    assert len(asked) < 40
    assert counts(node, number) == {"sent": 1, "waiting": 1_999}


def test_the_same_announcement_goes_by_mail_once(node: World) -> None:
    number = say(node)
    with pytest.raises(AlreadyMailed):
        mail_published(node.database, node.clock, number, "chief")
    with pytest.raises(NotFound):
        mail_published(node.database, node.clock, 77, "chief")
    silent = publish(node.for_content, "Quiet", "x", "chief")
    results = at_once([lambda: mail_published(node.database, node.clock, silent, "chief")] * 4)
    assert sum(isinstance(result, AlreadyMailed) for result in results) == 3
    assert node.count("mail_runs") == 2


# --- the rate --------------------------------------------------------------------------------------------------------


def test_no_more_than_mail_rate_go_out_in_a_minute(node: World, server: Server) -> None:
    everybody = fill_up(node, 12)
    node.settle(mail_rate=5)
    say(node)
    assert (send(node, server), send(node, server)) == (5, 0)
    node.clock.advance(59)
    assert send(node, server) == 0
    node.clock.advance(1)
    assert send(node, server) == 5
    node.clock.advance(60)
    assert send(node, server) == 2
    assert server.receivers == everybody


def test_the_rate_holds_for_all_runs_and_all_processes(database: str, clock: FixedClock, server: Server) -> None:
    with world(database, clock) as one, world(database, clock) as other:
        fill_up(one, 6)
        for each in (one, other):
            each.settle(mail_rate=4)
        say(one), say(one)
        at_once([lambda node=node: send(node, server) for node in (one, other, one, other)])
        assert len(server.mails) == 4
        for _ in range(3):
            clock.advance(60)
            at_once([lambda node=node: send(node, server) for node in (one, other)])
        assert server.receivers == sorted([f"{at:03}@example.org" for at in range(6)] * 2)


# --- kills -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["on_ready", "on_taken"])
def test_a_run_that_is_killed_in_the_middle_goes_on_and_each_address_has_it_once(
    node: World, server: Server, moment: str
) -> None:
    everybody = fill_up(node, 7)
    number = say(node)
    claimed = 0

    def kill(to: str) -> None:
        nonlocal claimed
        claimed += 1
        if claimed == 3:
            raise SystemError("the process is killed")

    setattr(server, moment, kill)
    with pytest.raises(SystemError):
        send(node, server)
    assert len(server.mails) < 7
    for _ in range(3):
        node.clock.advance(CLAIMED_FOR.total_seconds())
        send(node, server)
    assert server.receivers == everybody
    expected = {"sent": 7} if moment == "on_ready" else {"sent": 6, "unclear": 1}
    assert counts(node, number) == expected
    assert is_finished(node, number)


def test_an_answer_that_never_comes_is_counted_as_unclear_and_not_asked_for_again(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    number = say(node)

    def lose(to: str) -> None:
        raise NotDelivered("SMTPServerDisconnected", is_unclear=True)

    server.on_taken = lose
    for _ in range(3):
        send(node, server)
        node.clock.advance(7_200)
    assert server.receivers == ["a@example.org"]
    assert counts(node, number) == {"unclear": 1}


def test_a_process_that_comes_back_after_its_lease_hands_nothing_over(node: World, server: Server) -> None:
    add_team(node, "Owls", "a@example.org")
    say(node)
    other = Server()

    def sleep_through_the_lease(to: str) -> None:
        server.on_ready = lambda to: None
        node.clock.advance(CLAIMED_FOR.total_seconds())
        assert send(node, other) == 1

    server.on_ready = sleep_through_the_lease
    assert send(node, server) == 0
    assert (server.receivers, other.receivers) == ([], ["a@example.org"])


def test_the_message_id_is_the_same_at_each_attempt_and_another_for_each_address(node: World, server: Server) -> None:
    tried: list[tuple[str, str]] = []

    class Greylisting(Server):
        def hand_over(self, payload: Mapping[str, Any], before: Callable[[], None]) -> None:
            tried.append((payload["to"][0], payload["message_id"]))
            raise NotDelivered("SMTP 451")

    fill_up(node, 2)
    say(node)
    for _ in range(3):
        send(node, Greylisting())
        node.clock.advance(7_200)
    assert len(tried) == 6
    assert len(set(tried)) == len({one for _, one in tried}) == 2
    assert all(one.endswith("@hunt.example>") for _, one in tried)
