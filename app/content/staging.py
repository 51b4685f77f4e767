"""Checked content that waits for “Put live”, compared again at each view."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from app.clock import Clock
from app.content import staging_queries
from app.content.faults import Fault
from app.content.prefetch import Tell
from app.content.preparation import Prepared, agreeing_to, prepare, weighed
from app.content.restock import Restocked, RestockOvertaken, put_live
from app.content.serialise import FrozenOtherwise, from_json, to_json
from app.content.sources.tables import Source
from app.content.staging_queries import StagedLine
from app.core.text import sentence
from app.database import audit
from app.database.engine import Database
from app.errors import HuntError, NotFound
from app.ports import ContentServices, Hasher

KEPT = timedelta(hours=24)


class StagedGone(NotFound):
    message = sentence(
        "This isn’t waiting to go live any more: it was discarded, or it’s older than 24 hours. Nothing was changed."
    )


class StagedOvertaken(HuntError):
    code = "conflict"
    message = sentence("Another version went live while you were reading. Nothing was changed; check the list below.")


class StagedLive(HuntError):
    code = "conflict"

    def __init__(self, by: str, version: int) -> None:
        super().__init__(
            message=sentence("%(who)s has already put this live, as version %(version)s.", who=by, version=version)
        )


@dataclass(frozen=True, slots=True)
class Staged:
    """``checked_on``: the version in force at the check."""

    id: str
    made_by: str
    made_at: datetime
    checked_on: int | None
    prepared: Prepared

    @property
    def expires_at(self) -> datetime:
        return self.made_at + KEPT

    @property
    def is_overtaken(self) -> bool:
        return self.checked_on != self.prepared.base


def new_id() -> str:
    return secrets.token_hex(8)


def stage(
    services: ContentServices, hasher: Hasher, source: Source, made_by: str, id: str = "", tell: Tell | None = None
) -> tuple[str, Prepared]:
    """Returns the page's id, or "" if nothing differs.

    Raises :class:`~app.content.faults.ContentFaulty`.
    """
    prepared = prepare(services, hasher, source, tell)
    if not prepared.is_new:
        return "", prepared
    return _keep(services.database, services.clock, prepared, made_by, id or new_id()), prepared


def list_waiting(database: Database, clock: Clock) -> list[StagedLine]:
    return staging_queries.list_waiting(database, clock.now() - KEPT)


def find_line(database: Database, clock: Clock, id: str) -> StagedLine | None:
    return staging_queries.find_line(database, id, clock.now() - KEPT)


def read_staged(services: ContentServices, hasher: Hasher, id: str) -> Staged:
    """Raises :class:`StagedGone` and :class:`StagedLive`."""
    found = staging_queries.read(services.database, id, services.clock.now() - KEPT)
    if found is None:
        raise StagedGone
    line = found.line
    if line.version is not None:
        raise StagedLive(line.live_by, line.version)
    try:
        own = from_json(found.own)
    except FrozenOtherwise:
        # Another release checked it, with other rules.
        raise StagedGone from None
    prepared = Prepared(line.origin, found.records, own, own, tuple(Fault(**one) for one in line.warnings))
    return Staged(id, line.made_by, line.made_at, line.base, weighed(services, hasher, prepared))


def put_staged_live(
    services: ContentServices,
    hasher: Hasher,
    id: str,
    base: int | None,
    agreed: str,
    by: str,
    address: str,
    told: Collection[str] = (),
) -> Restocked:
    """Replace ``base``. ``agreed``: digest of the accepted losses; ``told``: puzzles whose corrections are
    announced.

    Raises :class:`StagedGone`, :class:`StagedLive`, :class:`StagedOvertaken` and
    :class:`~app.content.preparation.TakesAway`.
    """
    staged = read_staged(services, hasher, id)
    if staged.prepared.base != base:
        raise StagedOvertaken
    try:
        done = put_live(
            services,
            hasher,
            staged.prepared,
            by,
            address,
            agreeing_to(agreed),
            only_on_base=True,
            is_told=lambda one: one.puzzle_id in told,
        )
    except RestockOvertaken:
        # Of two who press the button at once, the second is refused by the pointer's lock.
        read_staged(services, hasher, id)
        raise StagedOvertaken from None
    with services.database.writing() as connection:
        staging_queries.mark_live(connection, id, done.version, by)
    return done


def discard(database: Database, clock: Clock, id: str, by: str, address: str) -> None:
    """Raises :class:`StagedGone`."""
    with database.writing() as connection:
        origin = staging_queries.drop(connection, id)
        if origin is None:
            raise StagedGone
        audit.audit(connection, clock.now(), by, "discard staged content", origin, address)


def _keep(database: Database, clock: Clock, prepared: Prepared, made_by: str, id: str) -> str:
    now = clock.now()
    row = {
        "id": id,
        "made_at": now,
        "made_by": made_by[:64],
        "origin": prepared.origin,
        "base": prepared.base,
        "records": prepared.records,
        "own": to_json(prepared.own),
        "warnings": [asdict(one) for one in prepared.warnings],
    }
    with database.writing() as connection:
        staging_queries.sweep(connection, now - KEPT)
        staging_queries.add(connection, row)
    return id
