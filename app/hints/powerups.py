"""Power-ups for XP: hint, skip, close answer; only while ``xp`` is on and before the end.

Atomic under the team's row lock. Retries are free: a hint by its number, the others by their key (``once``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.core.game_view import GameView
from app.core.in_force import InForce
from app.core.model import Content, Level, Puzzle
from app.core.team import TeamState
from app.core.text import sentence
from app.core.xp import COSTS, Verb, check_skippable
from app.database import audit
from app.database.engine import Transaction
from app.errors import HuntError
from app.guesses import queries as guess_queries
from app.guesses.desk_events import push_desk
from app.guesses.guards import locked_team, refuse_over, refuse_passed, totals_of
from app.guesses.solve import link_to, open_next, pay_xp
from app.guesses.submission import NewGuess, submit
from app.hints.hints import HintWish, TakenHint, take_hint
from app.ports import GuessServices, HuntServices, Pusher


class PowerUpsOff(HuntError):
    """This hunt has no power-ups."""

    code, message = "forbidden", sentence("This hunt has no power-ups.")


@dataclass(frozen=True, slots=True)
class SkipWish:
    """``once`` may be empty: a repeated request is then refused as skipped."""

    team_id: int
    puzzle: Puzzle
    once: str = ""
    address: str = ""


def key_of(verb: Verb, once: str) -> str:
    """The reply's key; guesses and power-ups of a puzzle must not share keys."""
    return sha256(f"{verb}\0{once}".encode("utf-8", "surrogatepass")).hexdigest() if once else ""


def use_hint(services: HuntServices, content: Content, wish: HintWish) -> TakenHint:
    """The next hint for 50 XP. Raises what taking a hint raises, and PowerUpsOff."""
    _refuse_off(services.in_force)
    return take_hint(services, content, replace(wish, pay="xp"))


def use_close_answer(services: GuessServices, content: Content, guess: NewGuess) -> dict[str, Any]:
    """Judge a guess; a near one counts for 100 XP and 10 points. Returns the JSON reply.

    Right and wrong guesses are ordinary ones, free of charge. Raises what guessing raises, InsufficientXp before
    judging, :class:`PowerUpsOff` and HuntOver.
    """
    _refuse_off(services.in_force)
    refuse_over(services.in_force, services.clock.now())
    return submit(services, content, replace(guess, once=key_of("close", guess.once), is_close_answer=True))


def skip(services: HuntServices, content: Content, wish: SkipWish) -> dict[str, Any]:
    """Pass a puzzle for 75 XP: it counts for locks, earns nothing and cannot be solved later.

    Returns the JSON reply. Raises InsufficientXp, PuzzleCannotBeSkipped (a meta, or required of everybody),
    AlreadySolved, HuntOver, TeamGone and :class:`PowerUpsOff`; then nothing has changed.
    """
    _refuse_off(services.in_force)
    now = services.clock.now()
    with services.database.writing() as connection:
        team = locked_team(connection, wish.team_id)
        situation = guess_queries.read_situation(connection, team.id, wish.puzzle.id, once=key_of("skip", wish.once))
        if situation.reply is not None:
            return dict(json.loads(situation.reply))
        refuse_over(services.in_force, now)
        refuse_passed(situation)
        opened, question = _pass(connection, services.in_force, content, team, wish, now)
        reply = {
            "skipped": True,
            **totals_of(services.in_force, team, now),
            "unlocked": [link_to(item) for item in opened],
        }
        if wish.once:
            guess_queries.keep_reply(
                connection, team.id, wish.puzzle.id, key_of("skip", wish.once), now, json.dumps(reply)
            )  # fmt: skip
    _tell_skip(services.in_force, services.broadcaster, team, opened, now)
    if question is not None:
        push_desk(services.broadcaster, "skipped", question, wish.puzzle.key)
    return reply


def _pass(
    connection: Transaction, in_force: InForce, content: Content, team: TeamState, wish: SkipWish, now: datetime
) -> tuple[tuple[Level | Puzzle, ...], int | None]:
    """What it opens, and the team's question that it ends."""
    puzzle = wish.puzzle
    check_skippable(content, puzzle, in_force.settings.anchor_puzzle)
    pay_xp(connection, in_force, team, "skip", puzzle, now)
    game = GameView(content, in_force.settings, now, guess_queries.read_progress(connection, team))
    question = guess_queries.add_skip(connection, team.id, puzzle.id, now)
    audit.log(connection, now, "powerup", team.id, puzzle.id, wish.address, verb="skip", price=COSTS["skip"])
    return open_next(connection, game, team.id, puzzle, is_skip=True), question


def _tell_skip(
    in_force: InForce, broadcaster: Pusher, team: TeamState, opened: tuple[Level | Puzzle, ...], now: datetime
) -> None:
    audience = f"team:{team.id}"
    if opened:
        broadcaster.push(audience, "unlock", {"items": [link_to(item) for item in opened]})
    broadcaster.push(audience, "score", totals_of(in_force, team, now))


def _refuse_off(in_force: InForce) -> None:
    if not in_force.settings.xp:
        raise PowerUpsOff
