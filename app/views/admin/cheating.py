"""Signs of cheating: what looks odd? Reported, never acted upon."""

from __future__ import annotations

from flask import url_for

from app.rules.cheating import FirstSight, SharedAddress, SharedGuess
from app.services.suspecting import MOST_TEAMS_SHOWN, Suspicions, look_for_signs
from app.views.access import role
from app.views.admin.blueprint import admin
from app.views.admin.frame import render_admin
from app.views.pages.admin_logs import CheatingPage, NamedTeam, QuickSolveRow, SharedAddressRow, SharedGuessRow
from app.views.visit import Visit, ports, visit


@admin.get("/cheating")
@role("admin")
def cheating() -> str:
    """What looks odd?"""
    seen, found = visit(), look_for_signs(ports())
    page = CheatingPage(
        at=found.at,
        addresses=tuple(_address(found, one) for one in found.addresses),
        address_count=found.address_count,
        quick=tuple(_quick(seen, found, one) for one in found.quick),
        quick_count=found.quick_count,
        shared=tuple(_shared(seen, found, one) for one in found.shared),
        shared_count=found.shared_count,
    )
    return render_admin("admin/cheating.html", page)


def _team(found: Suspicions, team_id: int) -> NamedTeam:
    return NamedTeam(found.names.get(team_id, "(gone)"), url_for("admin.log", team=f"#{team_id}"))


def _address(found: Suspicions, one: SharedAddress) -> SharedAddressRow:
    shown = one.team_ids[:MOST_TEAMS_SHOWN]
    teams = tuple(_team(found, team_id) for team_id in shown)
    return SharedAddressRow(one.address, teams, len(one.team_ids) - len(shown))


def _quick(seen: Visit, found: Suspicions, one: FirstSight) -> QuickSolveRow:
    seconds = int((one.solved_at - one.seen_at).total_seconds())
    return QuickSolveRow(_team(found, one.team_id), _puzzle(seen, one.puzzle_id), seconds, one.solved_at)


def _shared(seen: Visit, found: Suspicions, one: SharedGuess) -> SharedGuessRow:
    return SharedGuessRow(
        puzzle=_puzzle(seen, one.first.puzzle_id),
        text=found.texts.get(one.first.text, ""),
        first=_team(found, one.first.team_id),
        second=_team(found, one.second.team_id),
        first_at=one.first.at,
        seconds_between=int((one.second.at - one.first.at).total_seconds()),
    )


def _puzzle(seen: Visit, puzzle_id: str) -> str:
    found = seen.content.puzzle(puzzle_id)
    return found.title if found else puzzle_id
