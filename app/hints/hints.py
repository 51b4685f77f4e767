"""Taking the next hint: for credits, points or XP.

Atomic under the team's row lock. The page names the hint that it offered: a repeated or concurrent request gets the
same hint for free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.core.game_view import GameView
from app.core.hint_rules import POINTS_PRICE, credits_after, credits_for, hint_to_take, in_order
from app.core.in_force import InForce
from app.core.model import Content, Hint, Puzzle
from app.core.team import TeamState
from app.core.text import sentence
from app.core.xp import COSTS
from app.database import audit, ledger
from app.database.engine import Transaction
from app.errors import HuntError
from app.guesses import queries as guess_queries
from app.guesses.guards import locked_team, refuse_over, refuse_passed, totals_of
from app.guesses.solve import pay_xp
from app.hints import queries as hint_queries
from app.ports import HuntServices, Pusher

Pay = Literal["credit", "points", "xp"]


class HintOutOfOrder(HuntError):
    """Another hint is next: ``next_order``."""

    code = "conflict"

    def __init__(self, next_order: int) -> None:
        why = sentence("The next hint of this puzzle is number %(order)s.", order=next_order)
        super().__init__(message=sentence("%(why)s Load the page again to see where your team stands.", why=why))
        self.next_order = next_order


class PointsHintsOff(HuntError):
    """This hunt has no hints for points."""

    code, message = "invalid_form", sentence("You can’t get hints for points in this hunt.")

    def __init__(self) -> None:
        super().__init__(fields={"pay": self.message})


@dataclass(frozen=True, slots=True)
class HintWish:
    """``order``: the number offered by the page, None: the next."""

    team_id: int
    puzzle: Puzzle
    pay: Pay = "credit"
    order: int | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class TakenHint:
    order: int
    html: str
    totals: Mapping[str, int]
    is_new: bool

    def as_json(self) -> dict[str, Any]:
        return {"hint": {"order": self.order, "html": self.html}, **self.totals}


def take_hint(services: HuntServices, content: Content, wish: HintWish) -> TakenHint:
    """Take the next hint of an open puzzle, or return the requested one that the team has.

    Hints without a price are free, except for XP. Raises NoHintLeft, HintNotYetAvailable and NoCreditsLeft
    (:mod:`app.core.hint_rules`), InsufficientXp, :class:`HintOutOfOrder`, :class:`PointsHintsOff`, AlreadySolved,
    HuntOver and TeamGone; then nothing has changed.
    """
    if wish.pay == "points" and not services.in_force.settings.points_hints:
        raise PointsHintsOff
    now = services.clock.now()
    with services.database.writing() as connection:
        team = locked_team(connection, wish.team_id)
        taken = hint_queries.taken(connection, team.id, wish.puzzle.id)
        hint = _had_before(wish, taken)
        is_new = hint is None
        if hint is None:
            hint = _take_next(connection, services.in_force, content, team, wish, taken, now)
    found = TakenHint(_order_of(wish.puzzle, hint), hint.html, totals_of(services.in_force, team, now), is_new)
    if is_new:
        _tell(services.broadcaster, team, wish.puzzle, found)
    return found


def _had_before(wish: HintWish, taken: Mapping[str, str]) -> Hint | None:
    ordered = in_order(wish.puzzle)
    if wish.order is None or not 1 <= wish.order <= len(ordered):
        return None
    hint = ordered[wish.order - 1]
    return hint if hint.id in taken else None


def _take_next(
    connection: Transaction, in_force: InForce, content: Content, team: TeamState, wish: HintWish,
    taken: Mapping[str, str], now: datetime,
) -> Hint:  # fmt: skip
    puzzle = wish.puzzle
    refuse_over(in_force, now)
    refuse_passed(guess_queries.read_situation(connection, team.id, puzzle.id))
    game = GameView(content, in_force.settings, now, guess_queries.read_progress(connection, team))
    hint = hint_to_take(puzzle, taken, game.opened_at(puzzle), now, in_force.settings.time_zone)
    order = _order_of(puzzle, hint)
    if wish.order not in (None, order):
        raise HintOutOfOrder(order)
    paid, price = _charge(connection, in_force, team, wish, hint, now)
    hint_queries.add(connection, team.id, puzzle.id, hint.id, now, paid, price)
    kind = "powerup" if paid == "xp" else "hint"
    details = {"order": order, "paid": paid, "price": price} | ({"verb": "hint"} if paid == "xp" else {})
    audit.log(connection, now, kind, team.id, puzzle.id, wish.address, **details)
    return hint


def _charge(
    connection: Transaction, in_force: InForce, team: TeamState, wish: HintWish, hint: Hint, now: datetime
) -> tuple[str, int]:
    """Take the price; returns its kind and amount. Points are deducted at the solve."""
    if wish.pay == "xp":
        pay_xp(connection, in_force, team, "hint", wish.puzzle, now)
        return "xp", COSTS["hint"]
    if credits_for(hint) == 0:
        return "free", 0
    if wish.pay == "points":
        return "points", POINTS_PRICE
    price = team.hint_credits - credits_after(hint, team.hint_credits)
    ledger.book(connection, team.id, "credits", -price, "hint", now, wish.puzzle.id)
    team.hint_credits -= price
    return "credit", price


def _order_of(puzzle: Puzzle, hint: Hint) -> int:
    return in_order(puzzle).index(hint) + 1


def _tell(broadcaster: Pusher, team: TeamState, puzzle: Puzzle, found: TakenHint) -> None:
    audience = f"team:{team.id}"
    broadcaster.push(audience, "hint", {"puzzle": puzzle.key, "order": found.order})
    broadcaster.push(audience, "score", dict(found.totals))
