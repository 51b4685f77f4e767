"""The organisers' look at teams: searching, one team with all that is known of it, changing it, giving all of them out.

Roles and bans are :mod:`app.accounts.roles`', solves and points :mod:`app.guesses.adjustments`'s.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.accounts.profile import Profile, columns_of, profile_problems, refusing_taken_names
from app.broadcast import stored
from app.core.text import sentence
from app.database import audit, team_lists, teams
from app.database.team_lists import LINES_A_PAGE, DoingLine, LedgerLine, SolveLine, TeamLine, TeamSearch
from app.errors import FieldsRefused, TeamUnknown
from app.ports import Ports

__all__ = ["Dossier", "TeamChanged", "TeamEdit", "TeamLine", "TeamSearch", "edit_team", "find_team", "search_teams"]

LEDGER_SHOWN = DOINGS_SHOWN = 100
LARGEST_ID = 2**63 - 1
NO_DIVISION = sentence("There is no division with this code.")
# What a spreadsheet takes for the beginning of a formula, wherever it looks at the first letter of a cell.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
EXPORTED = ("name", "display_name", "division", "affiliation", "emails", "role", "banned", "score", "xp",
            "hint_credits", "solved", "created_at")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dossier:
    """All about one team. ``seen`` names the state of what can be edited, for the one who saves it later."""

    team: TeamLine
    solves: tuple[SolveLine, ...]
    ledger: tuple[LedgerLine, ...]
    doings: tuple[DoingLine, ...]
    seen: str


@dataclass(frozen=True, slots=True)
class TeamEdit:
    """What an organiser typed."""

    profile: Profile
    division: str


class TeamChanged(Exception):
    """Somebody else saved this team since the form was opened; ``team`` is what is stored now. Nothing was changed."""

    def __init__(self, team: TeamLine) -> None:
        super().__init__(team.name)
        self.team = team


def search_teams(ports: Ports, wanted: TeamSearch, page: int = 1) -> tuple[tuple[TeamLine, ...], int]:
    """One page of the accounts that fit, and how many fit in all. Words are cut to 100 characters."""
    tidy = TeamSearch(
        team_lists.searchable(wanted.words)[: team_lists.LONGEST_SEARCH], wanted.division, wanted.role, wanted.is_banned
    )
    offset = LINES_A_PAGE * (max(1, page) - 1)
    found, count = team_lists.search(ports.database, tidy, LINES_A_PAGE, min(offset, 10_000_000))
    return tuple(found), count


def find_team(ports: Ports, team_id: int) -> Dossier:
    """Everything about one team. Raises TeamUnknown."""
    team = team_lists.find(ports.database, team_id) if 0 < team_id <= LARGEST_ID else None
    if team is None:
        raise TeamUnknown
    return Dossier(
        team,
        tuple(team_lists.read_solves(ports.database, team_id)),
        tuple(team_lists.read_ledger(ports.database, team_id, LEDGER_SHOWN)),
        tuple(team_lists.read_doings(ports.database, team_id, DOINGS_SHOWN)),
        state_of(team),
    )


def state_of(team: TeamLine) -> str:
    """A short name for what of a team can be edited, the same only while all of it is the same."""
    text = json.dumps([team.display_name, team.affiliation, list(team.emails), team.division])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def edit_team(ports: Ports, team_id: int, edit: TeamEdit, seen: str, actor: str, address: str = "") -> None:
    """Store what an organiser typed, if the team still is as it was ``seen``.

    Raises FieldsRefused, :class:`TeamChanged` for the second of two who save the same team, and TeamUnknown. Another
    division moves the team's open pages at once.
    """
    _check(ports, edit)
    columns = columns_of(edit.profile) | {"division": edit.division}
    with refusing_taken_names(), ports.database.writing() as connection:
        before = team_lists.lock_line(connection, team_id) if 0 < team_id <= LARGEST_ID else None
        if before is None:
            raise TeamUnknown
        if state_of(before) != seen:
            raise TeamChanged(before)
        teams.refuse_taken(connection, None, columns["display_key"], besides=team_id)
        teams.change(connection, team_id, **columns)
        changes = _changes(before, columns)
        audit.audit(connection, ports.clock.now(), actor, "team.edit", before.name, address, **changes)
    if edit.division != before.division:
        stored.recheck_sockets(ports, team_id)


def _check(ports: Ports, edit: TeamEdit) -> None:
    problems = profile_problems(edit.profile)
    if edit.division != teams.STAFF and ports.content.current().division(edit.division) is None:
        problems["division"] = NO_DIVISION
    if problems:
        raise FieldsRefused(problems)


def _changes(before: TeamLine, after: dict[str, Any]) -> dict[str, Any]:
    """What the audit keeps: each field that differs, before and after. Addresses are people's own: only how many."""
    found: dict[str, Any] = {
        field: [getattr(before, field), after[field]]
        for field in ("display_name", "affiliation", "division")
        if getattr(before, field) != after[field]
    }
    if list(before.emails) != after["emails"]:
        found["emails"] = [len(before.emails), len(after["emails"])]
    return found


# --- giving out ------------------------------------------------------------------------------------------------------


def export_csv(ports: Ports) -> Iterator[str]:
    """All teams as CSV, a piece at a time. What looks like a formula gets an apostrophe in front."""
    yield from as_csv(EXPORTED, (list(_exported(team).values()) for team in team_lists.read_all(ports.database)))


def export_json(ports: Ports) -> str:
    """All teams as JSON: ``{"teams": [{…}]}``."""
    return json.dumps({"teams": [_exported(team) for team in team_lists.read_all(ports.database)]}, ensure_ascii=False)


def _exported(team: TeamLine) -> dict[str, Any]:
    shown = {"emails": " ".join(team.emails), "banned": team.is_banned, "created_at": team.created_at.isoformat()}
    return {field: shown[field] if field in shown else getattr(team, field) for field in EXPORTED}


def as_csv(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Lines of CSV with a mark in front by which spreadsheets know UTF-8; whatever looks like a formula is disarmed."""
    yield "\ufeff"
    for row in (head, *rows):
        line = io.StringIO()
        csv.writer(line).writerow([disarmed(cell) for cell in row])
        yield line.getvalue()


def disarmed(cell: Any) -> Any:
    """The cell as no spreadsheet computes it: an apostrophe in front of what begins like a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_SIGNS) else cell
