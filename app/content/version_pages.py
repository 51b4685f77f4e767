"""Looking at content versions: what one holds, what was wrong with it, its records as a file. Changes nothing."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from app.content import queries as content_queries
from app.content.assets import Asset, assets_by_path
from app.content.faults import Fault
from app.content.queries import VersionLine
from app.content.versions import VersionUnknown, read_version
from app.core.model import Content
from app.database.engine import Database
from app.ports import ContentServices, Hasher

LARGEST_VERSION = 2**31

# The version that was looked at last, by database: a preview's pictures come one by one, each from the same version.
_looked_at: WeakKeyDictionary[Database, tuple[Content, dict[str, Asset]]] = WeakKeyDictionary()


def find_line(database: Database, version: int) -> VersionLine:
    """When, by whom and from what a version was made. Raises :class:`VersionUnknown`."""
    found = content_queries.find_version(database, version) if 0 < version < LARGEST_VERSION else None
    if found is None:
        raise VersionUnknown(version)
    return found


def warnings_of(line: VersionLine) -> tuple[Fault, ...]:
    """What its writers should look at, as it was found when the version was made."""
    return tuple(Fault(**one) for one in line.warnings)


def count_warnings(database: Database, version: int) -> int:
    """How many warnings a version has; none where there is no such version."""
    line = content_queries.find_version(database, version) if 0 < version < LARGEST_VERSION else None
    return len(line.warnings) if line else 0


def content_of(services: ContentServices, hasher: Hasher, version: int) -> Content:
    """A version as it plays; the one in force comes from memory. Raises :class:`VersionUnknown`."""
    if services.in_force.is_loaded and services.in_force.content.version == version:
        return services.in_force.content
    held = _looked_at.get(services.database)
    if held is None or held[0].version != version:
        content = read_version(services.database, services.clock, hasher, services.prox, version)
        held = _looked_at[services.database] = (content, {})
    return held[0]


def asset_of(services: ContentServices, hasher: Hasher, version: int, path: str) -> Asset | None:
    """A picture of any version by its address, whatever is locked: for previews. Raises :class:`VersionUnknown`."""
    content = content_of(services, hasher, version)
    held = _looked_at.get(services.database)
    if held is None or held[0] is not content or not held[1]:
        held = _looked_at[services.database] = (content, dict(assets_by_path(content.assets)))
    return held[1].get(path)


def records_of(database: Database, version: int) -> str:
    """The records a version was made from, in the file's format. Raises :class:`VersionUnknown`."""
    records = content_queries.read_records(database, version) if 0 < version < LARGEST_VERSION else None
    if records is None:
        raise VersionUnknown(version)
    return records


def own_pictures(content: Content, html: str) -> str:
    """Sanitised HTML with the files of this version, which open to helpers and writers whatever is locked."""
    # Safe to match: the sanitiser always double-quotes attributes.
    return html.replace('="/assets/', f'="/admin/content/{content.version}/assets/')
