"""Logging in: the limit on failures, the password, the ban, and a better hash where ours has grown costlier.

Whoever fails learns that name and password do not belong together, and nothing else, neither from the words nor from
the time. Called by the account views; changing a password proves the old one here, under the same limit.
"""

from __future__ import annotations

import math
from datetime import datetime

from app.accounts import login_failure_queries, passwords
from app.accounts.login_failure_queries import WINDOW, Failures
from app.accounts.password_rules import needs_upgrade
from app.core.answers import digest
from app.core.names import check_name, name_key
from app.core.text import sentence
from app.database import audit, teams
from app.database.engine import Transaction
from app.database.teams import Account
from app.errors import HuntError
from app.ports import Ports

FAILURES_PER_NAME = 10
FAILURES_PER_ADDRESS = 100


class WrongLogin(Exception):
    """There is no such pair of name and password. Which of the two is wrong is not said."""


class AccountBanned(HuntError):
    """The organisers have closed the account."""

    code = "banned"
    message = sentence("This account has been closed by the organisers. Write to them if that is a mistake.")


class TooManyFailures(HuntError):
    """Too many logins have failed from here; ``retry_after`` is the whole number of seconds to wait."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        words = sentence(
            "Too many logins have failed from here. Please try again in %(seconds)s seconds.", seconds=retry_after
        )
        super().__init__(message=words, retry_after=retry_after)


def log_in(ports: Ports, name: str, password: str, address: str) -> Account:
    """The account that name and password open.

    Raises :class:`WrongLogin`, :class:`TooManyFailures` (10 failures a minute for this name from this address, or 100
    from this address; successes are never counted), :class:`AccountBanned`, HashingBusy.
    """
    ports.hasher.expect_room(passwords.LANE)
    refuse_too_many(ports, name, address)
    account = find_account(ports, name)
    prove(ports, account, name, password, address)
    if account is None or account.password_hash is None:
        raise WrongLogin
    if account.is_banned:
        raise AccountBanned
    _welcome(ports, account, account.password_hash, password, address)
    return account


def find_account(ports: Ports, name: str) -> Account | None:
    """The account of this name, in any spelling that counts as the same."""
    # Names that nobody can have are not looked up: they may hold what no database stores.
    return None if check_name(name) else teams.find_by_name(ports.database, name_key(name))


def refuse_too_many(ports: Ports, name: str, address: str) -> None:
    """Refuse before any hashing when too many logins have failed already. Raises :class:`TooManyFailures`."""
    now = ports.clock.now()
    with ports.database.reading() as connection:
        wait = _seconds_to_wait(login_failure_queries.recent(connection, address, _fingerprint(ports, name), now), now)
    if wait is not None:
        raise TooManyFailures(wait)


def prove(ports: Ports, account: Account | None, name: str, password: str, address: str) -> None:
    """Check the password and settle the attempt. Raises :class:`WrongLogin` or :class:`TooManyFailures`."""
    is_right = passwords.is_right(ports, account.password_hash if account else None, password)
    with ports.database.writing() as connection:
        wait = _settle(connection, ports, _fingerprint(ports, name), address, is_right)
    if wait is not None:
        raise TooManyFailures(wait)
    if not is_right:
        raise WrongLogin


def _settle(connection: Transaction, ports: Ports, fingerprint: str, address: str, is_right: bool) -> int | None:
    """Count, and add a failure, one attempt of this address after the other; the seconds to wait, or None.

    However many attempts were let in together, no more than the limit are told right or wrong: the others learn only
    that they were too many, even with the right password among them.
    """
    login_failure_queries.lock_address(connection, address)
    # Read under the lock: an earlier moment would overlook failures that were written while this one waited.
    now = ports.clock.now()
    wait = _seconds_to_wait(login_failure_queries.recent(connection, address, fingerprint, now), now)
    if wait is None and not is_right:
        login_failure_queries.add(connection, address, fingerprint, now)
    return wait


def _seconds_to_wait(failures: Failures, now: datetime) -> int | None:
    oldest = [
        failures.oldest_of_name if failures.of_name >= FAILURES_PER_NAME else None,
        failures.oldest_of_address if failures.of_address >= FAILURES_PER_ADDRESS else None,
    ]
    waits = [math.ceil((failed_at + WINDOW - now).total_seconds()) for failed_at in oldest if failed_at]
    return max(1, *waits) if waits else None


def _welcome(ports: Ports, account: Account, stored: str, password: str, address: str) -> None:
    """Write the login down, and a new hash if the old one was cheaper than ours."""
    better = passwords.hash_of(ports, password) if needs_upgrade(stored, ports.password_cost) else None
    with ports.database.writing() as connection:
        if better is not None:
            teams.upgrade_hash(connection, account.id, stored, better)
        audit.log(connection, ports.clock.now(), "login", account.id, address=address)


def _fingerprint(ports: Ports, name: str) -> str:
    """What is kept of a name that was typed: nothing readable, since people type passwords into the wrong field."""
    return digest(ports.secret, "login name", name[:100] if check_name(name) else name_key(name))
