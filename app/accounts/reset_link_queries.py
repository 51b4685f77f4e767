"""Queries for reset links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from app.database.engine import Database
from app.database.schema import ResetLink


def add(connection: Connection, digest: str, team_id: int, made_at: datetime, expires_at: datetime) -> None:
    """Older links stay valid, so strangers cannot invalidate them."""
    connection.execute(insert(ResetLink).values(digest=digest, team_id=team_id, made_at=made_at, expires_at=expires_at))


def add_all(
    connection: Connection, links: Sequence[tuple[str, int]], made_at: datetime, expires_at: datetime
) -> None:  # fmt: skip
    """(digest, team id) pairs."""
    common = {"made_at": made_at, "expires_at": expires_at}
    connection.execute(insert(ResetLink), [{"digest": one, "team_id": team, **common} for one, team in links])


def team_of(database: Database, digest: str, now: datetime) -> int | None:
    """Unused and unexpired."""
    good = (ResetLink.digest == digest) & ResetLink.used_at.is_(None) & (ResetLink.expires_at > now)
    with database.reading() as connection:
        return connection.execute(select(ResetLink.team_id).where(good)).scalar_one_or_none()


def use(connection: Connection, digest: str, now: datetime) -> int | None:
    """None if used or expired. One of two concurrent uses wins."""
    good = (ResetLink.digest == digest) & ResetLink.used_at.is_(None) & (ResetLink.expires_at > now)
    used = update(ResetLink).where(good).values(used_at=now).returning(ResetLink.team_id)
    return connection.execute(used).scalar_one_or_none()


def forget_unused(connection: Connection, team_id: int) -> None:
    connection.execute(delete(ResetLink).where(ResetLink.team_id == team_id, ResetLink.used_at.is_(None)))


def sweep(connection: Connection, now: datetime) -> int:
    return connection.execute(delete(ResetLink).where(ResetLink.expires_at <= now)).rowcount
