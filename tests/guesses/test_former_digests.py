"""What a version with another normal form has stored still counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.core import answers
from app.database.schema import AcceptedAnswer, Guess
from app.guesses.corrections import accept_answer
from app.guesses.submission import NewGuess, submit
from app.guesses.verdict import guess_digest, untracked_verdict
from app.guesses.wrong_guesses import common_wrong_guesses
from tests.support.clock import FixedClock
from tests.support.world import SECRET, World, hashed, small_content, world

OLD_MESSAGE = "<p>The old message.</p>"


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def say(node: World, team: int, text: str) -> str:
    return str(submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle("one"), text, "", ""))["verdict"])


def store_guess(node: World, team: int, text: str) -> None:
    """A wrong guess, as an older version stored it."""
    one = node.puzzle("one")
    digest = guess_digest(SECRET, one, answers.former_form(text))
    with node.database.writing() as connection:
        connection.execute(
            Guess.__table__.insert().values(
                team_id=team, puzzle_id=one.id, guessed_at=node.clock.now(), verdict="wrong",
                text=text, digest=digest, message_html=OLD_MESSAGE, address="",
            )
        )  # fmt: skip


def store_accepted(node: World, text: str) -> None:
    """An accepted answer, as an older version stored it."""
    one = node.puzzle("one")
    digest = answers.digest(SECRET, one.id, answers.former_form(text))
    row = {"puzzle_id": one.id, "digest": digest, "accepted_at": node.clock.now(), "accepted_by": "ada"}
    with node.database.writing() as connection:
        connection.execute(AcceptedAnswer.__table__.insert().values(**row))


@pytest.mark.parametrize(("old", "new"), [("Łódź", "LODZ łódź"), ("Straße", "straße!"), ("1.5", "1,5"), ("दाल", "दाल")])
def test_a_repeat_of_a_guess_of_before_gets_its_message_and_no_row(node: World, old: str, new: str) -> None:
    team = node.add_team()
    store_guess(node, team, old)
    reply = submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle("one"), new.split()[-1], "", ""))
    assert (reply["verdict"], reply["message_html"]) == ("repeat", OLD_MESSAGE)
    assert node.count("guesses") == 1


@pytest.mark.parametrize(
    ("old", "new"), [("かき", "かぎ"), ("दिल", "दाल"), ("15", "1.5"), ("5", "-5"), ("二二六", "二〇二六")]
)
def test_another_word_with_the_same_form_before_is_a_guess_of_its_own(node: World, old: str, new: str) -> None:
    team = node.add_team()
    store_guess(node, team, old)
    assert say(node, team, new) == "wrong"
    assert say(node, team, old) == "repeat"
    assert node.count("guesses") == 2


def test_a_guess_that_was_wrong_in_its_old_form_is_judged_again(node: World) -> None:
    one = replace(node.puzzle("one"), answers=(hashed("SMORREBROD"),))
    node.in_force.put(small_content(2, puzzles=(one, *node.content.puzzles[1:])))
    team = node.add_team()
    store_guess(node, team, "Smørrebrød")
    assert say(node, team, "smørrebrød") == "correct"


@pytest.mark.parametrize("text", ["Straße", "かぎ", "दाल", "ΟΔΟΣ ΕΡΜΟΥ", "barn owl"])
def test_an_answer_that_was_accepted_before_is_right(node: World, text: str) -> None:
    store_accepted(node, text)
    assert (
        untracked_verdict(node.database, node.hasher, node.verdicts, node.secret, node.puzzle("one"), text).verdict
        == "correct"
    )
    assert say(node, node.add_team(), text) == "correct"


@pytest.mark.parametrize(("accepted", "other"), [("かき", "かぎ"), ("दल", "दिल"), ("15", "1.5"), ("5", "-5")])
def test_an_answer_that_is_accepted_now_is_that_one_only(node: World, accepted: str, other: str) -> None:
    accept_answer(node.for_hunt, node.encryption, node.secret, node.content, node.puzzle("one"), accepted, "ada")
    assert say(node, node.add_team("Owls"), other) == "wrong"
    assert say(node, node.add_team("Bats"), accepted) == "correct"


def test_an_answer_that_was_accepted_before_is_no_common_wrong_guess(node: World) -> None:
    team = node.add_team()
    store_guess(node, team, "Straße")
    store_guess(node, team, "かき")
    store_accepted(node, "Straße")
    assert [
        one.text for one in common_wrong_guesses(node.database, node.verdicts, node.secret, node.puzzle("one"))
    ] == ["かき"]


def test_a_guess_of_before_that_an_accepted_answer_covers_gets_its_solve(node: World) -> None:
    team = node.add_team()
    store_guess(node, team, "Łódź")
    gains = accept_answer(node.for_hunt, node.encryption, node.secret, node.content, node.puzzle("one"), "LODZ", "ada")
    assert [(gain.team_id, gain.outcome) for gain in gains] == [(team, "solve")]
