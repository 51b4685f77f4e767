"""Queries of content versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from app.content.diff import Correction
from app.database.engine import Database
from app.database.schema import ContentVersion, Erratum, Patch


@dataclass(frozen=True, slots=True)
class VersionLine:
    id: int
    made_at: datetime
    made_by: str
    source: str
    puzzles: int
    warnings: tuple[Any, ...]


_VERSION: tuple[Any, ...] = (
    ContentVersion.id, ContentVersion.made_at, ContentVersion.made_by, ContentVersion.source, ContentVersion.puzzles,
    ContentVersion.warnings,
)  # fmt: skip


def newest_id(connection: Connection) -> int:
    """0 before the first."""
    return connection.execute(select(func.max(ContentVersion.id))).scalar() or 0


def add(connection: Connection, version: int, made_at: datetime, **columns: Any) -> None:
    """A stored version does not change."""
    connection.execute(insert(ContentVersion).values(id=version, made_at=made_at, **columns))


def rewrite_compiled(connection: Connection, version: int, compiled: str) -> None:
    """Replace the compiled form after a change of format or opening times; the records stay."""
    connection.execute(update(ContentVersion).where(ContentVersion.id == version).values(compiled=compiled))


def read_compiled(database: Database, version: int) -> str | None:
    with database.reading() as connection:
        found = select(ContentVersion.compiled).where(ContentVersion.id == version)
        return connection.execute(found).scalar_one_or_none()


def read_records(database: Database, version: int) -> str | None:
    with database.reading() as connection:
        found = select(ContentVersion.records).where(ContentVersion.id == version)
        return connection.execute(found).scalar_one_or_none()


def list_versions(database: Database, limit: int = 100) -> list[VersionLine]:
    query = select(*_VERSION).order_by(ContentVersion.id.desc()).limit(limit)
    with database.reading() as connection:
        return [_version_line(row) for row in connection.execute(query).all()]


def find_version(database: Database, version: int) -> VersionLine | None:
    with database.reading() as connection:
        row = connection.execute(select(*_VERSION).where(ContentVersion.id == version)).one_or_none()
    return _version_line(row) if row else None


def _version_line(row: Sequence[Any]) -> VersionLine:
    return VersionLine(row[0], row[1], row[2], row[3], row[4], tuple(row[5] or ()))


# --- corrections that teams are to be told of, each once --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DueErratum:
    """A correction that is not announced yet."""

    version: int
    puzzle_id: str
    kind: str
    digest: str
    made_by: str


_ERRATUM = (Erratum.version, Erratum.puzzle_id, Erratum.kind, Erratum.digest, Erratum.made_by)


def add_errata(connection: Connection, version: int, made_by: str, found: Sequence[Correction]) -> None:
    rows = [
        {
            "version": version, "puzzle_id": one.puzzle_id, "kind": one.kind, "digest": one.digest,
            "made_by": made_by[:64],
        }
        for one in found
    ]  # fmt: skip
    connection.execute(insert(Erratum), rows)


def read_due_errata(database: Database) -> list[DueErratum]:
    due = select(*_ERRATUM).where(Erratum.settled_at.is_(None)).order_by(Erratum.version, Erratum.puzzle_id)
    with database.reading() as connection:
        return [DueErratum(*row) for row in connection.execute(due).all()]


def settle_erratum(connection: Connection, one: DueErratum, now: datetime) -> bool:
    """False if another process has done it."""
    mine = (Erratum.version == one.version, Erratum.puzzle_id == one.puzzle_id, Erratum.settled_at.is_(None))
    return connection.execute(update(Erratum).where(*mine).values(settled_at=now)).rowcount == 1


def note_erratum(connection: Connection, one: DueErratum, number: int) -> None:
    mine = (Erratum.version == one.version, Erratum.puzzle_id == one.puzzle_id)
    connection.execute(update(Erratum).where(*mine).values(announcement_id=number))


def last_announced(connection: Connection, puzzle_id: str, kind: str) -> str:
    same = (Erratum.puzzle_id == puzzle_id, Erratum.kind == kind, Erratum.announcement_id.is_not(None))
    newest = select(Erratum.digest).where(*same).order_by(Erratum.version.desc()).limit(1)
    return connection.execute(newest).scalar_one_or_none() or ""


# --- patches ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PatchLine:
    """``base``: what the source said when the patch was decided on; ``fresh``: what it says since, if ``has_fresh``."""

    id: int
    table: str
    record_id: str
    field: str
    value: Any
    base: Any
    fresh: Any
    has_fresh: bool
    made_at: datetime
    made_by: str


_PATCH: tuple[Any, ...] = (
    Patch.id, Patch.table_name, Patch.record_id, Patch.field, Patch.value, Patch.base, Patch.fresh, Patch.has_fresh,
    Patch.made_at, Patch.made_by,
)  # fmt: skip


def read_patches(database: Database) -> list[PatchLine]:
    with database.reading() as connection:
        return [PatchLine(*row) for row in connection.execute(select(*_PATCH).order_by(Patch.id)).all()]


def remove_patches(connection: Connection, ids: Iterable[int]) -> int:
    return connection.execute(delete(Patch).where(Patch.id.in_(list(ids)))).rowcount


def change_patch(connection: Connection, number: int, **columns: Any) -> bool:
    return connection.execute(update(Patch).where(Patch.id == number).values(**columns)).rowcount == 1


def write_patch(connection: Connection, table: str, record_id: str, field: str, **columns: Any) -> None:
    """Add a patch, or change the one of this field; ``base`` is kept then."""
    same = (Patch.table_name == table, Patch.record_id == record_id, Patch.field == field)
    kept = {name: value for name, value in columns.items() if name != "base"}
    if connection.execute(update(Patch).where(*same).values(**kept)).rowcount == 0:
        row = {"table_name": table, "record_id": record_id, "field": field, "fresh": None, "has_fresh": False}
        connection.execute(insert(Patch).values(**row, **columns))
