"""The ports of a service, real where it matters: a real database, real bcrypt (cheap), a clock that stands still.

Several worlds on one database are several nodes: nothing but the database is shared between them.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import bcrypt
from sqlalchemy import create_engine, text

from app.core.answers import normalise
from app.core.hunt_settings import HuntSettings
from app.core.in_force import InForce
from app.core.model import Content, Division, Level, NearAnswer, Puzzle
from app.database import hunt_state
from app.database.engine import Database, engine_options
from app.database.schema import Team
from app.encryption import Encryption
from app.guesses.verdict import VerdictCache
from app.ports import Ports
from tests.support.clock import FixedClock

SECRET = b"a secret of the tests, long enough for anybody"


def hashed(answer: str) -> str:
    """A cheap hash of an answer in clear, as a writer would make it."""
    return bcrypt.hashpw(normalise(answer).encode(), bcrypt.gensalt(4)).decode()


class CountingHasher:
    """Real bcrypt; counts how often it ran, and can be held up."""

    password_cost = answer_cost = 4

    def __init__(self) -> None:
        self.checks: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        self.problem: Exception | None = None

    def expect_room(self, lane: str) -> None:
        """There is room."""

    def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
        self.checks.append(secret)
        self.gate.wait(60)
        if self.problem:
            raise self.problem
        return bcrypt.checkpw(secret, hashed)

    def make(self, lane: str, secret: bytes, cost: int) -> str:
        return bcrypt.hashpw(secret, bcrypt.gensalt(4)).decode()

    def sign(self, lane: str, secret: bytes, salt: bytes) -> str:
        self.checks.append(secret)
        self.gate.wait(60)
        if self.problem:
            raise self.problem
        return bcrypt.hashpw(secret, salt).decode()


@dataclass
class Ears:
    """Remembers what open pages would have been told, and the mails that would have gone out."""

    heard: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    is_set_up: bool = False
    mails: list[tuple[int | tuple[str, ...], str, str]] = field(default_factory=list)

    def push(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        self.heard.append((audience, event, payload))

    def send(self, to: int | tuple[str, ...], subject: str, text: str) -> None:
        self.mails.append((to, subject, text))

    def events(self, name: str) -> list[dict[str, Any]]:
        return [payload for _, event, payload in self.heard if event == name]


@dataclass
class World:
    """One node: its ports and what can be seen of them."""

    ports: Ports
    clock: FixedClock
    hasher: CountingHasher
    ears: Ears

    def __getattr__(self, name: str) -> Any:
        """What its ports have, without the word in between."""
        return getattr(self.ports, name)

    @property
    def content(self) -> Content:
        return self.ports.in_force.content

    def puzzle(self, key: str) -> Puzzle:
        found = self.content.puzzle(key)
        assert found is not None
        return found

    def settle(self, **changes: Any) -> None:
        """Put settings into force in this node."""
        settings = replace(self.ports.in_force.settings, **changes)
        self.ports.in_force.put_settings(self.ports.in_force.settings_revision + 1, settings)

    def add_team(self, name: str = "Owls", **columns: Any) -> int:
        """A team in the database; answers its id."""
        from app.database import teams

        row = {
            "name": name, "name_key": name.casefold(), "display_name": f"The {name}",
            "display_key": f"the {name}".casefold(), "division": "open", "created_at": self.clock.now(),
            "password_hash": None, "emails": [], "guess_times": [],
        } | columns  # fmt: skip
        with self.ports.database.writing() as connection:
            return teams.add(connection, **row)

    def row(self, team_id: int) -> Any:
        """The team's row as it is now."""
        with self.ports.database.reading() as connection:
            return connection.execute(Team.__table__.select().where(Team.id == team_id)).one()

    def count(self, table: str, where: str = "1 = 1") -> int:
        """How many rows of a table meet a condition."""
        with self.ports.database.reading() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())

    def change(self, statement: str) -> None:
        """Change the database behind the program's back, as an older release does."""
        with self.ports.database.writing() as connection:
            connection.execute(text(statement))

    def all(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query written as SQL."""
        with self.ports.database.reading() as connection:
            return [tuple(row) for row in connection.execute(text(query)).all()]


def small_content(version: int = 1, **changes: Any) -> Content:
    """Two levels, four puzzles: ``one`` (answer OWL, near answer CROW), ``two`` (FOX), the meta ``boss`` (BEAR) and
    ``deep`` (EEL) in a second level that opens with the meta.
    """
    crow, bear = (NearAnswer(hashed("crow"), "<p>A bird, yes.</p>"),), (hashed("bear"),)
    puzzles = (
        Puzzle("recOne", "one", "One", "recL1", 1, value=40, answers=(hashed("owl"),), close=crow),
        Puzzle("recTwo", "two", "Two", "recL1", 2, value=60, answers=(hashed("fox"), hashed("vixen"))),
        Puzzle("recBoss", "boss", "Boss", "recL1", 3, value=100, is_meta=True, prereq=("recOne",), answers=bear),
        Puzzle("recDeep", "deep", "Deep", "recL2", 1, value=30, answers=(hashed("eel"),)),
    )
    levels = (
        Level("recL1", "shallows", "Shallows", 1, metas=("recBoss",)),
        Level("recL2", "depths", "Depths", 2, prereq=("recBoss",)),
    )
    divisions = (Division("open", "Open", final_puzzle_id="recDeep"), Division("quiet", "Quiet", is_ranked=False))
    return Content(**({"version": version, "levels": levels, "puzzles": puzzles, "divisions": divisions} | changes))


@contextlib.contextmanager
def world(url: str, clock: FixedClock, content: Content | None = None, *, pool: int = 30) -> Iterator[World]:
    """A node on this database for the length of a ``with``."""
    url = url.replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(url, **engine_options(url, pool, 20, "infinity-tests"))
    database, hasher, ears = Database(engine), CountingHasher(), Ears()
    with database.writing() as connection:
        hunt_state.ensure_row(connection)
    in_force = InForce(content or small_content())
    in_force.put_settings(0, HuntSettings())
    ports = Ports(
        clock=clock, database=database, in_force=in_force, hasher=hasher, broadcaster=ears, postman=ears,
        later=lambda act: act(), verdicts=VerdictCache(SECRET), secret=SECRET,
        encryption=Encryption([SECRET]),
    )  # fmt: skip
    try:
        yield World(ports, clock, hasher, ears)
    finally:
        engine.dispose()


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Run all of them at the same moment, each in a thread of its own; answers results and exceptions in order."""
    results: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int) -> None:
        start.wait()
        try:
            results[place] = acts[place]()
        except Exception as problem:  # noqa: BLE001 - what was raised is what the test looks at
            results[place] = problem

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def later_than(moment: datetime, seconds: float) -> datetime:
    """So many seconds after a moment."""
    from datetime import timedelta

    return moment + timedelta(seconds=seconds)
