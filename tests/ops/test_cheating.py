"""The cheating report says as much as a look at every guess."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert

from app.database.schema import Guess
from app.ops.cheating import look_for_signs
from app.ops.cheating_signs import WrongGuess, shared_wrong_guesses
from app.ports import Ports
from tests.support.clock import NOON, FixedClock
from tests.support.small_hunt import add_team, ports_on, stock


@pytest.fixture
def ports(database: str, clock: FixedClock) -> Iterator[Ports]:
    with ports_on(database, clock) as ports:
        stock(ports)
        yield ports


def test_guesses_at_random_give_the_pairs_and_texts_that_all_guesses_give(ports: Ports) -> None:
    dice, teams = random.Random(7), [add_team(ports, f"t{number}") for number in range(6)]
    made: dict[tuple[int, str, str], dict[str, object]] = {}
    for _ in range(400):
        team, puzzle, word = dice.choice(teams), dice.choice(("recFirst", "recSecond")), f"word {dice.randrange(80)}"
        made[team, puzzle, word] = {
            "team_id": team, "puzzle_id": puzzle, "guessed_at": NOON - timedelta(seconds=dice.randrange(3_000)),
            "verdict": dice.choice(("wrong", "wrong", "wrong", "close", "correct")), "text": word,
            "digest": f"{puzzle}{word}",
        }  # fmt: skip
    with ports.database.writing() as connection:
        connection.execute(insert(Guess), list(made.values()))
    wrong = [(row, WrongGuess(*map(row.get, ("team_id", "puzzle_id", "digest", "guessed_at")))) for row in made.values()
             if row["verdict"] == "wrong"]  # fmt: skip
    expected = shared_wrong_guesses(guess for _, guess in wrong)
    found = look_for_signs(ports.database, ports.clock)
    assert expected, "no pair at all"
    assert found.shared == tuple(expected[::-1][:100])
    texts = {guess.text: row["text"] for row, guess in wrong}
    assert dict(found.texts) == {pair.first.text: texts[pair.first.text] for pair in found.shared}
    assert look_for_signs(ports.database, ports.clock) == found
