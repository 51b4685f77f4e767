"""Turns and paces of the outbox: nobody's slow server, and nobody's many requests, hold up the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.notifications import outbox_queries
from app.notifications.outbox import HOOK, HOOKS, MAILS, MOST_ATTEMPTS, NotDelivered, send_due
from app.notifications.outbox_queries import AT_ONCE, MAIL, ORDINARY, Due, Lane
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world

PATIENCE_SECONDS = 20


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


class Servers:
    """Other people's servers: those called slow hold whoever talks to them until the test lets go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.lock = threading.Lock()
        self.held = self.most_held = 0
        self.arrived: list[str] = []
        self.good_came = threading.Event()

    def send(self, payload: Mapping[str, Any]) -> None:
        text = str(payload["text"])
        if text.startswith("slow"):
            with self.lock:
                self.held += 1
                self.most_held = max(self.held, self.most_held)
            assert self.gate.wait(PATIENCE_SECONDS)
            with self.lock:
                self.held -= 1
        with self.lock:
            self.arrived.append(text)
        if text.startswith("good"):
            self.good_came.set()


class Silent:
    """A server that never answers; counts who tried."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def send(self, payload: Mapping[str, Any]) -> None:
        self.tried.append(str(payload["text"]))
        raise NotDelivered("no answer in time", is_silent=True)


def put(node: World, text: str, key: str, *, host: str = "", kind: str = HOOK, urgency: int = ORDINARY) -> None:
    with node.database.writing() as connection:
        outbox_queries.add(
            connection, kind, {"text": text}, node.clock.now(), fair_key=key, host=host, urgency=urgency
        )  # fmt: skip


def send(node: World, sender: Any, kind: str = HOOK) -> int:
    return send_due(node.database, node.clock, node.encryption, {kind: sender}, is_for_hooks=kind == HOOK)


def claim(node: World, limit: int, lane: Lane = HOOKS, reserved: int = 0) -> list[Due]:
    now = node.clock.now()
    with node.database.writing() as connection:
        return outbox_queries.claim_due(
            connection, now, now + timedelta(minutes=10), MOST_ATTEMPTS, limit, lane, reserved=reserved
        )


def finish(node: World, due: Due) -> None:
    with node.database.writing() as connection:
        outbox_queries.mark_sent(connection, due.id, node.clock.now())


def texts(found: list[Due]) -> list[str]:
    return [one.payload["text"] for one in found]


# --- slow receivers --------------------------------------------------------------------------------------------------


def test_thirty_teams_with_slow_servers_hold_up_no_team_with_a_quick_one(node: World) -> None:
    servers = Servers()
    put(node, "good: hello", "team:99", host="good.example")
    assert send(node, servers) == 1
    servers.good_came.clear()
    for number in range(30):
        put(node, f"slow {number}", f"team:{number}", host=f"slow{number}.example")
    node.clock.advance(1)
    put(node, "good: news", "team:99", host="good.example")
    job = threading.Thread(target=send, args=(node, servers))
    job.start()
    try:
        assert servers.good_came.wait(PATIENCE_SECONDS), "the quick team waits for the slow ones"
        assert "slow 0" not in servers.arrived
    finally:
        servers.gate.set()
        job.join(PATIENCE_SECONDS)
    assert len(servers.arrived) == 32
    assert servers.most_held <= HOOKS.most - HOOKS.reserved


def test_news_that_come_while_a_slow_server_is_waited_for_go_out_at_once(node: World) -> None:
    servers = Servers()
    put(node, "slow 1", "team:1", host="slow.example")
    job = threading.Thread(target=send, args=(node, servers))
    job.start()
    try:
        put(node, "good: later", "team:2", host="good.example")
        assert servers.good_came.wait(PATIENCE_SECONDS)
    finally:
        servers.gate.set()
        job.join(PATIENCE_SECONDS)


def test_one_slow_host_of_many_teams_keeps_few_senders_busy(node: World) -> None:
    for number in range(30):
        put(node, f"slow {number}", f"team:{number}", host="slow.example")
    assert len(claim(node, HOOKS.most)) == HOOKS.to_a_host
    assert claim(node, HOOKS.most) == []


def test_a_host_that_does_not_answer_is_left_alone_longer_and_longer(node: World) -> None:
    silent = Silent()
    for number in range(6):
        put(node, str(number), f"team:{number}", host="gone.example")
    send(node, silent)
    first = len(silent.tried)
    assert first <= HOOKS.to_a_host
    send(node, silent)
    assert len(silent.tried) == first
    node.clock.advance(3_600)
    send(node, silent)
    second = len(silent.tried)
    assert first < second
    node.clock.advance(5)
    send(node, silent)
    assert len(silent.tried) == second


def test_a_hook_that_fails_waits_with_all_its_news_and_its_host_goes_on(node: World) -> None:
    class Refusing:
        tried: list[str] = []

        def send(self, payload: Mapping[str, Any]) -> None:
            self.tried.append(str(payload["text"]))
            if payload["text"].startswith("bad"):
                raise NotDelivered("HTTP 500")

    refusing = Refusing()
    for number in range(5):
        put(node, f"bad {number}", "team:1", host="chat.example")
    put(node, "fine", "team:2", host="chat.example")
    send(node, refusing)
    assert sorted(refusing.tried) == ["bad 0", "fine"]


def test_a_host_that_answers_again_is_trusted_again(node: World) -> None:
    silent, servers = Silent(), Servers()
    put(node, "x", "team:1", host="chat.example")
    send(node, silent)
    node.clock.advance(3_600)
    assert send(node, servers) == 1
    put(node, "good: y", "team:2", host="chat.example")
    assert send(node, servers) == 1


# --- turns -----------------------------------------------------------------------------------------------------------


def test_teams_take_turns_however_much_one_of_them_has_waiting(node: World) -> None:
    for number in range(10):
        put(node, f"many {number}", "team:1", host="a.example")
    node.clock.advance(1)
    put(node, "few", "team:2", host="b.example")
    order = []
    while found := claim(node, 1):
        order += texts(found)
        finish(node, found[0])
        node.clock.advance(1)
    assert order.index("few") <= 1
    assert order[2:] == [f"many {number}" for number in range(1, 10)]


def test_of_thirty_requests_from_one_address_the_thirty_first_persons_goes_second(node: World) -> None:
    for number in range(30):
        put(node, f"attack {number}", "from:192.0.2.1", kind=MAIL, urgency=AT_ONCE)
    node.clock.advance(1)
    put(node, "victim", "from:198.51.100.7", kind=MAIL, urgency=AT_ONCE)
    order = []
    while found := claim(node, 1, MAILS):
        order += texts(found)
        finish(node, found[0])
        node.clock.advance(1)
    assert order.index("victim") == 1
    assert len(order) == 31


def test_a_link_that_somebody_waits_for_goes_before_everything_that_waits_longer(node: World) -> None:
    for number in range(20):
        put(node, f"answer {number}", f"team:{number}", kind=MAIL)
    node.clock.advance(1)
    put(node, "reset", "from:192.0.2.1", kind=MAIL, urgency=AT_ONCE)
    assert texts(claim(node, 1, MAILS)) == ["reset"]


def test_senders_are_kept_free_for_what_is_urgent(node: World) -> None:
    for number in range(20):
        put(node, f"answer {number}", f"team:{number}", kind=MAIL)
    assert len(claim(node, MAILS.most, MAILS, reserved=MAILS.reserved)) == MAILS.most - MAILS.reserved
    put(node, "reset", "from:192.0.2.1", kind=MAIL, urgency=AT_ONCE)
    assert texts(claim(node, MAILS.reserved, MAILS, reserved=MAILS.reserved)) == ["reset"]


def test_of_many_nodes_each_thing_is_sent_by_one(node: World) -> None:
    for number in range(40):
        put(node, f"{number}", f"team:{number % 7}", host=f"host{number % 5}.example")
    servers = Servers()
    at_once([lambda: send(node, servers)] * 4)
    while send(node, servers):
        pass
    assert sorted(servers.arrived, key=int) == [str(number) for number in range(40)]


def test_an_error_of_ours_stops_the_job_only_after_what_is_on_its_way(node: World) -> None:
    class Broken:
        def send(self, payload: Mapping[str, Any]) -> None:
            raise RuntimeError("a bug")

    put(node, "x", "team:1", host="a.example")
    with pytest.raises(RuntimeError, match="a bug"):
        send(node, Broken())
    node.clock.advance(600)
    assert send(node, Servers()) == 1
