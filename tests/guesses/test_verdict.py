"""The verdict that teams, the archive and the test-solve share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.core import answers
from app.core.answers import InvalidAnswer
from app.guesses import correction_queries
from app.guesses.verdict import HashingNeeded, find_verdict, untracked_verdict
from tests.support.clock import FixedClock
from tests.support.powers import power_content, signed
from tests.support.world import SECRET, World, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, power_content()) as one:
        yield one


def test_without_a_hasher_only_known_verdicts_are_found(node: World) -> None:
    cache, one = node.verdicts, node.puzzle("one")
    with pytest.raises(HashingNeeded):
        find_verdict(cache, None, one, "hen")
    assert find_verdict(cache, node.hasher, one, "hen").verdict == "wrong"
    assert find_verdict(cache, None, one, "hen").verdict == "wrong"
    assert find_verdict(cache, None, one, "a late answer", is_accepted=True).verdict == "correct"


def test_a_slip_counts_only_for_a_close_answer_and_is_decided_once(node: World) -> None:
    cache, one = node.verdicts, node.puzzle("one")
    assert find_verdict(cache, node.hasher, one, "owk").verdict == "wrong"
    with pytest.raises(HashingNeeded):
        find_verdict(cache, None, one, "owk", is_close_answer=True)
    bought = find_verdict(cache, node.hasher, one, "owk", is_close_answer=True)
    assert (bought.verdict, bought.is_bought) == ("correct", True)
    assert find_verdict(cache, None, one, "owk", is_close_answer=True) == bought


def test_a_signature_that_would_take_too_long_is_ignored(node: World) -> None:
    one = node.puzzle("one")
    dear = replace(one, near=signed("owl").replace("$2b$04$", "$2b$20$"))
    found = find_verdict(node.verdicts, node.hasher, dear, "owk", is_close_answer=True)
    assert (found.verdict, found.is_bought) == ("wrong", False)


def test_a_test_solve_neither_reads_nor_fills_the_cache(node: World) -> None:
    one = node.puzzle("one")
    for word, verdict in (("Owl!", "correct"), ("crow", "close"), ("hen", "wrong")):
        assert (
            untracked_verdict(
                node.database, node.hasher, node.verdicts, node.secret, one, word, is_cached=False
            ).verdict
            == verdict
        )
        with pytest.raises(HashingNeeded):
            find_verdict(node.verdicts, None, one, word.casefold())
    hashed_so_far = len(node.hasher.checks)
    untracked_verdict(node.database, node.hasher, node.verdicts, node.secret, one, "hen", is_cached=False)
    assert len(node.hasher.checks) == hashed_so_far + 2


def test_an_answer_accepted_since_is_right_for_no_team_too(node: World) -> None:
    one = node.puzzle("one")
    with node.database.writing() as connection:
        digest = answers.digest(SECRET, one.id, "barnowl")
        correction_queries.add(connection, one.id, digest, node.clock.now(), "ada")
    for is_cached in (True, False):
        assert (
            untracked_verdict(
                node.database, node.hasher, node.verdicts, node.secret, one, "Barn Owl", is_cached=is_cached
            ).verdict
            == "correct"
        )
    assert node.hasher.checks == []


def test_what_cannot_be_an_answer_has_no_verdict(node: World) -> None:
    with pytest.raises(InvalidAnswer):
        untracked_verdict(node.database, node.hasher, node.verdicts, node.secret, node.puzzle("one"), "?!")
