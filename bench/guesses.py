"""What a guess costs that needs no hashing: one that the team repeats, and one that another team has made before.

Told as processor time beyond the puzzle page's own. Between two turns the teams are made to forget (their guesses and
their windows are cleared); what the process remembers of verdicts stays, as in a real hunt.
"""

from __future__ import annotations

import json
import time

from bench.ground import MADE_PAGE, PAGE, TEAMS, Ground
from bench.meter import cpu_seconds
from bench.pages import cost
from bench.tables import Row, Table, quiet, quiet_row

WORDS = tuple(f"slipway {word}" for word in ("one", "two", "three", "four", "five"))
MOST_MS = 2.0
GUESSES = TEAMS * len(WORDS)


def measure(place: Ground) -> Table:
    """The cost of guesses beyond the page."""
    _forget(place)
    first = _time_first_guess(place)
    send_all(place, "wrong")
    page, new, old = [], [], []
    for _ in range(max(2, place.rounds // 4)):
        _forget(place)
        page.append(1000 * cost(place.server.process.pid, lambda: place.clients[0].get(MADE_PAGE)))
        new.append(1000 * send_all(place, "wrong"))
        place.run("UPDATE teams SET guess_times = '[]'")
        old.append(1000 * send_all(place, "repeat"))
    _forget(place)
    base = quiet(page)
    return Table(
        "A guess that is not hashed",
        (
            Row("the very first guess, hashed, until its answer", 1000 * first, "ms"),
            quiet_row("puzzle page", page, "ms CPU"),
            quiet_row("remembered wrong guess, beyond the page", [one - base for one in new], "ms CPU", MOST_MS),
            quiet_row("the team's own repeat, beyond the page", [one - base for one in old], "ms CPU", MOST_MS),
        ),
    )


def send_all(place: Ground, expected: str) -> float:
    """Every team sends every word; answers the server's processor seconds for one."""
    process = place.server.process.pid
    before = cpu_seconds(process)
    for team in place.clients:
        for word in WORDS:
            verdict = json.loads(team.post(PAGE, {"answer": word}))["verdict"]
            assert verdict == expected, f"{verdict} instead of {expected}"
    return (cpu_seconds(process) - before) / GUESSES


def _time_first_guess(place: Ground) -> float:
    started = time.monotonic()
    place.clients[0].post(PAGE, {"answer": "a word that nobody has tried"})
    taken = time.monotonic() - started
    _forget(place)
    return taken


def _forget(place: Ground) -> None:
    place.run("DELETE FROM guesses WHERE text LIKE 'slipway%' OR text LIKE 'a word%'")
    place.run("DELETE FROM receipts")
    place.run("UPDATE teams SET guess_times = '[]'")
