"""Restock: fetch and check everything, then one short transaction, then all nodes follow.

After any failure the old version stays in force.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.clock import Clock
from app.content import queries as content_queries
from app.content.diff import Changes, Choice, compare, where_erratum_changed
from app.content.faults import ContentFaulty, Fault
from app.content.prefetch import Tell
from app.content.preparation import Consent, Prepared, TakesAway, content_in_force, prepare, weighed
from app.content.queries import VersionLine
from app.content.refresh import catch_up
from app.content.serialise import to_json
from app.content.sources.json_file import read_file
from app.content.sources.site import read_site
from app.content.sources.tables import Source, SourceUnreadable
from app.content.versions import VersionUnknown, load, read_version
from app.core.model import Content, playable
from app.database import audit, hunt_state
from app.database.engine import Database, Transaction
from app.errors import HuntError
from app.ports import ContentServices, Hasher, Prox
from config import Config

if TYPE_CHECKING:
    from app.content.sources.airtable import AirtableSettings

AIRTABLE, SITE = "airtable", "site"
AIRTABLE_MISSING = "Airtable is not set up: AIRTABLE_API_KEY and AIRTABLE_BASE_ID are missing."
ATTEMPTS = 5
MOST_AUDITED = 50
# The longest wait for pictures at a first start; the rest are fetched when viewed.
SECONDS_AT_FIRST_START = 60.0

logger = logging.getLogger("infinity.content")


class RestockOvertaken(Exception):
    """Other restocks kept coming in between; nothing was changed."""


class SourceMissing(HuntError):
    def __init__(self, message: str) -> None:
        super().__init__("invalid_form", message)


@dataclass(frozen=True, slots=True)
class Restocked:
    version: int
    is_new: bool
    warnings: tuple[Fault, ...]
    changes: Changes | None


def source_from(config: Config, choice: str = "", database: Database | None = None) -> Source:
    """Read ``airtable``, a file (its path) or, by default, what the environment names.

    Raises :class:`SourceMissing` and :class:`SourceUnreadable`.
    """
    if choice == SITE and database is not None:
        return read_site(database)
    if choice == AIRTABLE and not config.has_airtable:
        raise SourceMissing(AIRTABLE_MISSING)
    if choice == AIRTABLE or (not choice and config.has_airtable):
        return _fetch_airtable(config)
    return read_file(choice or config.content_file)


def restock(
    services: ContentServices,
    hasher: Hasher,
    source: Source,
    made_by: str,
    address: str = "",
    tell: Tell | None = None,
    consent: Consent | None = None,
) -> Restocked:
    """Raises :class:`ContentFaulty` and what :func:`put_live` raises. ``tell`` receives the number of pictures done."""
    return put_live(services, hasher, prepare(services, hasher, source, tell), made_by, address, consent)


def put_live(
    services: ContentServices,
    hasher: Hasher,
    prepared: Prepared,
    made_by: str,
    address: str = "",
    consent: Consent | None = None,
    *,
    only_on_base: bool = False,
    is_told: Choice = where_erratum_changed,
    also: Callable[[Transaction], None] | None = None,
) -> Restocked:
    """Unchanged content makes no new version.

    ``is_told``: corrections to announce; ``also`` is written in the same transaction. Raises :class:`TakesAway` for
    losses without ``consent``, and :class:`RestockOvertaken` if others restocked: repeatedly or, with ``only_on_base``,
    once.
    """
    base, agreed = prepared.base, frozenset[tuple[str, str, str]]()
    for _ in range(ATTEMPTS):
        # Teams have played on since the check.
        prepared = weighed(services, hasher, prepared)
        if only_on_base and prepared.base != base:
            raise RestockOvertaken
        if not prepared.is_new and prepared.base is not None:
            return Restocked(prepared.base, False, prepared.warnings, prepared.changes)
        if not prepared.effects.places <= agreed:
            if consent is None or not consent(prepared.effects):
                raise TakesAway(prepared.effects)
            # The confirmation took time.
            agreed = prepared.effects.places
            prepared = weighed(services, hasher, prepared)
            if not prepared.effects.places <= agreed:
                continue
        version = _store(services, hasher, prepared, made_by, address, is_told, also)
        if version is not None:
            catch_up(services.database, services.in_force)
            return Restocked(version, True, prepared.warnings, prepared.changes)
    raise RestockOvertaken


def prepare_rollback(services: ContentServices, hasher: Hasher, version: int) -> Prepared:
    """Raises :class:`VersionUnknown`."""
    own = read_version(services.database, services.clock, hasher, services.prox, version)
    # Closed divisions depend on the present teams.
    own = replace(own, divisions=tuple(one for one in own.divisions if not one.is_closed))
    records = content_queries.read_records(services.database, version) or ""
    return weighed(services, hasher, Prepared(f"version {version}", records, own, own))


def rollback(
    services: ContentServices,
    hasher: Hasher,
    version: int,
    made_by: str,
    address: str = "",
    consent: Consent | None = None,
    base: int | None = None,
) -> int:
    """Returns the version in force: another one if divisions that still have teams had to be added, closed.

    Raises :class:`VersionUnknown` and what :func:`put_live` raises.
    """
    prepared = prepare_rollback(services, hasher, version)
    if base is not None and prepared.base != base:
        raise RestockOvertaken
    if prepared.effects.taken and (consent is None or not consent(prepared.effects)):
        raise TakesAway(prepared.effects)
    if (
        prepared.content.divisions
        != read_version(services.database, services.clock, hasher, services.prox, version).divisions
    ):
        done = put_live(
            services, hasher, prepared, made_by, address, lambda effects: True, only_on_base=base is not None
        )
        return done.version
    now = services.clock.now()
    with services.database.writing() as connection:
        before = hunt_state.lock_content(connection)
        if base is not None and before != base:
            raise RestockOvertaken
        hunt_state.point_to_version(connection, version)
        audit.audit(connection, now, made_by, "rollback", str(version), address, old=before, new=version)
    load(services, hasher, version)
    return version


def ensure_content(services: ContentServices, hasher: Hasher, config: Config) -> None:
    """Ensure content at the start of a node: the database's or, at the first start, a source's.

    The file replaces an Airtable that fails or is faulty. Of several nodes one restocks. Raises what
    :func:`source_from` and :func:`restock` raise.
    """
    with services.database.writing() as connection:
        hunt_state.ensure_row(connection)
    _, version = hunt_state.read_versions(services.database)
    if version is None:
        _stock_first(services, hasher, config)
        version = hunt_state.read_versions(services.database)[1]
    if version is not None:
        load(services, hasher, version)


def list_versions(database: Database) -> list[VersionLine]:
    return content_queries.list_versions(database)


def compare_versions(
    database: Database, clock: Clock, hasher: Hasher, prox: Prox | None, old: int, new: int
) -> Changes:
    """Raises :class:`VersionUnknown`."""
    return compare(read_version(database, clock, hasher, prox, old), read_version(database, clock, hasher, prox, new))


def export_current(database: Database) -> str:
    """The current records in the file's format. Raises :class:`VersionUnknown`."""
    _, version = hunt_state.read_versions(database)
    records = content_queries.read_records(database, version) if version is not None else None
    if records is None:
        raise VersionUnknown(version or 0)
    return records


def _store(
    services: ContentServices,
    hasher: Hasher,
    prepared: Prepared,
    made_by: str,
    address: str,
    is_told: Choice = where_erratum_changed,
    also: Callable[[Transaction], None] | None = None,
) -> int | None:
    now = services.clock.now()
    previous = content_in_force(services, hasher) if prepared.base is not None else None
    since = dict(prepared.content.since) | dict(opening_times(previous, prepared.content, now))
    fresh = replace(prepared.content, since=since)
    # All slow work precedes the lock.
    row: dict[str, Any] = {
        "made_by": made_by[:64],
        "source": prepared.origin,
        "records": prepared.records,
        "warnings": [asdict(warning) for warning in prepared.warnings],
        "puzzles": len(fresh.puzzles),
    }
    with services.database.writing() as connection:
        hunt_state.ensure_row(connection)
        if hunt_state.lock_content(connection) != prepared.base:
            return None
        version = content_queries.newest_id(connection) + 1
        content_queries.add(connection, version, now, compiled=to_json(replace(fresh, version=version)), **row)
        hunt_state.point_to_version(connection, version)
        told = [one for one in prepared.corrections if is_told(one)]
        if told:
            content_queries.add_errata(connection, version, made_by, told)
        details = {"source": row["source"], "puzzles": row["puzzles"], "warnings": len(prepared.warnings)}
        if told:
            details["told"] = [one.title for one in told][:MOST_AUDITED]
        if prepared.effects.taken:
            details["taken"] = [str(one) for one in prepared.effects.taken][:MOST_AUDITED]
        audit.audit(connection, now, made_by, "restock", str(version), address, **details)
        if also is not None:
            also(connection)
    return version


def opening_times(previous: Content | None, fresh: Content, now: datetime) -> Mapping[str, datetime]:
    """When puzzles opened that were not open from the beginning.

    Open in ``fresh`` and absent or closed in ``previous``: now; earlier times are kept. In the first version all are
    open from the beginning.
    """
    if previous is None:
        return {}
    before = {puzzle.id for puzzle in playable(previous)}
    kept = {puzzle: at for puzzle, at in previous.since.items() if puzzle in fresh.puzzles_by_key}
    opened = {puzzle.id: now for puzzle in playable(fresh) if puzzle.id not in before}
    return kept | opened


def _stock_first(services: ContentServices, hasher: Hasher, config: Config) -> None:
    made_by = "first start"
    if config.has_airtable:
        try:
            _stock_once(services, hasher, source_from(config, AIRTABLE), made_by)
            return
        except (SourceUnreadable, ContentFaulty) as problem:
            logger.warning("Airtable cannot serve for the first content, the file %s will:", config.content_file)
            for reason in problem.reasons if isinstance(problem, SourceUnreadable) else problem.faults:
                logger.warning("Airtable: %s", reason)
    _stock_once(services, hasher, read_file(config.content_file), made_by)


def _stock_once(services: ContentServices, hasher: Hasher, source: Source, made_by: str) -> None:
    prepared = prepare(services, hasher, source, seconds=SECONDS_AT_FIRST_START)
    if prepared.base is None:
        _store(services, hasher, prepared, made_by, "")


def set_up_airtable(config: Config) -> list[str]:
    """Returns what was made.

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
