"""Audiences and their size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.broadcast import stored
from app.broadcast.events import TEAMS
from app.broadcast.stored import BroadcastInvalid
from app.broadcast.working_teams import teams_at_work
from app.clock import Clock
from app.core.in_force import InForce
from app.core.text import sentence
from app.database import team_lists
from app.database.announcements import CHOSEN
from app.database.engine import Database
from app.errors import TeamUnknown

EVERYBODY, AT_WORK = "all", "puzzle"
TEAM_NAMED = "team"
# Names of chosen teams that are written out.
MOST_NAMES = 5


class AudienceInvalid(ValueError):
    """``field``: the one to correct; the text says why."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Audience:
    """``code``: ``all``, ``teams``, ``division:CODE``, ``team:ID``, ``chosen`` or ``puzzle``."""

    code: str
    puzzle_id: str | None
    words: str
    size: int
    team_ids: tuple[int, ...] = ()


def choose(
    database: Database, in_force: InForce, clock: Clock, choice: str, team_name: str = "", puzzle_id: str = "",
    team_ids: Sequence[int] = (),
) -> Audience:  # fmt: skip
    """``choice``: a code, ``team`` with a team name, or ``chosen`` with ids. Raises :class:`AudienceInvalid`."""
    if choice == CHOSEN or (not choice and team_ids):
        return _chosen(database, in_force, clock, team_ids)
    if team_ids:
        raise AudienceInvalid("audience", sentence("Choose either teams or a group."))
    if not choice:
        raise AudienceInvalid("audience", sentence("Choose who gets it."))
    if choice == TEAM_NAMED:
        team = team_lists.find_by_words(database, team_name)
        if team is None:
            raise AudienceInvalid("team", sentence("There is no team of this name."))
        choice = f"team:{team.id}"
    return measure(database, in_force, clock, choice, puzzle_id)


def _chosen(database: Database, in_force: InForce, clock: Clock, team_ids: Sequence[int]) -> Audience:
    found = team_lists.read_chosen(database, team_ids)
    if not found:
        raise AudienceInvalid("audience", sentence("Choose at least one team."))
    if len(found) == 1:
        return measure(database, in_force, clock, f"team:{found[0][0]}")
    return measure(database, in_force, clock, CHOSEN, team_ids=[team for team, _ in found])


def measure(
    database: Database, in_force: InForce, clock: Clock, code: str, puzzle_id: str | None = None,
    team_ids: Sequence[int] = (),
) -> Audience:  # fmt: skip
    if code == CHOSEN:
        found = team_lists.read_chosen(database, team_ids)
        names = [name for _, name in found[:MOST_NAMES]] + (["…"] if len(found) > MOST_NAMES else [])
        words = sentence("the teams %(teams)s", teams=", ".join(names))
        return Audience(code, None, words, len(found), tuple(team for team, _ in found))
    if code == AT_WORK:
        puzzle = in_force.content.puzzle(puzzle_id or "")
        if puzzle is None:
            raise AudienceInvalid("puzzle", sentence("Choose the puzzle."))
        words = sentence("teams that have “%(puzzle)s” open and not yet solved", puzzle=puzzle.title)
        return Audience(code, puzzle.id, words, len(teams_at_work(database, in_force, clock, puzzle.id)))
    try:
        size = stored.size_of(database, in_force, code)
    except BroadcastInvalid as why:
        raise AudienceInvalid("audience", str(why)) from None
    return Audience(code, None, words_for(database, in_force, code), size)


def words_for(database: Database, in_force: InForce, code: str) -> str:
    """The audience in words, even if it no longer exists."""
    kind, _, which = code.partition(":")
    if code in (CHOSEN, TEAMS):
        return sentence("some teams") if code == CHOSEN else sentence("all teams")
    if kind == "division":
        division = in_force.content.division(which)
        return sentence("the division %(division)s", division=division.name if division else which)
    if kind == "team":
        try:
            return sentence("the team %(team)s", team=team_name(database, int(which)))
        except (TeamUnknown, ValueError):
            return sentence("a team that is gone")
    return sentence("teams at work on a puzzle") if kind == AT_WORK else sentence("everyone, visitors too")


def team_name(database: Database, team_id: int) -> str:
    team = team_lists.find(database, team_id)
    if team is None:
        raise TeamUnknown
    return team.display_name
