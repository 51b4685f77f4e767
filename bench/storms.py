"""Everybody at once: logins while others play, and guesses at one puzzle before and after its first solve.

A login costs a quarter of a second of a core, so five hundred of them take a minute of both cores, whatever anybody
does: what counts is that everybody hears soon whether to come again, and that those who play notice little. Whoever is
told to come again does so when the answer said.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sqlalchemy import update

from app.accounts import passwords
from app.database.schema import Team
from bench.crowd import LONGEST_SECONDS, Heard, Line, by_the_clock
from bench.fleet import PROCESSES, Fleet, Player, fleet
from bench.mix import PAGE, bare, mixed_requests, most_of, warm_up
from bench.tables import Row, Table
from tests.demo.answers import ANSWERS

LOGINS = 500
PLAYING_RATE = 83.0
PASSWORD = "a password of the bench"
MOST_SECONDS_TO_AN_ANSWER = 30.0
MOST_TIMES_SLOWER = 2.0
PEOPLE_WAIT_SECONDS = 180.0
GUESSES, TEAMS = 300, 2_000
LEAST_SHARE = 40.0


def measure_logins() -> Table:
    """The table of the login storm."""
    with fleet(1_000, {"PASSWORD_COST": "12"}) as hunt:
        warm_up(hunt)
        _give_passwords(hunt)
        before, during, people = asyncio.run(_storm(hunt))
    first = sorted(one.answers[0][1] for one in people)
    at_once = sum(one.answers[0][0] == 303 for one in people)
    arrived = [one.in_after for one in people if one.in_after is not None]
    slower = during.percentile_ms(0.95) / before.percentile_ms(0.95)
    spread = f"{before.percentile_ms(0.95):.0f} ms, then {during.percentile_ms(0.95):.0f} ms"
    wrong = sum(status not in (303, 503) for one in people for status, _ in one.answers)
    return Table(
        f"{LOGINS} logins at once on {PROCESSES} processes, while {PLAYING_RATE:.0f} requests/s of others go on",
        (
            Row("every login has its first answer after", first[-1], "s", MOST_SECONDS_TO_AN_ANSWER, 1),
            Row("… of which let in", at_once, digits=0),
            Row("never let in", LOGINS - len(arrived), "", 0, 0),
            Row("the last is let in after", max(arrived, default=0.0), "s", digits=0),
            Row("other answers than let in and come again", wrong, "", 0, 0),
            Row("pages meanwhile, p95 against before", slower, "×", MOST_TIMES_SLOWER, 2, spread),
            Row("pages that went wrong", sum(during.wrong.values()), "", 0, 0),
        ),
    )


@dataclass
class Person:
    """Somebody who wants to log in. ``answers``: status and seconds of each try."""

    name: str
    line: Line
    request: bytes = b""
    answers: list[tuple[int, float]] = field(default_factory=list)
    in_after: float | None = None

    async def open_page(self, port: int) -> None:
        """Look at the form."""
        status = await self.line.ask(b"GET /account/login HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status == 200, status
        token = re.search(rb'name="csrf-token" content="([^"]+)"', self.line.body)
        cookie = re.search(rb"[Ss]et-[Cc]ookie: (session=[^;]+)", self.line.head)
        assert token is not None
        assert cookie is not None
        form = {"name": self.name, "password": PASSWORD, "csrf_token": token[1].decode()}
        body = urlencode(form).encode()
        self.request = (
            b"POST /account/login HTTP/1.1\r\nHost: x\r\nCookie: " + cookie[1]
            + b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )  # fmt: skip

    async def log_in(self) -> None:
        """Try until it works, as often as one is told to come again."""
        began = time.perf_counter()
        while self.in_after is None and time.perf_counter() - began < PEOPLE_WAIT_SECONDS:
            tried = time.perf_counter()
            status = await asyncio.wait_for(self.line.ask(self.request), LONGEST_SECONDS)
            self.answers.append((status, time.perf_counter() - tried))
            if status == 303:
                self.in_after = time.perf_counter() - began
            else:
                await asyncio.sleep(self._told_to_wait() + random.random())

    def _told_to_wait(self) -> float:
        told = re.search(rb"[Rr]etry-[Aa]fter: (\d+)", self.line.head)
        return float(told[1]) if told else 5.0


def _give_passwords(hunt: Fleet) -> None:
    hashed = passwords.hash_of(hunt.place.ports.hasher, PASSWORD)
    with hunt.place.ports.database.writing() as connection:
        connection.execute(update(Team).where(Team.role == "team").values(password_hash=hashed))


async def _storm(hunt: Fleet) -> tuple[Heard, Heard, list[Person]]:
    port, request = hunt.server.port, mixed_requests(hunt)
    before = await by_the_clock(port, PLAYING_RATE, 10, request, len(hunt.players))
    people = [Person(f"bench-{number + 100}", Line(port)) for number in range(LOGINS)]
    for one in people:
        await one.open_page(port)
    storm = asyncio.gather(*(one.log_in() for one in people))
    during = await by_the_clock(port, PLAYING_RATE, 30, request, len(hunt.players))
    await storm
    for one in people:
        one.line.close()
    return before, during, people


# --- guesses ---------------------------------------------------------------------------------------------------------


def measure_guesses(seconds: float = 10.0) -> Table:
    """The table of the guess storm."""
    with fleet(TEAMS) as hunt:
        first = asyncio.run(_all_at_once(hunt, [hunt.players.pop() for _ in range(GUESSES)]))
        then = asyncio.run(_all_at_once(hunt, [hunt.players.pop() for _ in range(GUESSES)]))
        # Those that are left may guess ten times each.
        warm_up(hunt)
        rate, wrong = most_of(hunt, seconds, ("guess",))
        with bare(hunt) as port:
            bare_rate = most_of(hunt, seconds, (), port)[0]
    told = Counter(first.wrong) + Counter(then.wrong)
    return Table(
        f"{GUESSES} right guesses at one puzzle at once, and remembered wrong ones",
        (
            Row("before its first solve: the last is answered after", max(first.seconds), "s"),
            Row("after it: the last is answered after", max(then.seconds), "s"),
            Row("wrong answers", sum(told.values()) + wrong, "", 0, 0, str(told or "")),
            Row("remembered wrong guesses, the most there is", rate, "requests/s", digits=0),
            Row("bare page, the most there is", bare_rate, "requests/s", digits=0),
            Row("… guesses against it", 100 * rate / bare_rate, "%", None, 0, f"goal ≥ {LEAST_SHARE:g} %"),
        ),
    )


async def _all_at_once(hunt: Fleet, players: Sequence[Player]) -> Heard:
    """Each guesses the right answer, on a connection of its own that is open already."""
    heard, port = Heard(), hunt.server.port
    lines = [Line(port) for _ in players]
    for line, player in zip(lines, players, strict=True):
        await line.ask(f"GET {PAGE} HTTP/1.1\r\nHost: x\r\nCookie: {player.cookie}\r\n\r\n".encode())
    await asyncio.gather(*(_guess(heard, line, player) for line, player in zip(lines, players, strict=True)))
    for line in lines:
        line.close()
    return heard


async def _guess(heard: Heard, line: Line, player: Player) -> None:
    body = f"answer={ANSWERS[PAGE.rsplit('/', 1)[1]]}"
    head = f"Host: x\r\nAccept: application/json\r\nCookie: {player.cookie}\r\nX-CSRFToken: {player.token}\r\n"
    kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    began = time.perf_counter()
    status = await line.ask(f"POST {PAGE} HTTP/1.1\r\n{head}{kind}{body}".encode())
    heard.seconds.append(time.perf_counter() - began)
    if status != 200:
        heard.wrong[status] = heard.wrong.get(status, 0) + 1
