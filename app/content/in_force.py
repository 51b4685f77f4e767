"""Keeping a process in step: the settings and the content version in force, whichever node changed them.

Every page query brings both revisions along (:class:`app.database.page_query.PageState`); a process that sees a new one
reads it before it answers. A job asks once a second for those that serve nobody just now.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.content import queries as content_queries
from app.content.current import Current
from app.content.serialise import from_json
from app.core.hunt_settings import HuntSettings, read_settings
from app.database import hunt_state
from app.database.engine import Database


@dataclass(slots=True)
class SettingsInForce:
    """The settings as this process knows them. Replaced in one assignment."""

    _known: tuple[int, HuntSettings] = field(default_factory=lambda: (-1, HuntSettings()))

    @property
    def settings(self) -> HuntSettings:
        """The settings in force."""
        return self._known[1]

    @property
    def revision(self) -> int:
        """The revision they were read at; -1 before the first time."""
        return self._known[0]

    def replace(self, revision: int, settings: HuntSettings) -> None:
        """Put newer settings into force."""
        if revision >= self._known[0]:
            self._known = (revision, settings)


def follow(database: Database, known: SettingsInForce, content: Current, revision: int, version: int | None) -> bool:
    """Bring this process up to date with what a query has just seen; answers whether anything changed."""
    is_changed = False
    if revision != known.revision:
        fresh, stored = hunt_state.read_settings(database)
        known.replace(fresh, read_settings(stored))
        is_changed = True
    if version is not None and not (content.is_loaded and content.current().version == version):
        is_changed |= load_version(database, content, version)
    return is_changed


def load_version(database: Database, content: Current, version: int) -> bool:
    """Load a stored content version and make it the current one of this process."""
    compiled = content_queries.read_compiled(database, version)
    if compiled is None:
        return False
    content.swap(from_json(compiled))
    return True


def catch_up(database: Database, known: SettingsInForce, content: Current) -> bool:
    """Ask the database what is in force and follow it."""
    revision, version = hunt_state.read_versions(database)
    return follow(database, known, content, revision, version)
