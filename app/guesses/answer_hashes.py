"""Hashes of answers for writers; the input is neither logged nor stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from app.core.answers import InvalidAnswer, checked
from app.core.near_answers import signature
from app.core.text import sentence
from app.ports import Hasher

LANE = "guess"
MOST_ANSWERS = 10
# A signature costs a hash for each letter; a page must not keep teams' guesses waiting for minutes.
MOST_SIGNED_LETTERS = 60
_BASE64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class TooMuchToHash(ValueError):
    """More than a page should hash at once; the text names the limit."""


@dataclass(frozen=True, slots=True)
class HashedAnswer:
    """A line's normal form, hash and signature, or the ``problem`` with it."""

    line: int
    normalised: str = ""
    hashed: str = ""
    near: str = ""
    problem: str = ""


def hash_answers(hasher: Hasher, text: str, *, has_near: bool = False, lane: str = LANE) -> tuple[HashedAnswer, ...]:
    """Hash one answer a line. Raises :class:`TooMuchToHash` and HashingBusy."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_ANSWERS:
        raise TooMuchToHash(
            sentence("At most %(most)s answers at once, please; the command line takes any number.", most=MOST_ANSWERS)
        )
    forms = [_checked(number, line) for number, line in lines]
    if has_near and sum(len(form.normalised) for form in forms) > MOST_SIGNED_LETTERS:
        raise TooMuchToHash(
            sentence("With signatures, at most %(most)s letters at once, please.", most=MOST_SIGNED_LETTERS)
        )
    return tuple(form if form.problem else _hashed(hasher, form, has_near, lane) for form in forms)


def _checked(number: int, line: str) -> HashedAnswer:
    try:
        return HashedAnswer(number, checked(line))
    except InvalidAnswer as why:
        return HashedAnswer(number, problem=str(why))


def _hashed(hasher: Hasher, form: HashedAnswer, has_near: bool, lane: str) -> HashedAnswer:
    hashed = hasher.make(lane, form.normalised.encode(), hasher.answer_cost)
    near = ""
    if has_near:
        salt = _salt(hasher.answer_cost)
        near = signature(form.normalised, salt, lambda salt, word: hasher.sign(lane, word.encode(), salt.encode()))
    return HashedAnswer(form.line, form.normalised, hashed, near)


def _salt(cost: int) -> str:
    """A bcrypt salt: 22 letters for 16 bytes, so the last has four values only."""
    letters = "".join(secrets.choice(_BASE64) for _ in range(21))
    return f"$2b${cost:02d}${letters}{secrets.choice('.Oeu')}"
