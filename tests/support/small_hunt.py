"""A small hunt as a value, and teams that play it straight in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from app.core.model import Content, Division, Level, Puzzle
from app.database import hunt_state, ledger
from app.database.schema import Solve, Team
from app.ports import Ports
from tests.support.clock import NOON, FixedClock
from tests.support.world import world

LEVEL = Level("recLevel", "quay", "The Quay")
FIRST = Puzzle("recFirst", "first", "First", LEVEL.id, 1, value=10)
SECOND = Puzzle("recSecond", "second", "Second", LEVEL.id, 2, value=20)
META = Puzzle("recMeta", "meta", "Meta", LEVEL.id, 3, value=50, is_meta=True)
TEAMS = Division("teams", "Teams", final_puzzle_id=META.id, order=1)
SOLO = Division("solo", "Solo", is_ranked=False, order=2)
HIDDEN = Division("hidden", "Guests", is_public=False, order=3)
CONTENT = Content(1, (LEVEL,), (FIRST, SECOND, META), (TEAMS, SOLO, HIDDEN))


@contextmanager
def ports_on(url: str, clock: FixedClock) -> Iterator[Ports]:
    """A node on this database for the length of a ``with``, playing this hunt; two of them are two nodes."""
    with world(url, clock, CONTENT, pool=5) as node:
        yield node.ports


def stock(ports: Ports, content: Content = CONTENT) -> None:
    """Put the content into force, in this process and in the database's pointer."""
    with ports.database.writing() as connection:
        hunt_state.ensure_row(connection)
        hunt_state.point_to_version(connection, content.version)
    ports.in_force.put(content)


def add_team(ports: Ports, name: str, division: str = "teams", **columns: Any) -> int:
    """A team; answers its id."""
    row = {"name": name, "name_key": name, "display_name": name, "display_key": name.casefold(), "division": division}
    row |= {"created_at": NOON, "emails": [], "guess_times": [], "affiliation": f"{name}'s town"} | columns
    with ports.database.writing() as connection:
        return int(connection.execute(insert(Team).values(**row).returning(Team.id)).scalar_one())


def solve(
    ports: Ports, team: int, puzzle: Puzzle, at: datetime, points: int | None = None, *, is_late: bool = False
) -> None:
    """Let the team solve a puzzle, with its points in the ledger."""
    worth = puzzle.value if points is None else points
    with ports.database.writing() as connection:
        row = {"team_id": team, "puzzle_id": puzzle.id, "solved_at": at, "points": worth, "is_late": is_late}
        connection.execute(insert(Solve).values(**row))
        ledger.book(connection, team, "points", worth, "solve", at, puzzle.id)


def change_team(ports: Ports, team: int, **columns: Any) -> None:
    """Change a team's row."""
    with ports.database.writing() as connection:
        connection.execute(update(Team).where(Team.id == team).values(**columns))


def names(rows: Iterable[Any]) -> list[str]:
    """The display names of a board's rows, in order."""
    return [row.display_name for row in rows]
