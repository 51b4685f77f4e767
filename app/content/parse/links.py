"""How the records of a hunt belong together: links between tables, from whichever side they were made.

Airtable keeps a link in both tables; a hand-written file may have it in one. Through an Airtable view some puzzles are
not to be seen: a link to one of those is no mistake, and what waits for it stays closed until it appears.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.content.parse.row import Row

Rows = Mapping[str, Sequence[Row]]


class Links:
    """The links of one source. ``view`` is the Airtable view that the puzzles were read through, if any."""

    def __init__(self, rows: Rows, view: str | None) -> None:
        self._rows = {table: [row for row in found if not row.is_empty] for table, found in rows.items()}
        self._ids = {table: {row.id for row in found} for table, found in rows.items()}
        self._view = view

    def targets(self, row: Row, field: str, table: str) -> tuple[str, ...]:
        """The ids of the records linked in a field, without those that do not exist, which are noted."""
        for missing in self._missing(row, field, table):
            if self._is_veiled(table):
                row.warn(
                    field, f"The puzzle {missing[:64]} is not in the view “{self._view}” and counts as not solved."
                )
            else:
                row.fault(field, self._sentence(table, missing))
        return self._existing(row, field, table)

    def count_hidden(self, row: Row, field: str) -> int:
        """How many of the puzzles linked here cannot be seen through the view; 0 when there is no view."""
        return len(self._missing(row, field, "Puzzles")) if self._view else 0

    def belonging(self, children: str, field: str, parents: str, back: str) -> dict[str, tuple[str, ...]]:
        """Child → its parents, from both sides of a link, children in the order that their parents give them."""
        found: dict[str, dict[str, None]] = {}
        for parent in self._rows.get(parents, ()):
            for child_id in self._checked(parent, back, children):
                found.setdefault(child_id, {})[parent.id] = None
        for child in self._rows.get(children, ()):
            for parent_id in self._checked(child, field, parents):
                found.setdefault(child.id, {})[parent_id] = None
        return {child_id: tuple(parent_ids) for child_id, parent_ids in found.items()}

    def _checked(self, row: Row, field: str, table: str) -> tuple[str, ...]:
        """As :meth:`targets`, but what belongs to a puzzle that is not to be seen yet is no news."""
        return self._existing(row, field, table) if self._is_veiled(table) else self.targets(row, field, table)

    def _existing(self, row: Row, field: str, table: str) -> tuple[str, ...]:
        return tuple(one for one in row.ids(field) if one in self._ids.get(table, set()))

    def _missing(self, row: Row, field: str, table: str) -> list[str]:
        return [one for one in row.ids(field) if one not in self._ids.get(table, set())]

    def _is_veiled(self, table: str) -> bool:
        return self._view is not None and table == "Puzzles"

    @staticmethod
    def _sentence(table: str, missing: str) -> str:
        return f"{missing[:64]} is no record of the table {table}. Take the link out, or add the record."
