"""How long an export of another platform with 300 challenges takes, from the file to the site's tables, all hashed.

The run's own steps, in this process, with the cores that a command has. Also its check alone, and the
form of a record beside 300 puzzles.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

from app.content.imports.incoming import hashed
from app.content.imports.reading import ImportFile, read_import
from app.content.parse.parser import Seams, examine
from app.content.sources.site import read_site
from app.content.sources.tables import Source
from app.content.writing.tables import replace_tables
from app.runtime.bcrypt_pool import HashingPool
from bench.client import Client
from bench.ground import Ground
from bench.tables import Row, Table, quiet_row
from tests.support.organisers import add_account

CHALLENGES = 300
MOST_SECONDS, MOST_CHECK_SECONDS, MOST_FORM_SECONDS = 60.0, 2.0, 0.15
TURNS = 3


def measure(place: Ground) -> Table:
    """The length of an import, of its check and of a form."""
    raw = export(CHALLENGES)
    computed = time.process_time()
    imports = [_import_seconds(place, raw)]
    computed = time.process_time() - computed
    checks = [_check_seconds(place) for _ in range(TURNS)]
    writer = Client(place.server.port, place.cookie(add_account(place.ports, "quill", "writer")))
    forms = [_form_seconds(writer) for _ in range(4 * TURNS)][TURNS:]
    writer.close()
    return Table(
        f"An export of CTFd with {CHALLENGES} challenges",
        (
            quiet_row("imported, with every answer hashed", imports, "s", MOST_SECONDS),
            Row("of which the processors worked on it", computed, "s"),
            quiet_row("check of the tables", checks, "s", MOST_CHECK_SECONDS),
            quiet_row("form of a record", forms, "s", MOST_FORM_SECONDS),
        ),
    )


def export(count: int) -> bytes:
    """The zip that CTFd 3.8 writes, with as many flags and hints."""
    numbers = range(1, count + 1)
    tables: dict[str, list[dict[str, Any]]] = {
        "alembic_version": [{"version_num": "1"}],
        "challenges": [
            {"id": n, "name": f"Harbour {n}", "description": f"Who passes pier **{n}**?", "category": f"Pier {n // 30}",
             "value": 10, "type": "standard", "state": "visible", "logic": "any", "requirements": None}
            for n in numbers
        ],
        "flags": [
            {"id": n, "challenge_id": n, "type": "static", "content": f"HUNT{{harbour_light_{n}}}", "data": ""}
            for n in numbers
        ],
        "hints": [{"id": n, "challenge_id": n, "content": f"Look at pier {n}", "cost": 10} for n in numbers],
    }  # fmt: skip
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            archive.writestr(f"db/{name}.json", json.dumps({"count": len(rows), "results": rows, "meta": {}}))
    return target.getvalue()


def _import_seconds(place: Ground, raw: bytes) -> float:
    started = time.perf_counter()
    incoming = read_import(ImportFile(raw, "export.zip", Source({}), "UTC"))
    source = hashed(incoming, HashingPool(), place.ports.clock)
    replace_tables(place.ports.database, place.ports.clock, source, "bench")
    taken = time.perf_counter() - started
    answers = [one.fields.get("Solution", "") for one in source.records("Puzzles")]
    assert sum(one.startswith("$2b$10$") for one in answers) == CHALLENGES, "not all are hashed"
    return taken


def _check_seconds(place: Ground) -> float:
    source = read_site(place.ports.database)
    started = time.perf_counter()
    examine(source, Seams())
    return time.perf_counter() - started


def _form_seconds(writer: Client) -> float:
    started = time.perf_counter()
    writer.get("/admin/write/puzzles/ctfd150")
    return time.perf_counter() - started
