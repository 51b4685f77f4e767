"""Hints that teams have taken. Called by the hint services with the team's row locked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from app.store.models import HintTaken


def taken(connection: Connection, team_id: int, puzzle_id: str) -> dict[str, str]:
    """The hints of this puzzle that the team has, and what each was paid with."""
    query = select(HintTaken.hint_id, HintTaken.paid).where(
        HintTaken.team_id == team_id, HintTaken.puzzle_id == puzzle_id
    )
    return {row[0]: row[1] for row in connection.execute(query).all()}


def add(
    connection: Connection, team_id: int, puzzle_id: str, hint_id: str, taken_at: datetime, paid: str, price: int
) -> None:
    """Give the team a hint."""
    row = {"team_id": team_id, "puzzle_id": puzzle_id, "hint_id": hint_id, "taken_at": taken_at}
    connection.execute(insert(HintTaken).values(**row, paid=paid, price=price))


def count_points_hints(connection: Connection, team_id: int, puzzle_id: str) -> int:
    """How many hints of this puzzle the team took for points: each costs ten when the puzzle is solved."""
    mine = (HintTaken.team_id == team_id, HintTaken.puzzle_id == puzzle_id, HintTaken.paid == "points")
    return connection.execute(select(func.count()).where(*mine)).scalar() or 0
