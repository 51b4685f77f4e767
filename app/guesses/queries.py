"""Queries for guesses, receipts and solves.

Few round trips: one read, and writes with the COMMIT (:func:`app.database.engine.later`). Lock order, against
deadlocks: the team's row, then the puzzle's tally.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, text, update

from app.core.model import Progress
from app.core.team import TEAM_COLUMNS, TeamState
from app.database.engine import Database, later
from app.database.page_query import moment, team_of
from app.database.schema import Guess, HintTaken, Moment, Receipt, Skip, Solve, Team, Unlock


@dataclass(frozen=True, slots=True)
class OldGuess:
    """``is_former``: found by its former digest, which another text may share."""

    id: int
    verdict: str
    message_html: str
    text: str = ""
    is_former: bool = False


@dataclass(frozen=True, slots=True)
class SolveGround:
    """What a solve depends on, read under the team's lock. ``question``: the team's open hint request."""

    progress: Progress
    points_hints: int
    solvers: int
    question: int | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What may stop a guess, read under the team's lock.

    ``reply``: already given to this key; ``holder`` and ``reserved_at``: of a request still judging. ``answer``: the
    found answer, encrypted; None if not kept. ``number``: for the new guess; ``ground``: only for a right one.
    """

    is_solved: bool
    is_skipped: bool
    is_accepted: bool
    reply: str | None
    holder: str | None
    reserved_at: datetime | None
    repeated: OldGuess | None
    answer: str | None = None
    number: int = 0
    ground: SolveGround | None = None


_TEAM = tuple(getattr(Team, name) for name in TEAM_COLUMNS)


# The statements of every guess are built once: building one costs as much as sending it.
_LOCK = select(Team.id).where(Team.id == bindparam("team")).with_for_update()
_LOCK_TEAM = select(*_TEAM).where(Team.id == bindparam("team")).with_for_update()
_KEEP_WINDOW = update(Team).where(Team.id == bindparam("team")).values(guess_times=bindparam("times"))
_KEEP_FREE_WINDOW = update(Team).where(Team.id == bindparam("team")).values(free_guess_times=bindparam("times"))
_FIRST = {"first_guess_at": func.coalesce(Team.first_guess_at, bindparam("first", type_=Moment()))}
_KEEP_WINDOW_AND_FIRST = _KEEP_WINDOW.values(**_FIRST)
_KEEP_FREE_WINDOW_AND_FIRST = _KEEP_FREE_WINDOW.values(**_FIRST)
_ADD_GUESS = insert(Guess)


def lock_team(connection: Connection, team_id: int) -> TeamState | None:
    """Locked until the transaction ends; None if the account is gone."""
    row = connection.execute(_LOCK_TEAM, {"team": team_id}).one_or_none()
    return team_of(row) if row is not None else None


def read_locked(connection: Connection, condition: ColumnElement[bool]) -> list[TeamState]:
    """Rows that meet a condition, locked in the order of ids."""
    query = select(*_TEAM).where(condition).order_by(Team.id).with_for_update()
    return [team_of(row) for row in connection.execute(query)]


def keep_window(
    connection: Connection, team_id: int, times: Sequence[datetime], first_guess_at: datetime | None, *,
    is_free: bool = False,
) -> None:  # fmt: skip
    """Store the sliding window (or that of free guesses) and, once, the time of the first guess."""
    values: dict[str, object] = {"team": team_id, "times": [at.isoformat() for at in times]}
    if first_guess_at is None:
        later(connection, _KEEP_FREE_WINDOW if is_free else _KEEP_WINDOW, values)
    else:
        statement = _KEEP_FREE_WINDOW_AND_FIRST if is_free else _KEEP_WINDOW_AND_FIRST
        later(connection, statement, values | {"first": first_guess_at})


def clear_window(connection: Connection, team_id: int) -> None:
    connection.execute(update(Team).where(Team.id == team_id).values(guess_times=[], free_guess_times=[]))


# In the order of Situation.
_SITUATION = """EXISTS (SELECT 1 FROM solves WHERE team_id = :team AND puzzle_id = :puzzle),
  EXISTS (SELECT 1 FROM skips WHERE team_id = :team AND puzzle_id = :puzzle),
  EXISTS (SELECT 1 FROM accepted_answers WHERE puzzle_id = :puzzle AND digest IN (:answer, :former_answer)),
  r.reply, r.holder, r.reserved_at, g.id, g.verdict, g.message_html, g.text, g.digest <> :digest,
  (SELECT answer FROM solves WHERE team_id = :team AND puzzle_id = :puzzle)"""
# In the order of SolveGround.
_GROUND = """(SELECT {rows}({row}(puzzle_id, solved_at)) FROM solves WHERE team_id = :team),
  (SELECT {rows}({row}(puzzle_id, skipped_at)) FROM skips WHERE team_id = :team),
  (SELECT {rows}({row}(puzzle_id, unlocked_at)) FROM unlocks WHERE team_id = :team),
  (SELECT count(*) FROM hints_taken WHERE team_id = :team AND puzzle_id = :puzzle AND paid = 'points'),
  (SELECT solves FROM puzzle_tallies WHERE puzzle_id = :puzzle),
  (SELECT id FROM hint_requests WHERE open_key = :open_key)"""
_FROM = """FROM (SELECT 1) one LEFT JOIN teams t ON t.id = :team
LEFT JOIN receipts r ON r.team_id = :team AND r.puzzle_id = :puzzle AND r.once = :once
LEFT JOIN guesses g ON g.id = (SELECT id FROM guesses WHERE team_id = :team AND puzzle_id = :puzzle
  AND digest IN (:digest, :former) AND verdict <> 'correct'
  ORDER BY CASE WHEN digest = :digest THEN 0 ELSE 1 END, id LIMIT 1)"""
# The guess's number is known before it is stored: its stored reply names it.
_WORDS = {
    "postgresql": {
        "rows": "json_agg", "row": "json_build_array", "number": "nextval(pg_get_serial_sequence('guesses', 'id'))",
    },
    "sqlite": {
        "rows": "json_group_array", "row": "json_array", "number": "(SELECT coalesce(max(id), 0) + 1 FROM guesses)",
    },
}  # fmt: skip
_SITUATION_END, _TEAM_END = 12, 12 + len(TEAM_COLUMNS)


_NO_NAMES = dict.fromkeys(("digest", "answer", "former", "former_answer"), "")
_ASKED = text(f"SELECT {_SITUATION} {_FROM}")
_TEAM_COLUMNS = ", ".join(f"t.{name}" for name in TEAM_COLUMNS)
_ASKED_LOCKED = {
    (dialect, has_ground): text(
        f"SELECT {_SITUATION}, {_TEAM_COLUMNS}, {words['number']}"
        f"{', ' + _GROUND.format(**words) if has_ground else ''} {_FROM}"
    )
    for dialect, words in _WORDS.items()
    for has_ground in (False, True)
}
_ASKED_GROUND = {dialect: text(f"SELECT {_GROUND.format(**words)}") for dialect, words in _WORDS.items()}


def read_situation(
    connection: Connection, team_id: int, puzzle_id: str, *, once: str = "", names: Mapping[str, str] = _NO_NAMES
) -> Situation:
    """Solved, skipped, accepted, answered before, tried before: one query, under the team's lock.

    ``names`` of the guess: ``digest`` under the puzzle's present hashes, ``answer`` whatever the hashes; ``former``
    and ``former_answer``: both as older versions stored them.
    """
    values = {"team": team_id, "puzzle": puzzle_id, "once": once}
    return _situation(connection.execute(_ASKED, {**values, **names}).one())


def lock_situation(
    connection: Connection, team_id: int, puzzle_id: str, *, once: str = "", names: Mapping[str, str] = _NO_NAMES,
    has_ground: bool = False,
) -> tuple[TeamState | None, Situation]:  # fmt: skip
    """Lock and read the team's row with the situation, in one round trip; None if the account is gone.

    ``has_ground`` adds what a solve depends on and locks the puzzle's tally.
    """
    later(connection, _LOCK, {"team": team_id})
    values = {"team": team_id, "puzzle": puzzle_id, "once": once, "open_key": f"{team_id}:{puzzle_id}"}
    if has_ground:
        later(connection, _LOCK_TALLY, {"puzzle": puzzle_id})
    asked = _ASKED_LOCKED[connection.dialect.name, has_ground]
    row = connection.execute(asked, {**values, **names}).one()
    found = row[_SITUATION_END:_TEAM_END]
    team = team_of(found) if found[0] is not None else None
    ground = _ground(team, row[_TEAM_END + 1 :]) if has_ground and team is not None else None
    return team, _situation(row, row[_TEAM_END], ground)


def _situation(row: Sequence[Any], number: int = 0, ground: SolveGround | None = None) -> Situation:
    repeated = OldGuess(row[6], row[7], row[8], row[9] or "", bool(row[10])) if row[6] is not None else None
    reserved_at = moment(row[5]) if row[5] is not None else None
    is_so = (bool(row[0]), bool(row[1]), bool(row[2]))
    return Situation(*is_so, row[3], row[4], reserved_at, repeated, row[11], number, ground)


# --- receipts --------------------------------------------------------------------------------------------------------


_RESERVE = text(
    "INSERT INTO receipts (team_id, puzzle_id, once, reserved_at, holder) VALUES (:team, :puzzle, :once, :now, :holder)"
    " ON CONFLICT (team_id, puzzle_id, once) DO UPDATE SET reserved_at = excluded.reserved_at, holder = excluded.holder"
    " WHERE receipts.reply IS NULL"
).bindparams(bindparam("now", type_=Moment()))


def reserve(connection: Connection, team_id: int, puzzle_id: str, once: str, holder: str, now: datetime) -> None:
    """Reserve the key for one request. An expired reservation is taken over."""
    values = {"team": team_id, "puzzle": puzzle_id, "once": once, "holder": holder, "now": now}
    later(connection, _RESERVE, values)


# The lock is a statement of its own: the next one then sees what others committed before they released it.
_RESERVE_UNSEEN = """SELECT id FROM teams WHERE id = %(team)s FOR UPDATE;
WITH free AS (
  SELECT id FROM teams WHERE id = %(team)s AND NOT is_banned AND {window}::text = %(seen)s
  AND NOT EXISTS (SELECT 1 FROM solves WHERE team_id = %(team)s AND puzzle_id = %(puzzle)s)
  AND NOT EXISTS (SELECT 1 FROM skips WHERE team_id = %(team)s AND puzzle_id = %(puzzle)s)
  AND NOT EXISTS (SELECT 1 FROM accepted_answers
    WHERE puzzle_id = %(puzzle)s AND digest IN (%(answer)s, %(former_answer)s))
  AND NOT EXISTS (SELECT 1 FROM guesses WHERE team_id = %(team)s AND puzzle_id = %(puzzle)s
    AND digest IN (%(digest)s, %(former)s) AND verdict <> 'correct')
), reserved AS (
  INSERT INTO receipts (team_id, puzzle_id, once, reserved_at, holder)
  SELECT id, %(puzzle)s, %(once)s, %(now)s, %(holder)s FROM free WHERE %(once)s <> ''
  ON CONFLICT DO NOTHING RETURNING team_id
)
UPDATE teams SET {window} = %(times)s, first_guess_at = coalesce(first_guess_at, %(now)s) FROM free
WHERE teams.id = free.id AND (%(once)s = '' OR EXISTS (SELECT 1 FROM reserved)) RETURNING teams.id"""


def reserve_unseen(
    database: Database, team_id: int, puzzle_id: str, *, once: str, names: Mapping[str, str], holder: str,
    now: datetime, seen: Sequence[datetime], times: Sequence[datetime], is_free: bool,
) -> bool:  # fmt: skip
    """Use a guess and reserve the key, in one round trip; False if :func:`lock_situation` must decide.

    Compares and sets: only while the window is as ``seen`` and nothing stops the guess. PostgreSQL only.
    """
    values = {"team": team_id, "puzzle": puzzle_id, "once": once, "holder": holder, "now": now, **names}
    values |= {"seen": _window(seen), "times": _window(times)}
    statement = _RESERVE_UNSEEN.format(window="free_guess_times" if is_free else "guess_times")
    return database.change_at_once(statement, values) is not None


def _window(times: Sequence[datetime]) -> str:
    return json.dumps([at.isoformat() for at in times])


_KEEP_REPLY = text(
    "INSERT INTO receipts (team_id, puzzle_id, once, reserved_at, holder, reply)"
    " VALUES (:team, :puzzle, :once, :now, '', :reply)"
    " ON CONFLICT (team_id, puzzle_id, once) DO UPDATE SET reply = excluded.reply"
).bindparams(bindparam("now", type_=Moment()))


def keep_reply(connection: Connection, team_id: int, puzzle_id: str, once: str, now: datetime, reply: str) -> None:
    values = {"team": team_id, "puzzle": puzzle_id, "once": once, "now": now, "reply": reply}
    later(connection, _KEEP_REPLY, values)


def release(connection: Connection, team_id: int, puzzle_id: str, once: str, holder: str) -> None:
    """Release a key that was not judged, so that it may be sent again."""
    mine = (*_this_receipt(team_id, puzzle_id, once), Receipt.reply.is_(None), Receipt.holder == holder)
    connection.execute(delete(Receipt).where(*mine))


def sweep_receipts(connection: Connection, reserved_before: datetime) -> int:
    stale = (Receipt.reply.is_(None), Receipt.reserved_at < reserved_before)
    return connection.execute(delete(Receipt).where(*stale)).rowcount


def _this_receipt(team_id: int, puzzle_id: str, once: str) -> tuple[ColumnElement[bool], ...]:
    return (Receipt.team_id == team_id, Receipt.puzzle_id == puzzle_id, Receipt.once == once)


# --- guesses ---------------------------------------------------------------------------------------------------------


def add_guess(connection: Connection, **columns: object) -> None:
    later(connection, _ADD_GUESS, columns)


# --- solves ----------------------------------------------------------------------------------------------------------


_LOCK_TALLY = text(
    "INSERT INTO puzzle_tallies (puzzle_id, solves) VALUES (:puzzle, 0)"
    " ON CONFLICT (puzzle_id) DO UPDATE SET solves = puzzle_tallies.solves"
)
_COUNT_SOLVER = text("UPDATE puzzle_tallies SET solves = solves + 1 WHERE puzzle_id = :puzzle")


def read_ground(connection: Connection, team: TeamState, puzzle_id: str) -> SolveGround:
    """The puzzle's tally stays locked until the transaction ends."""
    later(connection, _LOCK_TALLY, {"puzzle": puzzle_id})
    values = {"team": team.id, "puzzle": puzzle_id, "open_key": f"{team.id}:{puzzle_id}"}
    return _ground(team, connection.execute(_ASKED_GROUND[connection.dialect.name], values).one())


def _ground(team: TeamState, row: Sequence[Any]) -> SolveGround:
    solved, skipped, unlocked = ({key: moment(at) for key, at in _list(found)} for found in row[:3])
    progress = Progress(team.division, team.created_at, solved, skipped, unlocked)
    return SolveGround(progress, row[3], row[4] or 0, row[5])


def _list(value: Any) -> list[Any]:
    """Either database's JSON."""
    return (json.loads(value) if isinstance(value, str) else value) or []


def count_solver(connection: Connection, puzzle_id: str) -> None:
    """The tally must be locked."""
    later(connection, _COUNT_SOLVER, {"puzzle": puzzle_id})


def count_solved_before(connection: Connection, puzzle_id: str, moment: datetime) -> int:
    """Solvers by this moment, for a solve granted as of then."""
    earlier = (Solve.puzzle_id == puzzle_id, Solve.solved_at < moment, Team.role == "team")
    query = select(func.count()).select_from(Solve).join(Team, Team.id == Solve.team_id).where(*earlier)
    return connection.execute(query).scalar() or 0


_END = "UPDATE hint_requests SET state = '{state}', open_key = NULL, changes = changes + 1 WHERE open_key = :key"
_END_QUESTION = text(_END.format(state="solved"))
_SKIP_QUESTION = text(_END.format(state="skipped") + " RETURNING id")


def add_solve(
    connection: Connection, team_id: int, puzzle_id: str, solved_at: datetime, points: int, *,
    is_late: bool, answer: str | None = None,
) -> None:  # fmt: skip
    """Store a solve and end the team's open question about the puzzle; UNIQUE(team, puzzle) prevents a second one."""
    row = {"team_id": team_id, "puzzle_id": puzzle_id, "solved_at": solved_at, "points": points, "is_late": is_late}
    later(connection, insert(Solve), row | {"answer": answer})
    later(connection, _END_QUESTION, {"key": f"{team_id}:{puzzle_id}"})


def keep_answer(connection: Connection, team_id: int, puzzle_id: str, answer: str) -> None:
    mine = (Solve.team_id == team_id, Solve.puzzle_id == puzzle_id)
    connection.execute(update(Solve).where(*mine).values(answer=answer))


def add_skip(connection: Connection, team_id: int, puzzle_id: str, skipped_at: datetime) -> int | None:
    """Store a skip and end the team's open question about the puzzle; returns the question's number."""
    connection.execute(insert(Skip).values(team_id=team_id, puzzle_id=puzzle_id, skipped_at=skipped_at))
    found: int | None = connection.execute(_SKIP_QUESTION, {"key": f"{team_id}:{puzzle_id}"}).scalar_one_or_none()
    return found


def read_progress(connection: Connection, team: TeamState) -> Progress:
    solves = connection.execute(select(Solve.puzzle_id, Solve.solved_at).where(Solve.team_id == team.id))
    skips = connection.execute(select(Skip.puzzle_id, Skip.skipped_at).where(Skip.team_id == team.id))
    unlocks = connection.execute(select(Unlock.puzzle_id, Unlock.unlocked_at).where(Unlock.team_id == team.id))
    solved, skipped, unlocked = ({row[0]: row[1] for row in rows} for rows in (solves, skips, unlocks))
    return Progress(team.division, team.created_at, solved, skipped, unlocked)


def record_unlocks(connection: Connection, team_id: int, moments: Mapping[str, datetime]) -> None:
    statement = text(
        "INSERT INTO unlocks (team_id, puzzle_id, unlocked_at) VALUES (:team, :puzzle, :at) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("at", type_=Moment()))
    for puzzle, at in moments.items():
        later(connection, statement, {"team": team_id, "puzzle": puzzle, "at": at})


def record_views(connection: Connection, team_id: int, opened: Mapping[str, datetime], viewed_at: datetime) -> None:
    """Store first views, and opening times that are not yet known."""
    record_unlocks(connection, team_id, opened)
    mine = (Unlock.team_id == team_id, Unlock.puzzle_id.in_(list(opened)), Unlock.viewed_at.is_(None))
    connection.execute(update(Unlock).where(*mine).values(viewed_at=viewed_at))


def count_points_hints(connection: Connection, team_id: int, puzzle_id: str) -> int:
    """Hints taken for points: each costs ten points at the solve."""
    mine = (HintTaken.team_id == team_id, HintTaken.puzzle_id == puzzle_id, HintTaken.paid == "points")
    return connection.execute(select(func.count()).where(*mine)).scalar() or 0
