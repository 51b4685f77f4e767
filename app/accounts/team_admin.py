"""Search, show, edit and export teams."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from app.accounts.profile import Profile, columns_of, profile_problems, refusing_taken_names
from app.broadcast import stored
from app.core.csv_text import MARK, as_csv
from app.core.game_view import GameView
from app.core.in_force import InForce
from app.core.model import Puzzle
from app.core.roles import TEAM, as_words
from app.core.text import sentence
from app.database import audit, team_lists, teams
from app.database.engine import Database
from app.database.page_query import read_page_state
from app.database.team_lists import LINES_A_PAGE, DoingLine, LedgerLine, SolveLine, TeamLine, TeamSearch
from app.errors import FieldsRefused, TeamUnknown
from app.ports import HuntServices

__all__ = ["Dossier", "TeamChanged", "TeamEdit", "TeamLine", "TeamSearch", "edit_team", "find_team", "search_teams"]

LEDGER_SHOWN = DOINGS_SHOWN = 100
LARGEST_ID = 2**63 - 1
NO_DIVISION = sentence("There is no division with this code.")
EXPORTED = ("name", "display_name", "division", "affiliation", "emails", "roles", "banned", "score", "xp",
            "hint_credits", "solved", "created_at")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dossier:
    """``seen``: hash of the fields that may be edited."""

    team: TeamLine
    solves: tuple[SolveLine, ...]
    ledger: tuple[LedgerLine, ...]
    doings: tuple[DoingLine, ...]
    seen: str


@dataclass(frozen=True, slots=True)
class TeamEdit:
    profile: Profile
    division: str


class TeamChanged(Exception):
    """Someone else saved first; ``team`` is the stored state."""

    def __init__(self, team: TeamLine) -> None:
        super().__init__(team.name)
        self.team = team


def search_teams(database: Database, wanted: TeamSearch, page: int = 1) -> tuple[tuple[TeamLine, ...], int]:
    """One page, and the total. Cuts words to 100 characters."""
    tidy = TeamSearch(
        team_lists.searchable(wanted.words)[: team_lists.LONGEST_SEARCH], wanted.division, wanted.role, wanted.is_banned
    )
    offset = LINES_A_PAGE * (max(1, page) - 1)
    found, count = team_lists.search(database, tidy, LINES_A_PAGE, min(offset, 10_000_000))
    return tuple(found), count


def find_team(database: Database, team_id: int) -> Dossier:
    """Raises TeamUnknown."""
    team = team_lists.find(database, team_id) if 0 < team_id <= LARGEST_ID else None
    if team is None:
        raise TeamUnknown
    return Dossier(
        team,
        tuple(team_lists.read_solves(database, team_id)),
        tuple(team_lists.read_ledger(database, team_id, LEDGER_SHOWN)),
        tuple(team_lists.read_doings(database, team_id, DOINGS_SHOWN)),
        state_of(team),
    )


def find_open_puzzles(
    database: Database, in_force: InForce, now: datetime, team: TeamLine
) -> tuple[tuple[Puzzle, datetime], ...]:
    """What the team has open and unsolved, with the time it opened; the longest open first."""
    if team.roles or in_force.settings.state_at(now) == "before":
        return ()
    state = read_page_state(database, team.id)
    game = GameView(in_force.content, in_force.settings, now, state.progress())
    passed = game.progress.solved.keys() | game.progress.skipped.keys()
    waiting = [puzzle for puzzle in in_force.content.puzzles if puzzle.id in game.open_puzzles - passed]
    return tuple(sorted(((puzzle, game.opened_at(puzzle)) for puzzle in waiting), key=itemgetter(1)))


def state_of(team: TeamLine) -> str:
    text = json.dumps([team.display_name, team.affiliation, list(team.emails), team.division])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def edit_team(services: HuntServices, team_id: int, edit: TeamEdit, seen: str, actor: str, address: str = "") -> None:
    """If the state still is ``seen``; pages get a new division at once.

    Raises FieldsRefused, :class:`TeamChanged`, TeamUnknown.
    """
    _check(services.in_force, edit)
    columns = columns_of(edit.profile) | {"division": edit.division}
    with refusing_taken_names(), services.database.writing() as connection:
        before = team_lists.lock_line(connection, team_id) if 0 < team_id <= LARGEST_ID else None
        if before is None:
            raise TeamUnknown
        if state_of(before) != seen:
            raise TeamChanged(before)
        teams.refuse_taken(connection, None, columns["display_key"], besides=team_id)
        teams.change(connection, team_id, **columns)
        changes = _changes(before, columns)
        audit.audit(connection, services.clock.now(), actor, "team.edit", before.name, address, **changes)
    if edit.division != before.division:
        stored.recheck_sockets(services.broadcaster, team_id)


def move_teams(services: HuntServices, before: str, after: str, actor: str) -> int:
    """Returns how many.

    Raises FieldsRefused for an unknown or closed target.
    """
    division = services.in_force.content.division(after)
    if division is None or division.is_closed or before == after:
        raise FieldsRefused({"division": NO_DIVISION})
    with services.database.writing() as connection:
        moved = team_lists.move_all(connection, before, after)
        subject = f"{len(moved)} teams"
        audit.audit(connection, services.clock.now(), actor, "teams.move", subject, division=[before, after])
    for team_id in moved:
        stored.recheck_sockets(services.broadcaster, team_id)
    return len(moved)


def _check(in_force: InForce, edit: TeamEdit) -> None:
    problems = profile_problems(edit.profile)
    if edit.division != teams.STAFF and in_force.content.division(edit.division) is None:
        problems["division"] = NO_DIVISION
    if problems:
        raise FieldsRefused(problems)


def _changes(before: TeamLine, after: dict[str, Any]) -> dict[str, Any]:
    """For the audit; e-mail addresses as a count, for privacy."""
    found: dict[str, Any] = {
        field: [getattr(before, field), after[field]]
        for field in ("display_name", "affiliation", "division")
        if getattr(before, field) != after[field]
    }
    if list(before.emails) != after["emails"]:
        found["emails"] = [len(before.emails), len(after["emails"])]
    return found


# --- export ---------------------------------------------------------------------------------------------------------


def export_csv(database: Database) -> Iterator[str]:
    yield MARK
    yield from as_csv(EXPORTED, (list(_exported(team).values()) for team in team_lists.read_all(database)))


def export_json(database: Database) -> str:
    """``{"teams": [{…}]}``."""
    return json.dumps({"teams": [_exported(team) for team in team_lists.read_all(database)]}, ensure_ascii=False)


def _exported(team: TeamLine) -> dict[str, Any]:
    shown = {"emails": " ".join(team.emails), "banned": team.is_banned, "created_at": team.created_at.isoformat()}
    shown["roles"] = as_words(team.roles) or TEAM
    return {field: shown[field] if field in shown else getattr(team, field) for field in EXPORTED}
