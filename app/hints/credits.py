"""Hint credits from organisers and from the schedule.

A grant to thousands of teams is one transaction under all their row locks. The schedule gives each team each numbered
grant once, so late teams get all that are due. Staff get none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from app.clock import Clock
from app.core.hunt_settings import HuntSettings
from app.core.in_force import InForce
from app.core.schedule import due_grants
from app.core.team import TeamState
from app.core.text import sentence
from app.database import audit
from app.database.engine import Database, Transaction
from app.guesses.guards import totals_of
from app.hints import credit_queries
from app.hints.credit_queries import Grant
from app.ports import HuntServices, Pusher

MOST_CREDITS = 1_000
SCHEDULED = "schedule"


class GrantInvalid(ValueError):
    """Invalid amount or audience; the message says why."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    most: int
    total: int
    teams: int


def credits_at_once(database: Database, clock: Clock, before: HuntSettings, after: HuntSettings) -> AtOnce | None:
    """Credits for past moments that a change of settings grants at once; None: nothing."""
    now = clock.now()
    due, due_already = len(_due(after, now)), len(_due(before, now))
    if due <= due_already:
        return None
    teams, total, most = credit_queries.count_lacking(database, SCHEDULED, due)
    return AtOnce(most if teams else due, total, teams) if total or not teams else None


def _due(settings: HuntSettings, now: datetime) -> list[tuple[int, datetime]]:
    schedule = settings.hint_schedule
    return due_grants(settings.starts_at, schedule, now, settings.ends_at) if schedule else []


def grant_credits(
    services: HuntServices,
    audience: str,
    amount: int,
    actor: str,
    *,
    reason: str = "",
    address: str = "",
    once: str = "",
) -> int:
    """Grant to ``all``, ``division:CODE`` or ``team:ID``; returns the number of teams.

    A negative amount takes no more than a team has. ``once``: the form's key. ``team:ID`` reaches any account, the
    others competing teams. Raises :class:`GrantInvalid`; then nothing has changed.
    """
    _check(services.in_force, audience, amount)
    now, words = services.clock.now(), f"grant: {reason.strip()}" if reason.strip() else "grant"
    with services.database.writing() as connection:
        locked = credit_queries.lock_teams(connection, audience)
        if not locked and audience.startswith("team:"):
            raise GrantInvalid(sentence("There is no such team."))
        grants = [
            Grant(team.id, max(amount, -team.hint_credits), words, _key(once, team.id)) for team in locked
        ]  # fmt: skip
        given = _give(connection, locked, grants, now, actor)
        details = {"amount": amount, "teams": len(given), "reason": reason.strip()}
        audit.audit(connection, now, actor, "grant credits", audience, address, **details)
    _tell(services.in_force, services.broadcaster, given, now)
    return len(given)


def count_teams(services: HuntServices, audience: str, amount: int) -> int:
    """How many teams such a grant would reach. Raises :class:`GrantInvalid`."""
    _check(services.in_force, audience, amount)
    return credit_queries.count_concerned(services.database, audience)


def run_schedule(services: HuntServices) -> int:
    """Grant what is due; returns how many credits."""
    now = services.clock.now()
    due = _due(services.in_force.settings, now)
    if not due or not credit_queries.lacks_any(services.database, SCHEDULED, len(due)):
        return 0
    with services.database.writing() as connection:
        locked = credit_queries.lock_teams(connection, "all")
        counts = credit_queries.count_given(connection, SCHEDULED)
        # Numbers have no gaps, so the count tells which are missing.
        grants = [
            Grant(team.id, 1, SCHEDULED, f"{SCHEDULED}:{number}:{team.id}")
            for team in locked
            for number, _ in due[counts.get(team.id, 0) :]
        ]
        given = _give(connection, locked, grants, now, "")
    _tell(services.in_force, services.broadcaster, given, now)
    return len(grants)


def _check(in_force: InForce, audience: str, amount: int) -> None:
    if amount == 0 or abs(amount) > MOST_CREDITS:
        raise GrantInvalid(
            sentence(
                "The number of credits must be from 1 to %(most)s, or negative to take some away.", most=MOST_CREDITS
            )
        )
    kind, _, which = audience.partition(":")
    if kind == "division" and in_force.content.division(which) is not None:
        return
    if audience == "all" or (kind == "team" and which.isascii() and which.isdigit() and len(which) < 18):
        return
    raise GrantInvalid(sentence("Credits are granted to all, to division:CODE or to team:ID."))


def _key(once: str, team_id: int) -> str | None:
    return f"grant:{sha256(once.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}:{team_id}" if once else None


def _give(
    connection: Transaction, locked: Sequence[TeamState], grants: Sequence[Grant], now: datetime, actor: str
) -> list[TeamState]:
    sums: Mapping[int, int] = credit_queries.book(connection, [one for one in grants if one.amount], now, actor)
    given = [team for team in locked if sums.get(team.id)]
    for team in given:
        team.hint_credits += sums[team.id]
    return given


def _tell(in_force: InForce, broadcaster: Pusher, given: Sequence[TeamState], now: datetime) -> None:
    for team in given:
        broadcaster.push(f"team:{team.id}", "score", totals_of(in_force, team, now))
