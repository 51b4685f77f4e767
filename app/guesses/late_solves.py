"""Solves between the old end and a later one, which may count afterwards.

Each earns what it would have at its moment, by the present settings. One transaction a team; repeating it is safe.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from app.broadcast import stored
from app.core.game_view import GameView
from app.core.in_force import InForce
from app.core.model import Content, Puzzle
from app.core.scoring import reduced
from app.core.team import TeamState
from app.core.text import Text, counted, sentence
from app.database import audit, ledger
from app.database.engine import Database, Transaction
from app.guesses import late_solve_queries
from app.guesses import queries as guess_queries
from app.guesses.guards import totals_of
from app.guesses.late_solve_queries import LateSolve
from app.guesses.solve import SolveOutcome, add_solve_xp, points_earned, publish_solve
from app.ports import HuntServices, Translate

__all__ = ["Counted", "LateSolve", "count_late_solves", "find_late_solves"]

REASON = "late solve counted"
# A message has at most 2,000 characters.
MOST_NAMED = 10
MOST_TITLE_CHARACTERS = 80
logger = logging.getLogger("infinity.guesses")


@dataclass(frozen=True, slots=True)
class Counted:
    late: LateSolve
    puzzle: Puzzle
    points: int


def find_late_solves(database: Database, in_force: InForce) -> list[LateSolve]:
    return [
        late for late in late_solve_queries.read_late(database, in_force.settings.ends_at) if _puzzle(in_force, late)
    ]


def count_late_solves(services: HuntServices, translate: Translate, actor: str, address: str = "") -> list[Counted]:
    teams = dict.fromkeys(late.team_id for late in find_late_solves(services.database, services.in_force))
    return [one for team_id in teams for one in _count_team(services, translate, team_id, actor, address)]


def _puzzle(in_force: InForce, late: LateSolve) -> Puzzle | None:
    """A puzzle that left the content earns nothing."""
    return in_force.content.puzzles_by_key.get(late.puzzle_id)


def _count_team(services: HuntServices, translate: Translate, team_id: int, actor: str, address: str) -> list[Counted]:
    found: list[Counted] = []
    content, now = services.in_force.content, services.clock.now()
    with services.database.writing() as connection:
        team = guess_queries.lock_team(connection, team_id)
        if team is None:
            return []
        # Under the lock: another organiser may have counted them.
        for late in late_solve_queries.read_late_of(connection, team_id, services.in_force.settings.ends_at):
            puzzle = content.puzzles_by_key.get(late.puzzle_id)
            if puzzle is None:
                continue
            points = _count_one(connection, services.in_force, content, team, puzzle, late, actor)
            details = {"points": points, "solved_at": late.solved_at.isoformat()}
            audit.audit(connection, now, actor, "count late solve", f"{team_id}:{puzzle.id}", address, **details)
            found.append(Counted(late, puzzle, points))
    if found:
        _publish(services, translate, team, found, actor, address)
    return found


def _count_one(
    connection: Transaction, in_force: InForce, content: Content, team: TeamState, puzzle: Puzzle, late: LateSolve,
    actor: str,
) -> int:  # fmt: skip
    progress = guess_queries.read_progress(connection, team)
    game = GameView(content, in_force.settings, late.solved_at, progress)
    points = reduced(
        points_earned(game, puzzle, late_solve_queries.count_faster(connection, late)),
        points_hints=guess_queries.count_points_hints(connection, team.id, puzzle.id),
        is_close_answer=late_solve_queries.was_close_answer(connection, late),
    )
    late_solve_queries.settle(connection, late, points)
    ledger.book(connection, team.id, "points", points, REASON, late.solved_at, puzzle.id, actor)
    team.score += points
    add_solve_xp(connection, in_force, team, puzzle, late.solved_at)
    return points


def _publish(
    services: HuntServices, translate: Translate, team: TeamState, found: list[Counted], actor: str, address: str
) -> None:
    """After commit: update open pages, and store the message for teams that are away."""
    for one in found:
        publish_solve(services.broadcaster, team, one.puzzle, SolveOutcome(one.points, ()))
    services.broadcaster.push(f"team:{team.id}", "score", totals_of(services.in_force, team, services.clock.now()))
    text = translate(team.language, _message(found))
    try:
        stored.alert(services, text, actor, audience=f"team:{team.id}", address=address)
    except stored.BroadcastInvalid:
        # The account is gone; count the others.
        logger.warning("team %s could not be told that its late solves count", team.id, exc_info=True)


def _message(found: list[Counted]) -> Text:
    names = ", ".join(f"“{_short(one.puzzle.title)}”" for one in found[:MOST_NAMED])
    more = len(found) - MOST_NAMED
    if more > 0:
        names = sentence("%(names)s and %(more)s more", names=names, more=more)
    return counted(
        "The end of the hunt was moved. A solve of yours counts now, from when you made it: %(names)s."
        " It earned %(points)s points.",
        "The end of the hunt was moved. %(count)s solves of yours count now, from when you made them: %(names)s."
        " They earned %(points)s points.",
        len(found),
        names=names,
        points=sum(one.points for one in found),
    )


def _short(title: str) -> str:
    tidy = "".join(character if character.isprintable() else " " for character in title)
    return tidy if len(tidy) <= MOST_TITLE_CHARACTERS else f"{tidy[: MOST_TITLE_CHARACTERS - 1]}…"
