"""Open pages on two real nodes, with PostgreSQL under them and Redis between them."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from tests.broadcast.people import ADMIN, api, first_puzzle, team, texts
from tests.support.client import PASSWORD, Visitor
from tests.support.redis import Redis, redis_server
from tests.support.server import Node, nodes
from tests.support.sockets import Page, pages, wait_until

if TYPE_CHECKING:
    from tests.conftest import Shelves


@dataclass
class Pair:
    """Two nodes on one database, and the Redis between them."""

    one: Node
    two: Node
    redis: Redis
    count: int = 0

    def team(self, division: str = "teams") -> tuple[str, Visitor, Visitor]:
        """A new team, logged in at both nodes."""
        self.count += 1
        name = f"Team {self.count}"
        here, there = team(self.one, name, division), Visitor(self.two.url)
        assert there.login(name).status_code == 303
        return name, here, there


@pytest.fixture(scope="module")
def pair(shelves: Shelves) -> Iterator[Pair]:
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        url = stack.enter_context(shelves["postgresql"].fresh())
        one, two = stack.enter_context(nodes(2, url, {**ADMIN, "REDIS_URL": redis.url}))
        yield Pair(one, two, redis)


def test_a_broadcast_reaches_its_audience_on_all_nodes(pair: Pair) -> None:
    _, owls_one, owls_two = pair.team("teams")
    _, larks_one, _ = pair.team("solo")
    wanted = [
        Page(pair.one.url, owls_one),
        Page(pair.two.url, owls_two),
        Page(pair.one.url, larks_one),
        Page(pair.two.url),
    ]
    with pages(*wanted) as (first, second, lark, visitor):
        api(pair.one, "alert", message="everybody")
        api(pair.two, "alert", message="teams", division="teams")
        api(pair.one, "alert", message="solo", division="solo")
        api(pair.two, "alert", message="the end")
        for page in (first, second, lark, visitor):
            wait_until(lambda page=page: "the end" in texts(page), what="the last alert")
        assert sorted(texts(first)) == sorted(texts(second)) == ["everybody", "teams", "the end"]
        assert sorted(texts(lark)) == ["everybody", "solo", "the end"]
        assert sorted(texts(visitor)) == ["everybody", "the end"]


def test_a_teammate_at_another_node_sees_the_guess(pair: Pair) -> None:
    _, here, there = pair.team()
    with pages(Page(pair.two.url, there)) as (page,):
        here.guess(first_puzzle(here), "surely not this one")
        assert page.wait_for("guess")[0]["verdict"] == "wrong"


def test_a_question_a_claim_and_a_report_are_seen_at_the_desk_of_another_node(pair: Pair) -> None:
    _, here, _ = pair.team()
    keeper, other = Visitor(pair.two.url), Visitor(pair.one.url)
    assert [one.login("keeper").status_code for one in (keeper, other)] == [303, 303]
    with pages(Page(pair.two.url, keeper), Page(pair.two.url, here)) as (desk, _team):
        puzzle = first_puzzle(here)
        here.send_json(f"/game/puzzle/{puzzle}/hints/ask", {"question": "Stuck."})
        wait_until(lambda: "asked" in [one["what"] for one in desk.events("desk")])
        number = desk.events("desk")[0]["number"]
        assert other.send_form(f"/admin/hints/{number}/claim").status_code == 303
        wait_until(lambda: "claimed" in [one["what"] for one in desk.events("desk")])
        here.send_json(f"/game/puzzle/{puzzle}/report", {"problem": "A typo."})
        wait_until(lambda: "reported" in [one["what"] for one in desk.events("desk")])


def test_a_closed_laptop_gets_what_it_missed_once(pair: Pair) -> None:
    _, here, there = pair.team()
    page = Page(pair.one.url, here).connect()
    last = api(pair.one, "alert", message="seen")["id"]
    page.wait_for("alert")
    page.close()
    for text in ("one", "two", "three"):
        api(pair.two, "alert", message=text)
    with pages(Page(pair.two.url, there)) as (again,):
        missed = again.missed(last)
        assert [word["data"]["text"] for word in missed] == ["one", "two", "three"]
        assert again.events("hello")[0]["last"] == missed[-1]["data"]["id"]
        polled = there.get(f"/events?after={last}").json()
        assert polled["events"] == missed
        assert polled["last"] == missed[-1]["data"]["id"]
        time.sleep(2.5)  # two looks of the watch
        assert texts(again) == []


def test_a_broadcast_that_was_shown_is_receipted(pair: Pair) -> None:
    _, here, _ = pair.team()
    with pages(Page(pair.one.url, here)) as (page,):
        number = api(pair.two, "alert", message="seen?")["id"]
        page.wait_for("alert")
        page.client.emit("seen", {"id": number})
        time.sleep(0.1)
        page.client.emit("seen", {"id": number})
        assert page.missed(number) == []


def test_a_lost_push_is_made_up_for_and_a_dead_redis_disturbs_nobody(pair: Pair) -> None:
    _, here, there = pair.team()
    with pages(Page(pair.one.url, here), Page(pair.two.url, there)) as (first, second):
        pair.redis.stop()
        started = time.monotonic()
        api(pair.one, "alert", message="while it is down")
        assert here.get("/game").status_code == 200
        assert there.get("/leaderboard").status_code == 200
        assert time.monotonic() - started < 30, "nobody waited for Redis"
        wait_until(lambda: texts(first) and texts(second), what="the alert without Redis")
        # Both have noticed, or the one that has not would have nothing to tell when it is back.
        for page in (first, second):
            page.wait_for("relay", seconds=30)
            assert page.events("relay") == [{"up": False}]
        pair.redis.start()
        second.wait_for("relay", 2, seconds=30)
        assert second.events("relay")[-1] == {"up": True}
        first.wait_for("relay", 2, seconds=30)
        here.guess(first_puzzle(here), "after it came back")
        assert second.wait_for("guess")[0]["verdict"] in ("wrong", "repeat")
        assert texts(first) == texts(second) == ["while it is down"]


def test_a_redis_that_hangs_holds_up_nobody(pair: Pair) -> None:
    _, here, _ = pair.team()
    with pages(Page(pair.one.url, here)) as (page,):
        pair.redis._process.send_signal(signal.SIGSTOP)  # type: ignore[attr-defined]
        try:
            started = time.monotonic()
            for number in range(5):
                api(pair.one, "alert", message=f"hanging {number}")
            page.wait_for("alert", 5)
            assert here.get("/game").status_code == 200
            assert time.monotonic() - started < 30, "it would hang for ever"
        finally:
            pair.redis._process.send_signal(signal.SIGCONT)  # type: ignore[attr-defined]


def test_a_new_password_soon_ends_the_other_sockets(pair: Pair) -> None:
    name, here, there = pair.team()
    with pages(Page(pair.one.url, here), Page(pair.two.url, there), Page(pair.two.url)) as (first, second, visitor):
        change_password(here)
        wait_until(lambda: not first.is_open() and not second.is_open(), what=f"the sockets of {name} to end")
        assert visitor.is_open()


def test_a_node_that_is_told_to_stop_sends_its_pages_elsewhere(pair: Pair) -> None:
    _, here, there = pair.team()
    wanders = Page(pair.two.url, there)
    with pages(wanders, Page(pair.one.url, here)) as (moved, stays):
        assert pair.two.stop() == 0
        wait_until(lambda: not moved.is_open(), what="the socket to be closed")
        assert stays.is_open()
        pair.two.start()


def change_password(visitor: Visitor) -> None:
    page = BeautifulSoup(visitor.get("/account").text, "html5lib")
    form = next(one for one in page.select("form") if one.select('input[autocomplete="current-password"]'))
    filled = {}
    for box in form.select("input[name], button[name]"):
        is_old = box.get("autocomplete") == "current-password"
        is_new = box.get("autocomplete") == "new-password"
        filled[str(box["name"])] = (
            PASSWORD if is_old else "another horse battery" if is_new else str(box.get("value", ""))
        )
    reply = visitor.post("/account", data=filled)
    assert reply.status_code == 303, reply.text[:2000]
