"""Patches: single fields of an outside source's records, set by hand and kept until the source says the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.content.cell_forms import EMPTY, same
from app.content.faults import Fault
from app.content.fields import BACK_LINKS, FIELDS, HASHED, TableField, field_of, known_names
from app.content.queries import PatchLine
from app.content.sources.tables import Record, Source
from app.core.spelling import read_names

LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True)
class PatchedSource:
    """``settled``: the source says the same now. ``conflicts``: the source changed too; with what it says now."""

    source: Source
    settled: tuple[PatchLine, ...]
    conflicts: tuple[tuple[PatchLine, Any], ...]


def can_be_patched(field: TableField, table: str) -> bool:
    """Addresses of attachments change at each fetch; a link from both sides cannot be set from one."""
    return field.kind not in ("files", "near") and (table, field.name) not in BACK_LINKS.values()


def patchable_fields(table: str) -> tuple[TableField, ...]:
    return tuple(one for one in FIELDS[table] if can_be_patched(one, table))


def cell_of(table: str, fields: Mapping[str, Any], name: str) -> Any:
    return read_names(fields, known_names(table)).values.get(name)


def with_cell(table: str, record: Record, name: str, value: Any) -> Record:
    aliases = read_names(record.fields, known_names(table)).aliases
    kept = {key: cell for key, cell in record.fields.items() if key != name and aliases.get(key) != name}
    return replace(record, fields=kept if value in EMPTY else kept | {name: value})


def apply_patches(source: Source, lines: Iterable[PatchLine]) -> PatchedSource:
    tables = {table: list(records) for table, records in source.tables.items()}
    settled, conflicts, warnings = [], [], []
    for line in lines:
        records, field = tables.get(line.table, []), field_of(line.table, line.field)
        place = next((at for at, one in enumerate(records) if one.id == line.record_id), None)
        if place is None or field is None:
            words = "A patch waits for this record, which the source does not have."
            warnings.append(Fault(line.table, line.record_id, "", line.field, words))
            continue
        present = cell_of(line.table, records[place].fields, line.field)
        if same(field, present, line.value):
            settled.append(line)
        elif same(field, present, line.base):
            records[place] = with_cell(line.table, records[place], line.field, line.value)
        else:
            conflicts.append((line, present))
    made = {table: tuple(records) for table, records in tables.items()}
    patched = replace(source, tables=made, warnings=(*source.warnings, *warnings))
    return PatchedSource(patched, tuple(settled), tuple(conflicts))


def conflict_faults(conflicts: Iterable[tuple[PatchLine, Any]]) -> list[Fault]:
    return [
        Fault(
            line.table,
            line.record_id,
            "",
            line.field,
            f"It was patched to {quoted(line.table, line.field, line.value)}, and the source says"
            f" {quoted(line.table, line.field, present)} now. Decide between them on the page of patches, or drop the"
            f" patch: hunt patches --drop {line.id}",
        )
        for line, present in conflicts
    ]


def quoted(table: str, name: str, value: Any) -> str:
    """A cell for people; hashes are only counted."""
    if value in EMPTY:
        return "nothing"
    field = field_of(table, name)
    if field is not None and field.kind in HASHED | {"near"}:
        return "answers that are hashed"
    text = "on" if value is True else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"“{text[:LONGEST_QUOTE]}”"
