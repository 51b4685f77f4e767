"""The site's own tables as a source of records."""

from __future__ import annotations

from app.content.sources import site_queries
from app.content.sources.tables import OPTIONAL_TABLES, TABLES, Record, Source
from app.core.text import sentence
from app.database.engine import Database

ORIGIN = sentence("the site’s draft")
# As versions name it, in no reader's language.
STORED_ORIGIN = str.__str__(ORIGIN)


def read_site(database: Database) -> Source:
    """An optional table without records counts as absent."""
    rows, assets = site_queries.read_all(database)
    found: dict[str, list[Record]] = {table: [] for table in TABLES}
    for table, record_id, fields, changed in rows:
        if table in found:
            found[table].append(Record(record_id, fields, changed))
    kept = {table: tuple(records) for table, records in found.items() if records or table not in OPTIONAL_TABLES}
    return Source(kept, assets, STORED_ORIGIN, takes_patches=False)
