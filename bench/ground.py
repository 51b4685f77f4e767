"""Where the benches run: a PostgreSQL of our own, the real program on it, and teams that have played for a while.

Also ``app``, the same application inside this process on the same database, for what is measured without HTTP. Built
once for all benches; later loads (mixes of players, sockets) are benches of their own on the same ground.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from flask import Flask
from sqlalchemy import text

from app.content.refresh import catch_up
from app.database.schema import Guess, Solve, Team, Unlock
from app.ports import Ports
from bench.client import Client
from tests.support.databases import PostgresShelf
from tests.support.environment import DEMO_HUNT, settings
from tests.support.postgres import postgres_cluster
from tests.support.server import Node, node

TEAMS = 20
SOLVED = 6
# A puzzle of the first level: open to every team, unsolved by all of ours.
PUZZLE = "berths"
PAGE = f"/game/puzzle/{PUZZLE}"
# With an argument that no page knows it is made for each request.
MADE_PAGE = f"{PAGE}?bench=1"


@dataclass
class Ground:
    """``server`` is the real program; ``rounds`` is how many turns each comparison takes."""

    database_url: str
    server: Node
    rounds: int

    @cached_property
    def app(self) -> Flask:
        """The application inside this process."""
        from app import create_app
        from config import Config

        return create_app(Config.from_env(settings(self.database_url)))

    @property
    def ports(self) -> Ports:
        """The services of the application inside this process."""
        found: Ports = self.app.extensions["infinity"]
        return found

    @cached_property
    def clients(self) -> list[Client]:
        """A logged-in browser for each team, its page opened once."""
        made = [Client(self.server.port, self.cookie(number)) for number in self.team_ids()]
        for client in made:
            client.begin(PAGE)
        return made

    def run(self, statement: str) -> None:
        """Change the database behind everybody's back, between two turns."""
        with self.ports.database.writing() as connection:
            connection.execute(text(statement))

    def team_ids(self) -> list[int]:
        with self.ports.database.reading() as connection:
            found = connection.execute(text("SELECT id FROM teams WHERE role = 'team' ORDER BY id"))
            return [row[0] for row in found]

    def cookie(self, team_id: int) -> str:
        """A session as the login page gives it."""
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        until = datetime.now(UTC) + timedelta(hours=2)
        session = {"_user_id": f"{team_id}.0", "_fresh": True, "until": until.timestamp(), "remembered": False}
        return f"session={signer.dumps(session)}"


@contextlib.contextmanager
def ground(rounds: int) -> Iterator[Ground]:
    """A ground for the length of a ``with``."""
    with postgres_cluster() as cluster, PostgresShelf(lambda: cluster).fresh() as database_url:
        more = {"ANSWER_COST": "10", "DB_POOL_SIZE": "5"}
        with node(database_url, more) as server:
            place = Ground(database_url, server, rounds)
            settle_teams(place)
            yield place
            for client in place.__dict__.get("clients", ()):
                client.close()


def settle_teams(place: Ground) -> None:
    """Teams in the middle of the hunt: some solves, some openings, a few wrong guesses on the puzzle at hand."""
    catch_up(place.ports.database, place.ports.in_force)
    puzzles = {row["fields"].get("Slug", row["id"]): row["id"] for row in _puzzles()}
    others = [key for slug, key in puzzles.items() if slug != PUZZLE][:SOLVED]
    now = datetime.now(UTC)
    with place.ports.database.writing() as connection:
        for number in range(TEAMS):
            team = connection.execute(Team.__table__.insert().values(_team(number, now))).inserted_primary_key[0]
            seen = [
                {"team_id": team, "puzzle_id": key, "unlocked_at": now, "viewed_at": now} for key in puzzles.values()
            ]
            solves = [{"team_id": team, "puzzle_id": key, "solved_at": now, "points": 10} for key in others]
            connection.execute(Unlock.__table__.insert(), seen)
            connection.execute(Solve.__table__.insert(), solves)
            connection.execute(Guess.__table__.insert(), [_guess(team, puzzles[PUZZLE], n, now) for n in range(3)])


def _puzzles() -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = json.loads(DEMO_HUNT.read_text())["tables"]["Puzzles"]
    return found


def _team(number: int, now: datetime) -> dict[str, object]:
    name = f"bench-{number}"
    return {
        "name": name, "name_key": name, "display_name": f"Bench Team {number}", "display_key": f"bench team {number}",
        "affiliation": "", "division": "teams", "created_at": now - timedelta(hours=3), "score": 10 * SOLVED,
        "emails": [], "guess_times": [],
    }  # fmt: skip


def _guess(team: int, puzzle: str, number: int, now: datetime) -> dict[str, object]:
    wrong = {"verdict": "wrong", "text": f"wrong {number}", "message_html": "<p>That is not it.</p>"}
    return {"team_id": team, "puzzle_id": puzzle, "guessed_at": now, "digest": f"{number:064d}", **wrong}
