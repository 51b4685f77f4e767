"""Reading content versions: content, warnings, records as a file."""

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
    """Raises :class:`VersionUnknown`."""
    found = content_queries.find_version(database, version) if 0 < version < LARGEST_VERSION else None
    if found is None:
        raise VersionUnknown(version)
    return found


def warnings_of(line: VersionLine) -> tuple[Fault, ...]:
    return tuple(Fault(**one) for one in line.warnings)


def count_warnings(database: Database, version: int) -> int:
    line = content_queries.find_version(database, version) if 0 < version < LARGEST_VERSION else None
    return len(line.warnings) if line else 0


def content_of(services: ContentServices, hasher: Hasher, version: int) -> Content:
    """The version in force comes from memory. Raises :class:`VersionUnknown`."""
    if services.in_force.is_loaded and services.in_force.content.version == version:
        return services.in_force.content
    held = _looked_at.get(services.database)
    if held is None or held[0].version != version:
        content = read_version(services.database, services.clock, hasher, services.prox, version)
        held = _looked_at[services.database] = (content, {})
    return held[0]


def asset_of(services: ContentServices, hasher: Hasher, version: int, path: str) -> Asset | None:
    """A picture of any version for previews, whatever is locked. Raises :class:`VersionUnknown`."""
    content = content_of(services, hasher, version)
    held = _looked_at.get(services.database)
    if held is None or held[0] is not content or not held[1]:
        held = _looked_at[services.database] = (content, dict(assets_by_path(content.assets)))
    return held[1].get(path)


def records_of(database: Database, version: int) -> str:
    """Records in the file's format. Raises :class:`VersionUnknown`."""
    records = content_queries.read_records(database, version) if 0 < version < LARGEST_VERSION else None
    if records is None:
        raise VersionUnknown(version)
    return records


def own_pictures(content: Content, html: str) -> str:
    # Safe to match: the sanitiser always double-quotes attributes.
    return html.replace('="/assets/', f'="/admin/content/{content.version}/assets/')
