"""Queries for the site's own tables as a source."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.database.engine import Database
from app.database.schema import SiteAsset, SiteRecord


def read_all(database: Database) -> tuple[list[tuple[str, str, dict[str, Any], str]], dict[str, str]]:
    columns = (SiteRecord.table_name, SiteRecord.id, SiteRecord.fields, SiteRecord.changed_at)
    with database.reading() as connection:
        rows = connection.execute(select(*columns).order_by(SiteRecord.place, SiteRecord.id)).all()
        assets = connection.execute(select(SiteAsset.name, SiteAsset.uri).order_by(SiteAsset.name)).all()
    return [(row[0], row[1], row[2], row[3].isoformat()) for row in rows], {row[0]: row[1] for row in assets}
