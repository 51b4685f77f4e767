"""What a balancer is told about a node: everything as usual, or nothing new, please."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from app.runtime.haproxy_agent import HaproxyAgent, open_agent
from app.runtime.listen import CannotListen
from tests.support import processes
from tests.support.redis import Redis
from tests.support.server import Node, node


def ask(port: int) -> str:
    """The word of the node, as a balancer hears it."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        return b"".join(iter(lambda: connection.recv(64), b"")).decode()


def eventually_says(port: int, word: str) -> None:
    deadline = time.monotonic() + 60
    while ask(port) != word:
        assert time.monotonic() < deadline, f"it never said {word!r}"
        time.sleep(0.02)


@pytest.fixture
def agent(tmp_path: Path) -> HaproxyAgent:
    agent = HaproxyAgent("127.0.0.1", processes.free_port(), tmp_path / "drain")
    agent.start()
    return agent


def test_a_node_takes_its_usual_share_until_its_drain_file_appears(agent: HaproxyAgent, tmp_path: Path) -> None:
    assert ask(agent.port) == "100%\n"
    (tmp_path / "drain").touch()
    assert ask(agent.port) == "0%\n"
    (tmp_path / "drain").unlink()
    assert ask(agent.port) == "100%\n"


def test_a_balancer_that_hangs_up_or_says_nothing_keeps_nobody(agent: HaproxyAgent) -> None:
    for _ in range(5):
        socket.create_connection(("127.0.0.1", agent.port), timeout=30).close()
    with socket.create_connection(("127.0.0.1", agent.port), timeout=30):
        assert ask(agent.port) == "100%\n"


def test_a_port_that_is_taken_is_refused_in_words(agent: HaproxyAgent) -> None:
    with pytest.raises(CannotListen, match=f"127.0.0.1:{agent.port}: another program .* AGENT_PORT chooses another"):
        open_agent("127.0.0.1", agent.port, None)


def test_without_a_port_there_is_no_such_door() -> None:
    assert open_agent("127.0.0.1", 0, None) is None


def started(database_url: str, folder: Path, **more: str) -> tuple[Node, int]:
    port = processes.free_port()
    settings = {"AGENT_PORT": str(port), "DRAIN_FILE": str(folder / "drain"), **more}
    return node(database_url, settings), port  # type: ignore[return-value]


@pytest.mark.servers
def test_a_node_drains_at_the_wish_of_its_file_and_before_its_end(sqlite_database: str, tmp_path: Path) -> None:
    running, port = started(sqlite_database, tmp_path)
    with running as one:  # type: ignore[attr-defined]
        assert ask(port) == "100%\n"
        (tmp_path / "drain").touch()
        assert ask(port) == "0%\n"
        assert one.is_ready(), "to drain is not to be dead"
        (tmp_path / "drain").unlink()
        one.process.terminate()
        eventually_says(port, "0%\n")
        assert one.process.wait(60) == 0


@pytest.mark.servers
def test_of_several_processes_the_parent_answers(postgres_database: str, redis: Redis, tmp_path: Path) -> None:
    running, port = started(postgres_database, tmp_path, WEB_PROCESSES="2", REDIS_URL=redis.url)
    with running as one:  # type: ignore[attr-defined]
        assert ask(port) == "100%\n"
        one.process.terminate()
        eventually_says(port, "0%\n")
        assert one.process.wait(40) == 0
