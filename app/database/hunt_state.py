"""The row of settings revision and content version in force, and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, text, update

from app.database.engine import Database
from app.database.schema import HuntState, Setting


def ensure_row(connection: Connection) -> None:
    connection.execute(
        text("INSERT INTO hunt_state (id, settings_revision, last_event) VALUES (1, 0, 0) ON CONFLICT DO NOTHING")
    )


def read_settings(database: Database) -> tuple[int, Mapping[str, str]]:
    with database.reading() as connection:
        # The revision first: a change in between makes it look old, and the settings are read once more.
        revision = connection.execute(select(HuntState.settings_revision)).scalar_one_or_none() or 0
        rows = connection.execute(select(Setting.name, Setting.value)).all()
    return revision, {row[0]: row[1] for row in rows}


def read_versions(database: Database) -> tuple[int, int | None]:
    with database.reading() as connection:
        row = connection.execute(select(HuntState.settings_revision, HuntState.content_version)).one_or_none()
    return (row[0], row[1]) if row else (0, None)


def lock_settings(connection: Connection) -> dict[str, str]:
    """Locked until commit."""
    ensure_row(connection)
    connection.execute(select(HuntState.id).with_for_update())
    return {row[0]: row[1] for row in connection.execute(select(Setting.name, Setting.value)).all()}


def write_settings(connection: Connection, changes: Mapping[str, str | None], now: datetime) -> None:
    """None: back to the default. Increments the revision."""
    # The row's lock makes two organisers' changes follow one another.
    connection.execute(update(HuntState).values(settings_revision=HuntState.settings_revision + 1))
    connection.execute(delete(Setting).where(Setting.name.in_(list(changes))))
    rows = [{"name": name, "value": value, "changed_at": now} for name, value in changes.items() if value is not None]
    if rows:
        connection.execute(insert(Setting), rows)


def point_to_version(connection: Connection, version: int) -> None:
    connection.execute(update(HuntState).values(content_version=version))


def lock_content(connection: Connection) -> int | None:
    """The version, locked until commit: one restock at a time."""
    return connection.execute(select(HuntState.content_version).with_for_update()).scalar_one_or_none()
