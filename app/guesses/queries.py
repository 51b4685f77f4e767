"""Guesses, their receipts and what they lead to.

The order of locks is the same everywhere: the team's row, then the puzzle's tally. Nobody takes them the other way
round, so nobody waits in a circle.
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
    """A guess the team made before. ``is_former``: known by its former digest alone; another text may share that."""

    id: int
    verdict: str
    message_html: str
    text: str = ""
    is_former: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What stands in the way of a guess, read under the team's lock.

    ``reply`` is the answer already given to this key; ``holder`` and ``reserved_at`` tell of a judge still at work.
    ``answer`` is what the team found, encrypted; None also where it is not kept.
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
    """The team's row, locked until the transaction ends; None when the account is gone."""
    row = connection.execute(_LOCK_TEAM, {"team": team_id}).one_or_none()
    return team_of(row) if row is not None else None


def read_locked(connection: Connection, condition: ColumnElement[bool]) -> list[TeamState]:
    """The rows of all teams that meet a condition, locked in the order of their ids."""
    query = select(*_TEAM).where(condition).order_by(Team.id).with_for_update()
    return [team_of(row) for row in connection.execute(query)]


def keep_window(
    connection: Connection, team_id: int, times: Sequence[datetime], first_guess_at: datetime | None, *,
    is_free: bool = False,
) -> None:  # fmt: skip
    """Store the sliding window, or that of free guesses, and, once for all, the time of the team's first guess."""
    values: dict[str, object] = {"team": team_id, "times": [at.isoformat() for at in times]}
    if first_guess_at is None:
        connection.execute(_KEEP_FREE_WINDOW if is_free else _KEEP_WINDOW, values)
    else:
        statement = _KEEP_FREE_WINDOW_AND_FIRST if is_free else _KEEP_WINDOW_AND_FIRST
        connection.execute(statement, values | {"first": first_guess_at})


def clear_window(connection: Connection, team_id: int) -> None:
    """Give the team all its guesses back."""
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
    """Solved, skipped, accepted, answered before, tried before: all in one query, after the team's row was locked.

    ``digest`` names the guess under the present hashes of the puzzle, ``answer`` whatever its hashes are; ``former``
    are the two as older versions stored them.
    """
    values = {"team": team_id, "puzzle": puzzle_id, "once": once, "digest": digest, "answer": answer}
    row = connection.execute(_SITUATION, values | {"former": former[0], "former_answer": former[1]}).one()
    repeated = OldGuess(row[6], row[7], row[8], row[9] or "", bool(row[10])) if row[6] is not None else None
    reserved_at = moment(row[5]) if row[5] is not None else None
    return Situation(bool(row[0]), bool(row[1]), bool(row[2]), row[3], row[4], reserved_at, repeated, row[11])


# --- receipts --------------------------------------------------------------------------------------------------------


def reserve(connection: Connection, team_id: int, puzzle_id: str, once: str, holder: str, now: datetime) -> None:
    """Take the key for one judge. A key whose judge vanished is taken over."""
    connection.execute(delete(Receipt).where(*_this_receipt(team_id, puzzle_id, once), Receipt.reply.is_(None)))
    row = {"team_id": team_id, "puzzle_id": puzzle_id, "once": once, "reserved_at": now, "holder": holder}
    connection.execute(insert(Receipt).values(**row))


_KEEP_REPLY = text(
    "INSERT INTO receipts (team_id, puzzle_id, once, reserved_at, holder, reply)"
    " VALUES (:team, :puzzle, :once, :now, '', :reply)"
    " ON CONFLICT (team_id, puzzle_id, once) DO UPDATE SET reply = excluded.reply"
).bindparams(bindparam("now", type_=Moment()))


def keep_reply(connection: Connection, team_id: int, puzzle_id: str, once: str, now: datetime, reply: str) -> None:
    """Answer the key for ever with this reply."""
    values = {"team": team_id, "puzzle": puzzle_id, "once": once, "now": now, "reply": reply}
    connection.execute(_KEEP_REPLY, values)


def release(connection: Connection, team_id: int, puzzle_id: str, once: str, holder: str) -> None:
    """Give the key back after a judgement that did not happen, so that it may be sent again."""
    mine = (*_this_receipt(team_id, puzzle_id, once), Receipt.reply.is_(None), Receipt.holder == holder)
    connection.execute(delete(Receipt).where(*mine))


def sweep_receipts(connection: Connection, reserved_before: datetime) -> int:
    """Drop reservations whose judge vanished; answers how many."""
    stale = (Receipt.reply.is_(None), Receipt.reserved_at < reserved_before)
    return connection.execute(delete(Receipt).where(*stale)).rowcount


def _this_receipt(team_id: int, puzzle_id: str, once: str) -> tuple[ColumnElement[bool], ...]:
    return (Receipt.team_id == team_id, Receipt.puzzle_id == puzzle_id, Receipt.once == once)


# --- guesses ---------------------------------------------------------------------------------------------------------


def add_guess(connection: Connection, **columns: object) -> int:
    """Store a judged guess; answers its number."""
    return int(connection.execute(_ADD_GUESS, columns).scalar_one())


# --- solves ----------------------------------------------------------------------------------------------------------


def count_solver(connection: Connection, puzzle_id: str) -> int:
    """How many teams solved the puzzle before this one; the tally stays locked until the transaction ends."""
    statement = text(
        "INSERT INTO puzzle_tallies (puzzle_id, solves) VALUES (:puzzle, 1)"
        " ON CONFLICT (puzzle_id) DO UPDATE SET solves = puzzle_tallies.solves + 1 RETURNING solves"
    )
    return int(connection.execute(statement, {"puzzle": puzzle_id}).scalar_one()) - 1


def count_solved_before(connection: Connection, puzzle_id: str, moment: datetime) -> int:
    """How many teams had solved the puzzle by this moment: for a solve that is granted as of an earlier one."""
    earlier = (Solve.puzzle_id == puzzle_id, Solve.solved_at < moment, Team.role == "team")
    query = select(func.count()).select_from(Solve).join(Team, Team.id == Solve.team_id).where(*earlier)
    return connection.execute(query).scalar() or 0


def count_solvers(connection: Connection, puzzle_id: str) -> int:
    """How many teams have solved the puzzle, without counting anybody."""
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
    """Store the solve. UNIQUE(team, puzzle) is the last line of defence against a second one.

    A question of the team about the puzzle waits no more: answers its number, None where there is none.
    """
    row = {"team_id": team_id, "puzzle_id": puzzle_id, "solved_at": solved_at, "points": points, "is_late": is_late}
    connection.execute(insert(Solve).values(**row, answer=answer))
    return connection.execute(_END_QUESTION, {"key": f"{team_id}:{puzzle_id}"}).scalar_one_or_none()


def keep_answer(connection: Connection, team_id: int, puzzle_id: str, answer: str) -> None:
    """Store what the team found with the solve that it has."""
    mine = (Solve.team_id == team_id, Solve.puzzle_id == puzzle_id)
    connection.execute(update(Solve).where(*mine).values(answer=answer))


def add_skip(connection: Connection, team_id: int, puzzle_id: str, skipped_at: datetime) -> None:
    """Store that the team passed the puzzle without solving it."""
    connection.execute(insert(Skip).values(team_id=team_id, puzzle_id=puzzle_id, skipped_at=skipped_at))


def read_progress(connection: Connection, team: TeamState) -> Progress:
    """What the team has done so far, as the transaction sees it."""
    solves = connection.execute(select(Solve.puzzle_id, Solve.solved_at).where(Solve.team_id == team.id))
    skips = connection.execute(select(Skip.puzzle_id, Skip.skipped_at).where(Skip.team_id == team.id))
    unlocks = connection.execute(select(Unlock.puzzle_id, Unlock.unlocked_at).where(Unlock.team_id == team.id))
    solved, skipped, unlocked = ({row[0]: row[1] for row in rows} for rows in (solves, skips, unlocks))
    return Progress(team.division, team.created_at, solved, skipped, unlocked)


def record_unlocks(connection: Connection, team_id: int, moments: Mapping[str, datetime]) -> None:
    """Write down when puzzles opened for the team; what is written already stays."""
    statement = text(
        "INSERT INTO unlocks (team_id, puzzle_id, unlocked_at) VALUES (:team, :puzzle, :at) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("at", type_=Moment()))
    rows = [{"team": team_id, "puzzle": puzzle, "at": at} for puzzle, at in moments.items()]
    if rows:
        connection.execute(statement, rows)


def record_views(connection: Connection, team_id: int, opened: Mapping[str, datetime], viewed_at: datetime) -> None:
    """Write down that the team looked at these puzzles for the first time, and when they opened where that is not
    known yet."""
    record_unlocks(connection, team_id, opened)
    mine = (Unlock.team_id == team_id, Unlock.puzzle_id.in_(list(opened)), Unlock.viewed_at.is_(None))
    connection.execute(update(Unlock).where(*mine).values(viewed_at=viewed_at))


def count_points_hints(connection: Connection, team_id: int, puzzle_id: str) -> int:
    """How many hints of this puzzle the team took for points: each costs ten when the puzzle is solved."""
    mine = (HintTaken.team_id == team_id, HintTaken.puzzle_id == puzzle_id, HintTaken.paid == "points")
    return connection.execute(select(func.count()).where(*mine)).scalar() or 0
