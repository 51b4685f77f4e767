"""Looking at content versions: what one holds, what was wrong with it, its records as a file. Changes nothing.

Called by the organisers' content pages and their dashboard.
"""

from __future__ import annotations

from app.content.faults import Fault
from app.rules.model import Content
from app.services.loading import VersionUnknown, read_version
from app.services.ports import Ports
from app.store import content_versions
from app.store.content_versions import VersionLine

LARGEST_VERSION = 2**31


def find_line(ports: Ports, version: int) -> VersionLine:
    """When, by whom and from what a version was made. Raises :class:`VersionUnknown`."""
    found = content_versions.find_version(ports.database, version) if 0 < version < LARGEST_VERSION else None
    if found is None:
        raise VersionUnknown(version)
    return found


def warnings_of(line: VersionLine) -> tuple[Fault, ...]:
    """What its writers should look at, as it was found when the version was made."""
    return tuple(Fault(**one) for one in line.warnings)


def count_warnings(ports: Ports, version: int) -> int:
    """How many warnings a version has; none where there is no such version."""
    line = content_versions.find_version(ports.database, version) if 0 < version < LARGEST_VERSION else None
    return len(line.warnings) if line else 0


def content_of(ports: Ports, version: int) -> Content:
    """A version as it plays; the one in force comes from memory. Raises :class:`VersionUnknown`."""
    if ports.content.is_loaded and ports.content.current().version == version:
        return ports.content.current()
    return read_version(ports, version)


def records_of(ports: Ports, version: int) -> str:
    """The records a version was made from, in the file's format. Raises :class:`VersionUnknown`."""
    records = content_versions.read_records(ports.database, version) if 0 < version < LARGEST_VERSION else None
    if records is None:
        raise VersionUnknown(version)
    return records
