"""Queries for questions and threads.

``open_key``, unique, allows one waiting question a team and puzzle.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.core.text import sentence
from app.database.engine import Database
from app.database.schema import HintMessage, HintRequest, Team
from app.errors import HuntError

WAITING = ("open", "claimed")
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


class RequestOpen(HuntError):
    """The team's last question is still waiting."""

    code = "conflict"
    message = sentence("You already have an open question on this puzzle.")


@dataclass(frozen=True, slots=True)
class Request:
    """``claimed_by``: account id or None; ``claimer``: its display name. ``changes`` is a version counter."""

    id: int
    team_id: int
    team_name: str
    emails: tuple[str, ...]
    language: str
    puzzle_id: str
    state: str
    asked_at: datetime
    claimed_by: int | None
    claimed_at: datetime | None
    answered_at: datetime | None
    message_count: int
    claimer: str
    changes: int


@dataclass(frozen=True, slots=True)
class Message:
    """``author``: an organiser's name, empty for the team."""

    at: datetime
    is_staff: bool
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """``about``: puzzles, None: all; ``claimed_by``: an account, None: any."""

    states: tuple[str, ...] = WAITING
    about: frozenset[str] | None = None
    claimed_by: int | None = None


_CLAIMER = aliased(Team)
_COUNT = select(func.count()).where(HintMessage.request_id == HintRequest.id).scalar_subquery()
_REQUEST = (
    select(
        HintRequest.id, HintRequest.team_id, Team.display_name, Team.emails, Team.language, HintRequest.puzzle_id,
        HintRequest.state, HintRequest.asked_at, HintRequest.claimed_by, HintRequest.claimed_at,
        HintRequest.answered_at, _COUNT, func.coalesce(_CLAIMER.display_name, ""), HintRequest.changes,
    )
    .join(Team, Team.id == HintRequest.team_id)
    .outerjoin(_CLAIMER, _CLAIMER.id == HintRequest.claimed_by)
)  # fmt: skip


def find(connection: Connection, request_id: int) -> Request | None:
    row = connection.execute(_REQUEST.where(HintRequest.id == request_id)).one_or_none()
    return _request(row) if row else None


def find_last(connection: Connection, team_id: int, puzzle_id: str) -> Request | None:
    mine = _REQUEST.where(HintRequest.team_id == team_id, HintRequest.puzzle_id == puzzle_id)
    row = connection.execute(mine.order_by(HintRequest.id.desc()).limit(1)).one_or_none()
    return _request(row) if row else None


def read_queue(database: Database, wanted: RequestFilter, limit: int, offset: int = 0) -> list[Request]:
    """Longest waiting first."""
    query = _about(_REQUEST, wanted.about).where(HintRequest.state.in_(wanted.states))
    if wanted.claimed_by is not None:
        query = query.where(HintRequest.claimed_by == wanted.claimed_by)
    query = query.order_by(HintRequest.asked_at, HintRequest.id)
    with database.reading() as connection:
        rows = connection.execute(query.limit(limit).offset(offset)).all()
    return [_request(row) for row in rows]


def count(database: Database, about: Collection[str] | None = None) -> dict[str, int]:
    query = _about(select(HintRequest.state, func.count()), about).group_by(HintRequest.state)
    with database.reading() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query).all()}


def _about(query: Query, puzzle_ids: Collection[str] | None) -> Query:
    return query if puzzle_ids is None else query.where(HintRequest.puzzle_id.in_(sorted(puzzle_ids)))


def read_thread(database: Database, request_id: int) -> list[Message]:
    """In order."""
    query = (
        select(HintMessage.written_at, HintMessage.is_staff, Team.display_name, HintMessage.text)
        .outerjoin(Team, Team.id == HintMessage.author_id)
        .where(HintMessage.request_id == request_id)
        .order_by(HintMessage.id)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [Message(row[0], row[1], (row[2] or "") if row[1] else "", row[3]) for row in rows]


def read_answers(database: Database, puzzle_id: str, limit: int) -> list[str]:
    query = (
        select(HintMessage.text)
        .join(HintRequest, HintRequest.id == HintMessage.request_id)
        .where(HintRequest.puzzle_id == puzzle_id, HintMessage.is_staff.is_(True))
        .group_by(HintMessage.text)
        .order_by(func.max(HintMessage.id).desc())
    )
    with database.reading() as connection:
        return [row[0] for row in connection.execute(query.limit(limit)).all()]


def add(connection: Connection, team_id: int, puzzle_id: str, now: datetime) -> int:
    """Return its number. Raises :class:`RequestOpen`."""
    row: dict[str, Any] = {"team_id": team_id, "puzzle_id": puzzle_id, "state": "open", "asked_at": now}
    row |= {"open_key": open_key(team_id, puzzle_id), "changes": 1}
    try:
        return int(connection.execute(insert(HintRequest).values(**row).returning(HintRequest.id)).scalar_one())
    except IntegrityError:
        raise RequestOpen from None


def change(connection: Connection, request: Request, state: str, **columns: Any) -> None:
    """Raises :class:`RequestOpen` if another question of the team waits."""
    key = open_key(request.team_id, request.puzzle_id) if state in WAITING else None
    changed = update(HintRequest).where(HintRequest.id == request.id)
    try:
        connection.execute(changed.values(state=state, open_key=key, changes=HintRequest.changes + 1, **columns))
    except IntegrityError:
        raise RequestOpen from None


def write(connection: Connection, request_id: int, author_id: int, text: str, now: datetime, *, is_staff: bool) -> None:
    row = {"request_id": request_id, "author_id": author_id, "is_staff": is_staff, "text": text, "written_at": now}
    connection.execute(insert(HintMessage).values(**row))


def note_change(connection: Connection, request_id: int) -> None:
    """Increment ``changes`` for a change in the messages alone."""
    changed = update(HintRequest).where(HintRequest.id == request_id)
    connection.execute(changed.values(changes=HintRequest.changes + 1))


def open_key(team_id: int, puzzle_id: str) -> str:
    """Unique among waiting questions."""
    return f"{team_id}:{puzzle_id}"


def _request(row: Any) -> Request:
    return Request(row[0], row[1], row[2], tuple(row[3] or ()), *row[4:])
