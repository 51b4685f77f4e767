"""Page values for hints and power-ups. Pure; use cases check again under the row lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from app.core.hint_rules import (
    POINTS_PRICE,
    HintNotYetAvailable,
    NoHintLeft,
    available_at,
    credits_for,
    hint_to_take,
    in_order,
)
from app.core.model import Hint, Puzzle
from app.core.text import counted, sentence
from app.core.xp import COSTS, PuzzleCannotBeSkipped, Verb, check_skippable
from app.game.pages import HintBox, HintLine, HintMessageLine, HintThread, PowerUp, RatingBox, ReportBox, ReportLine
from app.web.render import xp_of
from app.web.visit import Visit

ORGANISERS = sentence("Organisers")
TITLES: dict[Verb, str] = {"hint": sentence("Hint"), "skip": sentence("Skip"), "close": sentence("Close answer")}
EFFECTS: dict[Verb, str] = {
    "hint": sentence("Get the next hint for this puzzle without spending hint credits or points."),
    "skip": sentence(
        "Unlock whatever this puzzle unlocks, without solving it. You won’t get points for it and can’t solve it later."
    ),
    "close": sentence(
        "Solve the puzzle with an answer that’s close or has a single typo, for 10 points less."
        " You only pay if it’s close and not exactly right."
    ),
}
WAITING = ("open", "claimed")


@dataclass(frozen=True, slots=True)
class NextHint:
    hint: Hint | None
    why_not: str = ""


def is_playable(seen: Visit, puzzle: Puzzle) -> bool:
    is_passed = puzzle.id in seen.state.solves or puzzle.id in seen.state.skips
    return not is_passed and seen.hunt_state != "ended"


def hint_box(seen: Visit, puzzle: Puzzle) -> HintBox | None:
    """None for a closed puzzle."""
    team, threads = seen.team, _threads(seen)
    can_play = is_playable(seen, puzzle)
    if team is None or not (can_play or seen.state.hints_taken or threads):
        return None
    following = _next_hint(seen, puzzle) if can_play else NextHint(None)
    next_cost, points_price, why_not = _prices(seen, following)
    return HintBox(
        lines=_lines(seen, puzzle),
        credits=team.hint_credits,
        next_cost=next_cost,
        can_take=next_cost is not None or points_price is not None,
        why_not=why_not,
        points_price=points_price,
        threads=threads,
        can_ask=can_play and not any(thread.state in WAITING for thread in threads),
        next_order=in_order(puzzle).index(following.hint) + 1 if following.hint else None,
        has_address=bool(team.emails),
    )


def _next_hint(seen: Visit, puzzle: Puzzle) -> NextHint:
    try:
        return NextHint(hint_to_take(puzzle, seen.state.hints_taken, seen.game.opened_at(puzzle), seen.now))
    except NoHintLeft:
        return NextHint(None, sentence("You have all the hints for this puzzle.") if seen.state.hints_taken else "")
    except HintNotYetAvailable:
        return NextHint(None, sentence("The next hint isn’t available yet."))


def _prices(seen: Visit, following: NextHint) -> tuple[int | None, int | None, str]:
    if following.hint is None or seen.team is None:
        return None, None, following.why_not
    cost, have = credits_for(following.hint), seen.team.hint_credits
    points = POINTS_PRICE if seen.settings.points_hints and cost else None
    if have >= cost:
        return cost, points, ""
    return (
        None,
        points,
        counted(
            "You need %(count)s hint credit (you have %(have)s).",
            "You need %(count)s hint credits (you have %(have)s).",
            cost,
            have=have,
        ),
    )


def _lines(seen: Visit, puzzle: Puzzle) -> tuple[HintLine, ...]:
    unlocked_at = seen.game.opened_at(puzzle) if puzzle.hints else seen.now
    return tuple(_line(seen, place, hint, unlocked_at) for place, hint in enumerate(in_order(puzzle), 1))


def _line(seen: Visit, place: int, hint: Hint, unlocked_at: datetime) -> HintLine:
    is_taken, opens_at = hint.id in seen.state.hints_taken, available_at(hint, unlocked_at)
    return HintLine(
        order=place,
        is_taken=is_taken,
        html=hint.html if is_taken else "",
        cost=credits_for(hint),
        available_at=opens_at if opens_at and opens_at > seen.now else None,
    )


def _threads(seen: Visit) -> tuple[HintThread, ...]:
    name = seen.team.display_name if seen.team else ""
    found = []
    for (_, state), messages in groupby(seen.state.hint_messages, key=lambda one: (one.request, one.state)):
        said = (
            HintMessageLine(one.written_at, ORGANISERS if one.is_staff else name, one.text, not one.is_staff)
            for one in messages
        )
        found.append(HintThread(state, tuple(said)))
    return tuple(found)


def report_box(seen: Visit) -> ReportBox | None:
    if seen.team is None:
        return None
    lines = tuple(ReportLine(one.reported_at, one.text, one.state, one.note) for one in seen.state.reports)
    return ReportBox(lines, can_report=not any(line.state == "open" for line in lines))


def rating_box(seen: Visit) -> RatingBox | None:
    """For teams, after the hunt."""
    if seen.hunt_state != "ended" or seen.team is None or seen.is_staff:
        return None
    if seen.state.rating is None:
        return RatingBox()
    fun, difficulty, comment = seen.state.rating
    return RatingBox(str(fun), str(difficulty), comment)


def powerups(seen: Visit, puzzle: Puzzle) -> tuple[PowerUp, ...]:
    if not seen.settings.xp or not is_playable(seen, puzzle):
        return ()
    following = _next_hint(seen, puzzle)
    found = [_powerup(seen, "hint", "" if following.hint else following.why_not)] if puzzle.hints else []
    if _is_skippable(seen, puzzle):
        found.append(_powerup(seen, "skip"))
    return (*found, _powerup(seen, "close"))


def _is_skippable(seen: Visit, puzzle: Puzzle) -> bool:
    try:
        check_skippable(seen.content, puzzle, seen.settings.anchor_puzzle)
    except PuzzleCannotBeSkipped:
        return False
    return True


def _powerup(seen: Visit, verb: Verb, why_not: str = "") -> PowerUp:
    have, cost = xp_of(seen).xp, COSTS[verb]
    if not why_not and have < cost:
        why_not = sentence("You need %(cost)s XP (you have %(have)s).", cost=cost, have=have)
    return PowerUp(verb, TITLES[verb], cost, EFFECTS[verb], is_affordable=not why_not, why_not=why_not)
