"""Limits on registration: hours, teams from one address, the organisers' question."""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from app.accounts import registration_bucket_queries
from app.accounts.login import TooManyFailures, WrongLogin, prove_attempt
from app.clock import Clock
from app.core.addresses import counted_address
from app.core.answers import InvalidAnswer, checked
from app.core.hunt_settings import HuntSettings
from app.core.text import sentence
from app.database.engine import Database
from app.errors import FieldsRefused, HuntError
from app.ports import LoginServices

SWITCHED_OFF = sentence("Registration is closed for now.")
WRONG_ANSWER = sentence("That’s not the answer. Ask the person who invited you.")
NO_ANSWER = sentence("Answer the organisers’ question.")
# The name under which wrong answers are counted with failed logins; no team can have it.
QUESTION = "\0registration question"


class RegistrationClosed(HuntError):
    """Closed by its hours or the switch."""

    code = "locked_down"


class TooManyRegistrations(HuntError):
    """Too many teams or wrong answers from one address."""

    code = "rate_limited"


def refuse_closed(settings: HuntSettings, now: datetime) -> None:
    """Raises :class:`RegistrationClosed`, with the opening time if known."""
    state = settings.registration_at(now)
    opens_at, closed_at = settings.registration_opens_at, settings.registration_closes_at
    if state == "closed" and closed_at is not None:
        raise RegistrationClosed(message=sentence("Registration closed on %(at)s.", at=closed_at))
    if state == "before" and opens_at is not None:
        words = sentence("Registration opens on %(at)s.", at=opens_at)
        raise RegistrationClosed(message=words, opens_at=opens_at.isoformat())
    if settings.lockdown_registration:
        raise RegistrationClosed(message=SWITCHED_OFF)


def check_answer(services: LoginServices, settings: HuntSettings, typed: str, address: str) -> None:
    """Raises FieldsRefused, and :class:`TooManyRegistrations` after ten wrong ones a minute from one address."""
    if not settings.asks_at_registration:
        return
    if not typed.strip():
        raise FieldsRefused({"answer": NO_ANSWER})
    try:
        prove_attempt(services, QUESTION, address, lambda: _is_right(settings, typed))
    except WrongLogin:
        raise FieldsRefused({"answer": WRONG_ANSWER}) from None
    except TooManyFailures as failures:
        seconds = failures.retry_after
        words = sentence("Too many wrong answers. Try again in %(seconds)s seconds.", seconds=seconds)
        raise TooManyRegistrations(message=words, retry_after=seconds) from None


def _is_right(settings: HuntSettings, typed: str) -> bool:
    try:
        guess = checked(typed).encode()
    except InvalidAnswer:
        return False
    right = [checked(line).encode() for line in settings.registration_answer.splitlines()]
    return any(hmac.compare_digest(guess, one) for one in right)


@contextmanager
def one_registration(database: Database, clock: Clock, most: int, address: str) -> Iterator[None]:
    """Count one, and give it back if the body fails.

    Raises :class:`TooManyRegistrations`. An IPv6 /64 is one address.
    """
    counted = counted_address(address)
    with database.writing() as connection:
        wait = registration_bucket_queries.take(connection, counted, most, clock.now())
    if wait is not None:
        seconds = max(1, math.ceil(wait.total_seconds()))
        words = sentence(
            "Too many teams have registered from your network. Try again in %(seconds)s seconds.", seconds=seconds
        )
        raise TooManyRegistrations(message=words, retry_after=seconds)
    try:
        yield
    except Exception:
        with database.writing() as connection:
            registration_bucket_queries.give_back(connection, counted)
        raise
