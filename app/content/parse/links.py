"""Links between records, from whichever side they were made.

Airtable keeps both sides, a hand-written file may have one. A view may hide puzzles: a link to a hidden one is no
fault, and what waits for it stays closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.content.parse.row import Row

Rows = Mapping[str, Sequence[Row]]


class Links:
    """``view``: the Airtable view that puzzles were read through, if any."""

    def __init__(self, rows: Rows, view: str | None) -> None:
        self._rows = {table: [row for row in found if not row.is_empty] for table, found in rows.items()}
        self._ids = {table: {row.id for row in found} for table, found in rows.items()}
        self._view = view

    def targets(self, row: Row, field: str, table: str) -> tuple[str, ...]:
        """Ids linked in a field; unknown ones are noted and left out."""
        for missing in self._missing(row, field, table):
            if self._is_veiled(table):
                row.warn(
                    field, f"The puzzle {missing[:64]} is not in the view “{self._view}” and counts as not solved."
                )
            else:
                row.fault(field, self._sentence(table, missing))
        return self._existing(row, field, table)

    def count_hidden(self, row: Row, field: str) -> int:
        """Number of linked puzzles that the view hides."""
        return len(self._missing(row, field, "Puzzles")) if self._view else 0

    def belonging(self, children: str, field: str, parents: str, back: str) -> dict[str, tuple[str, ...]]:
        """Child → parents, from both sides of a link, in the parents' order."""
        found: dict[str, dict[str, None]] = {}
        for parent in self._rows.get(parents, ()):
            for child_id in self._checked(parent, back, children):
                found.setdefault(child_id, {})[parent.id] = None
        for child in self._rows.get(children, ()):
            for parent_id in self._checked(child, field, parents):
                found.setdefault(child.id, {})[parent_id] = None
        return {child_id: tuple(parent_ids) for child_id, parent_ids in found.items()}

    def _checked(self, row: Row, field: str, table: str) -> tuple[str, ...]:
        """Like :meth:`targets`, but silent about what belongs to a hidden puzzle."""
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
