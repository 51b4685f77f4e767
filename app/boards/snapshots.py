"""Board snapshots and their stored text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.boards.chart import Change
from app.boards.standings import Standing


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
        return next((place for place, row in enumerate(self.rows) if row.team_id == team_id), None)


_DECODER = msgspec.json.Decoder(BoardSnapshot)


def to_text(board: BoardSnapshot) -> str:
    return msgspec.json.encode(board).decode()


def from_text(text: str) -> BoardSnapshot:
    """Raises ValueError for another release's form."""
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError as why:
        raise ValueError("this is no board") from why
