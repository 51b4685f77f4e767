"""Login, failure limits, hash upgrades.

Neither message nor timing reveals which of name and password was wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime

from app.accounts import login_failure_queries, passwords
from app.accounts.login_failure_queries import WINDOW, Failures
from app.accounts.password_rules import needs_upgrade
from app.clock import Clock
from app.core.addresses import counted_address
from app.core.answers import digest
from app.core.names import check_name, name_key
from app.core.text import sentence
from app.database import audit, teams
from app.database.engine import Database, Transaction
from app.database.teams import Account
from app.errors import HuntError
from app.ports import Hasher, LoginServices

FAILURES_PER_NAME = 10
FAILURES_PER_ADDRESS = 100


class WrongLogin(Exception):
    pass


class AccountBanned(HuntError):
    code = "banned"
    message = sentence("The organisers have suspended this account. If that’s a mistake, contact them.")


class TooManyFailures(HuntError):
    """``retry_after`` is in whole seconds."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        words = sentence("Too many failed logins. Try again in %(seconds)s seconds.", seconds=retry_after)
        super().__init__(message=words, retry_after=retry_after)


def log_in(services: LoginServices, name: str, password: str, address: str, session_team: int | None = None) -> Account:
    """If there is a second factor, the login is not finished.

    ``session_team``: this browser's logged-in team.

    Raises :class:`WrongLogin`, :class:`AccountBanned`, HashingBusy, and :class:`TooManyFailures` after 10 failures a
    minute for a name and address, or 100 for an address. Successes do not count.
    """
    services.hasher.expect_room(passwords.LANE)
    account = find_account(services.database, name)
    known = session_team if account is not None and account.id == session_team else None
    refuse_too_many(services, name, address, known, account)
    prove(services, account, name, password, address, known)
    if account is None or account.password_hash is None:
        raise WrongLogin
    if account.is_banned:
        raise AccountBanned
    _welcome(services.database, services.clock, services.hasher, account, account.password_hash, password, address)
    return account


def find_account(database: Database, name: str) -> Account | None:
    """In any equivalent spelling."""
    # Invalid names are not looked up: they may hold characters that the database rejects.
    return None if check_name(name) else teams.find_by_name(database, name_key(name))


def refuse_too_many(
    services: LoginServices,
    name: str,
    address: str,
    session_team: int | None = None,
    account: Account | None = None,
) -> None:
    """Before hashing. Raises :class:`TooManyFailures`.

    An open session has its own count, so strangers at a shared address cannot lock it out. Its failures count for the
    account's name too.
    """
    now, counted = services.clock.now(), counted_address(address)
    fingerprints = _fingerprints(services.secret, name, session_team, account)
    with services.database.reading() as connection:
        failures = login_failure_queries.recent(connection, counted, fingerprints, now)
    wait = _seconds_to_wait(failures, now, is_known=session_team is not None)
    if wait is not None:
        raise TooManyFailures(wait)


def prove(
    services: LoginServices,
    account: Account | None,
    name: str,
    password: str,
    address: str,
    session_team: int | None = None,
) -> None:
    """Records a failure. Raises :class:`WrongLogin`, :class:`TooManyFailures`."""
    is_right = passwords.is_right(services.hasher, account.password_hash if account else None, password)
    fingerprints = _fingerprints(services.secret, name, session_team, account)
    is_known = session_team is not None
    if not _settle(services, fingerprints, address, lambda _connection: is_right, is_known=is_known):
        raise WrongLogin


def prove_attempt(services: LoginServices, name: str, address: str, is_right: Callable[[], bool]) -> None:
    """For other secrets, limited like logins under their own name. Raises as :func:`prove`."""
    refuse_too_many(services, name, address)
    answer = is_right()
    if not _settle(services, _fingerprints(services.secret, name, None, None), address, lambda _connection: answer):
        raise WrongLogin


def settle_code(
    services: LoginServices, account: Account, address: str, is_right: Callable[[Transaction], bool]
) -> bool:
    """Check a second factor after the password. Raises :class:`TooManyFailures`.

    Failures count for the account; strangers' wrong passwords do not lock it.
    """
    return _settle(services, (_of_session(services.secret, account.id),), address, is_right, is_known=True)


def _settle(
    services: LoginServices,
    fingerprints: Sequence[str],
    address: str,
    is_right: Callable[[Transaction], bool],
    *,
    is_known: bool = False,
) -> bool:
    """Under the address lock; records a failure. Raises :class:`TooManyFailures`.

    Beyond the limit even right attempts are refused.
    """
    counted = counted_address(address)
    with services.database.writing() as connection:
        login_failure_queries.lock_address(connection, counted)
        # Read under the lock: an earlier time would miss failures written during the wait.
        now = services.clock.now()
        failures = login_failure_queries.recent(connection, counted, fingerprints, now)
        wait = _seconds_to_wait(failures, now, is_known=is_known)
        if wait is not None:
            raise TooManyFailures(wait)
        found = is_right(connection)
        if not found:
            login_failure_queries.add(connection, counted, fingerprints[0], now)
    return found


def _seconds_to_wait(failures: Failures, now: datetime, *, is_known: bool) -> int | None:
    oldest = [
        failures.oldest_of_name if failures.of_name >= FAILURES_PER_NAME else None,
        failures.oldest_of_address if failures.of_address >= FAILURES_PER_ADDRESS and not is_known else None,
    ]
    waits = [math.ceil((failed_at + WINDOW - now).total_seconds()) for failed_at in oldest if failed_at]
    return max(1, *waits) if waits else None


def _welcome(
    database: Database, clock: Clock, hasher: Hasher, account: Account, stored: str, password: str, address: str
) -> None:
    better = passwords.hash_of(hasher, password) if needs_upgrade(stored, hasher.password_cost) else None
    with database.writing() as connection:
        if better is not None:
            teams.upgrade_hash(connection, account.id, stored, better)
        if not account.has_second_factor:
            audit.log(connection, clock.now(), "login", account.id, address=address)


def _fingerprints(secret: bytes, name: str, session_team: int | None, account: Account | None) -> tuple[str, ...]:
    """What is counted; a failure is stored under the first."""
    if session_team is not None:
        return (_of_session(secret, session_team),)
    return (_fingerprint(secret, name), *([_of_session(secret, account.id)] if account else []))


def _of_session(secret: bytes, team_id: int) -> str:
    return digest(secret, "login of session", str(team_id))


def _fingerprint(secret: bytes, name: str) -> str:
    """Keyed, since people type passwords into the name field."""
    return digest(secret, "login name", name[:100] if check_name(name) else name_key(name))
