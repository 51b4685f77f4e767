"""Queries for second factors and their recovery codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from app.database.engine import Database
from app.database.schema import RecoveryCode, SecondFactor


@dataclass(frozen=True, slots=True)
class FactorRow:
    team_id: int
    encrypted: str
    last_step: int
    confirmed_at: datetime | None


_COLUMNS = (SecondFactor.team_id, SecondFactor.encrypted, SecondFactor.last_step, SecondFactor.confirmed_at)


def find(database: Database, team_id: int) -> FactorRow | None:
    """Confirmed or not."""
    with database.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(SecondFactor.team_id == team_id)).one_or_none()
    return FactorRow(*row) if row else None


def begin(connection: Connection, team_id: int, encrypted: str, now: datetime) -> bool:
    """Store an unconfirmed one, replacing another; False if one is confirmed.

    The account's row is locked.
    """
    connection.execute(delete(SecondFactor).where(SecondFactor.team_id == team_id, SecondFactor.confirmed_at.is_(None)))
    if connection.execute(select(SecondFactor.team_id).where(SecondFactor.team_id == team_id)).first():
        return False
    connection.execute(insert(SecondFactor).values(team_id=team_id, last_step=0, encrypted=encrypted, made_at=now))
    return True


def confirm(connection: Connection, found: FactorRow, step: int, now: datetime) -> bool:
    """False if it changed, or is active."""
    same = (
        SecondFactor.team_id == found.team_id,
        SecondFactor.encrypted == found.encrypted,
        SecondFactor.confirmed_at.is_(None),
    )
    changed = update(SecondFactor).where(*same).values(confirmed_at=now, last_step=step)
    return bool(connection.execute(changed).rowcount)


def use_step(connection: Connection, found: FactorRow, step: int, encrypted: str) -> bool:
    """Use up this and older codes; False if used on any node.

    ``encrypted``: the secret under the present key.
    """
    newer = (
        SecondFactor.team_id == found.team_id,
        SecondFactor.encrypted == found.encrypted,
        SecondFactor.confirmed_at.is_not(None),
        SecondFactor.last_step < step,
    )
    used = update(SecondFactor).where(*newer).values(last_step=step, encrypted=encrypted)
    return bool(connection.execute(used).rowcount)


def add_recovery(connection: Connection, team_id: int, digests: Iterable[str]) -> None:
    connection.execute(insert(RecoveryCode), [{"team_id": team_id, "digest": digest} for digest in digests])


def use_recovery(connection: Connection, team_id: int, digest: str, now: datetime) -> bool:
    unused = (RecoveryCode.team_id == team_id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None))
    return bool(connection.execute(update(RecoveryCode).where(*unused).values(used_at=now)).rowcount)


def count_recovery(database: Database, team_id: int) -> int:
    unused = (RecoveryCode.team_id == team_id, RecoveryCode.used_at.is_(None))
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(RecoveryCode).where(*unused)).scalar_one())


def remove(connection: Connection, team_id: int) -> bool:
    connection.execute(delete(RecoveryCode).where(RecoveryCode.team_id == team_id))
    return bool(connection.execute(delete(SecondFactor).where(SecondFactor.team_id == team_id)).rowcount)
