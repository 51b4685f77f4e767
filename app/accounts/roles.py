"""Roles, bans and the first admin, audited in the same transaction.

The last active admin stays, even in a race.
"""

from __future__ import annotations

from collections.abc import Collection

from app.accounts import passwords, reset_link_queries
from app.accounts.divisions import public_divisions
from app.broadcast import stored
from app.clock import Clock
from app.core import names
from app.core.in_force import InForce
from app.core.roles import ROLES, TEAM, as_words, columns_of
from app.core.text import sentence
from app.database import audit, teams
from app.database.engine import Database, Transaction
from app.database.teams import Account
from app.errors import FieldsRefused, HuntError, TeamUnknown
from app.ports import Hasher, Pusher


class LastAdmin(HuntError):
    """The change would leave no admin."""

    code, message = "conflict", sentence("This is the last admin: nobody could administer the hunt any more.")


class RoleUnknown(HuntError):
    code, message = "invalid_form", sentence("There is no such role.")


def set_roles(
    database: Database,
    clock: Clock,
    broadcaster: Pusher,
    team_id: int,
    roles: Collection[str],
    actor: str,
    address: str = "",
) -> None:
    """Exactly these roles; none: a team. Its sockets change rooms.

    Raises :class:`RoleUnknown`, :class:`TeamUnknown`, :class:`LastAdmin`.
    """
    if not set(roles) <= set(ROLES):
        raise RoleUnknown
    with database.writing() as connection:
        account = _account_to_change(connection, team_id, keeps_admin="admin" in roles)
        if account.roles == set(roles):
            return
        teams.change(connection, team_id, **columns_of(roles))
        before, after = as_words(account.roles) or TEAM, as_words(roles) or TEAM
        now = clock.now()
        audit.audit(connection, now, actor, "team.role", account.name, address, before=before, after=after)
    stored.recheck_sockets(broadcaster, team_id)


def ban(database: Database, clock: Clock, broadcaster: Pusher, team_id: int, actor: str, address: str = "") -> None:
    """Ends sessions. Raises :class:`TeamUnknown`, :class:`LastAdmin`."""
    _set_banned(database, clock, broadcaster, team_id, True, actor, address)


def unban(database: Database, clock: Clock, broadcaster: Pusher, team_id: int, actor: str, address: str = "") -> None:
    """The team must log in again. Raises :class:`TeamUnknown`."""
    _set_banned(database, clock, broadcaster, team_id, False, actor, address)


def _set_banned(
    database: Database, clock: Clock, broadcaster: Pusher, team_id: int, is_banned: bool, actor: str, address: str
) -> None:
    with database.writing() as connection:
        account = _account_to_change(connection, team_id, keeps_admin=not is_banned)
        if account.is_banned == is_banned:
            return
        teams.change(connection, team_id, is_banned=is_banned)
        teams.end_sessions(connection, team_id)
        if is_banned:
            reset_link_queries.forget_unused(connection, team_id)
        action = "team.ban" if is_banned else "team.unban"
        audit.audit(connection, clock.now(), actor, action, account.name, address)
    stored.recheck_sockets(broadcaster, team_id)


def _account_to_change(connection: Transaction, team_id: int, *, keeps_admin: bool) -> Account:
    """Locks admin rows first, in order."""
    admins = teams.count_admins(connection)
    account = teams.lock_account(connection, team_id)
    if account is None:
        raise TeamUnknown
    is_in_office = "admin" in account.roles and not account.is_banned
    if is_in_office and not keeps_admin and admins <= 1:
        raise LastAdmin
    return account


def create_or_promote_admin(
    database: Database,
    in_force: InForce,
    clock: Clock,
    hasher: Hasher,
    name: str,
    password: str,
    actor: str = "command line",
    *,
    is_first_alone: bool = False,
) -> int:
    """``is_first_alone``: returns 0 if an admin exists, also in a race of nodes. A password replaces the old one and
    ends sessions; empty keeps it. Raises FieldsRefused.
    """
    problem = names.check_name(name)
    problems = {"name": problem} if problem else {}
    if password or problems or not has_password(database, name):
        problems |= passwords.password_problems(password, password)
    if problems:
        raise FieldsRefused(problems)
    hashed = passwords.hash_of(hasher, password) if password else None
    now = clock.now()
    with database.writing() as connection:
        teams.lock_bootstrap(connection)
        if is_first_alone and teams.count_admins(connection):
            return 0
        admin_id = teams.make_admin(connection, name, hashed, now, division_of_staff(in_force))
        if hashed is not None:
            reset_link_queries.forget_unused(connection, admin_id)
        audit.audit(connection, now, actor, "team.admin", names.tidy(name), password_set=hashed is not None)
    return admin_id


def has_password(database: Database, name: str) -> bool:
    account = teams.find_by_name(database, names.name_key(name)) if not names.check_name(name) else None
    return account is not None and account.password_hash is not None


def division_of_staff(in_force: InForce) -> str:
    """Staff see the first public division's puzzles."""
    divisions = public_divisions(in_force.content) if in_force.is_loaded else ()
    return divisions[0].code if divisions else teams.STAFF
