"""A node whose pooler is far away, and how long its visitors wait; for tests and for the bench."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.deploy.pooler import pooler
from tests.support.client import JSON, Visitor
from tests.support.databases import migrate
from tests.support.distance import Line, line
from tests.support.pages import csrf_token
from tests.support.postgres import Cluster
from tests.support.server import node

PUZZLE = "gauges"
PAGE = f"/game/puzzle/{PUZZLE}"
# Ten guesses a minute are what a team may make.
TEAMS = 5


@dataclass
class Player:
    """A team's browser on the puzzle's page."""

    visitor: Visitor
    token: str


@dataclass
class FarNode:
    """``line`` leads from the node to the pooler, which is beside the database."""

    line: Line
    players: list[Player] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def pages(self, count: int) -> list[float]:
        """Seconds of so many puzzle pages."""
        return [self._timed(self._page) for _ in range(count)]

    def guesses(self, count: int) -> list[float]:
        """Seconds of so many wrong guesses that nobody has made before."""
        return [self._timed(self._guess) for _ in range(count)]

    def _page(self, player: Player) -> None:
        assert player.visitor.get(PAGE).status_code == 200

    def _guess(self, player: Player) -> None:
        text = f"nowhere near {next(self._numbers)}"
        headers = {**JSON, "X-CSRFToken": player.token}
        reply = player.visitor.post(PAGE, data={"answer": text, "once": text}, headers=headers)
        assert reply.json().get("verdict") == "wrong", reply.text

    def _timed(self, ask: Callable[[Player], object]) -> float:
        player = self.players[next(self._numbers) % len(self.players)]
        began = time.perf_counter()
        ask(player)
        return time.perf_counter() - began


@contextlib.contextmanager
def far_node(cluster: Cluster, **more: str) -> Iterator[FarNode]:
    """A node with some teams, its pooler at no distance yet, for the length of a ``with``."""
    database = "far"
    migrate(cluster.create(database))
    try:
        with pooler(cluster, database) as pool, line(pool.port) as way:
            url = pool.url.replace(f":{pool.port}/", f":{way.port}/")
            settings = {"DATABASE_DIRECT_URL": cluster.url(database), **more}
            with node(url, settings) as server, contextlib.ExitStack() as stack:
                made = FarNode(way)
                for number in range(TEAMS):
                    visitor = stack.enter_context(Visitor(server.url))
                    assert visitor.register(f"Far {number}", division="teams").status_code == 303
                    made.players.append(Player(visitor, csrf_token(visitor.get(PAGE).text)))
                yield made
    finally:
        cluster.drop(database)
