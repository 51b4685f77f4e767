"""A constant, gentle load that never tries anything twice: readers, teams that guess, and pages with open sockets.

Whatever is not a 200 is lost, and counted. What a node acknowledged is remembered, to be looked for in the end.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import socketio

from tests.support.client import Visitor
from tests.support.pages import csrf_token

READERS, GUESSERS, WATCHERS = 3, 2, 6
# One address may register 20 at once.
TEAMS = 18
# Ten guesses a minute is what a team may make.
SECONDS_BETWEEN_GUESSES = 60 / 9 / (TEAMS / GUESSERS)
# The gateway closes what is idle for 35 s. What is sent in the same moment is lost, and a browser sends it again by
# itself; on a busy machine it takes a team so long to have its next turn.
KEPT_SECONDS = 20


@dataclass(frozen=True)
class Asked:
    """One request: when it was sent, how long it took, what came of it."""

    at: float
    seconds: float
    kind: str
    outcome: str


@dataclass
class Load:
    """Everything that happened, as it happened."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    acknowledged: list[tuple[int, str]] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    heard: list[tuple[int, str, Any]] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    teams: list[requests.Session] = field(default_factory=list)
    open_sockets: set[int] = field(default_factory=set)
    teams_named: str = "Load"
    root: str = ""
    """The file of the certificate that vouches for the site; empty: the site speaks plain http."""

    def since(self, moment: float, kind: str = "") -> list[Asked]:
        """What was asked since then; what was under way at that moment counts as well."""
        return [one for one in list(self.asked) if one.at + one.seconds >= moment and kind in ("", one.kind)]

    def lost(self, moment: float, kind: str = "") -> list[Asked]:
        """What was not answered by a 200."""
        return [one for one in self.since(moment, kind) if one.outcome != "200"]

    def goes_on(self, count: int = 12, seconds: float = 60) -> None:
        """Return when so many more pages and a few guesses have been answered well, and all sockets are open."""
        moment, deadline = time.monotonic(), time.monotonic() + seconds
        while time.monotonic() < deadline:
            done = Counter(one.kind for one in self.since(moment) if one.outcome == "200" and one.at >= moment)
            if done["page"] >= count and done["guess"] >= 3 and len(self.open_sockets) == WATCHERS:
                return
            time.sleep(0.02)
        raise AssertionError(f"the load does not go on: {done}, sockets {self.open_sockets}; {self.lost(moment)[-5:]}")

    def told(self, moment: float) -> str:
        """The sum since then, for the message of a failure and for people."""
        counted = Counter((one.kind, one.outcome) for one in self.since(moment))
        slowest = max((one.seconds for one in self.since(moment)), default=0.0)
        gaps = [round(gap, 2) for at, gap in self.gaps if at >= moment]
        return f"{dict(counted)}, slowest {slowest:.2f} s, sockets away for {gaps}"


@contextlib.contextmanager
def constant_load(url: str, puzzle: str, names: str = "Load", root: str = "") -> Iterator[Load]:
    """Teams that read, guess at ``puzzle`` and listen, for the length of a ``with``; ``names`` begin their names."""
    load = Load(url, teams_named=names, root=root)
    load.teams = [_team(load, f"{names} {number}") for number in range(TEAMS)]
    hands = [threading.Thread(target=_read, args=(load, load.teams[number])) for number in range(READERS)]
    hands += [
        threading.Thread(target=_guess, args=(load, puzzle, list(enumerate(load.teams))[number::GUESSERS]))
        for number in range(GUESSERS)
    ]
    hands += [threading.Thread(target=_watch, args=(load, number)) for number in range(WATCHERS)]
    try:
        for hand in hands:
            hand.start()
        yield load
    finally:
        load.is_over.set()
        for hand in hands:
            hand.join(40)


def _team(load: Load, name: str) -> requests.Session:
    with Visitor(load.url) as visitor:
        visitor.verify = load.root or True
        assert visitor.register(name, division="teams").status_code == 303
        session = _session(load)
        session.headers["X-CSRFToken"] = csrf_token(visitor.get("/game").text)
        session.cookies.update(visitor.cookies)
        return session


def _session(load: Load) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = load.root or True
    return session


def _note(load: Load, kind: str, send: Any) -> requests.Response | None:
    at, reply, outcome = time.monotonic(), None, ""
    try:
        reply = send()
        outcome = str(reply.status_code)
    except requests.RequestException as problem:
        outcome = type(problem).__name__
    load.asked.append(Asked(at, time.monotonic() - at, kind, outcome))
    return reply if outcome == "200" else None


def _read(load: Load, team: requests.Session) -> None:
    cookies = team.cookies
    with _session(load) as session:
        for path in itertools.cycle(("/game", "/leaderboard", "/game/puzzle/postcard", "/")):
            if load.is_over.wait(0.08):
                return
            _note(load, "page", lambda path=path: session.get(load.url + path, cookies=cookies, timeout=20))


def _guess(load: Load, puzzle: str, teams: list[tuple[int, requests.Session]]) -> None:
    used: dict[int, float] = {}
    for count, (number, team) in enumerate(itertools.cycle(teams)):
        if load.is_over.wait(SECONDS_BETWEEN_GUESSES):
            return
        if time.monotonic() - used.get(number, 0.0) > KEPT_SECONDS:
            team.close()
        text = f"load{number}no{count}"
        form = {"answer": text, "once": f"{text}-{random.random()}"}
        headers = {"Accept": "application/json"}
        send = lambda: team.post(f"{load.url}/game/puzzle/{puzzle}", data=form, headers=headers, timeout=20)  # noqa: E731, B023
        if _note(load, "guess", send):
            load.acknowledged.append((number, text))
        used[number] = time.monotonic()


def _watch(load: Load, number: int) -> None:
    """An open page: connects again as soon as it is sent away, a little later every time that fails."""
    left_at, pause = 0.0, 0.1
    while not load.is_over.is_set():
        page = _OpenPage(load, number)
        try:
            page.connect()
        except socketio.exceptions.ConnectionError:
            load.is_over.wait(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 1.0)
            continue
        if left_at:
            load.gaps.append((time.monotonic(), time.monotonic() - left_at))
        pause = 0.1
        load.open_sockets.add(number)
        while not page.is_away.wait(0.1) and not load.is_over.is_set():
            pass
        load.open_sockets.discard(number)
        left_at = time.monotonic()
        page.client.disconnect()
        load.is_over.wait(random.uniform(0.02, 0.2))


class _OpenPage:
    def __init__(self, load: Load, number: int) -> None:
        self.is_away = threading.Event()
        self._load, self._number = load, number
        self.client = socketio.Client(reconnection=False, http_session=_session(load))
        self.client.on("*", lambda name, *words: load.heard.append((number, name, words[0] if words else None)))
        self.client.on("disconnect", lambda *_: self.is_away.set())

    def connect(self) -> None:
        cookies = self._load.teams[self._number].cookies
        header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)
        greeted = threading.Event()
        self.client.on("hello", lambda _: greeted.set())
        self.client.connect(self._load.url, headers={"Cookie": header}, transports=["websocket"], wait_timeout=30)
        if not greeted.wait(60):
            self.client.disconnect()
            raise socketio.exceptions.ConnectionError("no greeting")
