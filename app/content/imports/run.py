"""An import from a page: one at a time, in the background, with progress, kept as a restock's."""

# Between the check and “Fill the tables” somebody reads, and the next request may reach another process. So the file is
# kept for an hour, encrypted, since it may hold answers in clear; so are the samples of its columns.

from __future__ import annotations

import base64
import binascii
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.clock import Clock
from app.content.faults import ContentFaulty, Fault
from app.content.imports.archive import ImportRefused
from app.content.imports.columns import ForeignColumn, ForeignSheet
from app.content.imports.incoming import Checked, Incoming, check, with_answers_hashed
from app.content.imports.reading import ImportFile, base_of, read_import
from app.content.restock_job import MOST_SHOWN
from app.content.writing import queries
from app.content.writing.tables import replace_tables
from app.core.clean_text import clean_text, one_line
from app.core.text import sentence
from app.database import audit, snapshots
from app.database.engine import Database, DatabaseBusy
from app.encryption import DecryptionFailed
from app.errors import HashingBusy, HuntError, NotFound
from app.ports import ImportServices

NAME, KEPT_FILE, PURPOSE = "import:run", "import:file:", "an import's file"
# A silent run has died with its process.
SILENT = timedelta(minutes=3)
KEPT = timedelta(hours=1)
# A small file is checked before the reply, so that most never see a page that waits.
SECONDS_BEFORE_REPLY = 1.0
BROKEN = sentence("Something broke on our side. See the server’s log.")
NOT_REPLACED = sentence("Nothing was replaced: these tables hold records. Tick the box to replace them.")
logger = logging.getLogger("infinity.content")


class ImportRunning(HuntError):
    code = "conflict"
    message = sentence("Another import is running. Wait until it’s done, or cancel it.")


class ImportGone(NotFound):
    message = sentence("This import is over: another one was started, or its hour has passed. Choose the file again.")


class _Stopped(Exception):
    """Cancelled or overtaken."""


@dataclass(frozen=True, slots=True)
class Choices:
    """``columns``: field by ``Sheet!Column``; ``sheets``: table by sheet."""

    kind: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    fills: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class ImportRun:
    """``state``: running, checked, refused, failed, lost, cancelled, filled. ``foreign``: encrypted."""

    id: str
    state: str
    by: str
    address: str
    filename: str
    choices: Choices
    started_at: datetime
    step: str = ""
    is_final: bool = False
    problem: str = ""
    faults: tuple[Fault, ...] = ()
    noted: tuple[Fault, ...] = ()
    fault_count: int = 0
    noted_count: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    foreign: str = ""
    done: int = 0
    total: int = 0

    @property
    def step_in_words(self) -> str:
        if not self.total:
            return self.step
        return sentence("hashing answers: %(done)s of %(total)s", done=str(self.done), total=str(self.total))


# --- what pages ask --------------------------------------------------------------------------------------------------


def start_import(
    services: ImportServices, id: str, raw: bytes, filename: str, choices: Choices, by: str, address: str
) -> None:
    """Raises :class:`ImportRunning`."""
    name = one_line(clean_text(filename))[:100] or "the uploaded file"
    kept = services.encryption.encrypt(PURPOSE, base64.b64encode(raw).decode("ascii"))
    run = ImportRun(id, "running", by, address, name, choices, services.clock.now(), sentence("reading the file"))
    forget_files(services.database, services.clock.now())
    _begin(services, run, raw, kept)


def go_on(services: ImportServices, id: str, choices: Choices, by: str, address: str) -> None:
    """Raises :class:`ImportRunning` and :class:`ImportGone`."""
    before, raw = latest_import(services.database, services.clock), _kept_file(services, id)
    if before is None or before.id != id or raw is None:
        raise ImportGone
    now = services.clock.now()
    _begin(
        services,
        ImportRun(id, "running", by, address, before.filename, choices, now, sentence("reading the file")),
        raw,
    )


def cancel(services: ImportServices, id: str, by: str, address: str) -> None:
    """Raises :class:`ImportGone`, also while the tables are being filled."""
    now = services.clock.now()
    with snapshots.building(services.database, NAME) as building:
        run = _read(building.newest, now)
        if run is None or run.id != id or run.state == "filled" or (run.state == "running" and run.is_final):
            raise ImportGone
        building.keep(now, _written(replace(run, state="cancelled", step="", foreign="")))
        audit.audit(building.connection, now, by, "cancel import", run.filename, address)
    snapshots.drop(services.database, KEPT_FILE + id)


def latest_import(database: Database, clock: Clock) -> ImportRun | None:
    return _read(snapshots.read(database, NAME), clock.now())


def foreign_of(services: ImportServices, run: ImportRun) -> tuple[list[ForeignSheet], list[ForeignColumn]]:
    try:
        found = json.loads(services.encryption.decrypt(PURPOSE, run.foreign)) if run.foreign else {}
    except DecryptionFailed:
        return [], []
    sheets = [ForeignSheet(one["name"], one["table"], tuple(one["heads"])) for one in found.get("sheets", ())]
    columns = [ForeignColumn(**one | {"samples": tuple(one["samples"])}) for one in found.get("columns", ())]
    return sheets, columns


def forget_files(database: Database, now: datetime) -> None:
    snapshots.drop_old(database, KEPT_FILE, now - KEPT)


# --- the run ---------------------------------------------------------------------------------------------------------


def _begin(services: ImportServices, run: ImportRun, raw: bytes, kept: str = "") -> None:
    with snapshots.building(services.database, NAME) as building:
        old = _read(building.newest, run.started_at)
        if old is not None and old.state == "running":
            raise ImportRunning
        building.keep(run.started_at, _written(run))
        if kept:
            snapshots.put(building.connection, KEPT_FILE + run.id, run.started_at, kept)
        audit.audit(building.connection, run.started_at, run.by, "start import", run.filename, run.address)
    worker = threading.Thread(target=partial(_work, services, run, raw), name="import", daemon=True)
    worker.start()
    worker.join(SECONDS_BEFORE_REPLY)


def _work(services: ImportServices, run: ImportRun, raw: bytes) -> None:
    try:
        outcome = _outcome(services, run, raw)
    except _Stopped:
        return
    except ImportRefused as refused:
        outcome = replace(run, state="failed", step="", problem=refused.args[0])
    except HashingBusy:
        outcome = replace(run, state="failed", step="", problem=sentence("Too many people are logging in. Try later."))
    except Exception:
        # The thread's end: after any error the page must stop waiting.
        logger.exception("an import of %s failed", run.filename)
        outcome = replace(run, state="failed", step="", problem=BROKEN)
    try:
        _keep(services, outcome)
    except _Stopped:
        return
    except DatabaseBusy:
        logger.exception("what became of an import could not be written down")


def _outcome(services: ImportServices, run: ImportRun, raw: bytes) -> ImportRun:
    database, choices = services.database, run.choices
    zone = services.in_force.settings.time_zone
    base = base_of(database)
    asked = ImportFile(raw, run.filename, base, zone, choices.kind, choices.columns, choices.sheets)
    incoming = services.offload(read_import, asked)
    run = _step(services, replace(run, foreign=_foreign(services, incoming)), sentence("checking"))
    checked = check(incoming, partial(services.clock.sleep, 0))
    run = _with_findings(run, checked)
    if checked.faults or not choices.fills:
        return replace(run, state="refused" if checked.faults else "checked", step="")
    source = with_answers_hashed(incoming, services.hasher, services.clock, _progress(services, run))
    if not choices.replaces and queries.read_outlines(database):
        return replace(run, state="checked", step="", problem=NOT_REPLACED)
    run = _step(services, replace(run, is_final=True), sentence("filling the tables"))
    try:
        replace_tables(database, services.clock, source, run.by, run.address)
    except ContentFaulty as faulty:
        return _with_findings(replace(run, state="refused", step=""), Checked(source, faulty.faults, faulty.warnings))
    snapshots.drop(database, KEPT_FILE + run.id)
    # Its notes have grown by answers without a signature.
    noted = Checked(source, (), tuple(incoming.findings.warnings))
    return _with_findings(replace(run, state="filled", step="", foreign=""), noted)


def _progress(services: ImportServices, run: ImportRun) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        _keep(services, replace(run, done=done, total=total))

    return tell


def _step(services: ImportServices, run: ImportRun, words: str) -> ImportRun:
    fresh = replace(run, step=words)
    _keep(services, fresh)
    return fresh


def _foreign(services: ImportServices, incoming: Incoming) -> str:
    found = {
        "sheets": [asdict(one) for one in incoming.foreign_sheets],
        "columns": [asdict(one) for one in incoming.foreign_columns],
    }
    is_any = incoming.foreign_sheets or incoming.foreign_columns
    return services.encryption.encrypt(PURPOSE, json.dumps(found)) if is_any else ""


def _with_findings(run: ImportRun, checked: Checked) -> ImportRun:
    return replace(
        run,
        faults=checked.faults[:MOST_SHOWN],
        noted=checked.noted[:MOST_SHOWN],
        fault_count=len(checked.faults),
        noted_count=len(checked.noted),
        counts=checked.counts,
    )


# --- as it is kept ---------------------------------------------------------------------------------------------------


def _keep(services: ImportServices, run: ImportRun) -> None:
    """Raises :class:`_Stopped`."""
    now = services.clock.now()
    with snapshots.building(services.database, NAME) as building:
        newest = _read(building.newest, now)
        if newest is None or newest.id != run.id or newest.started_at != run.started_at or newest.state != "running":
            raise _Stopped
        building.keep(now, _written(run))


def _kept_file(services: ImportServices, id: str) -> bytes | None:
    kept = snapshots.read(services.database, KEPT_FILE + id)
    if kept is None or kept.made_at < services.clock.now() - KEPT:
        return None
    try:
        return base64.b64decode(services.encryption.decrypt(PURPOSE, kept.body), validate=True)
    except (DecryptionFailed, binascii.Error):
        return None


def _written(run: ImportRun) -> str:
    return json.dumps(asdict(run) | {"started_at": run.started_at.isoformat()})


def _read(kept: snapshots.Kept | None, now: datetime) -> ImportRun | None:
    if kept is None:
        return None
    found: dict[str, Any] = json.loads(kept.body)
    found["started_at"] = datetime.fromisoformat(found["started_at"])
    found["choices"] = Choices(**found["choices"])
    found["faults"] = tuple(Fault(**one) for one in found["faults"])
    found["noted"] = tuple(Fault(**one) for one in found["noted"])
    run = ImportRun(**found)
    is_lost = run.state == "running" and now - kept.made_at > SILENT
    return replace(run, state="lost", step="", is_final=False) if is_lost else run
