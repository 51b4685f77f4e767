"""Patches made by hand: one field of what is live, changed at once through the checks of a restock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.content import queries as content_queries
from app.content import staging_queries
from app.content.cell_forms import same
from app.content.fields import FIELDS
from app.content.patches import can_be_patched, cell_of, with_cell
from app.content.preparation import Consent, prepare
from app.content.queries import PatchLine, find_version, read_patches
from app.content.restock import RestockOvertaken, put_live
from app.content.sources.json_file import read_text
from app.content.sources.site import STORED_ORIGIN
from app.content.sources.tables import Record, Source
from app.core.text import sentence
from app.database import audit, hunt_state
from app.database.engine import Database, Transaction
from app.errors import HuntError, NotFound
from app.ports import ContentServices, Hasher

OVERTAKEN = sentence("Another version went live meanwhile. Look at it, then try again.")


class PatchUnknown(NotFound):
    message = sentence("There is no such patch.")


class PatchRefused(HuntError):
    """The text says why. Nothing was changed."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class LiveRecord:
    table: str
    record: Record
    version: int
    patches: tuple[PatchLine, ...]

    def cell(self, name: str) -> Any:
        return cell_of(self.table, self.record.fields, name)


def is_written_here(database: Database) -> bool:
    _, version = hunt_state.read_versions(database)
    line = find_version(database, version) if version else None
    return line is not None and line.source == STORED_ORIGIN


def live_record(database: Database, table: str, record_id: str) -> LiveRecord:
    """Raises :class:`PatchUnknown`."""
    source, version = live_source(database)
    record = next((one for one in source.records(table) if one.id == record_id), None)
    if record is None:
        raise PatchUnknown(message=sentence("What is live has no such record."))
    mine = tuple(one for one in read_patches(database) if (one.table, one.record_id) == (table, record_id))
    return LiveRecord(table, record, version, mine)


def make_patch(
    services: ContentServices, hasher: Hasher, at: LiveRecord, changes: Mapping[str, Any], consent: Consent, by: str,
    address: str,
) -> int:  # fmt: skip
    """The fields are kept over restocks; returns the version.

    Raises ContentFaulty, TakesAway and :class:`PatchRefused`.
    """
    record, now = at.record, services.clock.now()
    fields = {one.name: one for one in FIELDS[at.table] if can_be_patched(one, at.table) or one.name == "Near"}
    if not set(changes) <= set(fields):
        raise PatchRefused("invalid_form", sentence("This field cannot be patched. Change it at its source."))
    for name, value in changes.items():
        record = with_cell(at.table, record, name, value)
    known = {one.field: one for one in at.patches}

    def keep(connection: Transaction) -> None:
        for name, value in changes.items():
            present = at.cell(name)
            if name in known and same(fields[name], value, _source_value(known[name])):
                content_queries.remove_patches(connection, [known[name].id])
            elif name in known or not same(fields[name], present, value):
                columns = {"value": value, "base": present, "made_at": now, "made_by": by[:64]}
                content_queries.write_patch(connection, at.table, record.id, name, **columns)
        subject = f"{at.table} {record.id} {', '.join(changes)}"
        audit.audit(connection, now, by, "patch", subject, address)

    version = _put_live(services, hasher, at.table, record, at.version, consent, by, address, keep)
    if version is None:
        raise PatchRefused(message=sentence("This changes nothing for teams, so nothing was patched."))
    return version


def drop_patch(
    services: ContentServices, hasher: Hasher, number: int, consent: Consent, by: str, address: str
) -> int | None:
    """Take what the source says, at once; returns the version, None where nothing changes.

    Raises :class:`PatchUnknown` and as :func:`make_patch`.
    """
    line = find_patch(services.database, number)
    now = services.clock.now()
    # The signature of an answer goes with it.
    also = [one for one in read_patches(services.database) if line.field == "Solution" and _is_signature_of(one, line)]

    def forget(connection: Transaction) -> None:
        content_queries.remove_patches(connection, [one.id for one in (line, *also)])
        audit.audit(connection, now, by, "drop patch", f"{line.table} {line.record_id} {line.field}", address)

    try:
        at = live_record(services.database, line.table, line.record_id)
    except PatchUnknown:
        at = None
    record = at.record if at else None
    for one in (line, *also):
        record = with_cell(one.table, record, one.field, _source_value(one)) if record else None
    version = None
    if at is not None and record is not None:
        version = _put_live(services, hasher, line.table, record, at.version, consent, by, address, forget)
    if version is None:
        with services.database.writing() as connection:
            forget(connection)
    return version


def keep_patch(services: ContentServices, number: int, by: str, address: str) -> None:
    """The patch holds against what the source says now. Raises :class:`PatchUnknown`."""
    line = find_patch(services.database, number)
    with services.database.writing() as connection:
        if not content_queries.change_patch(connection, number, base=line.fresh, fresh=None, has_fresh=False):
            raise PatchUnknown
        subject = f"{line.table} {line.record_id} {line.field}"
        audit.audit(connection, services.clock.now(), by, "keep patch", subject, address)


def find_patch(database: Database, number: int) -> PatchLine:
    found = next((one for one in read_patches(database) if one.id == number), None)
    if found is None:
        raise PatchUnknown
    return found


def _source_value(line: PatchLine) -> Any:
    return line.fresh if line.has_fresh else line.base


def _is_signature_of(one: PatchLine, answer: PatchLine) -> bool:
    return (one.table, one.record_id, one.field) == (answer.table, answer.record_id, "Near")


def live_source(database: Database) -> tuple[Source, int]:
    _, version = hunt_state.read_versions(database)
    records = content_queries.read_records(database, version) if version is not None else None
    if records is None or version is None:
        raise PatchUnknown
    line = find_version(database, version)
    return replace(read_text(records, line.source if line else ""), takes_patches=False), version


def _put_live(
    services: ContentServices, hasher: Hasher, table: str, record: Record, version: int,
    consent: Consent, by: str, address: str, also: Callable[[Transaction], None],
) -> int | None:  # fmt: skip
    source, present = live_source(services.database)
    if present != version:
        raise PatchRefused(message=OVERTAKEN)
    records = tuple(record if one.id == record.id else one for one in source.records(table))
    prepared = prepare(services, hasher, replace(source, tables={**source.tables, table: records}))

    def written(connection: Transaction) -> None:
        # What waits to go live was checked without this patch.
        staging_queries.drop_waiting(connection)
        also(connection)

    try:
        done = put_live(services, hasher, prepared, by, address, consent, only_on_base=True, also=written)
    except RestockOvertaken:
        raise PatchRefused(message=OVERTAKEN) from None
    return done.version if done.is_new else None
