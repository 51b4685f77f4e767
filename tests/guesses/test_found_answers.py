"""What a team found is kept for it alone, on both databases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from app.core.answers import InvalidAnswer
from app.database import ledger
from app.encryption import Encryption
from app.errors import HuntError
from app.guesses.adjustments import Wish, give_solve, take_solve
from app.guesses.corrections import accept_answer
from app.guesses.found_answers import encrypt_answer, read_answer, read_answers
from app.guesses.guards import AlreadySolved
from app.guesses.limits import OutOfGuesses
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import SECRET, World, at_once, world

OLDER, NEWER = b"an older secret, as long as they have to be", b"a newer secret, as long as they have to be"


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def say(node: World, team: int, words: str, key: str = "one", once: str = "", **more: Any) -> dict[str, Any]:
    return submit(
        node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), words, once, "192.0.2.7", **more)
    )


def kept(node: World, team: int, puzzle_id: str = "recOne") -> str | None:
    (row,) = node.all(f"SELECT answer FROM solves WHERE team_id = {team} AND puzzle_id = '{puzzle_id}'")
    return read_answer(node.encryption, team, puzzle_id, row[0])


def as_json(reply: dict[str, Any]) -> Any:
    return json.loads(json.dumps(reply))


def forget(node: World) -> None:
    """As solves are that were made before answers were kept."""
    with node.database.writing() as connection:
        connection.execute(text("UPDATE solves SET answer = NULL"))


def everything(node: World) -> str:
    """All rows of all tables, as a thief of the database reads them."""
    if node.database.is_sqlite:
        names = node.all("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        names = node.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    # Without ciphertexts, in which three letters may stand by chance.
    rows = "\n".join(str(node.all(f'SELECT * FROM "{name}"')) for (name,) in names)
    return re.sub(r"gAAAA[\w=-]+", "", rows).lower()


# --- the token -------------------------------------------------------------------------------------------------------


def test_what_was_typed_is_read_again_trimmed() -> None:
    encryption = Encryption([SECRET])
    token = encrypt_answer(encryption, 7, "recOne", "  Ówl\0 of “Athens”! ")
    assert read_answer(encryption, 7, "recOne", token) == "Ówl of “Athens”!"


@pytest.mark.parametrize(("team", "puzzle"), [(8, "recOne"), (7, "recTwo"), (77, "recOne"), (0, "")])
def test_a_row_copied_to_another_team_or_puzzle_says_nothing(team: int, puzzle: str) -> None:
    encryption = Encryption([SECRET])
    token = encrypt_answer(encryption, 7, "recOne", "owl")
    assert read_answer(encryption, 7, "recOne", token) == "owl"
    assert read_answer(encryption, team, puzzle, token) is None


@pytest.mark.parametrize("token", [None, "", "rubbish", "gAAAAA" + "A" * 100, "é"])
def test_what_is_no_token_is_no_answer_and_no_error(token: str | None) -> None:
    assert read_answer(Encryption([SECRET]), 7, "recOne", token) is None


def test_a_token_for_another_purpose_is_no_answer() -> None:
    encryption = Encryption([SECRET])
    assert read_answer(encryption, 7, "recOne", encryption.encrypt("webhook", '[7,"recOne","owl","owl"]')) is None


def test_an_older_secret_still_reads_and_a_lost_one_does_not() -> None:
    token = encrypt_answer(Encryption([OLDER]), 7, "recOne", "owl")
    assert read_answer(Encryption([NEWER, OLDER]), 7, "recOne", token) == "owl"
    assert read_answer(Encryption([NEWER]), 7, "recOne", token) is None


def test_the_length_of_a_token_does_not_tell_that_of_the_answer() -> None:
    encryption = Encryption([SECRET])
    lengths = {len(encrypt_answer(encryption, 7, "recYWg1CJtJTefvtF", "x" * length)) for length in range(1, 15)}
    assert len(lengths) == 1


def test_many_are_read_at_once_and_those_that_cannot_be_are_left_out() -> None:
    encryption = Encryption([SECRET])
    tokens = [(f"rec{n}", encrypt_answer(encryption, 7, f"rec{n}", f"owl{n}")) for n in range(3)]
    assert read_answers(encryption, 7, [*tokens, ("recX", None), ("recY", "rubbish")]) == {
        "rec0": "owl0",
        "rec1": "owl1",
        "rec2": "owl2",
    }


# --- a right guess ---------------------------------------------------------------------------------------------------


def test_a_right_guess_is_kept_as_typed_and_told_in_the_reply(node: World) -> None:
    team = node.add_team()
    assert say(node, team, "  Ówl! ")["answer"] == "Ówl!"
    assert kept(node, team) == "Ówl!"


@pytest.mark.parametrize("words", ["hen", "crow"])
def test_a_reply_to_any_other_guess_has_no_answer(node: World, words: str) -> None:
    team = node.add_team()
    assert "answer" not in say(node, team, words)
    assert "answer" not in say(node, team, words)


def test_a_stolen_database_tells_no_right_answer(node: World) -> None:
    team = node.add_team("Team")
    say(node, team, "OWL", once="a-key")
    say(node, team, "grizzlybear", "boss", once="another")
    assert "grizzlybear" in everything(node)
    accept_answer(
        node.for_hunt, node.encryption, node.secret, node.content, node.puzzle("boss"), "grizzly bear", "admin"
    )
    stolen = everything(node)
    assert "owl" not in stolen
    assert "grizzly" not in stolen


def test_the_first_reply_comes_again_with_its_answer(node: World) -> None:
    team = node.add_team()
    first = say(node, team, "Owl", once="k")
    assert as_json(say(node, team, "something else", once="k")) == as_json(first)
    assert first["answer"] == "Owl"


def test_a_bought_near_answer_is_kept_as_typed(node: World) -> None:
    node.settle(xp=True)
    team = node.add_team(xp=100)
    assert say(node, team, "Crow", is_close_answer=True)["answer"] == "Crow"
    assert kept(node, team) == "Crow"


def test_of_many_right_guesses_at_once_the_one_that_won_is_kept(node: World) -> None:
    team = node.add_team()
    results = at_once([lambda n=n: say(node, team, "owl" + "!" * n) for n in range(6)])
    (won,) = [one for one in results if isinstance(one, dict)]
    assert kept(node, team) == won["answer"]


def test_a_solve_that_is_taken_away_takes_the_answer_along(node: World) -> None:
    team = node.add_team()
    say(node, team, "owl", once="k")
    take_solve(node.for_hunt, node.content, "recOne", Wish(team, "a mistake", "admin"))
    assert node.count("solves") == 0
    assert say(node, team, "owl", once="k")["answer"] is None


# --- what organisers do ----------------------------------------------------------------------------------------------


def test_an_answer_accepted_later_is_kept_and_leaves_the_guesses(node: World) -> None:
    owls, bats, banned = node.add_team("Owls"), node.add_team("Bats"), node.add_team("Banned")
    for team, words in ((owls, "Grizzly!"), (bats, "grizzly"), (bats, "bear"), (banned, "grizzly"), (owls, "hen")):
        say(node, team, words, "boss")
    with node.database.writing() as connection:
        connection.execute(text(f"UPDATE teams SET is_banned = true WHERE id = {banned}"))
    accept_answer(node.for_hunt, node.encryption, node.secret, node.content, node.puzzle("boss"), "grizzly", "admin")
    assert kept(node, owls, "recBoss") == "Grizzly!"
    assert kept(node, bats, "recBoss") == "bear"
    assert node.all("SELECT text FROM guesses WHERE text IS NOT NULL") == [("hen",)]
    assert ledger.compare(node.database) == []


def test_a_solve_given_by_hand_carries_the_answer_that_the_admin_typed(node: World) -> None:
    owls, bats = node.add_team("Owls"), node.add_team("Bats")
    give_solve(
        node.for_hunt, node.encryption, node.content, node.puzzle("one"), Wish(owls, "shown on paper", "admin"), " Owl "
    )
    give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("one"), Wish(bats, "shown on paper", "admin"))
    assert (kept(node, owls), kept(node, bats)) == ("Owl", None)
    assert "owl" not in str(node.all("SELECT action, details FROM audit")).lower()


def test_what_cannot_be_an_answer_gives_no_solve(node: World) -> None:
    team = node.add_team()
    with pytest.raises(InvalidAnswer):
        give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("one"), Wish(team, "why", "admin"), "!?")
    assert node.count("solves") == 0


# --- typed again -----------------------------------------------------------------------------------------------------


def test_an_older_solve_may_be_told_again_which_earns_nothing(node: World) -> None:
    node.settle(xp=True)
    team = node.add_team()
    say(node, team, "owl")
    forget(node)
    guesses = node.count("guesses")
    reply = say(node, team, " Owl. ", once="k")
    assert (reply["verdict"], reply["points"], reply["answer"], reply["reference"]) == ("correct", 0, "Owl.", "")
    assert kept(node, team) == "Owl."
    assert node.count("guesses") == guesses
    row = node.row(team)
    assert (row.score, row.xp, row.last_points_at) == (40, 5, node.clock.now())
    assert as_json(say(node, team, "hen", once="k")) == as_json(reply)
    with pytest.raises(AlreadySolved):
        say(node, team, "owl")


def test_what_is_typed_again_is_judged_and_counted_like_a_guess(node: World) -> None:
    team = node.add_team()
    say(node, team, "owl")
    forget(node)
    assert say(node, team, "hen")["verdict"] == "wrong"
    assert say(node, team, "crow")["verdict"] == "close"
    with pytest.raises(InvalidAnswer):
        say(node, team, "?")
    assert say(node, team, "hen")["guesses_left"] == 5
    for _ in range(5):
        say(node, team, "hen")
    with pytest.raises(OutOfGuesses):
        say(node, team, "owl")
    assert kept(node, team) is None


def test_an_answer_under_a_lost_key_may_be_told_again(node: World) -> None:
    team = node.add_team()
    say(node, team, "owl")
    lost = replace(node.ports, encryption=Encryption([NEWER]))
    guess = NewGuess(team, node.puzzle("one"), "owl", "", "")
    assert submit(lost, node.content, guess)["answer"] == "owl"
    assert read_answer(lost.encryption, team, "recOne", node.all("SELECT answer FROM solves")[0][0]) == "owl"


def test_a_close_answer_cannot_be_bought_for_a_solved_puzzle(node: World) -> None:
    node.settle(xp=True)
    team = node.add_team(xp=100)
    say(node, team, "owl")
    forget(node)
    with pytest.raises(HuntError):
        say(node, team, "crow", is_close_answer=True)
    assert node.row(team).xp == 100


def test_a_solve_without_a_guess_starts_no_xp_when_its_answer_is_typed(node: World) -> None:
    team = node.add_team()
    give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("one"), Wish(team, "shown", "admin"))
    assert say(node, team, "owl")["verdict"] == "correct"
    assert node.row(team).first_guess_at is None
