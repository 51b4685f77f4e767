"""Queries for team webhooks.

A removed hook keeps its row, which has the time of the last change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from app.database.engine import Database
from app.database.schema import HintMessage, HintRequest, Team, TeamHook

# Row ids of a team's own rows that a look reads at most: more than a team can make.
MOST_ANSWERS = 5_000


@dataclass(frozen=True, slots=True)
class Hook:
    """``serial``: of the address; ``looks``: version of ``told``, which is empty at first."""

    team_id: int
    sealed: str
    host: str
    serial: int
    set_at: datetime
    looks: int
    told: dict[str, list[Any]]
    told_at: datetime | None
    failures: int
    problem: str
    off_at: datetime | None


COLUMNS = (
    TeamHook.team_id, TeamHook.sealed, TeamHook.host, TeamHook.serial, TeamHook.set_at, TeamHook.looks, TeamHook.told,
    TeamHook.told_at, TeamHook.failures, TeamHook.problem, TeamHook.off_at,
)  # fmt: skip
# In force: it has an address, has not been switched off, and its account is not banned.
_LIVE = (TeamHook.sealed != "", TeamHook.off_at.is_(None), Team.is_banned.is_(False))


def find(connection: Connection, team_id: int) -> Hook | None:
    """Active or not."""
    row = connection.execute(select(*COLUMNS).where(TeamHook.team_id == team_id)).one_or_none()
    return Hook(*row) if row else None


def find_live(database: Database, team_id: int) -> Hook | None:
    query = select(*COLUMNS).join(Team, Team.id == TeamHook.team_id).where(TeamHook.team_id == team_id, *_LIVE)
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    return Hook(*row) if row else None


def read_live(database: Database) -> list[Hook]:
    """Of teams that play."""
    query = select(*COLUMNS).join(Team, Team.id == TeamHook.team_id).where(*_LIVE, Team.role == "team")
    query = query.order_by(TeamHook.team_id)
    with database.reading() as connection:
        return [Hook(*row) for row in connection.execute(query).all()]


def has_any(database: Database) -> bool:
    with database.reading() as connection:
        return bool(connection.execute(select(exists().where(TeamHook.team_id > 0))).scalar())


def put(connection: Connection, team_id: int, sealed: str, host: str, now: datetime) -> int:
    """Store an address (empty: none) and reset its state; returns its serial. The team's row is locked."""
    old = find(connection, team_id)
    serial = old.serial + 1 if old else 1
    connection.execute(delete(TeamHook).where(TeamHook.team_id == team_id))
    row = {"team_id": team_id, "sealed": sealed, "host": host, "serial": serial, "set_at": now, "told": {}}
    connection.execute(insert(TeamHook).values(**row, looks=0, failures=0, problem=""))
    return serial


def note_told(connection: Connection, hook: Hook, told: dict[str, list[Any]], told_at: datetime | None) -> bool:
    """False if another process or a new address came first."""
    same = (TeamHook.team_id == hook.team_id, TeamHook.serial == hook.serial, TeamHook.looks == hook.looks)
    values = {"told": told, "told_at": told_at, "looks": hook.looks + 1}
    return connection.execute(update(TeamHook).where(*same).values(**values)).rowcount == 1


def note_delivered(connection: Connection, hook: Hook) -> None:
    same = (TeamHook.team_id == hook.team_id, TeamHook.serial == hook.serial)
    connection.execute(update(TeamHook).where(*same).values(failures=0, problem=""))


def note_failure(connection: Connection, hook: Hook, problem: str, now: datetime, most: int) -> bool:
    """The ``most``-th in a row deactivates it; returns whether this one did."""
    same = (TeamHook.team_id == hook.team_id, TeamHook.serial == hook.serial, TeamHook.off_at.is_(None))
    counted = update(TeamHook).where(*same).values(failures=TeamHook.failures + 1, problem=problem[:80])
    failures = connection.execute(counted.returning(TeamHook.failures)).scalar_one_or_none()
    if failures is None or failures < most:
        return False
    return connection.execute(update(TeamHook).where(*same).values(off_at=now)).rowcount == 1


def read_answers(database: Database, since: datetime) -> list[tuple[int, int, str]]:
    query = (
        select(HintMessage.id, HintRequest.team_id, HintRequest.puzzle_id)
        .join(HintRequest, HintRequest.id == HintMessage.request_id)
        .where(HintMessage.is_staff.is_(True), HintMessage.written_at >= since)
        .order_by(HintMessage.id.desc())
        .limit(MOST_ANSWERS)
    )
    with database.reading() as connection:
        return [(row[0], row[1], row[2]) for row in reversed(connection.execute(query).all())]
