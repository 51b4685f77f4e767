"""Three nodes under constant load, and everything that can go away goes: what is lost, and what heals by itself.

One site and one load for all tests of this file; Airtable is dead from the first to the last. The last test looks
whether everything that was acknowledged is there, once, and whether all totals and pages agree.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine, text

from deploy import lab
from deploy.budget import Fleet as Budget
from deploy.budget import pooled_connections
from deploy.lab.network import Network, inside
from tests.demo.answers import ANSWERS
from tests.deploy.fleet import BROADCAST_TOKEN, POOL_SIZE, Fleet, fleet
from tests.deploy.gateway import eventually
from tests.deploy.load import GUESSERS, WATCHERS, Load, constant_load
from tests.support.client import JSON, Visitor
from tests.support.server import Node

pytestmark = [pytest.mark.servers, pytest.mark.slow]
PUZZLE = "gauges"
NO_NETWORK = lab.lacking(("unshare", "nsenter", "ip", "iptables"))


@pytest.fixture(scope="module")
def site() -> Iterator[Fleet]:
    """Where we may have a network of our own, the site is in it, since its links can be cut."""
    with contextlib.ExitStack() as stack:
        if not NO_NETWORK:
            network = Network()
            stack.callback(network.close)
            stack.enter_context(inside(network))
        yield stack.enter_context(fleet(3))


@pytest.fixture(scope="module")
def load(site: Fleet) -> Iterator[Load]:
    with constant_load(site.gate.url, PUZZLE) as one:
        one.goes_on()
        yield one


@pytest.fixture
def moment(site: Fleet, load: Load) -> Iterator[float]:
    """When the test began, with everything in order; and in order it must be in the end."""
    is_in_order(site, load)
    began = time.monotonic()
    yield began
    print(load.told(began))
    is_in_order(site, load)


def is_in_order(site: Fleet, load: Load) -> None:
    for node in site.nodes:
        assert node.is_running()
        site.eventually_is(node, "UP")
    load.goes_on()


# --- planned ---------------------------------------------------------------------------------------------------------


def test_a_rolling_restart_loses_no_request_and_no_guess(site: Fleet, load: Load, moment: float) -> None:
    for node in site.nodes:
        place = site.gate.nodes("drain", node.host)
        time.sleep(0.5)
        assert node.stop() == 0
        node.start()
        site.gate.nodes("back", place)
        site.eventually_is(node, "UP")
        load.goes_on()
    assert load.lost(moment) == [], load.told(moment)
    assert_sockets_were_back(load, moment)


def test_a_node_that_is_only_told_to_stop_loses_nothing_either(site: Fleet, load: Load, moment: float) -> None:
    node = site.nodes[1]
    assert node.stop() == 0
    site.eventually_is(node, "DOWN")
    node.start()
    site.eventually_is(node, "UP")
    load.goes_on()
    assert load.lost(moment) == [], load.told(moment)
    assert_sockets_were_back(load, moment)


def assert_sockets_were_back(load: Load, moment: float) -> None:
    """At once as a rule; without being sent away they would have noticed after the half minute of a ping."""
    gaps = [gap for at, gap in load.gaps if at >= moment]
    assert gaps, "no socket was sent away, so nothing was shown"
    assert statistics.median(gaps) < 10, load.told(moment)
    assert max(gaps) < 20, load.told(moment)


# --- a node ----------------------------------------------------------------------------------------------------------


def test_a_node_that_is_killed_takes_no_acknowledged_guess_and_no_page_with_it(
    site: Fleet, load: Load, moment: float
) -> None:
    node = site.nodes[0]
    node.kill()
    site.eventually_is(node, "DOWN")
    load.goes_on()
    assert load.lost(moment, "page") == [], load.told(moment)
    assert len(load.lost(moment, "guess")) <= GUESSERS, "at most what it was working on, and nobody was told otherwise"
    node.start()
    site.eventually_is(node, "UP")
    assert missing(site, load) == Counter()


def test_a_node_whose_pool_is_exhausted_leaves_the_gateway_and_comes_back_by_itself(
    site: Fleet, load: Load, moment: float
) -> None:
    node = site.nodes[2]
    team = Visitor(node.url)
    team.register("Braindead", division="teams")
    with locked_row(site, "Braindead"), waiting_requests(team, node, POOL_SIZE * 2):
        site.eventually_is(node, "DOWN")
        load.goes_on()
    site.eventually_is(node, "UP")
    assert load.lost(moment, "page") == [], load.told(moment)
    assert len(load.lost(moment, "guess")) <= 2 * GUESSERS, "at most what waited there: none was told that it counted"
    assert missing(site, load) == Counter()


@contextlib.contextmanager
def locked_row(site: Fleet, name: str) -> Iterator[None]:
    """Somebody's forgotten transaction: whatever wants this team's row waits."""
    engine = create_engine(site.direct_url.replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as connection:
        connection.execute(text("SELECT id FROM teams WHERE name = :name FOR UPDATE"), {"name": name})
        yield
    engine.dispose()


@contextlib.contextmanager
def waiting_requests(team: Visitor, node: Node, count: int) -> Iterator[None]:
    """Requests to this one node that each hold a connection and wait, again and again."""
    is_over = threading.Event()
    token = {"X-CSRFToken": team.token("/game"), **JSON}

    def guess() -> None:
        while not is_over.is_set():
            with contextlib.suppress(requests.RequestException):
                requests.post(
                    f"{node.url}/game/puzzle/{PUZZLE}",
                    data={"answer": "owl"},
                    headers=token,
                    cookies=team.cookies,
                    timeout=20,
                )

    hands = [threading.Thread(target=guess) for _ in range(count)]
    for hand in hands:
        hand.start()
    try:
        yield
    finally:
        is_over.set()
    for hand in hands:
        hand.join()


@pytest.mark.skipif(bool(NO_NETWORK), reason=f"this machine lacks: {', '.join(NO_NETWORK)}")
def test_a_link_that_is_cut_costs_what_was_on_it_and_no_more(site: Fleet, load: Load, moment: float) -> None:
    node = site.nodes[1]
    drop("--insert", node.host)
    try:
        eventually(lambda: site.gate.state(node.host) == "DOWN")
        load.goes_on()
        # Long enough that nothing is saved by the link's return.
        time.sleep(max(0.0, moment + 8 - time.monotonic()))
    finally:
        drop("--delete", node.host)
    assert load.lost(moment, "page") == [], load.told(moment)
    assert len(load.lost(moment, "guess")) <= 2 * GUESSERS, load.told(moment)
    assert max(one.seconds for one in load.since(moment)) < 8, load.told(moment)
    assert max((gap for at, gap in load.gaps if at >= moment), default=0.0) < 8, load.told(moment)
    eventually(lambda: site.gate.state(node.host) == "UP")
    assert missing(site, load) == Counter()


def drop(verb: str, address: str) -> None:
    """What is sent to this address of our network is dropped from now on, and nobody is told of it."""
    words = ["iptables", "--wait", verb, "INPUT", "--destination", address, "--jump", "DROP"]
    subprocess.run(words, check=True, env={"PATH": lab.search_path()})


# --- what they stand on ----------------------------------------------------------------------------------------------


def test_when_postgresql_comes_back_every_node_is_ready_and_no_connection_is_lost(
    site: Fleet, load: Load, moment: float
) -> None:
    site.cluster.stop()
    for node in site.nodes:
        site.eventually_is(node, "DOWN")
        # By the checks with more patience as well, which come a moment later.
        eventually(lambda host=node.host: site.gate.state(host, "own") == "DOWN", what=f"{node.host} to be out of it")
    shown = requests.get(f"{site.gate.url}/game", timeout=10)
    assert (shown.status_code, shown.headers["Retry-After"]) == (503, "15")
    assert "Back in a moment" in shown.text
    site.cluster.start()
    for node in site.nodes:
        eventually(node.is_ready)
    load.goes_on()
    assert not [one for one in load.since(moment) if one.outcome == "500"], site.faults()
    budget = Budget(len(site.nodes), 1, POOL_SIZE, 0, 100, pooled_connections()["max_db_connections"])
    eventually(lambda: site.connections() <= budget.most, what=f"{site.connections()} connections to be {budget.most}")
    # Every process can fill its pool again, so none of its places is lost.
    for node in site.nodes:
        eventually(lambda node=node: pool_of(node)[0] < POOL_SIZE, what=f"a free place in {pool_of(node)}")
        assert pool_of(node)[1] == POOL_SIZE
    assert missing(site, load) == Counter()


def pool_of(node: Node) -> tuple[float, float]:
    """Connections in use, and how many there may be, as the node measures itself."""
    page = requests.get(f"{node.url}/metrics", headers={"Authorization": "Bearer figures, please"}, timeout=30).text
    figures = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    prefix = "infinity_database_"
    return float(figures[f"{prefix}connections_in_use"]), float(figures[f"{prefix}pool_size"])


def test_a_pooler_that_restarts_is_found_again(site: Fleet, load: Load, moment: float) -> None:
    site.pooler.restart()
    for node in site.nodes:
        eventually(node.is_ready)
    load.goes_on()
    assert missing(site, load) == Counter()


def test_without_redis_pages_and_guesses_go_on_and_live_words_heal(site: Fleet, load: Load, moment: float) -> None:
    heard = len(load.heard)
    site.redis.kill()
    load.goes_on()
    # Without Redis an alert waits for the next look of each node, and arrives.
    assert_all_hear(site, load, "while Redis is dead")
    assert_all_know_whether_words_are_relayed(load, heard, is_up=False)
    site.redis.start()
    assert_all_know_whether_words_are_relayed(load, heard, is_up=True)
    assert_all_hear(site, load, "after it came back")
    load.goes_on()
    assert load.lost(moment) == [], load.told(moment)


def assert_all_know_whether_words_are_relayed(load: Load, since: int, *, is_up: bool) -> None:
    def who() -> set[int]:
        return {number for number, name, payload in load.heard[since:] if name == "relay" and payload["up"] is is_up}

    eventually(lambda: who() == set(range(WATCHERS)), 30, f"all pages to know {is_up}")


def assert_all_hear(site: Fleet, load: Load, message: str) -> None:
    headers = {"Authorization": f"Bearer {BROADCAST_TOKEN}"}
    reply = requests.post(f"{site.nodes[0].url}/api/alert", json={"message": message}, headers=headers, timeout=20)
    assert reply.status_code == 200, reply.text

    def who() -> set[int]:
        return {number for number, name, payload in load.heard if name == "alert" and payload["text"] == message}

    eventually(lambda: who() == set(range(WATCHERS)), 15, f"all pages to hear {message!r}")


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_after_it_all_totals_equal_ledgers_and_every_node_shows_what_a_new_one_shows(site: Fleet, load: Load) -> None:
    is_in_order(site, load)
    with pytest.raises(AssertionError, match=r"(?i)airtable"):
        site.organiser.hunt("restock", "--from", "airtable")
    for number, team in enumerate(load.teams[:6]):
        form = {"answer": ANSWERS["manifest"], "once": f"solve-{number}"}
        reply = team.post(f"{load.url}/game/puzzle/manifest", data=form, headers=JSON, timeout=20)
        assert reply.json()["verdict"] == "correct", reply.text
    assert missing(site, load) == Counter()
    assert site.organiser.hunt("audit").strip() == "All totals equal their ledgers."
    load.is_over.set()
    fresh = site.new_node()
    fresh.start()
    site.nodes.append(fresh)
    for number in range(0, len(load.teams), 6):
        shown = [pages_of(node, load.teams[number]) for node in site.nodes]
        assert all(pages == shown[-1] for pages in shown), shown
    site.nodes.remove(fresh)
    assert fresh.stop() == 0


def pages_of(node: Node, team: requests.Session) -> list[Any]:
    """What this node shows to a team, as JSON."""
    paths = ("/game", "/leaderboard/teams", "/announcements?after=0", "/events?after=0")
    pages = [requests.get(node.url + path, cookies=team.cookies, headers=JSON, timeout=10).json() for path in paths]
    for page in pages:
        # What is a clock's business and not the hunt's: a board's hour of making, the seconds to the next XP.
        page.pop("at", None)
        page.get("team", {}).pop("next_xp_seconds", None)
    return pages


def missing(site: Fleet, load: Load) -> Counter[str]:
    """Acknowledged guesses that are not in the log exactly once."""
    acknowledged = Counter(text for _, text in list(load.acknowledged))
    engine = create_engine(site.direct_url.replace("postgresql:", "postgresql+psycopg2:"))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT text, count(*) FROM guesses WHERE text LIKE 'load%' GROUP BY text"))
        stored = Counter({row[0]: row[1] for row in rows.all()})
    engine.dispose()
    assert set(stored.values()) <= {1}, "no guess is there twice"
    return acknowledged - stored
