"""New content while the hunt runs: everything fetched and checked first, then one short transaction, then all nodes.

Whatever goes wrong on the way,
the version in force stays in force: players never notice a base that is down, slow or full of mistakes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.clock import Clock
from app.content import queries as content_queries
from app.content.diff import Changes, compare
from app.content.faults import ContentFaulty, Fault
from app.content.parse.parser import Parsed, parse
from app.content.prefetch import SECONDS_FOR_ALL, Gathering, Tell, fetch_ahead
from app.content.queries import VersionLine
from app.content.refresh import catch_up
from app.content.serialise import to_json
from app.content.sources.json_file import read_file, write_text
from app.content.sources.tables import Source, SourceUnreadable
from app.content.versions import VersionUnknown, load, read_version, seams
from app.core.model import Content, playable
from app.database import audit, hunt_state
from app.database.engine import Database
from app.errors import HuntError
from app.ports import ContentServices, Prox
from config import Config

if TYPE_CHECKING:
    from app.content.sources.airtable import AirtableSettings

AIRTABLE = "airtable"
AIRTABLE_MISSING = "Airtable is not set up: AIRTABLE_API_KEY and AIRTABLE_BASE_ID are missing."
ATTEMPTS = 5
# A node that starts for the first time does not wait longer for pictures; the others come when they are looked at.
SECONDS_AT_FIRST_START = 60.0

logger = logging.getLogger("infinity.content")


class RestockOvertaken(Exception):
    """Others restocked again and again while this restock was being stored; nothing was changed."""


class SourceMissing(HuntError):
    """The source that was asked for is not set up. The text says what is missing."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_form", message)


@dataclass(frozen=True, slots=True)
class Restocked:
    """What a restock did. ``is_new`` is False when nothing had changed and the version in force stays."""

    version: int
    is_new: bool
    warnings: tuple[Fault, ...]
    changes: Changes | None


def source_from(config: Config, choice: str = "") -> Source:
    """The records of ``airtable``, of a file (its path), or of what the environment says where there is no choice.

    Raises :class:`SourceMissing` and :class:`SourceUnreadable`.
    """
    if choice == AIRTABLE and not config.has_airtable:
        raise SourceMissing(AIRTABLE_MISSING)
    if choice == AIRTABLE or (not choice and config.has_airtable):
        return _fetch_airtable(config)
    return read_file(choice or config.content_file)


def restock(
    services: ContentServices, source: Source, made_by: str, address: str = "", tell: Tell | None = None
) -> Restocked:
    """Make these records the content in force, on all nodes, if there is no fault in them.

    Raises :class:`ContentFaulty` with every fault, and :class:`RestockOvertaken`. Records that make the very content
    that is in force make no new version. All pictures are fetched first; ``tell`` hears how many of them are done.
    """
    parsed = _parsed(services.database, services.clock, services.prox, source, tell)
    for _ in range(ATTEMPTS):
        previous = _previous(services)
        changes = compare(previous, parsed.content) if previous else None
        if previous and changes and changes.is_empty:
            return Restocked(previous.version, False, parsed.warnings, changes)
        version = _store(services.database, services.clock, source, parsed, previous, made_by, address)
        if version is not None:
            catch_up(services.database, services.in_force)
            return Restocked(version, True, parsed.warnings, changes)
    raise RestockOvertaken


def rollback(services: ContentServices, version: int, made_by: str, address: str = "") -> None:
    """Make an older version (or a newer one again) current, on all nodes. Raises :class:`VersionUnknown`."""
    read_version(services.database, services.clock, services.prox, version)
    now = services.clock.now()
    with services.database.writing() as connection:
        before = hunt_state.lock_content(connection)
        hunt_state.point_to_version(connection, version)
        audit.audit(connection, now, made_by, "rollback", str(version), address, old=before, new=version)
    load(services, version)


def ensure_content(services: ContentServices, config: Config) -> None:
    """Have content in force when a node starts: the database's, or at the very first start that of a source.

    The file serves where Airtable does not, or holds content full of faults. Of several nodes that start at once one
    stocks the hunt and the others take what it stored. Raises what :func:`source_from` and :func:`restock` raise.
    """
    with services.database.writing() as connection:
        hunt_state.ensure_row(connection)
    _, version = hunt_state.read_versions(services.database)
    if version is None:
        _stock_first(services.database, services.clock, services.prox, config)
        version = hunt_state.read_versions(services.database)[1]
    if version is not None:
        load(services, version)


def list_versions(database: Database) -> list[VersionLine]:
    """The newest versions, newest first."""
    return content_queries.list_versions(database)


def compare_versions(database: Database, clock: Clock, prox: Prox | None, old: int, new: int) -> Changes:
    """What was added, removed and changed from one version to another. Raises :class:`VersionUnknown`."""
    return compare(read_version(database, clock, prox, old), read_version(database, clock, prox, new))


def export_current(database: Database) -> str:
    """The current version's records in the file's format, ready to be restocked. Raises :class:`VersionUnknown`."""
    _, version = hunt_state.read_versions(database)
    records = content_queries.read_records(database, version) if version is not None else None
    if records is None:
        raise VersionUnknown(version or 0)
    return records


def _previous(services: ContentServices) -> Content | None:
    """The content in force according to the database, None before the first."""
    _, version = hunt_state.read_versions(services.database)
    if version is None:
        return None
    if services.in_force.is_loaded and services.in_force.content.version == version:
        return services.in_force.content
    return read_version(services.database, services.clock, services.prox, version)


def _store(
    database: Database,
    clock: Clock,
    source: Source,
    parsed: Parsed,
    previous: Content | None,
    made_by: str,
    address: str,
) -> int | None:
    """Store the new version and move the pointer; None when another restock came in between."""
    now = clock.now()
    fresh = replace(parsed.content, since=opening_times(previous, parsed.content, now))
    # Everything that takes long is done before the lock is taken.
    row: dict[str, Any] = {
        "made_by": made_by[:64],
        "source": source.origin[:200],
        "records": write_text(source),
        "warnings": [asdict(warning) for warning in parsed.warnings],
        "puzzles": len(fresh.puzzles),
    }
    with database.writing() as connection:
        hunt_state.ensure_row(connection)
        if hunt_state.lock_content(connection) != (previous.version if previous else None):
            return None
        version = content_queries.newest_id(connection) + 1
        content_queries.add(connection, version, now, compiled=to_json(replace(fresh, version=version)), **row)
        hunt_state.point_to_version(connection, version)
        details = {"source": row["source"], "puzzles": row["puzzles"], "warnings": len(parsed.warnings)}
        audit.audit(connection, now, made_by, "restock", str(version), address, **details)
    return version


def opening_times(previous: Content | None, fresh: Content, now: datetime) -> Mapping[str, datetime]:
    """When the organisers opened each puzzle that was not open from the beginning.

    A puzzle that is open in ``fresh`` and was absent or closed in ``previous`` opened now; what opened earlier keeps
    its time. In the very first version everything is open from the beginning.
    """
    if previous is None:
        return {}
    before = {puzzle.id for puzzle in playable(previous)}
    kept = {puzzle: at for puzzle, at in previous.since.items() if puzzle in fresh.puzzles_by_key}
    opened = {puzzle.id: now for puzzle in playable(fresh) if puzzle.id not in before}
    return kept | opened


def _stock_first(database: Database, clock: Clock, prox: Prox | None, config: Config) -> None:
    """Stock an empty database. A node that comes second finds the first one's version and leaves it."""
    made_by = "first start"
    if config.has_airtable:
        try:
            _stock_once(database, clock, prox, source_from(config, AIRTABLE), made_by)
            return
        except (SourceUnreadable, ContentFaulty) as problem:
            logger.warning(
                "Airtable cannot serve for the first content, the file %s will: %s", config.content_file, problem
            )
    _stock_once(database, clock, prox, read_file(config.content_file), made_by)


def _stock_once(database: Database, clock: Clock, prox: Prox | None, source: Source, made_by: str) -> None:
    _store(
        database,
        clock,
        source,
        _parsed(database, clock, prox, source, seconds=SECONDS_AT_FIRST_START),
        None,
        made_by,
        "",
    )


def _parsed(
    database: Database,
    clock: Clock,
    prox: Prox | None,
    source: Source,
    tell: Tell | None = None,
    seconds: float = SECONDS_FOR_ALL,
) -> Parsed:
    """The checked content with its pictures fetched. Raises :class:`ContentFaulty`."""
    gathering = Gathering(prox)
    parsed = parse(source, version=0, seams=seams(clock, prox, gathering))
    return fetch_ahead(database, clock, prox, parsed, gathering, tell, seconds)


def set_up_airtable(config: Config) -> list[str]:
    """Create the tables in the empty base that the environment names; answers what was made, in words.

    Raises :class:`SourceMissing` and :class:`SourceUnreadable`.
    """
    if not config.has_airtable:
        raise SourceMissing(AIRTABLE_MISSING)
    from app.content.sources.airtable import create_tables

    return create_tables(_airtable_settings(config))


def _fetch_airtable(config: Config) -> Source:
    # Only those who ask for Airtable pay for loading its client.
    from app.content.sources.airtable import fetch

    return fetch(_airtable_settings(config))


def _airtable_settings(config: Config) -> AirtableSettings:
    from app.content.sources.airtable import AirtableSettings

    endpoint, view = config.airtable_endpoint_url or None, config.airtable_view or None
    return AirtableSettings(config.airtable_api_key, config.airtable_base_id, endpoint, view)
