"""Queries and updates for accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from app.core import roles
from app.core.names import display_key, name_key, tidy
from app.database.engine import Database
from app.database.schema import SecondFactor, Team, TeamToken

# The division of an account that was made for an organiser: no board has it.
STAFF = "staff"


class NameTaken(Exception):
    """``fields``: name, display_name."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = tuple(fields)


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    display_name: str
    emails: tuple[str, ...]
    language: str
    password_hash: str | None
    role: str
    roles: frozenset[str]
    is_banned: bool
    epoch: int
    has_second_factor: bool


_HAS_FACTOR = (
    exists()
    .where(SecondFactor.team_id == Team.id, SecondFactor.confirmed_at.is_not(None))
    .correlate(Team)
    .label("has_second_factor")
)
_ACCOUNT = (
    Team.id,
    Team.name,
    Team.display_name,
    Team.emails,
    Team.language,
    Team.password_hash,
    Team.role,
    Team.roles,
    Team.is_banned,
    Team.epoch,
    _HAS_FACTOR,
)


def find_by_name(database: Database, key: str) -> Account | None:
    return _find(database, Team.name_key == key)


def find_by_id(database: Database, team_id: int) -> Account | None:
    return _find(database, Team.id == team_id)


def find_by_email(database: Database, address: str) -> list[Account]:
    """Scans all accounts: for forgotten passwords only."""
    with database.reading() as connection:
        rows = connection.execute(select(*_ACCOUNT)).all()
    wanted = address.casefold()
    return [_account(row) for row in rows if wanted in {str(found).casefold() for found in row.emails or ()}]


def _find(database: Database, condition: ColumnElement[bool]) -> Account | None:
    with database.reading() as connection:
        row = connection.execute(select(*_ACCOUNT).where(condition)).one_or_none()
    return _account(row) if row else None


def _account(row: Any) -> Account:
    columns = row._asdict()
    columns |= {"emails": tuple(row.emails or ()), "roles": roles.HELD[row.role, row.roles]}
    return Account(**columns)


def add(connection: Connection, **columns: Any) -> int:
    """Raises :class:`NameTaken`, also in a race."""
    refuse_taken(connection, columns["name_key"], columns["display_key"])
    try:
        return int(connection.execute(insert(Team).values(**columns).returning(Team.id)).scalar_one())
    except IntegrityError as lost_race:
        raise NameTaken(_fields_of(lost_race)) from None


def taken_names(connection: Connection, name: str | None, display: str | None, besides: int = 0) -> list[str]:
    """Fields whose keys another team than ``besides`` has."""
    same = (Team.name_key == name) | (Team.display_key == display)
    rows = connection.execute(select(Team.name_key, Team.display_key).where(same & (Team.id != besides))).all()
    names, displays = {row[0] for row in rows}, {row[1] for row in rows}
    return [*(["name"] if name in names else []), *(["display_name"] if display in displays else [])]


def refuse_taken(connection: Connection, name: str | None, display: str | None, besides: int = 0) -> None:
    """Raises :class:`NameTaken` with all taken fields."""
    taken = taken_names(connection, name, display, besides)
    if taken:
        raise NameTaken(taken)


def _fields_of(lost_race: IntegrityError) -> list[str]:
    return ["display_name"] if "display_key" in str(lost_race.orig) else ["name"]


def change(connection: Connection, team_id: int, **columns: Any) -> None:
    """Raises :class:`NameTaken`."""
    try:
        connection.execute(update(Team).where(Team.id == team_id).values(**columns))
    except IntegrityError as lost_race:
        raise NameTaken(_fields_of(lost_race)) from None


def upgrade_hash(connection: Connection, team_id: int, old_hash: str, new_hash: str) -> None:
    """Unless the password changed meanwhile."""
    same = (Team.id == team_id) & (Team.password_hash == old_hash)
    connection.execute(update(Team).where(same).values(password_hash=new_hash))


def set_password(connection: Connection, team_id: int, new_hash: str, old_hash: str | None = None) -> int | None:
    """End sessions and tokens; returns the new epoch.

    With ``old_hash``: None unless it is still stored.
    """
    same = Team.id == team_id if old_hash is None else (Team.id == team_id) & (Team.password_hash == old_hash)
    changed = update(Team).where(same).values(password_hash=new_hash, epoch=Team.epoch + 1).returning(Team.epoch)
    epoch = connection.execute(changed).scalar_one_or_none()
    if epoch is not None:
        _end_token(connection, team_id)
    return epoch


def end_sessions(connection: Connection, team_id: int) -> int:
    """End sessions and tokens; returns the new epoch."""
    raised = update(Team).where(Team.id == team_id).values(epoch=Team.epoch + 1).returning(Team.epoch)
    epoch = int(connection.execute(raised).scalar_one())
    _end_token(connection, team_id)
    return epoch


def _end_token(connection: Connection, team_id: int) -> None:
    connection.execute(delete(TeamToken).where(TeamToken.team_id == team_id))


def lock_account(connection: Connection, team_id: int) -> Account | None:
    """Locked until commit."""
    row = connection.execute(select(*_ACCOUNT).where(Team.id == team_id).with_for_update()).one_or_none()
    return _account(row) if row else None


def count_admins(connection: Connection) -> int:
    """Locks their rows until commit."""
    admins = select(Team.id).where(Team.role == "admin", Team.is_banned.is_(False)).order_by(Team.id).with_for_update()
    return len(connection.execute(admins).all())


def make_admin(connection: Connection, name: str, hashed: str | None, now: datetime, division: str = STAFF) -> int:
    """Create or promote; returns the id.

    A given password is stored and ends sessions.
    """
    named = select(Team.id, Team.role, Team.roles).where(Team.name_key == name_key(name))
    row = connection.execute(named.with_for_update()).one_or_none()
    if row is None:
        return _add_admin(connection, name, hashed, now, division)
    kept = roles.HELD[row.role, row.roles]
    change(connection, row.id, **roles.columns_of(kept | {"admin"}), is_banned=False)
    if hashed is not None:
        set_password(connection, row.id, hashed)
    return int(row.id)


def _add_admin(connection: Connection, name: str, hashed: str | None, now: datetime, division: str) -> int:
    shown = tidy(name)
    if taken_names(connection, None, display_key(shown)):
        shown = f"{shown} ({STAFF})"  # a team may well call itself “admin” on the boards
    named = {"name": tidy(name), "name_key": name_key(name), "display_name": shown, "display_key": display_key(shown)}
    is_admin = roles.columns_of({"admin"})
    return add(connection, **named, **is_admin, password_hash=hashed, division=division, created_at=now)


def has_admin(database: Database) -> bool:
    with database.reading() as connection:
        return bool(connection.execute(select(func.count()).where(Team.role == "admin")).scalar())


def lock_bootstrap(connection: Connection) -> None:
    """Serialise creation of the first admin."""
    lock(connection, 7_101)


def lock(connection: Connection, key: int) -> None:
    """An advisory lock until commit; on SQLite the transaction suffices."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:space, :key)"), {"space": 4_217, "key": key})


def count_teams(database: Database) -> int:
    """Without staff and banned ones."""
    with database.reading() as connection:
        query = select(func.count()).where(Team.role == "team", Team.is_banned.is_(False))
        return connection.execute(query).scalar_one()
