"""The activity log of teams."""

from __future__ import annotations

from collections.abc import Iterator

from app.database.engine import Database
from app.database.pagination import Cut, Place, cut
from app.ops import activity_log_queries
from app.ops.activity_log_queries import GUESS, Entry, LogFilter

__all__ = ["GUESS", "Entry", "LogFilter", "Place", "all_entries", "find_teams", "list_kinds", "read_page"]

ROWS_A_PAGE = 100


def read_page(database: Database, wanted: LogFilter, before: Place | None, after: Place | None) -> Cut[Entry]:
    rows = activity_log_queries.read_entries(database, wanted, ROWS_A_PAGE + 1, before=before, after=after)
    return cut(rows, ROWS_A_PAGE, is_after=after is not None, is_before=before is not None)


def all_entries(database: Database, wanted: LogFilter) -> Iterator[Entry]:
    return activity_log_queries.all_entries(database, wanted)


def list_kinds(database: Database) -> list[str]:
    return activity_log_queries.list_kinds(database)


def find_teams(database: Database, part: str) -> tuple[int, ...]:
    return tuple(activity_log_queries.find_teams(database, part))
