"""Load the content version and settings that any node has put in force.

Each page query returns both revisions; new ones are loaded before the reply. A job does so once a second.
"""

from __future__ import annotations

from app.content import queries as content_queries
from app.content.serialise import from_json
from app.core.hunt_settings import read_settings
from app.core.in_force import InForce
from app.database import hunt_state
from app.database.engine import Database


def follow(database: Database, in_force: InForce, revision: int, version: int | None) -> bool:
    is_changed = False
    if revision != in_force.settings_revision:
        fresh, stored = hunt_state.read_settings(database)
        in_force.put_settings(fresh, read_settings(stored))
        is_changed = True
    if version is not None and not (in_force.is_loaded and in_force.content.version == version):
        is_changed |= load_version(database, in_force, version)
    return is_changed


def load_version(database: Database, in_force: InForce, version: int) -> bool:
    compiled = content_queries.read_compiled(database, version)
    if compiled is None:
        return False
    in_force.put(from_json(compiled))
    return True


def catch_up(database: Database, in_force: InForce) -> bool:
    revision, version = hunt_state.read_versions(database)
    return follow(database, in_force, revision, version)
