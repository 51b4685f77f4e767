"""Twenty at the same moment, on two real processes with PostgreSQL under them: nothing is given twice."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from tests.demo.answers import ANSWERS
from tests.journeys.people import Organiser
from tests.support.client import JSON, Visitor
from tests.support.environment import DEMO_HUNT
from tests.support.redis import redis_server
from tests.support.server import Node, nodes

if TYPE_CHECKING:
    from tests.conftest import Shelves

MANY = 20
GAUGES = "/game/puzzle/gauges"


@dataclass
class Pair:
    """Two processes, and an organiser at a command line of their database."""

    both: list[Node]
    organiser: Organiser

    def team(self, name: str) -> Visitor:
        """A new team, logged in."""
        visitor = Visitor(self.both[0].url)
        assert visitor.register(name, division="teams").status_code == 303
        return visitor

    def browsers(self, team: Visitor, count: int = MANY) -> list[Visitor]:
        """Browsers of one team, on both processes by turns."""
        made = [Visitor(self.both[number % 2].url) for number in range(count)]
        for visitor in made:
            visitor.cookies.update(team.cookies)
        return made

    def count(self, table: str, where: str) -> int:
        """The rows of a table."""
        return self.organiser.counts(table, where)


@pytest.fixture(scope="module")
def pair(shelves: Shelves) -> Iterator[Pair]:
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(redis_server())
        url = stack.enter_context(shelves["postgresql"].fresh())
        both = stack.enter_context(nodes(2, url, {"REDIS_URL": redis.url}, ["--demo"]))
        organiser = Organiser(url)
        stack.callback(organiser.leaves)
        organiser.hunt("preset", "enigma")
        organiser.sets("registration_limit", "1000")
        organiser.sets("scoring", "order")
        yield Pair(both, organiser)


def at_once(visitors: list[Visitor], path: str, form: Callable[[int], dict[str, str]]) -> list[Any]:
    """Let all of them post at the same moment; their replies, in order."""
    tokens = [visitor.token(GAUGES) for visitor in visitors]
    start = Barrier(len(visitors))

    def post(number: int) -> Any:
        start.wait()
        headers = {**JSON, "X-CSRFToken": tokens[number]}
        return visitors[number].post(path, data=form(number), headers=headers)

    with ThreadPoolExecutor(len(visitors)) as pool:
        return list(pool.map(post, range(len(visitors))))


def test_one_credit_buys_one_hint_however_many_take_it_at_once(pair: Pair) -> None:
    team = pair.team("takers")
    pair.organiser.gives("takers", 1)
    pair.organiser.lets_time_pass("takers", 6)  # the second hint could be had now, too
    replies = at_once(pair.browsers(team), "/game/puzzle/manifest/hints/take", lambda _: {"pay": "credit"})
    told = Counter("hint" if reply.ok else reply.json()["error"]["code"] for reply in replies)
    assert told == {"hint": 1, "no_credits": MANY - 1}
    assert pair.count("hints_taken", f"team_id = {pair.organiser.id_of('takers')}") == 1
    pair.organiser.hunt("audit")


def test_the_same_hint_pressed_on_many_pages_is_paid_once_and_shown_on_all(pair: Pair) -> None:
    team = pair.team("pressers")
    pair.organiser.gives("pressers", 5)
    replies = at_once(pair.browsers(team), f"{GAUGES}/hints/take", lambda _: {"pay": "credit", "hint": "1"})
    assert {(reply.status_code, reply.json()["hint"]["order"]) for reply in replies} == {(200, 1)}
    assert {reply.json()["hint_credits"] for reply in replies} == {4}
    pair.organiser.hunt("audit")


def test_one_hundred_xp_buy_one_powerup(pair: Pair) -> None:
    team = pair.team("spenders")
    pair.organiser.gives("spenders", 100, "xp")
    forms: tuple[dict[str, str], ...] = ({"answer": "HUNDERD"}, {})
    paths = (f"{GAUGES}/powerups/close", "/game/puzzle/manifest/powerups/skip")
    told = Counter[str]()
    with ThreadPoolExecutor(2) as pool:
        halves = [
            pool.submit(at_once, pair.browsers(team, 6), path, lambda _, form=form: form)
            for path, form in zip(paths, forms, strict=True)
        ]
        for half in halves:
            told.update("done" if reply.ok else reply.json()["error"]["code"] for reply in half.result())
    assert told["done"] == 1
    assert set(told) <= {"done", "insufficient_xp", "already_solved"}
    pair.organiser.hunt("audit")


def test_eleven_first_solvers_get_all_points_and_nine_get_nine_tenths(pair: Pair) -> None:
    teams = [pair.team(f"racer {number}") for number in range(MANY)]
    racers = [pair.browsers(team, 2)[number % 2] for number, team in enumerate(teams)]
    replies = at_once(racers, "/game/puzzle/clocks", lambda _: {"answer": ANSWERS["clocks"]})
    assert Counter(reply.json()["points"] for reply in replies) == {30: 11, 27: 9}
    pair.organiser.hunt("audit")


@pytest.mark.parametrize(("value", "status"), [("on", 403), ("off", 200)])
def test_a_setting_is_in_force_on_both_processes_at_the_next_request(pair: Pair, value: str, status: int) -> None:
    pair.organiser.sets("lockdown_registration", value)
    visitors = [Visitor(one.url) for one in pair.both]
    assert [visitor.get("/account/register").status_code for visitor in visitors] == [status, status]


def test_another_content_version_is_in_force_on_both_processes_at_the_next_request(pair: Pair, tmp_path: Path) -> None:
    readers = pair.browsers(pair.team("readers"), 2)
    changed = json.loads(DEMO_HUNT.read_text())
    puzzle = next(one for one in changed["tables"]["Puzzles"] if one["fields"].get("Slug") == "gauges")
    puzzle["fields"]["Title"] = "Gauges, read anew"
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(changed))
    pair.organiser.hunt("restock", "--from", str(file), "--yes")
    assert all("Gauges, read anew" in reader.get(GAUGES).text for reader in readers)
    pair.organiser.hunt("rollback", "1", "--yes")
    assert not any("Gauges, read anew" in reader.get(GAUGES).text for reader in readers)


@pytest.mark.parametrize(("answer", "verdict"), [("SEAGULL", "wrong"), (ANSWERS["gauges"], "correct")])
def test_one_key_is_one_guess_on_both_processes(pair: Pair, answer: str, verdict: str) -> None:
    name = f"repeaters {verdict}"
    team = pair.team(name)
    replies = at_once(pair.browsers(team), GAUGES, lambda _: {"answer": answer, "once": "one and the same"})
    assert [reply.status_code for reply in replies] == [200] * MANY, [reply.text for reply in replies]
    assert {reply.json()["verdict"] for reply in replies} == {verdict}
    assert {reply.json()["guesses_left"] for reply in replies} == {9}
    assert len({reply.json()["reference"] for reply in replies}) == 1
    assert pair.count("guesses", f"team_id = {pair.organiser.id_of(name)}") == 1
    pair.organiser.hunt("audit")
