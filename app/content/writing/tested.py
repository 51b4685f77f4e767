"""Tests of the puzzles in the site's own tables, as far as they are live and unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from app.content.diff import solving_digest
from app.content.faults import Findings
from app.content.versions import VersionUnknown
from app.content.writing import queries
from app.content.writing.tables import normal_rows, version_records
from app.core.model import Content
from app.core.puzzle_tests import NO_TESTS, CleanTally, tally
from app.database.engine import Database
from app.database.puzzle_tests import read_test_marks

# What solvers read and answer, as :func:`app.content.diff.solving_digest`.
_SOLVED = (
    "Title", "Description", "Type", "ContentText", "URL", "Attachments", "Script", "ScriptEnabled", "Erratum",
    "Solution",
)  # fmt: skip
Fields = Mapping[str, Any]
# The version that was read last, by database: its records may have megabytes.
_live: WeakKeyDictionary[Database, tuple[int, Mapping[str, Fields]]] = WeakKeyDictionary()


def tallies_of(database: Database, content: Content) -> dict[str, CleanTally]:
    marks, live = read_test_marks(database), _live_fields(database, content.version)
    found = {}
    for record_id, fields in queries.read_fields(database, "Puzzles").items():
        puzzle, tested = content.puzzle(record_id), marks.get(record_id, ())
        if puzzle is None:
            found[record_id] = NO_TESTS
        else:
            is_live = _solved(fields) == live.get(record_id)
            found[record_id] = tally(tested, solving_digest(puzzle) if is_live else "")
    return found


def _live_fields(database: Database, version: int) -> Mapping[str, Fields]:
    held = _live.get(database)
    if held is None or held[0] != version:
        try:
            rows = normal_rows(version_records(database, version), Findings())["Puzzles"]
        except VersionUnknown:
            rows = {}
        held = _live[database] = (version, {one: _solved(fields) for one, fields in rows.items()})
    return held[1]


def _solved(fields: Fields) -> Fields:
    return {name: fields[name] for name in _SOLVED if fields.get(name)}
