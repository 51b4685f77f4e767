"""Queries for guesses and log entries as one list, newest first, paginated by (time, table, id)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)  # fmt: skip

from app.database.engine import Database
from app.database.pagination import Place
from app.database.schema import Guess, LogEntry, Team

GUESS = "guess"
ROWS_A_PIECE = 2_000
MOST_TEAMS = 50
# At the same moment, the guess comes first.
LOG_PLACE, GUESS_PLACE = 0, 1


@dataclass(frozen=True, slots=True)
class Entry:
    """``kind``: guess, or the log's; ``text``: never a right guess."""

    table: int
    id: int
    at: datetime
    kind: str
    team_id: int | None
    team_name: str
    puzzle_id: str | None
    verdict: str
    text: str
    details: dict[str, Any]
    address: str

    @property
    def place(self) -> Place:
        return Place(self.at, self.table, self.id)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Empty: no restriction. ``until`` is exclusive."""

    team_ids: tuple[int, ...] | None = None
    puzzle_id: str = ""
    kind: str = ""
    verdict: str = ""
    since: datetime | None = None
    until: datetime | None = None


def read_entries(
    database: Database, wanted: LogFilter, limit: int, *, before: Place | None = None, after: Place | None = None
) -> list[Entry]:
    """Newest first: below ``before``, or next above ``after``."""
    with database.reading() as connection:
        found = _read(connection, wanted, limit, before, after)
    return found[::-1] if after is not None else found


def all_entries(database: Database, wanted: LogFilter) -> Iterator[Entry]:
    """Newest first, in batches; holds no connection between them."""
    before: Place | None = None
    while piece := read_entries(database, wanted, ROWS_A_PIECE, before=before):
        yield from piece
        before = piece[-1].place


def list_kinds(database: Database) -> list[str]:
    # One step of an index for each kind: the log is long, and its kinds are few.
    kinds: list[str] = []
    with database.reading() as connection:
        while found := connection.execute(_next_kind(kinds[-1] if kinds else "")).scalar_one_or_none():
            kinds.append(found)
    return kinds


def _next_kind(after: str) -> Select[Any]:
    return select(LogEntry.kind).where(LogEntry.kind > after).order_by(LogEntry.kind).limit(1)


def find_teams(database: Database, part: str) -> list[int]:
    """Part of a name, ignoring case; ``#7`` is a number."""
    if part.startswith("#") and part[1:].isascii() and part[1:].isdigit() and len(part) < 16:
        return [int(part[1:])]
    key = part.casefold()
    like = or_(Team.name_key.contains(key, autoescape=True), Team.display_key.contains(key, autoescape=True))
    with database.reading() as connection:
        return list(connection.execute(select(Team.id).where(like).order_by(Team.id).limit(MOST_TEAMS)).scalars())


# --- the query -------------------------------------------------------------------------------------------------------


def _read(
    connection: Connection, wanted: LogFilter, limit: int, before: Place | None, after: Place | None
) -> list[Entry]:
    parts = [part for part in (_guesses(wanted), _others(wanted)) if part is not None]
    if not parts:
        return []
    is_ascending = after is not None
    pieces = [_limited(part, table, limit, before, after) for part, table in parts]
    union = union_all(*pieces).subquery()
    order = [union.c.at, union.c.place, union.c.id]
    # Names are looked up for the few that are shown, not for all that were looked at.
    query = select(union, func.coalesce(Team.display_name, "")).outerjoin(Team, Team.id == union.c.team_id)
    rows = connection.execute(query.order_by(*(one if is_ascending else one.desc() for one in order)).limit(limit))
    return [_entry(row) for row in rows.all()]


def _limited(part: Select[Any], table: int, limit: int, before: Place | None, after: Place | None) -> Select[Any]:
    """One table's part, sorted and cut alone so that its index is used."""
    at, number = part.selected_columns["at"], part.selected_columns["id"]
    if before is not None:
        part = part.where(at <= before.at, or_(at < before.at, _is_below(table, number, before)))
    if after is not None:
        part = part.where(at >= after.at, or_(at > after.at, _is_above(table, number, after)))
    order = (at.asc(), number.asc()) if after is not None else (at.desc(), number.desc())
    inner = part.order_by(*order).limit(limit).subquery()
    return select(inner)


def _is_below(table: int, number: ColumnElement[int], place: Place) -> ColumnElement[bool]:
    if table == place.table:
        return number < place.id
    return true() if table < place.table else false()


def _is_above(table: int, number: ColumnElement[int], place: Place) -> ColumnElement[bool]:
    if table == place.table:
        return number > place.id
    return true() if table > place.table else false()


def _guesses(wanted: LogFilter) -> tuple[Select[Any], int] | None:
    if wanted.kind not in ("", GUESS):
        return None
    query = select(
        literal(GUESS_PLACE).label("place"), Guess.id.label("id"), Guess.guessed_at.label("at"),
        literal(GUESS).label("kind"), Guess.team_id.label("team_id"), Guess.puzzle_id.label("puzzle_id"),
        Guess.verdict.label("verdict"), Guess.text.label("text"), _no_details(), Guess.address.label("address"),
    )  # fmt: skip
    verdict = [Guess.verdict == wanted.verdict] if wanted.verdict else []
    common = _conditions(wanted, Guess.team_id, Guess.puzzle_id, Guess.guessed_at)
    return query.where(and_(true(), *common, *verdict)), GUESS_PLACE


def _others(wanted: LogFilter) -> tuple[Select[Any], int] | None:
    if wanted.kind == GUESS or wanted.verdict:
        return None
    query = select(
        literal(LOG_PLACE).label("place"), LogEntry.id.label("id"), LogEntry.at.label("at"),
        LogEntry.kind.label("kind"), LogEntry.team_id.label("team_id"), LogEntry.puzzle_id.label("puzzle_id"),
        literal("").label("verdict"), literal("").label("text"), LogEntry.details.label("details"),
        LogEntry.address.label("address"),
    )  # fmt: skip
    kind = [LogEntry.kind == wanted.kind] if wanted.kind else []
    common = _conditions(wanted, LogEntry.team_id, LogEntry.puzzle_id, LogEntry.at)
    return query.where(and_(true(), *common, *kind)), LOG_PLACE


def _no_details() -> ColumnElement[Any]:
    # Of the same type as the other table's column, so that the two can be one list.
    return cast(null(), LogEntry.details.type).label("details")


def _conditions(wanted: LogFilter, team: Any, puzzle: Any, at: Any) -> Iterator[ColumnElement[bool]]:
    if wanted.team_ids is not None:
        yield team.in_(wanted.team_ids)
    if wanted.puzzle_id:
        yield puzzle == wanted.puzzle_id
    if wanted.since:
        yield at >= wanted.since
    if wanted.until:
        yield at < wanted.until


def _entry(row: Any) -> Entry:
    place, number, at, kind, team_id, puzzle_id, verdict, text, details, address, team_name = row
    return Entry(
        place, number, at, kind, team_id, team_name, puzzle_id, verdict, text or "", dict(details or {}), address
    )
