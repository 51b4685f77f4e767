"""Queries for proof of e-mail addresses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.database.schema import MailRefusal, Team, TeamAddress


def read_proved(connection: Connection, team_id: int) -> tuple[str, ...]:
    emails = connection.execute(select(Team.emails).where(Team.id == team_id)).scalar_one_or_none()
    query = select(TeamAddress.address).where(TeamAddress.team_id == team_id, TeamAddress.proved_at.is_not(None))
    proved = set(connection.execute(query).scalars())
    return tuple(one for one in emails or () if one in proved)


def teams_that_proved(connection: Connection, addresses: Sequence[str]) -> set[int]:
    proved = (TeamAddress.address.in_(addresses), TeamAddress.proved_at.is_not(None))
    return set(connection.execute(select(TeamAddress.team_id).where(*proved)).scalars())


def read_asked(connection: Connection, team_id: int) -> set[str]:
    return set(connection.execute(select(TeamAddress.address).where(TeamAddress.team_id == team_id)).scalars())


def note_asked(connection: Connection, team_id: int, address: str, now: datetime) -> None:
    _put(connection, team_id, address, asked_at=now)


def note_proved(connection: Connection, team_id: int, addresses: Sequence[str], now: datetime) -> None:
    """Note the proof; it also ends an earlier unsubscription."""
    for address in addresses:
        _put(connection, team_id, address, proved_at=now)
        connection.execute(delete(MailRefusal).where(MailRefusal.address_key == func.lower(address)))


def read_refused(connection: Connection, addresses: Sequence[str]) -> set[str]:
    """Those that are unsubscribed or bounced."""
    keys = {connection.execute(select(func.lower(one))).scalar_one(): one for one in addresses}
    query = select(MailRefusal.address_key).where(MailRefusal.address_key.in_(keys))
    return {keys[key] for key in connection.execute(query).scalars()}


def _put(connection: Connection, team_id: int, address: str, **columns: Any) -> None:
    make: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = make(TeamAddress).values(team_id=team_id, address=address, **columns)
    keys = [TeamAddress.team_id, TeamAddress.address]
    connection.execute(row.on_conflict_do_update(index_elements=keys, set_=columns))
