"""Queries for lists of teams. A team's own changes: :mod:`app.database.teams`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, cast, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.core import names, roles
from app.core.clean_text import storable
from app.core.names import display_key, name_key
from app.database.engine import Database
from app.database.schema import Guess, LedgerEntry, LogEntry, ResetLink, Solve, Team
from app.database.teams import NameTaken

# SQLite takes a limited number of values in one statement.
CHUNK = 500
LINES_A_PAGE = 50
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class TeamSearch:
    """Words in name, display name or e-mail, and the account's state. Empty: any."""

    words: str = ""
    division: str = ""
    role: str = ""
    is_banned: bool | None = None


@dataclass(frozen=True, slots=True)
class TeamLine:
    id: int
    name: str
    display_name: str
    affiliation: str
    emails: tuple[str, ...]
    division: str
    role: str
    roles: frozenset[str]
    is_banned: bool
    score: int
    xp: int
    hint_credits: int
    created_at: datetime
    solved: int


@dataclass(frozen=True, slots=True)
class SolveLine:
    puzzle_id: str
    solved_at: datetime
    points: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class LedgerLine:
    at: datetime
    kind: str
    amount: int
    reason: str
    puzzle_id: str | None
    actor: str


@dataclass(frozen=True, slots=True)
class DoingLine:
    """A guess or log entry. A right guess has no text."""

    at: datetime
    kind: str
    puzzle_id: str | None
    text: str
    address: str


_SOLVED = select(func.count()).where(Solve.team_id == Team.id).scalar_subquery()
_COLUMNS = (
    Team.id, Team.name, Team.display_name, Team.affiliation, Team.emails, Team.division, Team.role, Team.roles,
    Team.is_banned, Team.score, Team.xp, Team.hint_credits, Team.created_at, _SOLVED,
)  # fmt: skip


# --- looking ---------------------------------------------------------------------------------------------------------


def search(database: Database, wanted: TeamSearch, limit: int, offset: int = 0) -> tuple[list[TeamLine], int]:
    conditions = _conditions(wanted)
    query = select(*_COLUMNS).where(*conditions).order_by(Team.display_key, Team.id).limit(limit).offset(offset)
    with database.reading() as connection:
        count = connection.execute(select(func.count()).select_from(Team).where(*conditions)).scalar_one()
        rows = connection.execute(query).all()
    return [_line(row) for row in rows], int(count)


def _conditions(wanted: TeamSearch) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.words:
        found.append(_says(wanted.words))
    if wanted.division:
        found.append(Team.division == wanted.division)
    if wanted.role:
        found.append(_holds(wanted.role))
    if wanted.is_banned is not None:
        found.append(Team.is_banned.is_(wanted.is_banned))
    return found


def _holds(role: str) -> ColumnElement[bool]:
    # A set counts only while its highest role is the one in `role`; a higher one cannot be held below it.
    above = roles.ROLES[roles.ROLES.index(role) + 1 :] if role in roles.ROLES else ()
    return or_(Team.role == role, and_(Team.role.in_(above), Team.roles.contains(role, autoescape=True)))


def _says(words: str) -> ColumnElement[bool]:
    # Addresses are kept as JSON, in which letters beyond ASCII are spelt out.
    as_json = json.dumps(words.casefold())[1:-1]
    return or_(
        Team.name_key.contains(name_key(words), autoescape=True),
        Team.display_key.contains(display_key(words), autoescape=True),
        func.lower(cast(Team.emails, String)).contains(as_json, autoescape=True),
    )


def find(database: Database, team_id: int) -> TeamLine | None:
    with database.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(Team.id == team_id)).one_or_none()
    return _line(row) if row else None


def move_all(connection: Connection, before: str, after: str) -> list[int]:
    """Returns ids. Staff accounts stay."""
    moved = update(Team).where(Team.division == before, Team.role == "team").values(division=after).returning(Team.id)
    return [int(row[0]) for row in connection.execute(moved).all()]


def lock_line(connection: Connection, team_id: int) -> TeamLine | None:
    """Locked until commit."""
    if connection.execute(select(Team.id).where(Team.id == team_id).with_for_update()).one_or_none() is None:
        return None
    return _line(connection.execute(select(*_COLUMNS).where(Team.id == team_id)).one())


def read_all(database: Database) -> list[TeamLine]:
    with database.reading() as connection:
        return [_line(row) for row in connection.execute(select(*_COLUMNS).order_by(Team.id)).all()]


def _line(row: Any) -> TeamLine:
    columns = {field.name: value for field, value in zip(fields(TeamLine), row, strict=True)}
    columns |= {"emails": tuple(columns["emails"] or ()), "roles": roles.HELD[columns["role"], columns["roles"]]}
    return TeamLine(**columns)


def read_solves(database: Database, team_id: int) -> list[SolveLine]:
    """Latest first."""
    query = select(Solve.puzzle_id, Solve.solved_at, Solve.points, Solve.is_late).where(Solve.team_id == team_id)
    with database.reading() as connection:
        rows = connection.execute(query.order_by(Solve.solved_at.desc(), Solve.id.desc())).all()
    return [SolveLine(*row) for row in rows]


def read_ledger(database: Database, team_id: int, limit: int) -> list[LedgerLine]:
    """Latest first."""
    columns = (LedgerEntry.at, LedgerEntry.kind, LedgerEntry.amount, LedgerEntry.reason)
    query = select(*columns, LedgerEntry.puzzle_id, LedgerEntry.actor).where(LedgerEntry.team_id == team_id)
    with database.reading() as connection:
        rows = connection.execute(query.order_by(LedgerEntry.id.desc()).limit(limit)).all()
    return [LedgerLine(*row) for row in rows]


def read_doings(database: Database, team_id: int, limit: int) -> list[DoingLine]:
    """Latest first."""
    guessed = select(Guess.guessed_at, Guess.verdict, Guess.puzzle_id, Guess.text, Guess.address)
    logged = select(LogEntry.at, LogEntry.kind, LogEntry.puzzle_id, LogEntry.address)
    with database.reading() as connection:
        guesses = connection.execute(
            guessed.where(Guess.team_id == team_id).order_by(Guess.id.desc()).limit(limit)
        ).all()
        others = connection.execute(
            logged.where(LogEntry.team_id == team_id).order_by(LogEntry.id.desc()).limit(limit)
        ).all()
    found = [DoingLine(row[0], f"guess, {row[1]}", row[2], row[3] or "", row[4]) for row in guesses]
    found += [DoingLine(row[0], row[1], row[2], "", row[3]) for row in others]
    return sorted(found, key=lambda line: line.at, reverse=True)[:limit]


# --- taking in by the hundred ----------------------------------------------------------------------------------------


def taken_keys(database: Database, names: Sequence[str], displays: Sequence[str]) -> tuple[set[str], set[str]]:
    with database.reading() as connection:
        return (
            {key for piece in _pieces(names) for key in _there(connection, Team.name_key, piece)},
            {key for piece in _pieces(displays) for key in _there(connection, Team.display_key, piece)},
        )


def _there(connection: Connection, column: Any, keys: Sequence[str]) -> Sequence[str]:
    return connection.execute(select(column).where(column.in_(keys))).scalars().all()


def _pieces(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


def add_all(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Ids in the same order. Raises :class:`NameTaken`; then none is stored."""
    try:
        found = connection.execute(insert(Team).returning(Team.id, sort_by_parameter_order=True), list(rows))
        return [int(number) for number in found.scalars().all()]
    except IntegrityError:
        raise NameTaken(["name"]) from None


def read_unused_links(database: Database, made_at: datetime) -> list[tuple[TeamLine, str]]:
    query = select(*_COLUMNS, ResetLink.digest).join(ResetLink, ResetLink.team_id == Team.id)
    unused = query.where(ResetLink.made_at == made_at, ResetLink.used_at.is_(None))
    with database.reading() as connection:
        rows = connection.execute(unused.order_by(Team.id)).all()
    return [(_line(row[:-1]), str(row[-1])) for row in rows]


def read_names(database: Database, most: int = 2_000) -> list[str]:
    """Display names of competing teams, for a picker."""
    query = select(Team.display_name).where(Team.role == "team", Team.is_banned.is_(False))
    with database.reading() as connection:
        return list(connection.execute(query.order_by(Team.display_key).limit(most)).scalars())


def read_choices(database: Database, most: int = 2_000) -> list[tuple[int, str]]:
    query = select(Team.id, Team.display_name).where(Team.role == "team", Team.is_banned.is_(False))
    with database.reading() as connection:
        return [(row[0], row[1]) for row in connection.execute(query.order_by(Team.display_key).limit(most)).all()]


def read_chosen(database: Database, team_ids: Sequence[int]) -> list[tuple[int, str]]:
    found: list[Any] = []
    query = select(Team.display_key, Team.id, Team.display_name).where(Team.role == "team", Team.is_banned.is_(False))
    with database.reading() as connection:
        for piece in _pieces(sorted(set(team_ids))):
            found += connection.execute(query.where(Team.id.in_(piece))).all()
    return [(row[1], row[2]) for row in sorted(found, key=tuple)]


def find_by_words(database: Database, text: str) -> TeamLine | None:
    """By login or display name, as typed; None if there is not exactly one."""
    text = searchable(text)
    if not text or len(text) > LONGEST_SEARCH:
        return None
    found, _ = search(database, TeamSearch(text), LINES_A_PAGE)
    exact = [one for one in found if names.name_key(one.name) == names.name_key(text)]
    exact += [one for one in found if names.display_key(one.display_name) == names.display_key(text)]
    return exact[0] if exact else None


def searchable(text: str) -> str:
    """Without what no database stores."""
    return storable(text).strip()
