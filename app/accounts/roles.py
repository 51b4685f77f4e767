"""Roles, bans and the first admin: who may organise, and who may play.

Every act is audited inside its own transaction. The last admin in good standing cannot be demoted or banned,
not even by two admins who do it to each other at once.
"""

from __future__ import annotations

from app.accounts import passwords, reset_link_queries
from app.accounts.registration import public_divisions
from app.broadcast import stored
from app.core import names
from app.core.text import sentence
from app.database import audit, teams
from app.database.engine import Transaction
from app.database.teams import Account
from app.errors import FieldsRefused, HuntError, TeamUnknown
from app.ports import Ports

ROLES = ("team", "helper", "writer", "admin")


class LastAdmin(HuntError):
    """Nobody could administer the hunt any more."""

    code, message = "conflict", sentence("This is the last admin: nobody could administer the hunt any more.")


class RoleUnknown(HuntError):
    """There is no such role."""

    code, message = "invalid_form", sentence("There is no such role.")


def change_role(ports: Ports, team_id: int, role: str, actor: str, address: str = "") -> None:
    """Give an account another role. Raises :class:`RoleUnknown`, :class:`TeamUnknown`, :class:`LastAdmin`."""
    if role not in ROLES:
        raise RoleUnknown
    with ports.database.writing() as connection:
        account = _account_to_change(connection, team_id, keeps_admin=role == "admin")
        if account.role == role:
            return
        teams.change(connection, team_id, role=role)
        audit.audit(
            connection, ports.clock.now(), actor, "team.role", account.name, address, before=account.role, after=role
        )


def ban(ports: Ports, team_id: int, actor: str, address: str = "") -> None:
    """Close an account: its sessions are refused from now on. Raises :class:`TeamUnknown`, :class:`LastAdmin`."""
    _set_banned(ports, team_id, True, actor, address)


def unban(ports: Ports, team_id: int, actor: str, address: str = "") -> None:
    """Open an account again; everybody in it has to log in anew. Raises :class:`TeamUnknown`."""
    _set_banned(ports, team_id, False, actor, address)


def _set_banned(ports: Ports, team_id: int, is_banned: bool, actor: str, address: str) -> None:
    with ports.database.writing() as connection:
        account = _account_to_change(connection, team_id, keeps_admin=not is_banned)
        if account.is_banned == is_banned:
            return
        teams.change(connection, team_id, is_banned=is_banned)
        teams.end_sessions(connection, team_id)
        if is_banned:
            reset_link_queries.forget_unused(connection, team_id)
        action = "team.ban" if is_banned else "team.unban"
        audit.audit(connection, ports.clock.now(), actor, action, account.name, address)
    stored.recheck_sockets(ports, team_id)


def _account_to_change(connection: Transaction, team_id: int, *, keeps_admin: bool) -> Account:
    """The account, locked. The admins' rows are locked first, in order, so that two acts follow one another."""
    admins = teams.count_admins(connection)
    account = teams.lock_account(connection, team_id)
    if account is None:
        raise TeamUnknown
    is_in_office = account.role == "admin" and not account.is_banned
    if is_in_office and not keeps_admin and admins <= 1:
        raise LastAdmin
    return account


def create_or_promote_admin(
    ports: Ports, name: str, password: str, actor: str = "command line", *, is_first_alone: bool = False
) -> int:
    """Make an admin of this name, new or out of the team that has it; answers the account's id.

    ``is_first_alone``: only if there is no admin yet, however many nodes start at once; else nothing is done, and 0.

    A password given replaces the old one and ends the sessions of whoever knew it; an empty one keeps the old, which
    only an existing account has. Raises FieldsRefused.
    """
    problem = names.check_name(name)
    problems = {"name": problem} if problem else {}
    if password or problems or not has_password(ports, name):
        problems |= passwords.password_problems(password, password)
    if problems:
        raise FieldsRefused(problems)
    hashed = passwords.hash_of(ports, password) if password else None
    now = ports.clock.now()
    with ports.database.writing() as connection:
        teams.lock_bootstrap(connection)
        if is_first_alone and teams.count_admins(connection):
            return 0
        admin_id = teams.make_admin(connection, name, hashed, now, _division(ports))
        if hashed is not None:
            reset_link_queries.forget_unused(connection, admin_id)
        audit.audit(connection, now, actor, "team.admin", names.tidy(name), password_set=hashed is not None)
    return admin_id


def has_password(ports: Ports, name: str) -> bool:
    """Whether there is an account of this name that can log in."""
    account = teams.find_by_name(ports.database, names.name_key(name)) if not names.check_name(name) else None
    return account is not None and account.password_hash is not None


def _division(ports: Ports) -> str:
    """Staff is on no board, but sees the puzzles of a division: the first, where there is one."""
    divisions = public_divisions(ports.content.current()) if ports.content.is_loaded else ()
    return divisions[0].code if divisions else teams.STAFF
