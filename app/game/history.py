"""A team's history, newest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.text import sentence
from app.database.engine import Database
from app.database.pagination import Cut, cut
from app.encryption import Encryption
from app.game import history_queries
from app.game.history_queries import GUESSES, SOLVES, HistoryRow
from app.guesses.found_answers import read_answer

ENTRIES_A_PAGE = 50
# On paper all of it; no team has done more.
MOST_ON_PAPER = 10_000
MOST_PAGES = 10_000

CLOSE_ANSWER, SKIPPED = sentence("Close answer"), sentence("Skipped")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """``kind``: guess, solve, hint, powerup, skip.

    ``text``: the guess or answer, or the hint's number; empty if not kept.
    """

    at: datetime
    kind: str
    puzzle_id: str
    text: str
    verdict: str | None
    points: int | None

    @property
    def is_typed(self) -> bool:
        return self.kind in ("guess", "solve")


def read_page(database: Database, encryption: Encryption, team_id: int, puzzle_id: str, page: int) -> Cut[HistoryEntry]:
    offset = (min(max(page, 1), MOST_PAGES) - 1) * ENTRIES_A_PAGE
    rows = history_queries.read_history(database, team_id, puzzle_id, ENTRIES_A_PAGE + 1, offset)
    entries = [_entry(encryption, team_id, row) for row in rows]
    return cut(entries, ENTRIES_A_PAGE, is_after=False, is_before=page > 1)


def read_whole(database: Database, encryption: Encryption, team_id: int, puzzle_id: str) -> Cut[HistoryEntry]:
    rows = history_queries.read_history(database, team_id, puzzle_id, MOST_ON_PAPER, 0)
    return Cut(tuple(_entry(encryption, team_id, row) for row in rows), has_newer=False, has_older=False)


def _entry(encryption: Encryption, team_id: int, row: HistoryRow) -> HistoryEntry:
    if row.source == SOLVES:
        return HistoryEntry(row.at, "solve", row.puzzle_id, _found(encryption, team_id, row), None, row.points)
    if row.source == GUESSES:
        text = _found(encryption, team_id, row) if row.verdict == "correct" else row.text or ""
        return HistoryEntry(row.at, "guess", row.puzzle_id, text, row.verdict, None)
    details = json.loads(row.details or "{}")
    kind, text = _move(details)
    return HistoryEntry(row.at, kind, row.puzzle_id, text, None, None)


def _found(encryption: Encryption, team_id: int, row: HistoryRow) -> str:
    return read_answer(encryption, team_id, row.puzzle_id, row.text) or ""


def _move(details: dict[str, Any]) -> tuple[str, str]:
    verb = details.get("verb")
    if verb == "skip":
        return "skip", SKIPPED
    if verb == "close":
        return "powerup", CLOSE_ANSWER
    return ("powerup" if verb == "hint" else "hint"), _hint_words(details.get("order", 1), details.get("paid"))


def _hint_words(order: object, paid: object) -> str:
    if paid == "credit":
        return sentence("Hint %(order)s, for hint credits", order=order)
    if paid == "points":
        return sentence("Hint %(order)s, for points", order=order)
    if paid == "xp":
        return sentence("Hint %(order)s, for XP", order=order)
    return sentence("Hint %(order)s", order=order)
