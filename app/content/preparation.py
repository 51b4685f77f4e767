"""A new content version, checked and compared with what teams have, before the decision to put it into play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from app.clock import Clock
from app.content import queries as content_queries
from app.content import stakes_queries
from app.content.diff import Changes, Correction, compare, corrections
from app.content.effects import Effects, Stakes, decisive, weigh, with_closed_divisions
from app.content.faults import ContentFaulty, Fault
from app.content.parse.parser import Parsed, parse
from app.content.patches import apply_patches, conflict_faults
from app.content.prefetch import SECONDS_FOR_ALL, Gathering, Tell, fetch_ahead
from app.content.sources.json_file import write_text
from app.content.sources.tables import Source
from app.content.versions import read_version, seams
from app.core.in_force import InForce
from app.core.model import Content
from app.database import hunt_state
from app.database.engine import Database
from app.database.progress import read_passed
from app.ports import ContentServices, Hasher

# Asked before teams lose anything; False cancels.
Consent = Callable[[Effects], bool]


def agreeing_to(digest: str) -> Consent:
    """Consent to the very losses that somebody has seen."""
    return lambda effects: effects.digest == digest


class TakesAway(Exception):
    """Teams would lose something without consent. Nothing was changed."""

    def __init__(self, effects: Effects) -> None:
        super().__init__(f"{len(effects.taken)} losses")
        self.effects = effects


@dataclass(frozen=True, slots=True)
class Prepared:
    """Content that may replace ``base``, with its effects.

    ``own`` is the writers' content; ``content`` adds closed divisions.
    """

    origin: str
    records: str
    own: Content
    content: Content
    warnings: tuple[Fault, ...] = ()
    base: int | None = None
    changes: Changes | None = None
    effects: Effects = field(default_factory=Effects)
    corrections: tuple[Correction, ...] = ()

    @property
    def is_new(self) -> bool:
        return self.changes is None or not self.changes.is_empty


def prepare(
    services: ContentServices,
    hasher: Hasher,
    source: Source,
    tell: Tell | None = None,
    seconds: float = SECONDS_FOR_ALL,
) -> Prepared:
    """Nothing comes into play. ``tell`` receives the number of pictures done.

    Raises :class:`~app.content.faults.ContentFaulty`.
    """
    source, gathering = patched(services.database, source), Gathering(services.prox)
    parsed: Parsed = parse(source, version=0, seams=seams(services.clock, hasher, services.prox, gathering))
    parsed = fetch_ahead(services.database, services.clock, services.prox, parsed, gathering, tell, seconds)
    found = Prepared(source.origin[:200], write_text(source), parsed.content, parsed.content, parsed.warnings)
    return weighed(services, hasher, found)


def patched(database: Database, source: Source, *, is_trial: bool = False) -> Source:
    """The source with the patches on it; a trial notes nothing about them.

    Raises :class:`~app.content.faults.ContentFaulty` where a patched field changed in the source too.
    """
    lines = content_queries.read_patches(database) if source.takes_patches else []
    if not lines:
        return source
    found = apply_patches(source, lines)
    if not is_trial:
        with database.writing() as connection:
            content_queries.remove_patches(connection, [one.id for one in found.settled])
            for line, present in found.conflicts:
                content_queries.change_patch(connection, line.id, fresh=present, has_fresh=True)
    if found.conflicts:
        raise ContentFaulty(conflict_faults(found.conflicts))
    return found.source


def weighed(services: ContentServices, hasher: Hasher, prepared: Prepared) -> Prepared:
    previous = content_in_force(services, hasher)
    if previous is None:
        return replace(prepared, base=None, changes=None, effects=Effects(), content=prepared.own)
    stakes = read_stakes(services.database, services.in_force, services.clock, previous, prepared.own)
    content = with_closed_divisions(prepared.own, previous, stakes.members)
    effects = weigh(previous, prepared.own, stakes, partial(services.clock.sleep, 0))
    changes = compare(previous, content)
    return replace(
        prepared,
        base=previous.version,
        content=content,
        changes=changes,
        effects=effects,
        corrections=corrections(previous, content),
    )


def effects_of(services: ContentServices, hasher: Hasher, own: Content) -> Effects:
    return weighed(services, hasher, Prepared("", "", own, own)).effects


def content_in_force(services: ContentServices, hasher: Hasher) -> Content | None:
    _, version = hunt_state.read_versions(services.database)
    if version is None:
        return None
    if services.in_force.is_loaded and services.in_force.content.version == version:
        return services.in_force.content
    return read_version(services.database, services.clock, hasher, services.prox, version)


def read_stakes(database: Database, in_force: InForce, clock: Clock, old: Content, new: Content) -> Stakes:
    settings = in_force.settings
    return Stakes(
        now=clock.now(),
        settings=settings,
        teams=tuple(read_passed(database, decisive(old, new, settings.anchor_puzzle))),
        members=stakes_queries.read_members(database),
        hints=stakes_queries.read_hints_taken(database),
        questions=stakes_queries.read_open_questions(database),
    )
