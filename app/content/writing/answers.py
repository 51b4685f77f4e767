"""Typed answers are hashed and signed before anything is stored; the text is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.content.fields import FIELDS, HASHED
from app.core.answers import InvalidAnswer, checked, is_answer_hash
from app.core.near_answers import is_signature
from app.core.text import sentence
from app.guesses.answer_hashes import LANE, MOST_ANSWERS, MOST_SIGNED_LETTERS, hash_answers
from app.ports import Hasher

# A signature of fewer letters would match every second guess.
FEWEST_SIGNED_LETTERS = 3


@dataclass(frozen=True, slots=True)
class TypedAnswers:
    """Input of one field. ``is_added``: stored answers stay right."""

    text: str
    is_added: bool = False


@dataclass(frozen=True, slots=True)
class HashedText:
    """Hashes, and the signature of the first answer. ``problems``: lines that cannot be answers."""

    hashes: tuple[str, ...] = ()
    near: str = ""
    problems: tuple[str, ...] = ()


def hash_text(hasher: Hasher, text: str, *, has_near: bool = True, lane: str = LANE) -> HashedText:
    """Hash answers, one a line; hashes and signatures stay. Raises HashingBusy.

    ``has_near``: sign the first. Hashes nothing if a line cannot be an answer.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = [line for line in lines if not (is_answer_hash(line) or is_signature(line))]
    problems = answer_problems(text)
    if problems:
        return HashedText(problems=problems)
    made = [line for line in lines if is_answer_hash(line)]
    near = next((line for line in lines if is_signature(line)), "")
    for place, word in enumerate(words):
        signs = place == 0 and has_near and not near and _can_be_signed(word)
        (found,) = hash_answers(hasher, word, has_near=signs, lane=lane)
        made.append(found.hashed)
        near = found.near or near
    return HashedText(tuple(dict.fromkeys(made)), near)


def answer_problems(text: str) -> tuple[str, ...]:
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    typed = [(number, line) for number, line in lines if not (is_answer_hash(line) or is_signature(line))]
    problems = [problem for number, line in typed if (problem := _problem(number, line))]
    if len(typed) > MOST_ANSWERS:
        problems.append(sentence("At most %(most)s answers at once, please.", most=MOST_ANSWERS))
    return tuple(problems)


def with_answers(
    hasher: Hasher, table: str, fields: Mapping[str, Any], typed: Mapping[str, TypedAnswers]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Fields with hashes, and problems by field; faulty fields stay unchanged.

    Raises HashingBusy.
    """
    made, problems = dict(fields), dict[str, str]()
    for field in (one for one in FIELDS[table] if one.kind in HASHED and one.name in typed):
        given = typed[field.name]
        is_right = field.kind == "answers"
        found = hash_text(hasher, given.text, has_near=is_right)
        if found.problems:
            problems[field.name] = found.problems[0]
            continue
        kept = str(made.get(field.name, "")).split("\n") if given.is_added else []
        made[field.name] = "\n".join(dict.fromkeys(one for one in (*kept, *found.hashes) if one.strip()))
        if is_right and not (given.is_added and made.get("Near")):
            made["Near"] = found.near
    return {name: value for name, value in made.items() if value != ""}, problems


def _problem(number: int, line: str) -> str:
    try:
        checked(line)
    except InvalidAnswer as why:
        return sentence("Line %(line)s: %(why)s", line=number, why=why.message)
    return ""


def _can_be_signed(word: str) -> bool:
    return FEWEST_SIGNED_LETTERS <= len(checked(word)) <= MOST_SIGNED_LETTERS
