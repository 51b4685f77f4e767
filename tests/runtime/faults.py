"""What the tests of faults share: a running hunt on one real node, many who ask at once, and who is not to notice."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from tests.journeys.people import Organiser
from tests.support.client import Visitor
from tests.support.server import Node

# The rule says five; what does not recover by itself would take for ever.
RECOVERY_SECONDS = 60.0
# A page that needs nothing comes in milliseconds; a node that waits for something itself would wait for ever.
OTHERS_SECONDS = 15.0
TOKEN = "figures, please"
SETTINGS = {
    "METRICS_TOKEN": TOKEN,
    "DB_POOL_SIZE": "3",
    "DB_POOL_TIMEOUT": "1",
    "TRUSTED_PROXIES": "1",
    "SITE_URL": "http://hunt.example",
}
ALL_EQUAL = "All totals equal their ledgers."


@dataclass
class Hunt:
    """One node of a hunt that is on, and an organiser who reaches its database even when the node does not."""

    node: Node
    organiser: Organiser

    @property
    def url(self) -> str:
        """Where it is served."""
        return self.node.url

    def team(self, name: str) -> Visitor:
        """A new team, logged in."""
        visitor = Visitor(self.url)
        reply = visitor.register(name, division="teams")
        assert reply.status_code == 303, reply.text
        return visitor

    def others_notice_nothing(self, seconds: float = OTHERS_SECONDS) -> None:
        """A page that needs no database comes at once, whatever happens; so does the balancer's answer."""
        for path in ("/healthz", self.static_path()):
            reply = requests.get(self.url + path, timeout=seconds)
            assert reply.status_code == 200, path

    def pages_come(self, seconds: float = OTHERS_SECONDS) -> None:
        """Visitors get their pages."""
        assert requests.get(f"{self.url}/page/rules", timeout=seconds).status_code == 200
        self.others_notice_nothing(seconds)

    def static_path(self, name: str = "css/base.css") -> str:
        """A file of the site's own."""
        from app.web.static_files import static_digest

        return f"/static/{static_digest()}/{name}"

    def is_whole(self) -> None:
        """The fault is over: soon all is as before, every connection in the pool, all totals right."""
        eventually(lambda: self.node.is_ready() and self.connections_out() == 0, RECOVERY_SECONDS)
        self.pages_come()
        # The organiser comes anew: what became of connections that were idle here meanwhile is not what is looked at.
        self.organiser.leaves()
        assert self.organiser.hunt("audit").strip() == ALL_EQUAL
        assert "Traceback" not in self.node.said()

    def figures(self) -> dict[str, float]:
        """What the node measures, by name and labels."""
        page = requests.get(f"{self.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30).text
        lines = [line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def connections_out(self) -> float:
        """How many database connections are not in the pool."""
        return self.figures()["infinity_database_connections_in_use"]


@contextlib.contextmanager
def hunt_on(one: Node, database_url: str) -> Iterator[Hunt]:
    """The demo hunt, on, for the length of a ``with``."""
    organiser = Organiser(database_url)
    try:
        organiser.sets_time("starts_at", -3600)
        organiser.sets_time("ends_at", 86_400)
        yield Hunt(one, organiser)
    finally:
        organiser.leaves()


@dataclass(frozen=True)
class Told:
    """What somebody was told, and after how long; status 0 where the connection broke."""

    status: int
    seconds: float
    headers: Mapping[str, str]
    text: str

    @property
    def is_busy(self) -> bool:
        """Whether it was the refusal of a site that cannot just now, with the time to come again."""
        return self.status == 503 and int(self.headers["Retry-After"]) >= 1


def told(act: Callable[[], Any]) -> Told:
    """Do it and look at the watch."""
    began = time.monotonic()
    try:
        reply = act()
    except requests.RequestException as broken:
        return Told(0, time.monotonic() - began, {}, type(broken).__name__)
    return Told(reply.status_code, time.monotonic() - began, reply.headers, reply.text)


def all_at_once(acts: Sequence[Callable[[], Any]]) -> list[Told]:
    """All of them at the same time."""
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(told, acts))


@contextlib.contextmanager
def meanwhile(hunt: Hunt) -> Iterator[None]:
    """All the time that the ``with`` takes, others notice nothing."""
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            hunt.others_notice_nothing()
            is_over.wait(0.2)

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        try:
            yield
        finally:
            is_over.set()
        looking.result()


def eventually(is_so: Callable[[], Any], seconds: float = 60) -> None:
    """Return as soon as it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"it never came to pass in {seconds} s"
        time.sleep(0.02)
