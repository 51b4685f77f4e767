"""Staff accounts of the organisation's log-in, created at the first login.

Matched by issuer and subject only: names and addresses may be chosen at the provider.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from app.accounts import identity_queries, roles
from app.accounts.login import AccountBanned
from app.accounts.roles import LastAdmin
from app.clock import Clock
from app.core.clean_text import is_storable
from app.core.in_force import InForce
from app.core.names import check_display_name, check_name, display_key, name_key, tidy
from app.core.roles import as_words, columns_of
from app.core.text import sentence
from app.database import audit, teams
from app.database.engine import Database, Transaction
from app.database.teams import Account, NameTaken
from app.errors import HuntError
from app.ports import HuntServices, Pusher

ACTOR = "organisation’s log-in"
LONGEST_SUBJECT = 255
TRIES = 5


class NoRule(HuntError):
    """No rule gives this person a role."""

    code = "forbidden"
    message = sentence(
        "You are logged in at your organisation, but no rule of this site gives you a role. Ask an organiser."
    )


def log_in_by_claims(
    services: HuntServices, issuer: str, claims: Mapping[str, Any], held: frozenset[str], address: str
) -> Account:
    """The account with exactly these roles.

    Raises :class:`NoRule` (an existing account loses its roles), AccountBanned.
    """
    subject = str(claims["sub"])
    if len(subject) > LONGEST_SUBJECT or not is_storable(subject):
        raise NoRule
    team_id = _find_or_add(services.database, services.in_force, services.clock, issuer, subject, claims, held, address)
    if team_id is None:
        raise NoRule
    _update_roles(services.database, services.clock, services.broadcaster, team_id, held, address)
    if not held:
        raise NoRule
    account = teams.find_by_id(services.database, team_id)
    if account is None:
        raise NoRule
    if account.is_banned:
        raise AccountBanned
    if not account.has_second_factor:
        with services.database.writing() as connection:
            audit.log(connection, services.clock.now(), "login", account.id, address=address)
    return account


def _update_roles(
    database: Database, clock: Clock, broadcaster: Pusher, team_id: int, held: frozenset[str], address: str
) -> None:
    try:
        roles.set_roles(database, clock, broadcaster, team_id, held, ACTOR, address)
    except LastAdmin:
        # The provider's rules must not leave a hunt without an admin.
        roles.set_roles(database, clock, broadcaster, team_id, held | {"admin"}, ACTOR, address)


def _find_or_add(
    database: Database,
    in_force: InForce,
    clock: Clock,
    issuer: str,
    subject: str,
    claims: Mapping[str, Any],
    held: frozenset[str],
    address: str,
) -> int | None:
    for left in reversed(range(TRIES)):
        try:
            with database.writing() as connection:
                identity_queries.lock_identity(connection, issuer, subject)
                found = identity_queries.find(connection, issuer, subject)
                if found is not None or not held:
                    return found
                return _add(connection, in_force, clock, issuer, subject, claims, held, address)
        except NameTaken:
            # A team has just registered under the name that was free.
            if not left:
                raise
    return None


def _add(
    connection: Transaction, in_force: InForce, clock: Clock, issuer: str, subject: str, claims: Mapping[str, Any],
    held: frozenset[str], address: str,
) -> int:  # fmt: skip
    name, shown = _free_names(connection, issuer, subject, claims)
    now = clock.now()
    named = {"name": name, "name_key": name_key(name), "display_name": shown, "display_key": display_key(shown)}
    division = roles.division_of_staff(in_force)
    made = teams.add(connection, **named, **columns_of(held), password_hash=None, division=division, created_at=now)
    identity_queries.add(connection, issuer, subject, made, now)
    audit.audit(connection, now, ACTOR, "team.add", name, address, roles=as_words(held))
    return made


def _free_names(connection: Transaction, issuer: str, subject: str, claims: Mapping[str, Any]) -> tuple[str, str]:
    mark = hashlib.sha256(f"{issuer} {subject}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
    names = [one for one in _said(claims, "preferred_username", "nickname", "email") if not check_name(one)]
    shown = [one for one in _said(claims, "name", "preferred_username", "email") if not check_display_name(one)]
    name = next(
        one for one in (*names, f"staff-{mark}", f"staff-{mark}-2")
        if not teams.taken_names(connection, name_key(one), None)
    )  # fmt: skip
    display = next(
        one for one in (*shown[:1], *(f"{one[:45]} ({mark})" for one in shown[:1]), name, f"staff-{mark}")
        if not teams.taken_names(connection, None, display_key(one))
    )  # fmt: skip
    return name, display


def _said(claims: Mapping[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        value = claims.get(name)
        if isinstance(value, str):
            # The part before the @ of an address is a name; the rest is the same for all.
            yield tidy(value.split("@")[0])
