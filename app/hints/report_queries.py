"""Queries for problem reports. ``open_key`` allows one open report a team and puzzle."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.core.text import sentence
from app.database.engine import Database
from app.database.schema import ProblemReport, Team
from app.errors import HuntError

OPEN = "open"


class ReportOpen(HuntError):
    """The team's last report is still open."""

    code = "conflict"
    message = sentence("You’ve already reported this puzzle. The organisers are looking into it.")


@dataclass(frozen=True, slots=True)
class TeamReport:
    """``settled_by``: a name, or empty."""

    id: int
    team_id: int
    team_name: str
    emails: tuple[str, ...]
    language: str
    puzzle_id: str
    text: str
    state: str
    reported_at: datetime
    settled_at: datetime | None
    settled_by: str
    note: str


_SETTLER = aliased(Team)
_REPORT = (
    select(
        ProblemReport.id, ProblemReport.team_id, Team.display_name, Team.emails, Team.language,
        ProblemReport.puzzle_id, ProblemReport.text, ProblemReport.state, ProblemReport.reported_at,
        ProblemReport.settled_at, func.coalesce(_SETTLER.display_name, ""), ProblemReport.note,
    )
    .join(Team, Team.id == ProblemReport.team_id)
    .outerjoin(_SETTLER, _SETTLER.id == ProblemReport.settled_by)
)  # fmt: skip


def find(connection: Connection, report_id: int) -> TeamReport | None:
    row = connection.execute(_REPORT.where(ProblemReport.id == report_id)).one_or_none()
    return _report(row) if row else None


def read_list(
    database: Database, states: Collection[str], limit: int, offset: int, about: Collection[str] | None
) -> list[TeamReport]:
    query = _REPORT.where(ProblemReport.state.in_(states))
    if about is not None:
        query = query.where(ProblemReport.puzzle_id.in_(sorted(about)))
    query = query.order_by(ProblemReport.reported_at, ProblemReport.id)
    with database.reading() as connection:
        rows = connection.execute(query.limit(limit).offset(offset)).all()
    return [_report(row) for row in rows]


def count(database: Database, about: Collection[str] | None = None) -> dict[str, int]:
    query = select(ProblemReport.state, func.count()).group_by(ProblemReport.state)
    if about is not None:
        query = query.where(ProblemReport.puzzle_id.in_(sorted(about)))
    with database.reading() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query).all()}


def add(connection: Connection, team_id: int, puzzle_id: str, text: str, now: datetime) -> int:
    """Return its number. Raises :class:`ReportOpen`."""
    row: dict[str, Any] = {"team_id": team_id, "puzzle_id": puzzle_id, "text": text, "state": OPEN}
    row |= {"reported_at": now, "open_key": f"{team_id}:{puzzle_id}", "changes": 1}
    try:
        return int(connection.execute(insert(ProblemReport).values(**row).returning(ProblemReport.id)).scalar_one())
    except IntegrityError:
        raise ReportOpen from None


def settle(
    connection: Connection, report_id: int, before: str, state: str, note: str, settled_by: int, now: datetime
) -> bool:
    """Change the state; False if it is no longer ``before``."""
    statement = update(ProblemReport).where(ProblemReport.id == report_id, ProblemReport.state == before)
    columns = {"state": state, "note": note, "settled_at": now, "settled_by": settled_by, "open_key": None}
    changes = ProblemReport.changes + 1
    return connection.execute(statement.values(**columns, changes=changes)).rowcount == 1


def _report(row: Any) -> TeamReport:
    return TeamReport(row[0], row[1], row[2], tuple(row[3] or ()), *row[4:])
