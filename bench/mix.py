"""The load as players make it: level list, puzzle, board, home and guesses, by the clock and at the most there is.

40 % level list, 30 % puzzle page, 10 % board, 10 % home, 10 % guesses, by a thousand teams on two processes. Guesses
are wrong and of the kind that many make: a verdict is hashed once and remembered, as on the day. The yardstick is the
bare page with one query, on two processes too, asked by the same client in the same run. ``wrk`` finds the most there
is; by the clock it is :mod:`bench.crowd`, since ``wrk`` knows no clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import requests

from bench.crowd import Heard, by_the_clock
from bench.fleet import PROCESSES, Fleet, fleet
from bench.ground import PUZZLE
from bench.tables import Row, Table
from tests.support import processes
from tests.support.environment import ROOT, environment

RATES = (83, 166, 332, 498, 664, 830)
SECONDS = 10.0
# A puzzle that every team has open from the start.
PAGE = "/game/puzzle/gauges"
# In ten requests: the order is the same for every team, which begins at a place of its own.
ROUND = ("/game", PAGE, "/game", "/leaderboard", "/game", PAGE, "guess", "/game", PAGE, "/")
WRONG = tuple(f"common wrong guess {number}" for number in range(20))
MOST_P99_MS = 250.0
MOST_CONNECTIONS = 12
LEAST_SHARE = 60.0
WRK_CONNECTIONS = 32
BARE_BYTES = 14_000
# All of them at one of two processes: once in two thousand times.
CONNECTIONS_THAT_MEET_ALL = 12


def measure(seconds: float = SECONDS) -> Table:
    """The table of the mix."""
    with fleet() as hunt:
        warm_up(hunt)
        steps = [
            (rate, asyncio.run(by_the_clock(hunt.server.port, rate, seconds, mixed_requests(hunt), len(hunt.players))))
            for rate in RATES
        ]
        connections = hunt.connections()
        most, wrong = most_of(hunt, seconds, ROUND)
        with bare(hunt) as port:
            bare_most, _ = most_of(hunt, seconds, (), port)
    share = 100 * most / bare_most
    wrongs = {rate: sum(heard.wrong.values()) for rate, heard in steps}
    rows = [
        Row(f"{rate} requests/s: p50 … p99", heard.percentile_ms(0.99), "ms", MOST_P99_MS, 0,
            _spread(heard))
        for rate, heard in steps
    ]  # fmt: skip
    return Table(
        f"The mix of {len(hunt.players)} teams on {PROCESSES} processes",
        (
            *rows,
            Row("wrong answers at all rates", sum(wrongs.values()), "", 0, 0),
            Row("database connections", connections, "", MOST_CONNECTIONS, 0),
            Row("the most there is", most, "requests/s", digits=0, spread=f"wrong {wrong}"),
            Row("bare page, the most there is", bare_most, "requests/s", digits=0),
            Row("the mix against the bare page", share, "%", None, 0, f"goal ≥ {LEAST_SHARE:g} %"),
        ),
    )


def _spread(heard: Heard) -> str:
    wrong = ", ".join(f"{count} × {status or 'no answer'}" for status, count in sorted(heard.wrong.items()))
    return f"p50 {heard.percentile_ms(0.5):.0f}, p95 {heard.percentile_ms(0.95):.0f}{'; ' + wrong if wrong else ''}"


def mixed_requests(hunt: Fleet) -> Callable[[int], bytes]:
    """The bytes of the nth request of the mix."""

    def request(number: int) -> bytes:
        player = hunt.players[number % len(hunt.players)]
        path = ROUND[(number + number // len(hunt.players)) % len(ROUND)]
        head = f"Host: x\r\nAccept: text/html\r\nCookie: {player.cookie}\r\n"
        if path != "guess":
            return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
        body = f"answer={WRONG[number % len(WRONG)].replace(' ', '+')}"
        more = f"X-CSRFToken: {player.token}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        head = head.replace("text/html", "application/json")
        return f"POST {PAGE} HTTP/1.1\r\n{head}{more}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    return request


def warm_up(hunt: Fleet) -> None:
    """Every common wrong guess is hashed in every process before the clock runs."""
    for place, word in enumerate(WRONG):
        for number in range(CONNECTIONS_THAT_MEET_ALL):
            # A connection of its own each, since the system chooses the process by the connection.
            player = hunt.players[place * CONNECTIONS_THAT_MEET_ALL + number]
            requests.post(
                f"{hunt.server.url}{PAGE}",
                {"answer": word},
                headers={"Cookie": player.cookie, "X-CSRFToken": player.token, "Accept": "application/json"},
                timeout=30,
            ).raise_for_status()


def most_of(hunt: Fleet, seconds: float, paths: Sequence[str], port: int = 0) -> tuple[float, int]:
    """The most requests of these a second that get answered, and how many answers were wrong; none: the bare page."""
    return _most(port or hunt.server.port, seconds, _lua(hunt, paths) if paths else "")


def _lua(hunt: Fleet, asked: Sequence[str]) -> str:
    """The same round for wrk."""
    cookies = ",".join(f'"{player.cookie}"' for player in hunt.players)
    tokens = ",".join(f'"{player.token}"' for player in hunt.players)
    paths = ",".join(f'"{path}"' for path in asked)
    words = ",".join(f'"{word.replace(" ", "+")}"' for word in WRONG)
    return f"""
local cookies, tokens, paths, words = {{{cookies}}}, {{{tokens}}}, {{{paths}}}, {{{words}}}
local n, kinds = 0, {{}}
request = function()
  n = n + 1
  local who = n % #cookies + 1
  local path = paths[(n + math.floor(n / #cookies)) % #paths + 1]
  local headers = {{["Cookie"] = cookies[who], ["Accept"] = "text/html"}}
  if path ~= "guess" then return wrk.format("GET", path, headers) end
  headers["Accept"], headers["X-CSRFToken"] = "application/json", tokens[who]
  headers["Content-Type"] = "application/x-www-form-urlencoded"
  return wrk.format("POST", "{PAGE}", headers, "answer=" .. words[n % #words + 1])
end
"""


def _most(port: int, seconds: float, script: str) -> tuple[float, int]:
    """The most requests a second that wrk gets answered, and how many answers were wrong."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{WRK_CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "30s"]
        words = [*command, *(["-s", file.name] if script else []), f"http://127.0.0.1:{port}/"]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    rate, wrong = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    assert rate is not None, said
    return float(rate[1]), int(wrong[1]) if wrong else 0


@contextlib.contextmanager
def bare(hunt: Fleet) -> Iterator[int]:
    """The yardstick on as many processes; answers their port."""
    port, team = processes.free_port(), hunt.place.team_ids()[0]
    puzzle = hunt.place.ports.in_force.content.puzzles_by_key[PUZZLE].id
    command = [sys.executable, "-m", "bench.yardstick", str(port), str(BARE_BYTES), str(team), puzzle]
    with tempfile.TemporaryDirectory(prefix="infinity-bench-") as folder:
        log = Path(folder) / "yardstick.log"
        env = environment(hunt.place.database_url)
        running = [processes.start(command, log, env=env, cwd=ROOT) for _ in range(PROCESSES)]
        try:
            for one in running:
                processes.wait_until(lambda: processes.accepts(port), one, log)
            yield port
        finally:
            for one in running:
                one.kill()
                one.wait()
