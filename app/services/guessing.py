"""A team's guess, from the form to the reply: the limit, the verdict, and what a right answer earns.

Two short transactions under the team's row lock with the hashing between them and outside of both; one transaction
when the verdict is known without hashing. A guess that carries a key (``once``) is judged once: whoever sends the key
again, at the same moment or after a lost reply, on whichever node, gets the first reply. Called by the game's views and
by the close-answer power-up.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from app.clock import end_waiting
from app.rules import answers
from app.rules.guesses import candidates, take_slot
from app.rules.model import Content
from app.rules.powerups import spend
from app.services.cases import Asked, Case, Ruling, settle, situation_of, tell_team
from app.services.growing import xp_shown
from app.services.judging import known_ruling, rule
from app.services.playing import AlreadySolved, StillJudging, TeamGone, locked_team, refuse_passed
from app.services.ports import Ports
from app.services.solving import SolveOutcome
from app.store import guesses
from app.store.guesses import LockedTeam, Situation

__all__ = ["AlreadySolved", "Asked", "StillJudging", "TeamGone", "guess"]

# A judge that has not answered for this long is taken for dead, and the next to send the key judges in its place.
LEASE = timedelta(seconds=20)
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05

# Says that somebody else is judging the same key just now.
_WAIT: dict[str, Any] = {}


def guess(ports: Ports, content: Content, asked: Asked) -> dict[str, Any]:
    """Judge a guess and answer the reply as JSON.

    Raises :class:`app.rules.answers.InvalidAnswer`, :class:`app.rules.guesses.OutOfGuesses`, :class:`AlreadySolved`,
    :class:`StillJudging`, :class:`TeamGone`, HashingBusy and, for a close answer,
    :class:`app.rules.powerups.InsufficientXp`; after any of them no guess is stored.
    """
    now = ports.clock.now()
    try:
        normalised = answers.checked(asked.raw)
    except answers.InvalidAnswer:
        _use_slot(ports, asked, now)
        raise
    hashes = tuple(candidate.hash for candidate in candidates(asked.puzzle))
    case = Case(ports, content, asked, now, normalised, hashes)
    reply = _await_first(case)
    if reply is None:
        reply = _judge_reserved(case)
    return reply


def _use_slot(ports: Ports, asked: Asked, now: datetime) -> None:
    """What cannot be an answer is no guess, but it uses one up: a loop that sends rubbish stops like any other."""
    with ports.database.writing() as connection:
        team = locked_team(connection, asked.team_id)
        if _is_free_of_charge(guesses.read_situation(connection, team.id, asked.puzzle.id, once=asked.once)):
            return
        guesses.keep_window(connection, team.id, take_slot(team.guess_times, now), None)


def _is_free_of_charge(situation: Situation) -> bool:
    return situation.is_solved or situation.is_skipped or situation.reply is not None


def _await_first(case: Case) -> dict[str, Any] | None:
    """The reply if it can be had without hashing; None when this request has reserved the right to judge."""
    clock = case.ports.clock
    give_up = clock.monotonic() + WAIT_SECONDS
    while True:
        outcome = _open_case(case)
        if outcome is not _WAIT:
            return outcome
        if clock.monotonic() > give_up:
            raise StillJudging
        case.ports.pause(POLL_SECONDS)


def _open_case(case: Case) -> dict[str, Any] | None:
    asked, events = case.asked, list[SolveOutcome]()
    with case.ports.database.writing() as connection:
        team = locked_team(connection, asked.team_id)
        situation = situation_of(connection, case)
        if situation.reply is not None:
            return dict(json.loads(situation.reply))
        if _is_being_judged(situation, case.now):
            return _WAIT
        refuse_passed(situation)
        _refuse_unaffordable(case, team)
        team.guess_times = take_slot(team.guess_times, case.now)
        guesses.keep_window(connection, team.id, team.guess_times, case.now)
        known = known_ruling(case, situation)
        if known is None:
            if asked.once:
                guesses.reserve(connection, team.id, asked.puzzle.id, asked.once, case.holder, case.now)
            return None
        reply = settle(connection, case, team, situation, known, events)
    tell_team(case, team, reply, events)
    return reply


def _is_being_judged(situation: Situation, now: datetime) -> bool:
    return situation.reserved_at is not None and abs(now - situation.reserved_at) < LEASE


def _refuse_unaffordable(case: Case, team: LockedTeam) -> None:
    """A team that could not pay for a close answer is told so before anything is judged, so that it learns nothing."""
    if case.asked.is_close_answer:
        spend(xp_shown(case.ports, team, case.now), "close")


def _judge_reserved(case: Case) -> dict[str, Any]:
    """Hash, outside of any transaction, and settle. Whatever goes wrong gives the key back."""
    try:
        return _close_case(case, rule(case))
    except BaseException:
        _release(case)
        raise


def _close_case(case: Case, ruling: Ruling) -> dict[str, Any]:
    events = list[SolveOutcome]()
    with case.ports.database.writing() as connection:
        team = locked_team(connection, case.asked.team_id)
        situation = situation_of(connection, case)
        # Whoever took over from a judge that was believed dead has answered already.
        if situation.reply is not None:
            return dict(json.loads(situation.reply))
        refuse_passed(situation)
        reply = settle(connection, case, team, situation, ruling, events)
    tell_team(case, team, reply, events)
    return reply


def _release(case: Case) -> None:
    asked = case.asked
    if asked.once:
        # However late it is: whoever sends the key again must not wait for a judge that has given up.
        end_waiting()
        with case.ports.database.writing() as connection:
            guesses.release(connection, asked.team_id, asked.puzzle.id, asked.once, case.holder)
