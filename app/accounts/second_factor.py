"""Second factors: set-up, code at login, removal.

The secret is encrypted, recovery codes are digests. A code works once on all nodes. Wrong codes count as failed
logins.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from app.accounts import login, one_time_codes
from app.accounts import second_factor_queries as queries
from app.accounts.login import AccountBanned
from app.accounts.second_factor_queries import FactorRow
from app.broadcast import stored
from app.clock import Clock
from app.core.text import sentence
from app.database import audit, teams
from app.database.engine import Database, Transaction
from app.database.teams import Account
from app.encryption import DecryptionFailed, Encryption
from app.errors import FieldsRefused, HuntError, TeamUnknown
from app.ports import LoginServices, Pusher

PURPOSE = "second factor"
WRONG_CODE = sentence("That code is wrong, expired or already used. Wait for the next one.")
UNREADABLE = sentence("Your second factor can’t be read since the site’s secret changed. An admin can remove it.")


class FactorPresent(HuntError):
    code, message = "conflict", sentence("You already have a second factor. Turn it off first.")


class FactorAbsent(HuntError):
    """Not set up, or not begun."""

    code, message = "conflict", sentence("You have no second factor.")


class LoginExpired(HuntError):
    """The password's step is too old, or the account changed."""

    code, message = "login_required", sentence("That took too long. Log in again.")


@dataclass(frozen=True, slots=True)
class FactorState:
    """``secret``: only during set-up."""

    is_on: bool
    secret: str = ""
    recovery_left: int = 0


def standing(database: Database, encryption: Encryption, team_id: int) -> FactorState:
    found = queries.find(database, team_id)
    if found is None:
        return FactorState(is_on=False)
    if found.confirmed_at is None:
        return FactorState(is_on=False, secret=_secret(encryption, found))
    return FactorState(is_on=True, recovery_left=queries.count_recovery(database, team_id))


def begin(database: Database, clock: Clock, encryption: Encryption, team_id: int) -> None:
    """Make a secret, to be confirmed by a code. Raises :class:`FactorPresent`."""
    secret = one_time_codes.secret_of(secrets.token_bytes(one_time_codes.SECRET_BYTES))
    with database.writing() as connection:
        teams.lock_account(connection, team_id)
        if not queries.begin(connection, team_id, encryption.encrypt(PURPOSE, secret), clock.now()):
            raise FactorPresent


def confirm(
    database: Database,
    clock: Clock,
    broadcaster: Pusher,
    encryption: Encryption,
    account: Account,
    code: str,
    address: str,
) -> tuple[int, tuple[str, ...]]:
    """Activate and end other sessions; returns the new epoch and recovery codes.

    Raises FieldsRefused, :class:`FactorAbsent`.
    """
    found = queries.find(database, account.id)
    if found is None or found.confirmed_at is not None:
        raise FactorAbsent
    step = one_time_codes.matching_step(_secret(encryption, found), code, clock.now())
    if step is None:
        raise FieldsRefused({"code": WRONG_CODE})
    count, size = one_time_codes.RECOVERY_CODES, one_time_codes.RECOVERY_BYTES
    codes = tuple(one_time_codes.recovery_code_of(secrets.token_bytes(size)) for _ in range(count))
    now = clock.now()
    with database.writing() as connection:
        if not queries.confirm(connection, found, step, now):
            raise FactorAbsent
        queries.add_recovery(connection, account.id, map(one_time_codes.recovery_digest, codes))
        epoch = teams.end_sessions(connection, account.id)
        audit.audit(connection, now, account.name, "second_factor.on", account.name, address)
    stored.recheck_sockets(broadcaster, account.id)
    return epoch, codes


def finish_login(
    services: LoginServices, encryption: Encryption, team_id: int, epoch: int, code: str, address: str
) -> Account:
    """The second step of a login.

    Raises FieldsRefused, :class:`LoginExpired`, AccountBanned, TooManyFailures.
    """
    account = teams.find_by_id(services.database, team_id)
    if account is None or account.epoch != epoch or not account.has_second_factor:
        raise LoginExpired
    if account.is_banned:
        raise AccountBanned
    _use_code(services, encryption, account, code, address)
    with services.database.writing() as connection:
        audit.log(connection, services.clock.now(), "login", account.id, address=address)
    return account


def turn_off(
    services: LoginServices, encryption: Encryption, account: Account, password: str, code: str, address: str
) -> None:
    """By password and code.

    Raises FieldsRefused, :class:`FactorAbsent`, TooManyFailures, HashingBusy.
    """
    if not account.has_second_factor:
        raise FactorAbsent
    try:
        login.refuse_too_many(services, account.name, address, account.id)
        login.prove(
            services, account if account.password_hash else None, account.name, password, address, account.id
        )  # fmt: skip
    except login.WrongLogin:
        raise FieldsRefused({"current_password": sentence("That isn’t your current password.")}) from None
    _use_code(services, encryption, account, code, address)
    with services.database.writing() as connection:
        queries.remove(connection, account.id)
        audit.audit(connection, services.clock.now(), account.name, "second_factor.off", account.name, address)


def reset(database: Database, clock: Clock, broadcaster: Pusher, team_id: int, actor: str, address: str = "") -> bool:
    """By an admin; ends sessions. False if there was none. Raises TeamUnknown."""
    with database.writing() as connection:
        account = teams.lock_account(connection, team_id)
        if account is None:
            raise TeamUnknown
        if not queries.remove(connection, team_id):
            return False
        teams.end_sessions(connection, team_id)
        audit.audit(connection, clock.now(), actor, "second_factor.reset", account.name, address)
    stored.recheck_sockets(broadcaster, team_id)
    return True


def _use_code(services: LoginServices, encryption: Encryption, account: Account, code: str, address: str) -> None:
    found = queries.find(services.database, account.id)
    if found is None:
        raise LoginExpired
    now, is_of_authenticator = services.clock.now(), bool(one_time_codes.code_digits(code))
    secret = _secret(encryption, found) if is_of_authenticator else ""
    step = one_time_codes.matching_step(secret, code, now) if is_of_authenticator else None
    encrypted = encryption.encrypt(PURPOSE, secret)

    def is_right(connection: Transaction) -> bool:
        if is_of_authenticator:
            return step is not None and queries.use_step(connection, found, step, encrypted)
        return _use_recovery(connection, account, code, now, address)

    if not login.settle_code(services, account, address, is_right):
        raise FieldsRefused({"code": WRONG_CODE})


def _use_recovery(connection: Transaction, account: Account, code: str, now: datetime, address: str) -> bool:
    is_used = queries.use_recovery(connection, account.id, one_time_codes.recovery_digest(code), now)
    if is_used:
        audit.audit(connection, now, account.name, "second_factor.recovery", account.name, address)
    return is_used


def _secret(encryption: Encryption, found: FactorRow) -> str:
    try:
        return encryption.decrypt(PURPOSE, found.encrypted)
    except DecryptionFailed:
        raise HuntError("forbidden", UNREADABLE) from None
