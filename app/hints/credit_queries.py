"""Queries for hint credits of many teams.

Team rows are locked in the order of ids, against deadlocks. A grant's key is unique in the ledger and looked for
under the locks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Select, case, func, insert, select, update

from app.core.team import TeamState
from app.database.engine import Database
from app.database.schema import LedgerEntry, Team
from app.guesses.queries import read_locked

Value = TypeVar("Value", int, str)

# SQLite takes a limited number of values in one statement.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Grant:
    """``once_key``: None if it may be repeated."""

    team_id: int
    amount: int
    reason: str
    once_key: str | None


def lock_teams(connection: Connection, audience: str) -> list[TeamState]:
    """Lock the teams of ``all`` (competing), ``division:CODE`` or ``team:ID``."""
    return read_locked(connection, _concerns(audience))


def _concerns(audience: str) -> ColumnElement[bool]:
    kind, _, which = audience.partition(":")
    if kind == "team":
        return Team.id == int(which)
    competing = Team.role == "team"
    return competing & (Team.division == which) if kind == "division" else competing


def count_concerned(database: Database, audience: str) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count(Team.id)).where(_concerns(audience))).scalar_one())


def lacks_any(database: Database, reason: str, due: int) -> bool:
    given = _given(reason).subquery()
    query = select(Team.id).outerjoin(given, given.c.team_id == Team.id)
    lacking = query.where(Team.role == "team", func.coalesce(given.c.given, 0) < due)
    with database.reading() as connection:
        return connection.execute(lacking.limit(1)).first() is not None


def count_lacking(database: Database, reason: str, due: int) -> tuple[int, int, int]:
    """Competing teams, missing grants in total, and the most that one team misses."""
    given = _given(reason).subquery()
    had = func.coalesce(given.c.given, 0)
    lacking = case((had < due, due - had), else_=0)
    query = select(func.count(Team.id), func.coalesce(func.sum(lacking), 0), func.coalesce(func.max(lacking), 0))
    query = query.select_from(Team).outerjoin(given, given.c.team_id == Team.id).where(Team.role == "team")
    with database.reading() as connection:
        row = connection.execute(query).one()
    return int(row[0]), int(row[1]), int(row[2])


def count_given(connection: Connection, reason: str) -> dict[int, int]:
    return {row[0]: int(row[1]) for row in connection.execute(_given(reason)).all()}


def _given(reason: str) -> Select[int, int]:
    count = func.count().label("given")
    mine = (LedgerEntry.kind == "credits", LedgerEntry.reason == reason)
    return select(LedgerEntry.team_id, count).where(*mine).group_by(LedgerEntry.team_id)


def book(connection: Connection, grants: Sequence[Grant], at: datetime, actor: str) -> dict[int, int]:
    old = _keys_there(connection, [one.once_key for one in grants if one.once_key])
    new = [one for one in grants if one.once_key not in old]
    if new:
        common = {"kind": "credits", "at": at, "actor": actor}
        columns = ({"team_id": one.team_id, "amount": one.amount, "once_key": one.once_key} for one in new)
        rows = [{**common, **row, "reason": one.reason[:200]} for row, one in zip(columns, new, strict=True)]
        connection.execute(insert(LedgerEntry), rows)
    sums = Counter[int]()
    for one in new:
        sums[one.team_id] += one.amount
    _move_totals(connection, sums)
    return dict(sums)


def _keys_there(connection: Connection, keys: Sequence[str]) -> set[str | None]:
    found: set[str | None] = set()
    for chunk in _chunks(keys):
        found.update(connection.execute(select(LedgerEntry.once_key).where(LedgerEntry.once_key.in_(chunk))).scalars())
    return found


def _move_totals(connection: Connection, sums: Counter[int]) -> None:
    by_amount: dict[int, list[int]] = defaultdict(list)
    for team_id, amount in sums.items():
        by_amount[amount].append(team_id)
    for amount, teams in by_amount.items():
        for chunk in _chunks(teams):
            changed = update(Team).where(Team.id.in_(chunk))
            connection.execute(changed.values(hint_credits=Team.hint_credits + amount))


def _chunks(values: Sequence[Value]) -> Iterable[list[Value]]:
    return (list(values[start : start + CHUNK]) for start in range(0, len(values), CHUNK))
