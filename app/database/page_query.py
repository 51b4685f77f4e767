"""The query of a page view: what is in force, and the team's state.

Lists are JSON made by the database, so one row carries all.
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
    request: int
    state: str
    written_at: datetime
    is_staff: bool
    text: str


@dataclass(frozen=True, slots=True)
class ReportState:
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
    # Fun, difficulty and comment.
    rating: tuple[int, int, str] | None = None
    reply: str | None = None
    # By puzzle, only where the page asked for it; a puzzle that nobody has solved is not in it.
    solve_counts: Mapping[str, int] | None = None

    def progress(self) -> Progress:
        """Raises LookupError for a visitor."""
        if self.team is None:
            raise LookupError("a visitor has no progress")
        solved = {puzzle: solve.solved_at for puzzle, solve in self.solves.items()}
        return Progress(self.team.division, self.team.created_at, solved, self.skips, self.unlocks)


@dataclass(frozen=True, slots=True)
class Reading:
    statement: str
    values: Mapping[str, Any]
    columns: tuple[Any, ...] = ()
    problem: Exception | None = None

    def again(self, database: Database) -> Reading:
        """Asks the same; a problem is returned."""
        try:
            return Reading(self.statement, self.values, database.ask(self.statement, self.values))
        except Exception as problem:  # noqa: BLE001 - raised where the row is read
            return Reading(self.statement, self.values, (), problem)

    def is_like(self, other: Reading) -> bool:
        """Whether nothing but the newest notice differs."""
        mine, others = self.columns, other.columns
        return mine[:_LAST_EVENT] == others[:_LAST_EVENT] and mine[_LAST_EVENT + 1 :] == others[_LAST_EVENT + 1 :]

    @property
    def last_event(self) -> int:
        return int(self.columns[_LAST_EVENT])


@dataclass(frozen=True, slots=True)
class PageRow:
    """As the database gave it: ``team`` by column, empty for a visitor; ``more`` by name."""

    hunt: tuple[Any, ...]
    team: tuple[Any, ...] = ()
    more: tuple[tuple[str, Any], ...] = ()
    reading: Reading | None = field(default=None, compare=False, repr=False)

    def __getattr__(self, column: str) -> Any:
        """By column; None for a visitor's."""
        if column in _HUNT:
            return self.hunt[_HUNT.index(column)]
        if column not in TEAM_COLUMNS:
            raise AttributeError(column)
        return self.team[TEAM_COLUMNS.index(column)] if self.team else None

    @property
    def is_staff(self) -> bool:
        return bool(self.team) and bool(HELD[self.role, str(self.roles)])

    def without_team(self) -> PageRow:
        return PageRow(self.hunt, (), tuple(one for one in self.more if one[0] == "news"), self.reading)

    def without(self, columns: Collection[str]) -> PageRow:
        kept = zip(TEAM_COLUMNS, self.team, strict=False)
        team = tuple("[]" if name in columns else value for name, value in kept)
        return PageRow(self.hunt, team, self.more, self.reading)

    def inputs(self) -> tuple[Any, ...]:
        """All but the newest notice, which comes with each answer."""
        return (*self.hunt[:_LAST_EVENT], *self.team, *self.more)

    def newest_news_at(self) -> datetime | None:
        """None if there is none or the mark was not asked for."""
        at = dict(self.more).get("news") and _list(dict(self.more)["news"])[2]
        return moment(at) if at else None


_HUNT = ("settings_revision", "content_version", "last_event")
_LAST_EVENT = _HUNT.index("last_event")
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
    "rating": """(SELECT {row}(fun, difficulty, comment) FROM puzzle_ratings
        WHERE team_id = t.id AND puzzle_id = :puzzle)""",
    "reply": "(SELECT reply FROM receipts WHERE team_id = t.id AND puzzle_id = :puzzle AND once = :once)",
}
# Marks of what a page reads beside this query: they differ whenever that does.
Mark = Literal["news", "points"]
_MARKS: dict[Mark, str] = {
    # Announcements are corrected and withdrawn, never deleted; each change counts the revision up.
    "news": "(SELECT {row}(count(*), sum(revision), max(published_at)) FROM announcements"
    " WHERE published_at IS NOT NULL)",
    # The ledger only grows.
    "points": "(SELECT count(*) FROM ledger WHERE team_id = t.id AND kind = 'points')",
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
_TEAM_END = len(_HUNT) + len(TEAM_COLUMNS)
_TEAM_LISTS = frozenset({"emails", "guess_times", "free_guess_times"})
_FROM = "FROM hunt_state s LEFT JOIN teams t ON t.id = {team} WHERE s.id = 1"
# A session that has been logged out finds no team.
_IS_OPEN = "AND NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.team_id = t.id AND e.session = :session)"
_BY_ID, _BY_TOKEN = f":team {_IS_OPEN}", "(SELECT team_id FROM team_tokens WHERE digest = :team)"


@dataclass(frozen=True, slots=True)
class Question:
    """``has_puzzle``: the team's past on it; ``has_counts``: solvers of each puzzle."""

    has_puzzle: bool = False
    answers: Answers = "none"
    has_counts: bool = False
    marks: tuple[Mark, ...] = ()
    is_by_token: bool = False
    is_visitors: bool = False

    def columns(self) -> dict[str, str]:
        if self.is_visitors:
            return {name: _MARKS[name] for name in self.marks if name != "points"}
        more = _LISTS | (_OF_PUZZLE if self.has_puzzle else _COUNTS if self.has_counts else {})
        return more | {name: _MARKS[name] for name in self.marks}


@cache
def statement(is_sqlite: bool, question: Question) -> str:
    """The SQL, in the driver's style. Lists come as text."""
    words = (
        {"rows": "json_group_array", "row": "json_array"}
        if is_sqlite
        else {"rows": "json_agg", "row": "json_build_array"}
    )
    words |= {
        "team": _BY_TOKEN if question.is_by_token else _BY_ID,
        "answer": _ANSWERS[question.answers, is_sqlite],
    }
    team = {f"t.{name}": name in _TEAM_LISTS for name in TEAM_COLUMNS}
    more = {asked: "{row" in asked for asked in question.columns().values()}
    wanted = {f"s.{name}": False for name in _HUNT} | ({} if question.is_visitors else team) | more
    columns = [f"{one}::text" if is_list and not is_sqlite else one for one, is_list in wanted.items()]
    source = "FROM hunt_state s WHERE s.id = 1" if question.is_visitors else _FROM
    asked = f"SELECT {', '.join(columns)} {source}".format(**words)
    return asked if is_sqlite else re.sub(r"(?<!:):(\w+)", r"%(\1)s", asked)


def read_page_row(
    database: Database, team_id: int | None, puzzle_id: str | None = None, once: str = "", session: str = "",
    answers_of: Collection[str] | None = (), *, has_counts: bool = False, marks: tuple[Mark, ...] = (),
    read: Reading | None = None,
) -> PageRow:  # fmt: skip
    """``puzzle_id`` adds the team's past on it, ``once`` the reply to that key.

    ``session``: a logged-out one counts as a visitor. ``answers_of``: puzzles whose found answers to include, None:
    all. ``has_counts``: solvers of each puzzle. ``read``: if it asked the same, the database is not asked again.
    """
    if team_id is None:
        return _ask(database, Question(marks=marks, is_visitors=True), {}, read)
    values: dict[str, Any] = {"team": team_id, "session": session}
    if puzzle_id is not None:
        values |= {"puzzle": puzzle_id, "once": once}
    answers: Answers = "all" if answers_of is None else "some" if answers_of else "none"
    if answers_of:
        listed = sorted(answers_of)
        values["answered"] = json.dumps(listed) if database.is_sqlite else listed
    return _ask(database, Question(puzzle_id is not None, answers, has_counts, marks), values, read)


def read_page_state(
    database: Database, team_id: int | None, puzzle_id: str | None = None, once: str = "", session: str = "",
    answers_of: Collection[str] | None = (),
) -> PageState:  # fmt: skip
    return state_of(read_page_row(database, team_id, puzzle_id, once, session, answers_of))


def read_row_by_token(
    database: Database, digest: str, *, has_counts: bool = False, marks: tuple[Mark, ...] = ()
) -> PageRow:
    question = Question(answers="all", has_counts=has_counts, marks=marks, is_by_token=True)
    return _ask(database, question, {"team": digest})


def _ask(database: Database, question: Question, values: Mapping[str, Any], read: Reading | None = None) -> PageRow:
    asked = statement(database.is_sqlite, question)
    if read is None or read.statement != asked or read.values != values:
        read = Reading(asked, values, database.ask(asked, values))
    elif read.problem is not None:
        raise read.problem
    row = read.columns
    hunt, end = row[: len(_HUNT)], len(_HUNT) if question.is_visitors else _TEAM_END
    found = PageRow(hunt, row[len(_HUNT) : end], tuple(zip(_names(question), row[end:], strict=True)), read)
    # Without a team its columns are empty.
    return found if question.is_visitors or found.id is not None else found.without_team()


@cache
def _names(question: Question) -> tuple[str, ...]:
    return tuple(question.columns())


def state_of(row: PageRow) -> PageState:
    if not row.team:
        return PageState(*row.hunt)
    found = dict(row.more)
    unlocks = _list(found["unlocks"])
    state: dict[str, Any] = {
        "team": team_of(row.team),
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
            "rating": tuple(_list(found["rating"])) or None,
            "reply": found["reply"],
        }
    return PageState(*row.hunt, **state)


def _hint_message(request: int, state: str, written_at: Any, is_staff: Any, text: str) -> HintMessageState:
    return HintMessageState(request, state, moment(written_at), bool(is_staff), text)


def team_of(columns: Sequence[Any]) -> TeamState:
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
