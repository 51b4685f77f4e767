"""Queries for guesses, receipts and solves.

Lock order, against deadlocks: the team's row, then the puzzle's tally.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, text, update

from app.core.model import Progress
from app.core.team import TEAM_COLUMNS, TeamState
from app.database.page_query import moment, team_of
from app.database.schema import Guess, HintTaken, Moment, PuzzleTally, Receipt, Skip, Solve, Team, Unlock


@dataclass(frozen=True, slots=True)
class OldGuess:
    """``is_former``: found by its former digest, which another text may share."""

    id: int
    verdict: str
    message_html: str
    text: str = ""
    is_former: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What may stop a guess, read under the team's lock.

    ``reply``: already given to this key; ``holder`` and ``reserved_at``: of a request still judging. ``answer``: the
    found answer, encrypted; None if not kept.
    """

    is_solved: bool
    is_skipped: bool
    is_accepted: bool
    reply: str | None
    holder: str | None
    reserved_at: datetime | None
    repeated: OldGuess | None
    answer: str | None = None


_TEAM = tuple(getattr(Team, name) for name in TEAM_COLUMNS)


# The statements of every guess are built once: building one costs as much as sending it.
_LOCK_TEAM = select(*_TEAM).where(Team.id == bindparam("team")).with_for_update()
_KEEP_WINDOW = update(Team).where(Team.id == bindparam("team")).values(guess_times=bindparam("times"))
_KEEP_FREE_WINDOW = update(Team).where(Team.id == bindparam("team")).values(free_guess_times=bindparam("times"))
_FIRST = {"first_guess_at": func.coalesce(Team.first_guess_at, bindparam("first", type_=Moment()))}
_KEEP_WINDOW_AND_FIRST = _KEEP_WINDOW.values(**_FIRST)
_KEEP_FREE_WINDOW_AND_FIRST = _KEEP_FREE_WINDOW.values(**_FIRST)
_ADD_GUESS = insert(Guess).returning(Guess.id)


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
        connection.execute(_KEEP_FREE_WINDOW if is_free else _KEEP_WINDOW, values)
    else:
        statement = _KEEP_FREE_WINDOW_AND_FIRST if is_free else _KEEP_WINDOW_AND_FIRST
        connection.execute(statement, values | {"first": first_guess_at})


def clear_window(connection: Connection, team_id: int) -> None:
    connection.execute(update(Team).where(Team.id == team_id).values(guess_times=[], free_guess_times=[]))


_SITUATION = text("""
SELECT EXISTS (SELECT 1 FROM solves WHERE team_id = :team AND puzzle_id = :puzzle),
  EXISTS (SELECT 1 FROM skips WHERE team_id = :team AND puzzle_id = :puzzle),
  EXISTS (SELECT 1 FROM accepted_answers WHERE puzzle_id = :puzzle AND digest IN (:answer, :former_answer)),
  r.reply, r.holder, r.reserved_at, g.id, g.verdict, g.message_html, g.text, g.digest <> :digest,
  (SELECT answer FROM solves WHERE team_id = :team AND puzzle_id = :puzzle)
FROM (SELECT 1) one
LEFT JOIN receipts r ON r.team_id = :team AND r.puzzle_id = :puzzle AND r.once = :once
LEFT JOIN guesses g ON g.id = (SELECT id FROM guesses WHERE team_id = :team AND puzzle_id = :puzzle
  AND digest IN (:digest, :former) AND verdict <> 'correct'
  ORDER BY CASE WHEN digest = :digest THEN 0 ELSE 1 END, id LIMIT 1)
""")


def read_situation(
    connection: Connection, team_id: int, puzzle_id: str, *, once: str = "",
    digest: str = "", answer: str = "", former: tuple[str, str] = ("", ""),
) -> Situation:  # fmt: skip
    """Solved, skipped, accepted, answered before, tried before: one query, under the team's lock.

    ``digest``: of the guess under the puzzle's present hashes; ``answer``: whatever the hashes; ``former``: both as
    older versions stored them.
    """
    values = {"team": team_id, "puzzle": puzzle_id, "once": once, "digest": digest, "answer": answer}
    row = connection.execute(_SITUATION, values | {"former": former[0], "former_answer": former[1]}).one()
    repeated = OldGuess(row[6], row[7], row[8], row[9] or "", bool(row[10])) if row[6] is not None else None
    reserved_at = moment(row[5]) if row[5] is not None else None
    return Situation(bool(row[0]), bool(row[1]), bool(row[2]), row[3], row[4], reserved_at, repeated, row[11])


# --- receipts --------------------------------------------------------------------------------------------------------


def reserve(connection: Connection, team_id: int, puzzle_id: str, once: str, holder: str, now: datetime) -> None:
    """Reserve the key for one request. An expired reservation is taken over."""
    connection.execute(delete(Receipt).where(*_this_receipt(team_id, puzzle_id, once), Receipt.reply.is_(None)))
    row = {"team_id": team_id, "puzzle_id": puzzle_id, "once": once, "reserved_at": now, "holder": holder}
    connection.execute(insert(Receipt).values(**row))


_KEEP_REPLY = text(
    "INSERT INTO receipts (team_id, puzzle_id, once, reserved_at, holder, reply)"
    " VALUES (:team, :puzzle, :once, :now, '', :reply)"
    " ON CONFLICT (team_id, puzzle_id, once) DO UPDATE SET reply = excluded.reply"
).bindparams(bindparam("now", type_=Moment()))


def keep_reply(connection: Connection, team_id: int, puzzle_id: str, once: str, now: datetime, reply: str) -> None:
    values = {"team": team_id, "puzzle": puzzle_id, "once": once, "now": now, "reply": reply}
    connection.execute(_KEEP_REPLY, values)


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


def add_guess(connection: Connection, **columns: object) -> int:
    """Return the guess's number."""
    return int(connection.execute(_ADD_GUESS, columns).scalar_one())


# --- solves ----------------------------------------------------------------------------------------------------------


def count_solver(connection: Connection, puzzle_id: str) -> int:
    """Solvers before this one; the tally stays locked until the transaction ends."""
    statement = text(
        "INSERT INTO puzzle_tallies (puzzle_id, solves) VALUES (:puzzle, 1)"
        " ON CONFLICT (puzzle_id) DO UPDATE SET solves = puzzle_tallies.solves + 1 RETURNING solves"
    )
    return int(connection.execute(statement, {"puzzle": puzzle_id}).scalar_one()) - 1


def count_solved_before(connection: Connection, puzzle_id: str, moment: datetime) -> int:
    """Solvers by this moment, for a solve granted as of then."""
    earlier = (Solve.puzzle_id == puzzle_id, Solve.solved_at < moment, Team.role == "team")
    query = select(func.count()).select_from(Solve).join(Team, Team.id == Solve.team_id).where(*earlier)
    return connection.execute(query).scalar() or 0


def count_solvers(connection: Connection, puzzle_id: str) -> int:
    query = select(PuzzleTally.solves).where(PuzzleTally.puzzle_id == puzzle_id)
    return connection.execute(query).scalar_one_or_none() or 0


_END_QUESTION = text(
    "UPDATE hint_requests SET state = 'solved', open_key = NULL, changes = changes + 1"
    " WHERE open_key = :key RETURNING id"
)


def add_solve(
    connection: Connection, team_id: int, puzzle_id: str, solved_at: datetime, points: int, *,
    is_late: bool, answer: str | None = None,
) -> int | None:  # fmt: skip
    """Store a solve; UNIQUE(team, puzzle) prevents a second one.

    Ends the team's open question about the puzzle; returns its number or None.
    """
    row = {"team_id": team_id, "puzzle_id": puzzle_id, "solved_at": solved_at, "points": points, "is_late": is_late}
    connection.execute(insert(Solve).values(**row, answer=answer))
    return connection.execute(_END_QUESTION, {"key": f"{team_id}:{puzzle_id}"}).scalar_one_or_none()


def keep_answer(connection: Connection, team_id: int, puzzle_id: str, answer: str) -> None:
    """Store the found answer with the existing solve."""
    mine = (Solve.team_id == team_id, Solve.puzzle_id == puzzle_id)
    connection.execute(update(Solve).where(*mine).values(answer=answer))


def add_skip(connection: Connection, team_id: int, puzzle_id: str, skipped_at: datetime) -> None:
    connection.execute(insert(Skip).values(team_id=team_id, puzzle_id=puzzle_id, skipped_at=skipped_at))


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
    rows = [{"team": team_id, "puzzle": puzzle, "at": at} for puzzle, at in moments.items()]
    if rows:
        connection.execute(statement, rows)


def record_views(connection: Connection, team_id: int, opened: Mapping[str, datetime], viewed_at: datetime) -> None:
    """Store first views, and opening times that are not yet known."""
    record_unlocks(connection, team_id, opened)
    mine = (Unlock.team_id == team_id, Unlock.puzzle_id.in_(list(opened)), Unlock.viewed_at.is_(None))
    connection.execute(update(Unlock).where(*mine).values(viewed_at=viewed_at))


def count_points_hints(connection: Connection, team_id: int, puzzle_id: str) -> int:
    """Hints taken for points: each costs ten points at the solve."""
    mine = (HintTaken.team_id == team_id, HintTaken.puzzle_id == puzzle_id, HintTaken.paid == "points")
    return connection.execute(select(func.count()).where(*mine)).scalar() or 0
