"""From the hash generator to the verdict, in other scripts; the table is that of the normal forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import bcrypt
import pytest

from app.core.answers import InvalidAnswer
from app.guesses.answer_hashes import hash_answers
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import World, small_content, world

TABLE = json.loads((Path(__file__).parents[1] / "core" / "answer_forms.json").read_text())


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def verdict(node: World, team: int, hashed: str, guess: str) -> str:
    """Of a new puzzle with this hash."""
    number = node.content.version + 1
    one, *others = small_content().puzzles
    puzzle = replace(one, id=f"rec{number}", key=f"key{number}", answers=(hashed,))
    node.in_force.put(small_content(number, puzzles=(puzzle, *others)))
    node.clock.advance(60)
    return str(submit(node.ports.for_guess, node.content, NewGuess(team, puzzle, guess, "", ""))["verdict"])


def made(node: World, answer: str) -> str:
    (line,) = hash_answers(node.hasher, answer)
    assert line.problem == ""
    return line.hashed


@pytest.mark.parametrize(("column", "expected"), [("same", "correct"), ("different", "wrong")])
def test_the_generators_hash_fits_other_spellings_and_no_other_word(node: World, column: str, expected: str) -> None:
    team = node.add_team()
    found = [(answer, guess, verdict(node, team, made(node, answer), guess)) for answer, guess in TABLE[column]]
    assert [line for line in found if line[2] != expected] == []


def test_a_hash_made_elsewhere_from_lower_case_ascii_fits(node: World) -> None:
    team = node.add_team()
    for prefix, cost, plain in product(("$2a$", "$2b$", "$2y$"), (4, 6), ("lantern", "route66", "007")):
        hashed = bcrypt.hashpw(plain.encode(), bcrypt.gensalt(cost)).decode().replace("$2b$", prefix)
        assert verdict(node, team, hashed, f" {plain.upper()}! ") == "correct"


def test_ten_korean_syllables_are_no_long_answer(node: World) -> None:
    team = node.add_team()
    for answer in ("대한민국임시정부수립", "한" * 24):
        assert verdict(node, team, made(node, answer), answer) == "correct"


def test_what_is_no_answer_is_none_for_generator_and_team(node: World) -> None:
    team = node.add_team()
    for text in ("🎈", "❤\ufe0f", "ʼ", "\u0301", "한" * 25, "ß" * 37, "x" * 201):
        (line,) = hash_answers(node.hasher, text)
        assert line.problem
        with pytest.raises(InvalidAnswer):
            submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle("one"), text, "", ""))
    assert node.count("guesses") == 0
