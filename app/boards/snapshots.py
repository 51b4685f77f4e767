"""Board snapshots and their stored text."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from app.boards.chart import Change
from app.boards.standings import Standing

_COLUMNS = tuple(column.name for column in fields(Standing))


@dataclass(frozen=True, slots=True)
class BoardSnapshot:
    """A division's board at ``at``; ``changes``: the leaders' points, for the chart.

    ``settings_revision`` and ``version``: what it was built under.
    """

    code: str
    name: str
    is_ranked: bool
    is_frozen: bool
    at: datetime
    settings_revision: int
    version: int
    rows: tuple[Standing, ...]
    changes: tuple[Change, ...]

    def place_of(self, team_id: int) -> int | None:
        """Index in ``rows``, or None."""
        return next((place for place, row in enumerate(self.rows) if row.team_id == team_id), None)


def to_text(board: BoardSnapshot) -> str:
    """:func:`from_text` returns an equal one."""
    whole = {column.name: getattr(board, column.name) for column in fields(board)}
    whole["rows"] = [[getattr(row, name) for name in _COLUMNS] for row in board.rows]
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), default=_written)


def from_text(text: str) -> BoardSnapshot:
    """Raises ValueError for another release's form."""
    try:
        whole = json.loads(text)
        whole |= {"at": datetime.fromisoformat(whole["at"]), "rows": tuple(_standing(row) for row in whole["rows"])}
        changes = tuple((team, datetime.fromisoformat(at), amount) for team, at, amount in whole["changes"])
        return BoardSnapshot(**whole | {"changes": changes})
    except (TypeError, KeyError) as why:
        raise ValueError("this is no board") from why


def _standing(row: list[Any]) -> Standing:
    values = dict(zip(_COLUMNS, row, strict=True))
    finished_at = values["finished_at"] and datetime.fromisoformat(values["finished_at"])
    return Standing(**values | {"finished_at": finished_at, "badges": tuple(values["badges"])})


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value))
