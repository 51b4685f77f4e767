"""Which kind a file is, and its hunt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.content.faults import Findings
from app.content.imports.archive import ImportRefused, expect_size, is_archive, read_archive
from app.content.imports.ctfd import is_ctfd, is_ctfd_csv, read_ctfd, read_ctfd_csv
from app.content.imports.gph import is_gph, read_gph
from app.content.imports.incoming import Incoming
from app.content.imports.puzzlespring import is_puzzlespring, read_puzzlespring
from app.content.imports.sheets import read_sheets, sheets_in
from app.content.imports.spreadsheet import read_spreadsheet
from app.content.queries import read_records
from app.content.sources.json_file import read_text
from app.content.sources.site import read_site
from app.content.sources.tables import Record, Source
from app.content.writing.tables import normal_rows
from app.core.text import sentence
from app.database import hunt_state
from app.database.engine import Database

KINDS = ("spreadsheet", "ctfd", "puzzlespring", "gph")


@dataclass(frozen=True, slots=True)
class ImportFile:
    """``kind`` "" is told by the file. ``base``: records that keep their ids and answers."""

    raw: bytes
    filename: str
    base: Source
    zone: str
    kind: str = ""
    names: Mapping[str, str] | None = None
    sheets: Mapping[str, str] | None = None


def read_import(request: ImportFile) -> Incoming:
    """Pure, and long for large files: run it off the event loop. Raises :class:`ImportRefused`."""
    expect_size(request.raw)
    if not request.raw:
        raise ImportRefused(sentence("This file is empty."))
    origin = f"import: {request.filename[:100]}"
    members = read_archive(request.raw) if is_archive(request.raw) else {}
    if (request.kind == "ctfd" and members) or is_ctfd(members):
        return read_ctfd(members, origin)
    if request.kind == "puzzlespring" or is_puzzlespring(members):
        return read_puzzlespring(members, origin)
    if request.kind == "gph" or (not request.kind and is_gph(members, request.raw)):
        return read_gph(members or {request.filename: request.raw}, origin)
    found = sheets_in(members) if members else read_sheets(request.raw, request.filename)
    if request.kind == "ctfd" or (not request.kind and len(found.sheets) == 1 and is_ctfd_csv(found.sheets[0])):
        return read_ctfd_csv(found.sheets[0], origin)
    return read_spreadsheet(found, request.base, request.zone, origin, request.names, request.sheets)


def base_of(database: Database) -> Source:
    """The site's own tables; if they are empty, the version in play; each in the form of the tables."""
    site = read_site(database)
    if any(site.tables.values()):
        return site
    _, version = hunt_state.read_versions(database)
    records = read_records(database, version) if version is not None else None
    return normal_source(read_text(records, f"version {version}")) if records else Source({})


def normal_source(source: Source) -> Source:
    rows = normal_rows(source, Findings())
    tables = {
        table: tuple(Record(record_id, fields) for record_id, fields in found.items()) for table, found in rows.items()
    }
    return replace(source, tables=tables)
