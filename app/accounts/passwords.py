"""Password hashing and checks, without a connection.

A wrong password takes the same work for any hash or none, so timing reveals no names.
"""

from __future__ import annotations

from app.accounts.password_rules import prepared, problem
from app.core.answers import comparable, cost_of
from app.core.text import sentence
from app.ports import Hasher

LANE, REGISTRATION_LANE = "login", "registration"
# NFC normalisation takes quadratic time.
LONGEST_PASSWORD = 2_000


def password_problems(password: str, again: str) -> dict[str, str]:
    """By field: ``password``, ``password_again``."""
    if len(password) > LONGEST_PASSWORD:
        return {"password": sentence("Use at most %(most)s characters.", most=LONGEST_PASSWORD)}
    wrong = problem(password)
    if wrong:
        return {"password": wrong}
    return {} if password == again else {"password_again": sentence("The passwords don’t match.")}


def hash_of(hasher: Hasher, password: str, lane: str = LANE) -> str:
    """Raises HashingBusy."""
    return hasher.make(lane, prepared(password), hasher.password_cost)


def is_right(hasher: Hasher, stored: str | None, password: str) -> bool:
    """``None`` takes as long and never fits. Raises HashingBusy.

    After a mismatch at cost c, dummies of cost c … C-1 run: 2^c + (2^c + … + 2^(C-1)) = 2^C, as for an unknown name.
    """
    is_too_long = len(password) > LONGEST_PASSWORD
    secret = b"" if is_too_long else prepared(password)
    cost = cost_of(stored) if stored else None
    if stored is None or cost is None:
        hasher.check(LANE, secret, dummy(hasher.password_cost))
        return False
    if hasher.check(LANE, secret, comparable(stored)) and not is_too_long:
        return True
    for step in range(cost, hasher.password_cost):
        hasher.check(LANE, secret, dummy(step))
    return False


def dummy(cost: int) -> bytes:
    """A valid hash that fits no known password."""
    return b"$2b$%02d$" % cost + b"." * 53
