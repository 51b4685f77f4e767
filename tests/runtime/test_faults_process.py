"""What goes wrong inside a node: killed at the worst moment, its clock set back, its hashing queue full."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.demo.answers import ANSWERS
from tests.runtime.faults import SETTINGS, Hunt, all_at_once, eventually, hunt_on, meanwhile
from tests.support.client import JSON, PASSWORD, Visitor
from tests.support.server import node

if TYPE_CHECKING:
    from tests.conftest import Shelves

pytestmark = [pytest.mark.servers, pytest.mark.slow]
PUZZLE = "/game/puzzle/gauges"
HOUR = 3_600


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def hunt(shelves: Shelves, faults: Path) -> Iterator[Hunt]:
    settings = {**SETTINGS, "FAULTS": str(faults), "PASSWORD_COST": "11"}
    with (
        shelves["postgresql"].fresh() as url,
        node(url, settings, module="tests.runtime.faulty_program") as one,
        hunt_on(one, url) as running,
    ):
        yield running


@pytest.mark.parametrize(("answer", "verdict"), [(ANSWERS["gauges"], "correct"), ("SEAGULL", "wrong")])
def test_a_node_killed_between_commit_and_answer_has_judged_once(
    hunt: Hunt, faults: Path, answer: str, verdict: str
) -> None:
    name = f"unlucky {verdict}"
    team = hunt.team(name)
    (faults / "die").touch()
    with pytest.raises(requests.ConnectionError):
        team.guess("gauges", answer, once="sent twice")
    hunt.node.process.wait(60)
    (faults / "die").unlink()
    hunt.node.start()
    replies = [team.guess("gauges", answer, once="sent twice").json() for _ in range(2)]
    assert replies[0] == replies[1]
    assert (replies[0]["verdict"], replies[0]["guesses_left"]) == (verdict, 9)
    mine = f"team_id = {hunt.organiser.id_of(name)}"
    assert hunt.organiser.counts("guesses", mine) == 1
    assert hunt.organiser.counts("solves", mine) == (verdict == "correct")
    hunt.is_whole()


def test_a_clock_that_is_set_back_locks_nobody_out_and_stops_nothing(hunt: Hunt, faults: Path) -> None:
    team = hunt.team("time travellers")
    for number in range(9):
        assert team.guess("gauges", f"guess {number}").status_code == 200
    for number in range(9):
        assert Visitor(hunt.url).login("time travellers", f"wrong {number}").status_code != 429
    done = runs(hunt)
    (faults / "clock").write_text(str(-HOUR / 2))
    try:
        board = team.get("/leaderboard/teams", headers=JSON).json()
        replies = [team.guess("gauges", f"guess {number} again") for number in range(10)]
        assert [reply.status_code for reply in replies] == [200] * 10, replies[-1].text
        refused = team.guess("gauges", "one too many")
        assert (refused.status_code, 1 <= int(refused.headers["Retry-After"]) <= 60) == (429, True)
        assert Visitor(hunt.url).login("time travellers").status_code == 303
        assert team.guess("clocks", ANSWERS["clocks"], once="right").status_code == 429
        eventually(lambda: is_newer(team.get("/leaderboard/teams", headers=JSON).json()["at"], board["at"]))
        # The jobs that run once among all nodes go on, too.
        eventually(lambda: runs(hunt) > done)
        hunt.is_whole()
    finally:
        (faults / "clock").unlink()
    eventually(lambda: team.get("/game").status_code == 200)
    hunt.is_whole()


def is_newer(one: str, other: str) -> bool:
    return one > other


def runs(hunt: Hunt) -> float:
    """How often the outbox has been looked after."""
    return hunt.organiser.counts("job_runs", "name = 'outbox'")


def test_too_many_logins_are_told_so_and_guesses_and_pages_go_on(hunt: Hunt) -> None:
    team = hunt.team("guessers")

    def log_in(number: int) -> requests.Response:
        visitor = Visitor(hunt.url)
        form = {"csrf_token": tokens[number][0], "name": f"nobody {number}", "password": PASSWORD}
        visitor.cookies.update(tokens[number][1])
        return visitor.post("/account/login", data=form, headers={**JSON, "X-Forwarded-For": f"10.0.0.{number}"})

    tokens = []
    for _ in range(130):
        visitor = Visitor(hunt.url)
        tokens.append((visitor.token(), visitor.cookies))
    with meanwhile(hunt):
        acts = [lambda number=number: log_in(number) for number in range(130)]
        replies = all_at_once([*acts, lambda: later_guess(team)])
    logins, guess = replies[:-1], replies[-1]
    assert {one.status for one in logins} <= {200, 400, 401, 503}, {one.status for one in logins}
    busy = [one for one in logins if one.status == 503]
    assert len(busy) >= 15
    assert all(one.is_busy for one in busy)
    assert guess.status == 200
    assert guess.seconds < max(one.seconds for one in logins) / 2, "guesses have a queue of their own"
    assert Visitor(hunt.url).login("guessers").status_code == 303
    hunt.is_whole()


def later_guess(team: Visitor) -> requests.Response:
    time.sleep(0.3)
    return team.guess("gauges", "an answer that nobody has tried")  # type: ignore[no-any-return]
