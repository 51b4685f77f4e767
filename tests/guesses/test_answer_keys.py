"""The keys of found answers: a new secret, a lost one, and a hunt that moves house; on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.encryption import Encryption
from app.guesses.answer_keys import count_answers, reencrypt_answers
from app.guesses.found_answers import read_answer
from app.guesses.submission import NewGuess, submit
from app.ops.backup import back_up, restore
from app.ports import Ports
from tests.support.accounts import in_play
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.environment import settings
from tests.support.hunts import hunt
from tests.support.world import SECRET, World, world

NEWER = b"a newer secret, as long as they have to be"


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def plays(node: World) -> int:
    team = node.add_team()
    for key, words in (("one", "Owl"), ("two", "Fox")):
        submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), words, "", ""))
    return team


def under(node: World, *secrets: bytes) -> Ports:
    return replace(node.ports, encryption=Encryption(secrets))


def read(ports: Ports, node: World, team: int) -> list[str | None]:
    rows = node.all("SELECT puzzle_id, answer FROM solves ORDER BY id")
    return [read_answer(ports.encryption, team, puzzle_id, token) for puzzle_id, token in rows]


def test_after_a_new_secret_all_is_read_and_can_be_encrypted_anew(node: World) -> None:
    team = plays(node)
    both, newer = under(node, NEWER, SECRET), under(node, NEWER)
    assert read(both, node, team) == ["Owl", "Fox"]
    assert read(newer, node, team) == [None, None]
    assert count_answers(newer.database, newer.encryption) == {"unreadable": 2}
    assert reencrypt_answers(newer.database, newer.encryption) == {"unreadable": 2}
    assert reencrypt_answers(both.database, both.encryption) == {"renewed": 2}
    assert read(under(node, NEWER), node, team) == ["Owl", "Fox"]
    assert reencrypt_answers(both.database, both.encryption) == {}
    assert count_answers(under(node, NEWER).database, under(node, NEWER).encryption) == {"kept": 2}


def test_an_answer_changed_meanwhile_is_left_as_it_is(node: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plays(node)
    both = under(node, NEWER, SECRET)
    renewed = both.encryption.renewed

    def meanwhile(purpose: str, token: str) -> str | None:
        with node.database.writing() as connection:
            connection.exec_driver_sql("UPDATE solves SET answer = NULL")
        return renewed(purpose, token)

    monkeypatch.setattr(both.encryption, "renewed", meanwhile)
    assert not reencrypt_answers(both.database, both.encryption)["renewed"]
    assert node.count("solves", "answer IS NULL") == 2


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_takes_them_along(node: World, shelves: Any, clock: FixedClock, tmp_path: Path, kind: str) -> None:
    team = plays(node)
    back_up(node.database, node.clock, tmp_path / "hunt.jsonl")
    # Three letters may stand in a ciphertext by chance.
    assert "fox" not in re.sub(r"gAAAA[\w=-]+", "", (tmp_path / "hunt.jsonl").read_text()).lower()
    with shelves[kind].fresh() as url, world(url, clock) as other:
        restore(other.database, other.in_force, tmp_path / "hunt.jsonl")
        assert read(other.ports, other, team) == ["Owl", "Fox"]


def test_the_commands_say_what_can_be_read(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    in_play(app)
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.register("Owls")
    team.guess("one", "owl")
    assert hunt(app, "audit") == "All totals equal their ledgers.\n"
    assert "0 found answers" in hunt(app, "reencrypt")
    secret = settings("sqlite://", {})["SECRET_KEY"]
    rotated = make_app(SECRET_KEY=NEWER.decode(), SECRET_KEY_FALLBACKS=secret)
    lost = make_app(SECRET_KEY=NEWER.decode())
    assert "1 found answers cannot be read" in hunt(lost, "audit")
    assert "1 cannot be read" in hunt(lost, "reencrypt", code=1)
    assert "1 found answers re-encrypted" in hunt(rotated, "reencrypt")
    assert hunt(make_app(SECRET_KEY=NEWER.decode()), "audit") == "All totals equal their ledgers.\n"
