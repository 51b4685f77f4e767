"""Passwords against their hashes: what may be one, how it is hashed, and whether one that was typed is right.

A wrong password costs bcrypt the same work whatever is stored: a hash of today's cost, an imported one of lower cost,
none at all, or no such account. Nobody can tell from the time which names exist. Called by registering, logging in,
profiles, resetting and roles, never while a connection is held.
"""

from __future__ import annotations

from app.accounts.password_rules import prepared, problem
from app.core.answers import comparable, cost_of
from app.core.text import sentence
from app.ports import Ports

LANE = "login"
# Nobody types more; composing letters and marks takes time with the square of the length.
LONGEST_PASSWORD = 2_000


def password_problems(password: str, again: str) -> dict[str, str]:
    """What is wrong with a new password typed twice, by field: ``password``, ``password_again``."""
    if len(password) > LONGEST_PASSWORD:
        return {"password": sentence("A password has at most %(most)s characters.", most=LONGEST_PASSWORD)}
    wrong = problem(password)
    if wrong:
        return {"password": wrong}
    return {} if password == again else {"password_again": sentence("The two passwords differ.")}


def hash_of(ports: Ports, password: str) -> str:
    """A new hash of an acceptable password, at the cost in force. Raises HashingBusy."""
    return ports.hasher.make(LANE, prepared(password), ports.password_cost)


def is_right(ports: Ports, stored: str | None, password: str) -> bool:
    """Whether the password fits the stored hash. ``None`` (no account, no password) takes as long and fits nothing.

    Each step of cost doubles bcrypt's work. A hash of cost c that did not fit is therefore followed by dummies of cost
    c, c + 1, … up to one below ours: 2^c + (2^c + … + 2^(C-1)) = 2^C, the work for a name that does not exist.
    Raises HashingBusy.
    """
    is_too_long = len(password) > LONGEST_PASSWORD
    secret = b"" if is_too_long else prepared(password)
    cost = cost_of(stored) if stored else None
    if stored is None or cost is None:
        ports.hasher.check(LANE, secret, dummy(ports.password_cost))
        return False
    if ports.hasher.check(LANE, secret, comparable(stored)) and not is_too_long:
        return True
    for step in range(cost, ports.password_cost):
        ports.hasher.check(LANE, secret, dummy(step))
    return False


def dummy(cost: int) -> bytes:
    """A well-formed hash of this cost that no known password fits."""
    return b"$2b$%02d$" % cost + b"." * 53
