"""Queries for taken hints."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from app.database.schema import HintTaken


def taken(connection: Connection, team_id: int, puzzle_id: str) -> dict[str, str]:
    query = select(HintTaken.hint_id, HintTaken.paid).where(
        HintTaken.team_id == team_id, HintTaken.puzzle_id == puzzle_id
    )
    return {row[0]: row[1] for row in connection.execute(query).all()}


def add(
    connection: Connection, team_id: int, puzzle_id: str, hint_id: str, taken_at: datetime, paid: str, price: int
) -> None:
    row = {"team_id": team_id, "puzzle_id": puzzle_id, "hint_id": hint_id, "taken_at": taken_at}
    connection.execute(insert(HintTaken).values(**row, paid=paid, price=price))


def last_paid(connection: Connection, team_id: int, puzzle_id: str) -> tuple[str, int] | None:
    """The latest credit-paid hint that is not refunded, with its price."""
    mine = (HintTaken.team_id == team_id, HintTaken.puzzle_id == puzzle_id, HintTaken.paid == "credit")
    query = (
        select(HintTaken.hint_id, HintTaken.price).where(*mine).order_by(HintTaken.taken_at.desc(), HintTaken.hint_id)
    )
    row = connection.execute(query.limit(1)).one_or_none()
    return (row[0], row[1]) if row else None


def mark_refunded(connection: Connection, team_id: int, puzzle_id: str, hint_id: str) -> None:
    """Mark as refunded; the team keeps the hint."""
    mine = (HintTaken.team_id == team_id, HintTaken.puzzle_id == puzzle_id, HintTaken.hint_id == hint_id)
    connection.execute(update(HintTaken).where(*mine).values(paid="refunded"))
