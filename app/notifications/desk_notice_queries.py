"""Queries for notices of the hint desk: who wants them, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update

from app.core.roles import HELD
from app.database.engine import Database
from app.database.schema import DeskNotice, HintMessage, HintRequest, ProblemReport, Team, TeamHook
from app.notifications.team_webhook_queries import COLUMNS, Hook


@dataclass(frozen=True, slots=True)
class MailNotice:
    """``looks``: version of ``told``, the keys of what was mailed and still waits."""

    since: datetime
    told: tuple[str, ...]
    told_at: datetime | None
    looks: int


@dataclass(frozen=True, slots=True)
class DeskReader:
    id: int
    name: str
    display_name: str
    language: str
    roles: frozenset[str]
    own_notices: bool
    mail: MailNotice | None
    hook: Hook | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question or report that waits. ``key`` changes with a new question in the same thread."""

    key: str
    number: int
    puzzle_id: str
    team: str
    at: datetime
    is_claimed: bool
    is_report: bool = False


_MAIL = (DeskNotice.since, DeskNotice.told, DeskNotice.told_at, DeskNotice.looks)
_HAS_HOOK = and_(TeamHook.team_id == Team.id, TeamHook.sealed != "", TeamHook.off_at.is_(None))


def read_readers(database: Database) -> list[DeskReader]:
    person = (Team.id, Team.name, Team.display_name, Team.language, Team.role, Team.roles, Team.own_notices)
    query = (
        select(*person, *_MAIL, *COLUMNS)
        .outerjoin(DeskNotice, DeskNotice.team_id == Team.id)
        .outerjoin(TeamHook, _HAS_HOOK)
        .where(Team.role != "team", Team.is_banned.is_(False))
        .where(or_(DeskNotice.team_id.is_not(None), TeamHook.team_id.is_not(None)))
        .order_by(Team.id)
    )
    with database.reading() as connection:
        return [_reader(row) for row in connection.execute(query).all()]


def _reader(row: Any) -> DeskReader:
    roles, own_notices = HELD[row[4], row[5]], bool(row[6])
    mail = MailNotice(row[7], tuple(row[8] or ()), row[9], row[10]) if row[7] is not None else None
    hook = Hook(*row[11:]) if row[11] is not None else None
    return DeskReader(row[0], row[1], row[2], row[3], roles, own_notices, mail, hook)


def read_waiting(database: Database) -> list[Waiting]:
    """Longest waiting first, questions before reports."""
    last = (
        select(func.max(HintMessage.id))
        .where(HintMessage.request_id == HintRequest.id, HintMessage.is_staff.is_(False))
        .scalar_subquery()
    )
    questions = (
        select(last, HintRequest.id, HintRequest.puzzle_id, Team.display_name, HintRequest.asked_at, HintRequest.state)
        .join(Team, Team.id == HintRequest.team_id)
        .where(HintRequest.open_key.is_not(None))
        .order_by(HintRequest.asked_at, HintRequest.id)
    )
    reports = (
        select(ProblemReport.id, ProblemReport.puzzle_id, Team.display_name, ProblemReport.reported_at)
        .join(Team, Team.id == ProblemReport.team_id)
        .where(ProblemReport.open_key.is_not(None))
        .order_by(ProblemReport.reported_at, ProblemReport.id)
    )
    with database.reading() as connection:
        asked, reported = connection.execute(questions).all(), connection.execute(reports).all()
    found = [Waiting(f"question:{row[0]}", row[1], row[2], row[3], row[4], row[5] == "claimed") for row in asked]
    found += [Waiting(f"report:{row[0]}", row[0], row[1], row[2], row[3], False, is_report=True) for row in reported]
    return found


def is_mailed(database: Database, team_id: int) -> bool:
    with database.reading() as connection:
        return bool(connection.execute(select(exists().where(DeskNotice.team_id == team_id))).scalar())


def choose_mail(connection: Connection, team_id: int, now: datetime, *, is_wanted: bool) -> None:
    """The account's row is locked."""
    mine = DeskNotice.team_id == team_id
    if not is_wanted:
        connection.execute(delete(DeskNotice).where(mine))
    elif not connection.execute(select(exists().where(mine))).scalar():
        connection.execute(insert(DeskNotice).values(team_id=team_id, since=now, told=[], looks=0))


def note_mailed(connection: Connection, team_id: int, seen: MailNotice, told: list[str], now: datetime) -> bool:
    """Store what was mailed; False if another process came first or the mail is no longer wanted."""
    same = (DeskNotice.team_id == team_id, DeskNotice.looks == seen.looks, DeskNotice.since == seen.since)
    values = {"told": told, "told_at": now, "looks": seen.looks + 1}
    return connection.execute(update(DeskNotice).where(*same).values(**values)).rowcount == 1
