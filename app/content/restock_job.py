"""A restock from a page: one at a time, in the background, ending with staged content.

Its state is one snapshot, visible on all nodes, so that a process that died is noticed.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.clock import Clock
from app.content.faults import ContentFaulty, Fault
from app.content.restock import SITE, SourceMissing, source_from
from app.content.sources.json_file import read_text
from app.content.sources.site import ORIGIN, read_site
from app.content.sources.tables import Source, SourceUnreadable
from app.content.staging import new_id, stage
from app.core.clean_text import clean_text, one_line
from app.core.text import sentence
from app.database import audit, snapshots
from app.database.engine import Database, DatabaseBusy
from app.ports import ContentServices, Hasher
from config import Config

NAME = "restock:run"
# A silent run has died with its process; the largest bases take a minute.
SILENT = timedelta(minutes=5)
MOST_SHOWN = 500
SECONDS_BETWEEN_STEPS = 1.0
logger = logging.getLogger("infinity.content")


class RestockRunning(Exception):
    """A restock is running."""


@dataclass(frozen=True, slots=True)
class Run:
    """``state``: running, checked, unchanged, refused, failed, lost. ``staged``: the id of its page.

    ``problem`` is a sentence if there are no single faults. ``done`` of ``total`` pictures.
    """

    state: str
    by: str
    source: str
    started_at: datetime
    staged: str = ""
    step: str = ""
    version: int | None = None
    problem: str = ""
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    fault_count: int = 0
    warning_count: int = 0
    done: int = 0
    total: int = 0

    @property
    def step_in_words(self) -> str:
        if not (self.step and self.total):
            return self.step
        return sentence("fetching pictures: %(done)s of %(total)s", done=str(self.done), total=str(self.total))


@dataclass(frozen=True, slots=True)
class Order:
    """``fetch`` reads the source; it may take long and raise what sources raise."""

    source: str
    fetch: Callable[[], Source]
    by: str
    address: str


def order_from(config: Config, database: Database, choice: str, by: str, address: str) -> Order:
    """From ``airtable``, the ``site`` or the ``file`` of the environment. Raises :class:`SourceMissing`."""
    if choice == SITE:
        return Order(ORIGIN, lambda: read_site(database), by, address)
    if choice == "airtable":
        if not config.has_airtable:
            raise SourceMissing(sentence("Airtable is not set up: AIRTABLE_API_KEY and AIRTABLE_BASE_ID are missing."))
        return Order("Airtable", lambda: source_from(config, "airtable"), by, address)
    if choice != "file":
        raise SourceMissing(sentence("There is no such source."))
    path = str(config.content_file)
    return Order(sentence("the content file"), lambda: source_from(config, path), by, address)


def order_upload(raw: bytes, filename: str, by: str, address: str) -> Order:
    name = one_line(clean_text(filename))[:100] or "the uploaded file"
    return Order(f"upload: {name}", lambda: read_text(raw, name), by, address)


def start_restock(services: ContentServices, hasher: Hasher, order: Order) -> str:
    """Returns the id of its page at once. Raises :class:`RestockRunning`."""
    now = services.clock.now()
    run = Run("running", order.by, order.source, now, new_id(), step=sentence("reading the source"))
    with snapshots.building(services.database, NAME) as building:
        old = _read(building.newest, now)
        if old is not None and old.state == "running":
            raise RestockRunning
        building.keep(now, _written(run))
        audit.audit(building.connection, now, order.by, "start restock", order.source, order.address)
    threading.Thread(target=partial(_work, services, hasher, order, run), name="restock", daemon=True).start()
    return run.staged


def latest_run(database: Database, clock: Clock) -> Run | None:
    return _read(snapshots.read(database, NAME), clock.now())


def _work(services: ContentServices, hasher: Hasher, order: Order, run: Run) -> None:
    try:
        outcome = _outcome(services, hasher, order, run)
    except Exception:
        # The thread's end: after any error the page must stop waiting.
        logger.exception("a restock from %s failed", order.source)
        outcome = replace(
            run, state="failed", step="", problem=sentence("Something broke on our side. See the server’s log.")
        )
    try:
        _keep(services.database, services.clock, outcome)
    except DatabaseBusy:
        logger.exception("what became of a restock could not be written down")


def _outcome(services: ContentServices, hasher: Hasher, order: Order, run: Run) -> Run:
    over = replace(run, step="")
    try:
        source = order.fetch()
        _keep(services.database, services.clock, replace(run, step=sentence("checking")))
        tell = _progress(services.database, services.clock, run)
        staged, found = stage(services, hasher, source, order.by, run.staged, tell)
    except ContentFaulty as problem:
        return _with_findings(replace(over, state="refused"), problem.faults, problem.warnings)
    except (SourceUnreadable, SourceMissing) as problem:
        return replace(over, state="failed", problem=str(problem))
    state = "checked" if staged else "unchanged"
    return _with_findings(replace(over, state=state, version=found.base), (), found.warnings)


def _progress(database: Database, clock: Clock, run: Run) -> Callable[[int, int], None]:
    """Stores progress at most once a second."""
    last: list[float] = []

    def tell(done: int, total: int) -> None:
        now = clock.monotonic()
        if not last or now - last[0] >= SECONDS_BETWEEN_STEPS or done == total:
            last[:] = [now]
            step = f"fetching pictures: {done} of {total}"
            _keep(database, clock, replace(run, step=step, done=done, total=total))

    return tell


def _with_findings(run: Run, faults: tuple[Fault, ...], warnings: tuple[Fault, ...]) -> Run:
    counts = {"fault_count": len(faults), "warning_count": len(warnings)}
    return replace(run, faults=faults[:MOST_SHOWN], warnings=warnings[:MOST_SHOWN], **counts)  # type: ignore[arg-type]


# --- as it is kept ---------------------------------------------------------------------------------------------------


def _keep(database: Database, clock: Clock, run: Run) -> None:
    """Not if another has started, since this one was silent for too long."""
    now = clock.now()
    with snapshots.building(database, NAME) as building:
        newest = _read(building.newest, now)
        if newest is None or newest.staged == run.staged:
            building.keep(now, _written(run))


def _written(run: Run) -> str:
    return json.dumps(asdict(run) | {"started_at": run.started_at.isoformat()})


def _read(kept: snapshots.Kept | None, now: datetime) -> Run | None:
    if kept is None:
        return None
    found: dict[str, Any] = json.loads(kept.body)
    found["started_at"] = datetime.fromisoformat(found["started_at"])
    found["faults"] = tuple(Fault(**one) for one in found["faults"])
    found["warnings"] = tuple(Fault(**one) for one in found["warnings"])
    run = Run(**found)
    is_lost = run.state == "running" and now - kept.made_at > SILENT
    return replace(run, state="lost", step="") if is_lost else run
