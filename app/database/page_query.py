"""The query of a page view: what is in force, and the team's state.

Lists are JSON made by the database, so one row carries all; the databases differ in function names only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from app.core.model import Progress
from app.core.roles import HELD
from app.core.team import TEAM_COLUMNS, TeamState
from app.database.engine import Database


@dataclass(frozen=True, slots=True)
class SolveState:
    """``answer``: encrypted, if requested and kept."""

    solved_at: datetime
    points: int
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class PastGuessState:
    """``text`` is None for a right one."""

    guessed_at: datetime
    text: str | None
    verdict: str
    message_html: str


@dataclass(frozen=True, slots=True)
class HintMessageState:
    """A message of the team's questions about the puzzle."""

    request: int
    state: str
    written_at: datetime
    is_staff: bool
    text: str


@dataclass(frozen=True, slots=True)
class ReportState:
    """``note`` is the organisers'."""

    reported_at: datetime
    text: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class PageState:
    """``team`` is None for visitors and closed accounts."""

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
    reports: tuple[ReportState, ...] = ()
    reply: str | None = None
    # By puzzle, only where the page asked for it; a puzzle that nobody has solved is not in it.
    solve_counts: Mapping[str, int] | None = None

    def progress(self) -> Progress:
        """Raises LookupError for a visitor."""
        if self.team is None:
            raise LookupError("a visitor has no progress")
        solved = {puzzle: solve.solved_at for puzzle, solve in self.solves.items()}
        return Progress(self.team.division, self.team.created_at, solved, self.skips, self.unlocks)


_HUNT = ("settings_revision", "content_version", "last_event")
_LISTS = {
    "solves": "(SELECT {rows}({row}(puzzle_id, solved_at, points{answer})) FROM solves WHERE team_id = t.id)",
    "skips": "(SELECT {rows}({row}(puzzle_id, skipped_at)) FROM skips WHERE team_id = t.id)",
    "unlocks": """(SELECT {rows}({row}(puzzle_id, unlocked_at, viewed_at IS NOT NULL)) FROM unlocks
        WHERE team_id = t.id)""",
}
_OF_PUZZLE = {
    "guesses": """(SELECT {rows}({row}(guessed_at, text, verdict, message_html)) FROM
        (SELECT guessed_at, text, verdict, message_html FROM guesses
         WHERE team_id = t.id AND puzzle_id = :puzzle ORDER BY id DESC LIMIT 50) latest)""",
    "guess_count": "(SELECT count(*) FROM guesses WHERE team_id = t.id AND puzzle_id = :puzzle)",
    "hints_taken": """(SELECT {rows}({row}(hint_id, paid)) FROM hints_taken
        WHERE team_id = t.id AND puzzle_id = :puzzle)""",
    "hint_messages": """(SELECT {rows}({row}(id, state, written_at, is_staff, text)) FROM
        (SELECT r.id, r.state, m.written_at, m.is_staff, m.text
         FROM hint_requests r JOIN hint_messages m ON m.request_id = r.id
         WHERE r.team_id = t.id AND r.puzzle_id = :puzzle ORDER BY r.id DESC, m.id DESC LIMIT 50) latest)""",
    "reports": """(SELECT {rows}({row}(reported_at, text, state, note)) FROM
        (SELECT reported_at, text, state, note FROM problem_reports
         WHERE team_id = t.id AND puzzle_id = :puzzle ORDER BY id DESC LIMIT 5) latest)""",
    "reply": "(SELECT reply FROM receipts WHERE team_id = t.id AND puzzle_id = :puzzle AND once = :once)",
}
Answers = Literal["none", "some", "all"]
# Which found answers come along. They are long, so a page asks only for those that it shows.
_ANSWERS: dict[tuple[Answers, bool], str] = {
    ("none", True): "",
    ("none", False): "",
    ("some", True): ", CASE WHEN puzzle_id IN (SELECT value FROM json_each(:answered)) THEN answer END",
    ("some", False): ", CASE WHEN puzzle_id = ANY (:answered) THEN answer END",
    ("all", True): ", answer",
    ("all", False): ", answer",
}
_COUNTS = {"counts": "(SELECT {rows}({row}(puzzle_id, solves)) FROM puzzle_tallies)"}
# The answer to the query: the hunt's columns, the team's, and then these by name.
_OF_PAGE, _OF_LIST = (*_LISTS, *_OF_PUZZLE), (*_LISTS, *_COUNTS)
_TEAM_END = len(_HUNT) + len(TEAM_COLUMNS)
_FROM = "FROM hunt_state s LEFT JOIN teams t ON t.id = {team} WHERE s.id = 1"
# A session that has been logged out finds no team.
_IS_OPEN = "AND NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.team_id = t.id AND e.session = :session)"
_BY_ID, _BY_TOKEN = f":team {_IS_OPEN}", "(SELECT team_id FROM team_tokens WHERE digest = :team)"

_VISITOR = "SELECT settings_revision, content_version, last_event FROM hunt_state WHERE id = 1"


@cache
def statement(
    is_sqlite: bool, has_puzzle: bool, is_by_token: bool = False, answers: Answers = "none", has_counts: bool = False
) -> str:
    """The SQL, in the driver's style."""
    words = (
        {"rows": "json_group_array", "row": "json_array"}
        if is_sqlite
        else {"rows": "json_agg", "row": "json_build_array"}
    )
    more = _LISTS | _OF_PUZZLE if has_puzzle else _LISTS | (_COUNTS if has_counts else {})
    columns = [*(f"s.{name}" for name in _HUNT), *(f"t.{name}" for name in TEAM_COLUMNS), *more.values()]
    words |= {"team": _BY_TOKEN if is_by_token else _BY_ID, "answer": _ANSWERS[answers, is_sqlite]}
    asked = f"SELECT {', '.join(columns)} {_FROM}".format(**words)
    return asked if is_sqlite else re.sub(r":(\w+)", r"%(\1)s", asked)


def read_page_state(
    database: Database, team_id: int | None, puzzle_id: str | None = None, once: str = "", session: str = "",
    answers_of: Collection[str] | None = (), *, has_counts: bool = False,
) -> PageState:  # fmt: skip
    """``puzzle_id`` adds the team's past on it, ``once`` the reply to that key.

    ``session``: a logged-out one counts as a visitor. ``answers_of``: puzzles whose found answers to include, None:
    all. ``has_counts``: solvers of each puzzle.
    """
    if team_id is None:
        return PageState(*database.ask(_VISITOR, {}))
    values: dict[str, Any] = {"team": team_id, "session": session}
    if puzzle_id is not None:
        values |= {"puzzle": puzzle_id, "once": once}
    answers: Answers = "all" if answers_of is None else "some" if answers_of else "none"
    if answers_of:
        values["answered"] = json.dumps(list(answers_of)) if database.is_sqlite else list(answers_of)
    asked = statement(database.is_sqlite, puzzle_id is not None, answers=answers, has_counts=has_counts)
    # The connection is back in the pool before the JSON is read.
    return _page_state(database.ask(asked, values))


def read_state_by_token(database: Database, digest: str, *, has_counts: bool = False) -> PageState:
    """The same for the team of an API token."""
    asked = statement(database.is_sqlite, has_puzzle=False, is_by_token=True, answers="all", has_counts=has_counts)
    return _page_state(database.ask(asked, {"team": digest}))


def _page_state(row: tuple[Any, ...]) -> PageState:
    hunt, team, more = row[: len(_HUNT)], row[len(_HUNT) : _TEAM_END], row[_TEAM_END:]
    if team[0] is None:
        return PageState(*hunt)
    # Without a puzzle and counts the row is shorter.
    found = dict(zip(_OF_PAGE if len(more) > len(_OF_LIST) else _OF_LIST, more, strict=False))
    unlocks = _list(found["unlocks"])
    state: dict[str, Any] = {
        "team": team_of(team),
        "solves": {puzzle: SolveState(moment(at), *more) for puzzle, at, *more in _list(found["solves"])},
        "skips": {puzzle: moment(at) for puzzle, at in _list(found["skips"])},
        "unlocks": {puzzle: moment(at) for puzzle, at, _ in unlocks},
        "viewed": frozenset(puzzle for puzzle, _, is_viewed in unlocks if is_viewed),
    }
    if "counts" in found:
        state["solve_counts"] = dict(_list(found["counts"]))
    if "reply" in found:
        state |= {
            "guesses": tuple(PastGuessState(moment(at), *said) for at, *said in _list(found["guesses"])),
            "guess_count": found["guess_count"],
            "hints_taken": dict(_list(found["hints_taken"])),
            # The latest come first, so that a long conversation loses its beginning.
            "hint_messages": tuple(_hint_message(*one) for one in reversed(_list(found["hint_messages"]))),
            "reports": tuple(ReportState(moment(at), *said) for at, *said in _list(found["reports"])),
            "reply": found["reply"],
        }
    return PageState(*hunt, **state)


def _hint_message(request: int, state: str, written_at: Any, is_staff: Any, text: str) -> HintMessageState:
    return HintMessageState(request, state, moment(written_at), bool(is_staff), text)


def team_of(columns: Sequence[Any]) -> TeamState:
    """From TEAM_COLUMNS, by either driver."""
    team = TeamState(*columns)
    team.roles = HELD[team.role, str(team.roles)]  # words up to here
    team.emails = tuple(_list(team.emails))
    team.is_banned = bool(team.is_banned)
    team.created_at = moment(team.created_at)
    team.first_guess_at = moment(team.first_guess_at) if team.first_guess_at else None
    team.guess_times = tuple(moment(at) for at in _list(team.guess_times))
    team.free_guess_times = tuple(moment(at) for at in _list(team.free_guess_times))
    team.own_notices = bool(team.own_notices)
    return team


def _list(value: Any) -> list[Any]:
    """PostgreSQL decodes JSON, SQLite returns text, empty is None."""
    if isinstance(value, str):
        value = json.loads(value)
    return value or []


def moment(value: Any) -> datetime:
    """Aware UTC from a driver's value."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
