"""The ledger of points, XP and credits, and the totals.

In the transaction of the change, under the team's row lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, insert, select, update

from app.database.engine import Database, later
from app.database.schema import LedgerEntry, Moment, Team

_BOOK = insert(LedgerEntry)
TOTALS = {"points": Team.score, "xp": Team.xp, "credits": Team.hint_credits}


@dataclass(frozen=True, slots=True)
class Difference:
    team_id: int
    name: str
    kind: str
    total: int
    ledger: int


def book(
    connection: Connection, team_id: int, kind: str, amount: int, reason: str, at: datetime,
    puzzle_id: str | None = None, actor: str = "", once_key: str | None = None,
) -> None:  # fmt: skip
    """Add a row of ``kind`` (points, xp, credits) and move the total. 0 is booked for points only."""
    if amount == 0 and kind != "points":
        return
    row = {"team_id": team_id, "kind": kind, "amount": amount, "reason": reason[:200], "at": at}
    later(connection, _BOOK, row | {"puzzle_id": puzzle_id, "actor": actor, "once_key": once_key})
    column = TOTALS[kind]
    changes: dict[str, object] = {column.key: column + amount}
    if kind == "points" and amount:
        # A solve granted as of an earlier moment does not move the time back.
        is_earlier = (Team.last_points_at > at) & Team.last_points_at.is_not(None)
        changes[Team.last_points_at.key] = case((is_earlier, Team.last_points_at), else_=bindparam(None, at, Moment()))
    later(connection, update(Team).where(Team.id == team_id).values(changes))


def compare(database: Database) -> list[Difference]:
    sums = [
        func.coalesce(func.sum(case((LedgerEntry.kind == kind, LedgerEntry.amount), else_=0)), 0) for kind in TOTALS
    ]
    query = select(Team.id, Team.name, *TOTALS.values(), *sums).outerjoin(LedgerEntry, LedgerEntry.team_id == Team.id)
    with database.reading() as connection:
        rows = connection.execute(query.group_by(Team.id).order_by(Team.id)).all()
    return [
        Difference(row[0], row[1], kind, int(row[2 + place]), int(row[5 + place]))
        for row in rows
        for place, kind in enumerate(TOTALS)
        if row[2 + place] != int(row[5 + place])
    ]
