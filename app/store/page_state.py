"""The one query of a page view: which settings and content are in force, and all about the team that looks.

Called by the team reload (:mod:`app.middleware.team_reload`) on every page request. Lists come back as JSON made by
the database, so that one round trip of one row carries everything; the two databases differ only in the names of the
functions that make it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from app.rules.model import Progress
from app.store.connections import Database


@dataclass(frozen=True, slots=True)
class TeamState:
    """The team's own row. ``guess_times`` is the stored sliding window; totals equal the ledger's sums."""

    id: int
    name: str
    display_name: str
    affiliation: str
    emails: tuple[str, ...]
    language: str
    division: str
    role: str
    is_banned: bool
    epoch: int
    created_at: datetime
    score: int
    xp: int
    xp_periods: int
    hint_credits: int
    first_guess_at: datetime | None
    guess_times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class SolveState:
    """A solve of this team: when, and the points it earned."""

    solved_at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class PastGuessState:
    """An earlier guess on the puzzle at hand; ``text`` is None for a right one."""

    guessed_at: datetime
    text: str | None
    verdict: str
    message_html: str


@dataclass(frozen=True, slots=True)
class HintMessageState:
    """One message of the team's conversations with the organisers about the puzzle at hand."""

    request: int
    state: str
    written_at: datetime
    is_staff: bool
    text: str


@dataclass(frozen=True, slots=True)
class PageState:
    """All that a page needs from the database. ``team`` is None for a visitor or an account that is gone."""

    settings_revision: int
    content_version: int | None
    last_event: int
    team: TeamState | None = None
    solves: Mapping[str, SolveState] = field(default_factory=dict)
    skips: Mapping[str, datetime] = field(default_factory=dict)
    unlocks: Mapping[str, datetime] = field(default_factory=dict)
    viewed: frozenset[str] = frozenset()
    guesses: tuple[PastGuessState, ...] = ()
    guess_count: int = 0
    hints_taken: Mapping[str, str] = field(default_factory=dict)
    hint_messages: tuple[HintMessageState, ...] = ()
    reply: str | None = None

    def progress(self) -> Progress:
        """What the team has done so far. Raises LookupError for a visitor."""
        if self.team is None:
            raise LookupError("a visitor has no progress")
        solved = {puzzle: solve.solved_at for puzzle, solve in self.solves.items()}
        return Progress(self.team.division, self.team.created_at, solved, self.skips, self.unlocks)


_TEAM = """
SELECT s.settings_revision, s.content_version, s.last_event,
  t.id, t.name, t.display_name, t.affiliation, t.emails, t.language, t.division, t.role, t.is_banned, t.epoch,
  t.created_at, t.score, t.xp, t.xp_periods, t.hint_credits, t.first_guess_at, t.guess_times,
  (SELECT {rows}({row}(puzzle_id, solved_at, points)) FROM solves WHERE team_id = t.id),
  (SELECT {rows}({row}(puzzle_id, skipped_at)) FROM skips WHERE team_id = t.id),
  (SELECT {rows}({row}(puzzle_id, unlocked_at, viewed_at IS NOT NULL)) FROM unlocks WHERE team_id = t.id){more}
FROM hunt_state s LEFT JOIN teams t ON t.id = {team} WHERE s.id = 1
"""
_BY_ID, _BY_TOKEN = ":team", "(SELECT team_id FROM team_tokens WHERE digest = :team)"

_PUZZLE = """,
  (SELECT {rows}({row}(guessed_at, text, verdict, message_html)) FROM
    (SELECT guessed_at, text, verdict, message_html FROM guesses
     WHERE team_id = t.id AND puzzle_id = :puzzle ORDER BY id DESC LIMIT 50) latest),
  (SELECT count(*) FROM guesses WHERE team_id = t.id AND puzzle_id = :puzzle),
  (SELECT {rows}({row}(hint_id, paid)) FROM hints_taken WHERE team_id = t.id AND puzzle_id = :puzzle),
  (SELECT {rows}({row}(id, state, written_at, is_staff, text)) FROM
    (SELECT r.id, r.state, m.written_at, m.is_staff, m.text
     FROM hint_requests r JOIN hint_messages m ON m.request_id = r.id
     WHERE r.team_id = t.id AND r.puzzle_id = :puzzle ORDER BY r.id DESC, m.id DESC LIMIT 50) latest),
  (SELECT reply FROM receipts WHERE team_id = t.id AND puzzle_id = :puzzle AND once = :once)"""

_VISITOR = "SELECT settings_revision, content_version, last_event FROM hunt_state WHERE id = 1"


@cache
def statement(is_sqlite: bool, has_puzzle: bool, is_by_token: bool = False) -> str:
    """The question in the words of the database's driver."""
    words = (
        {"rows": "json_group_array", "row": "json_array"}
        if is_sqlite
        else {"rows": "json_agg", "row": "json_build_array"}
    )
    more = _PUZZLE.format(**words) if has_puzzle else ""
    asked = _TEAM.format(**words, more=more, team=_BY_TOKEN if is_by_token else _BY_ID)
    return asked if is_sqlite else re.sub(r":(\w+)", r"%(\1)s", asked)


def read_page_state(database: Database, team_id: int | None, puzzle_id: str | None = None, once: str = "") -> PageState:
    """What the page needs, in one query. ``puzzle_id`` adds the team's past on it, ``once`` the reply to a guess."""
    if team_id is None:
        found = database.ask(_VISITOR, {})
        return PageState(found[0], found[1], found[2])
    values: dict[str, Any] = {"team": team_id}
    if puzzle_id is not None:
        values |= {"puzzle": puzzle_id, "once": once}
    # The connection is back in the pool before the JSON is read.
    return _page_state(database.ask(statement(database.is_sqlite, puzzle_id is not None), values))


def read_state_by_token(database: Database, digest: str) -> PageState:
    """What a program's request needs, in one query: as for a page, of the team whose token has this digest."""
    return _page_state(
        database.ask(statement(database.is_sqlite, has_puzzle=False, is_by_token=True), {"team": digest})
    )


def _page_state(row: tuple[Any, ...]) -> PageState:
    if row[3] is None:
        return PageState(row[0], row[1], row[2])
    unlocks = _list(row[22])
    state: dict[str, Any] = {
        "team": _team(row[3:20]),
        "solves": {puzzle: SolveState(moment(at), points) for puzzle, at, points in _list(row[20])},
        "skips": {puzzle: moment(at) for puzzle, at in _list(row[21])},
        "unlocks": {puzzle: moment(at) for puzzle, at, _ in unlocks},
        "viewed": frozenset(puzzle for puzzle, _, is_viewed in unlocks if is_viewed),
    }
    return PageState(row[0], row[1], row[2], **state, **_puzzle_part(row[23:]))


def _puzzle_part(row: tuple[Any, ...]) -> dict[str, Any]:
    if not row:
        return {}
    guesses = tuple(PastGuessState(moment(at), text, verdict, html) for at, text, verdict, html in _list(row[0]))
    return {
        "guesses": guesses,
        "guess_count": row[1],
        "hints_taken": dict(_list(row[2])),
        # The latest come first, so that a long conversation loses its beginning; they are read in the order written.
        "hint_messages": tuple(_hint_message(*found) for found in reversed(_list(row[3]))),
        "reply": row[4],
    }


def _hint_message(request: int, state: str, written_at: Any, is_staff: Any, text: str) -> HintMessageState:
    return HintMessageState(request, state, moment(written_at), bool(is_staff), text)


def _team(row: tuple[Any, ...]) -> TeamState:
    (team_id, name, display, affiliation, emails, language, division, role, is_banned, epoch, *more) = row
    created, score, xp, periods, credits, first_guess, times = more
    return TeamState(
        team_id, name, display, affiliation, tuple(_list(emails)), language, division, role, bool(is_banned), epoch,
        moment(created), score, xp, periods, credits, moment(first_guess) if first_guess else None,
        tuple(moment(at) for at in _list(times)),
    )  # fmt: skip


def _list(value: Any) -> list[Any]:
    """A JSON list as the driver gives it: PostgreSQL's comes decoded, SQLite's as text, an empty one as None."""
    if isinstance(value, str):
        value = json.loads(value)
    return value or []


def moment(value: Any) -> datetime:
    """An aware UTC time from whatever form the database wrote it in."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
