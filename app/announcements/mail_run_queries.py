"""Queries for announcements by mail: one row an address.

``waiting`` → ``sending`` (claimed, with a lease) → ``handed`` (text being sent) → ``sent``, ``refused``, ``skipped``
(unsubscribed, banned, not concerned) or ``unclear`` (reply lost; not repeated). Claimed under the runs' locks, so the
rate holds among all processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)  # fmt: skip
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import JSON

from app.database.announcements import CHOSEN
from app.database.engine import Database
from app.database.schema import Announcement, MailRecipient, MailRefusal, MailRun, Moment, Team, TeamAddress

WAITING, SENDING, HANDED = "waiting", "sending", "handed"
SENT, REFUSED, SKIPPED, UNCLEAR = "sent", "refused", "skipped", "unclear"
UNSUBSCRIBED, BOUNCED = "unsubscribed", "bounced"
MINUTE = timedelta(seconds=60)
TEAMS_IN_ONE_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class OpenRun:
    id: int
    announcement_id: int
    audience: str
    puzzle_id: str | None
    is_filled: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """``attempts`` includes this one and identifies the claim."""

    id: int
    run_id: int
    announcement_id: int
    team_id: int
    language: str
    address: str
    attempts: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class RunProgress:
    run_id: int
    made_at: datetime
    is_filled: bool
    finished_at: datetime | None
    stopped_at: datetime | None
    sent: int
    waiting: int
    refused: int
    skipped: int
    unclear: int


# --- whom it reaches -------------------------------------------------------------------------------------------------


def _reached(connection: Connection, audience: str, team_ids: Sequence[int] | None) -> tuple[ColumnElement[bool], ...]:
    """Conditions: proved, in use, not unsubscribed, of competing teams."""
    kind, _, which = audience.partition(":")
    found = [
        Team.role == "team", Team.is_banned.is_(False), TeamAddress.proved_at.is_not(None), _is_in_use(connection),
        ~exists().where(MailRefusal.address_key == func.lower(TeamAddress.address)),
    ]  # fmt: skip
    if kind == "division":
        found.append(Team.division == which)
    elif kind == "team":
        found.append(Team.id == int(which))
    elif kind in ("puzzle", CHOSEN):
        found.append(Team.id.in_(team_ids or ()))
    return tuple(found)


def _is_in_use(connection: Connection) -> ColumnElement[bool]:
    if connection.dialect.name == "postgresql":
        emails = case((func.json_typeof(Team.emails) == "array", Team.emails), else_=cast(literal("[]"), JSON))
        one: Any = func.json_array_elements_text(emails).table_valued("value")
    else:
        one = func.json_each(Team.emails).table_valued("value")
    return exists(select(literal(1)).select_from(one).where(one.c.value == TeamAddress.address))


def _batches(team_ids: Sequence[int] | None) -> list[Sequence[int] | None]:
    if team_ids is None:
        return [None]
    return [team_ids[at : at + TEAMS_IN_ONE_STATEMENT] for at in range(0, len(team_ids), TEAMS_IN_ONE_STATEMENT)]


def _addresses(connection: Connection, audience: str, team_ids: Sequence[int] | None) -> Select[Any]:
    key = func.lower(TeamAddress.address)
    return (
        select(func.min(TeamAddress.team_id), func.min(TeamAddress.address), key)
        .join(Team, Team.id == TeamAddress.team_id)
        .where(*_reached(connection, audience, team_ids))
        .group_by(key)
    )


def count_addresses(database: Database, audience: str, team_ids: Sequence[int] | None) -> int:
    """``team_ids``: for audiences that no condition describes."""
    keys: set[str] = set()
    with database.reading() as connection:
        for some in _batches(team_ids):
            keys |= {row[2] for row in connection.execute(_addresses(connection, audience, some)).all()}
    return len(keys)


def fill(connection: Connection, run: OpenRun, team_ids: Sequence[int] | None, now: datetime) -> None:
    mine = (MailRun.id == run.id, MailRun.filled_at.is_(None))
    if connection.execute(update(MailRun).where(*mine).values(filled_at=now)).rowcount != 1:
        return
    make: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    columns = ["run_id", "team_id", "address", "address_key", "due_at"]
    for some in _batches(team_ids):
        found = _addresses(connection, run.audience, some).subquery()
        rows = select(literal(run.id), *found.c, literal(now, Moment())).where(literal(True))
        connection.execute(make(MailRecipient).from_select(columns, rows).on_conflict_do_nothing())


# --- runs ------------------------------------------------------------------------------------------------------------


def add_run(connection: Connection, announcement_id: int, now: datetime) -> None:
    """The caller has checked that there is none."""
    connection.execute(insert(MailRun).values(announcement_id=announcement_id, made_at=now))


def lock_announcement(connection: Connection, announcement_id: int) -> bool | None:
    """Whether it is mailed already; None if unpublished."""
    query = select(Announcement.published_at).where(Announcement.id == announcement_id).with_for_update()
    if connection.execute(query).scalar_one_or_none() is None:
        return None
    mine = exists().where(MailRun.announcement_id == announcement_id)
    return bool(connection.execute(select(mine)).scalar())


def read_open(database: Database) -> list[OpenRun]:
    """Oldest first."""
    with database.reading() as connection:
        return [OpenRun(*row) for row in connection.execute(_open()).all()]


def _open() -> Select[Any]:
    columns: tuple[Any, ...] = (MailRun.id, MailRun.announcement_id, Announcement.audience, Announcement.puzzle_id,
               MailRun.filled_at.is_not(None))  # fmt: skip
    query = select(*columns).join(Announcement, Announcement.id == MailRun.announcement_id)
    return query.where(MailRun.finished_at.is_(None)).order_by(MailRun.id)


def stop(connection: Connection, announcement_id: int, now: datetime) -> bool:
    """False if nothing was left; handed-over mails are out."""
    mine = (MailRun.announcement_id == announcement_id, MailRun.finished_at.is_(None))
    values = {"stopped_at": now, "finished_at": now}
    return connection.execute(update(MailRun).where(*mine).values(**values)).rowcount == 1


def finish_done(connection: Connection, now: datetime) -> None:
    """Close finished runs; handed-over mails of dead processes become unclear."""
    lost = (MailRecipient.state == HANDED, MailRecipient.due_at <= now)
    connection.execute(update(MailRecipient).where(*lost).values(state=UNCLEAR, problem="no answer to the whole mail"))
    open_rows = exists().where(
        MailRecipient.run_id == MailRun.id, MailRecipient.state.in_((WAITING, SENDING, HANDED))
    )  # fmt: skip
    done = (MailRun.finished_at.is_(None), MailRun.filled_at.is_not(None), ~open_rows)
    connection.execute(update(MailRun).where(*done).values(finished_at=now))


def read_progress(database: Database, announcement_id: int) -> RunProgress | None:
    columns = (MailRun.id, MailRun.made_at, MailRun.filled_at.is_not(None), MailRun.finished_at, MailRun.stopped_at)
    counts = select(MailRecipient.state, func.count()).group_by(MailRecipient.state)
    with database.reading() as connection:
        run = connection.execute(select(*columns).where(MailRun.announcement_id == announcement_id)).one_or_none()
        if run is None:
            return None
        rows = connection.execute(counts.where(MailRecipient.run_id == run[0])).all()
    found = Counter({row[0]: row[1] for row in rows})
    waiting = found[WAITING] + found[SENDING] + found[HANDED]
    return RunProgress(*run, found[SENT], waiting, found[REFUSED], found[SKIPPED], found[UNCLEAR])


# --- addresses -------------------------------------------------------------------------------------------------------


def claim(
    connection: Connection, now: datetime, until: datetime, rate: int, limit: int
) -> list[Claimed]:  # fmt: skip
    """As far as ``rate`` mails in any minute allow, with a lease."""
    runs = connection.execute(
        select(MailRun.id).where(MailRun.finished_at.is_(None)).order_by(MailRun.id).with_for_update()
    )  # fmt: skip
    ids = runs.scalars().all()
    if not ids:
        return []
    of_runs = MailRecipient.run_id.in_(ids)
    tried = select(func.count()).select_from(MailRecipient).where(MailRecipient.tried_at > now - MINUTE)
    room = min(limit, rate - int(connection.execute(tried).scalar_one()))
    if room <= 0:
        return []
    due = (of_runs, MailRecipient.state.in_((WAITING, SENDING)), MailRecipient.due_at <= now)
    chosen = select(MailRecipient.id).where(*due).order_by(MailRecipient.due_at, MailRecipient.id).limit(room)
    return _take(connection, connection.execute(chosen).scalars().all(), now, until)


def _take(connection: Connection, ids: Sequence[int], now: datetime, until: datetime) -> list[Claimed]:
    if not ids:
        return []
    values = {"state": SENDING, "due_at": until, "tried_at": now, "attempts": MailRecipient.attempts + 1}
    connection.execute(update(MailRecipient).where(MailRecipient.id.in_(ids)).values(**values))
    columns = (MailRecipient.id, MailRecipient.run_id, MailRun.announcement_id, MailRecipient.team_id, Team.language,
               MailRecipient.address, MailRecipient.attempts, MailRun.made_at)  # fmt: skip
    query = select(*columns).join(MailRun, MailRun.id == MailRecipient.run_id)
    query = query.join(Team, Team.id == MailRecipient.team_id).where(MailRecipient.id.in_(ids))
    return [Claimed(*row) for row in connection.execute(query.order_by(MailRecipient.id)).all()]


def teams_wanting(connection: Connection, address: str) -> list[int]:
    mine = (func.lower(TeamAddress.address) == func.lower(address), *_reached(connection, "all", None))
    query = select(TeamAddress.team_id).join(Team, Team.id == TeamAddress.team_id).where(*mine)
    return list(connection.execute(query).scalars())


def move(
    connection: Connection, one: Claimed, state: str, *, of: Sequence[str] = (SENDING,), **columns: Any
) -> bool:  # fmt: skip
    """Change the state; False if the claim is lost or the run stopped."""
    mine = and_(MailRecipient.id == one.id, MailRecipient.attempts == one.attempts, MailRecipient.state.in_(of))
    if state == HANDED:
        mine = and_(mine, exists().where(MailRun.id == one.run_id, MailRun.finished_at.is_(None)))
    moved = update(MailRecipient).where(mine).values(state=state, **columns)
    return connection.execute(moved).rowcount == 1


# --- addresses that want nothing -------------------------------------------------------------------------------------


def refuse(connection: Connection, address: str, reason: str, now: datetime) -> None:
    make: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = connection.execute(select(func.lower(address))).scalar_one()
    row = make(MailRefusal).values(address_key=key, reason=reason, at=now)
    connection.execute(row.on_conflict_do_nothing())
