"""Test-solves: what is kept, which are clean, what they never touch; on both databases, with testers at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.content.diff import solving_digest
from app.core.answers import InvalidAnswer
from app.core.hint_rules import NoHintLeft
from app.core.puzzle_tests import Rating, tally
from app.core.team import TeamState
from app.database.page_query import read_page_state
from app.database.puzzle_tests import find_open_test, read_test_marks
from app.guesses.limits import OutOfGuesses
from app.test_solving import queries, tester
from app.test_solving.results import results_of
from app.test_solving.tester import AlreadyFinished, NoSuchTest, StillTesting
from tests.support.clock import FixedClock
from tests.support.powers import power_content
from tests.support.world import World, at_once, world

# What a team's play leaves behind.
TRACES = (
    "guesses", "solves", "skips", "unlocks", "hints_taken", "ledger", "log", "receipts", "puzzle_tallies", "outbox",
    "broadcasts", "puzzle_ratings",
)  # fmt: skip


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, power_content()) as one:
        yield one


def account(node: World, name: str, role: str = "helper") -> TeamState:
    known = node.add_team(name, role=role, division="staff")
    found = read_page_state(node.database, known).team
    assert found is not None
    return found


def start(node: World, who: TeamState, key: str = "one", *, knows: bool = False) -> int:
    return tester.start(node.database, node.clock.now(), node.content, node.puzzle(key), who, knows=knows)


def guess(node: World, who: TeamState, number: int, text: str, key: str = "one") -> str:
    return tester.guess(node.for_guess, node.puzzle(key), number, who.id, text).verdict


def solved(node: World, name: str, *, knows: bool = False) -> int:
    who = account(node, name)
    number = start(node, who, knows=knows)
    assert guess(node, who, number, "owl") == "correct"
    return number


def clean(node: World, key: str = "one") -> int:
    puzzle = node.puzzle(key)
    return tally(read_test_marks(node.database).get(puzzle.id, ()), solving_digest(puzzle)).clean


def test_a_test_keeps_who_version_times_guesses_hints_result_and_review(node: World) -> None:
    who = account(node, "Aide")
    number = start(node, who)
    node.clock.advance(90)
    assert [guess(node, who, number, text) for text in ("bat", "BAT!", "crow")] == ["wrong", "repeat", "close"]
    tester.take_hint(node.database, node.puzzle("one"), number, who.id, 1)
    node.clock.advance(200)
    assert guess(node, who, number, "Owl") == "correct"
    tester.review(node.database, number, who.id, Rating(5, 2, "Lovely."), 4)
    stored, guesses = queries.read_tests(node.database, ["recOne"])[0]
    assert (stored.tester, stored.version, stored.result, stored.spoiled) == ("The Aide", 1, "solved", "")
    assert (stored.hints, stored.minutes, stored.fun, stored.difficulty) == (("recH1",), 4, 5, 2)
    assert stored.comment == "Lovely."
    assert [(one.text, one.verdict) for one in guesses] == [("bat", "wrong"), ("crow", "close"), (None, "correct")]
    assert guesses[1].message_html == "<p>A bird, yes.</p>"


def test_the_clock_counts_full_minutes_until_the_solve(node: World) -> None:
    who = account(node, "Aide")
    number = start(node, who)
    node.clock.advance(61)
    guess(node, who, number, "owl")
    assert tester.read_test(node.database, number, who.id).stored.minutes == 2


def test_a_right_answer_is_stored_nowhere(node: World) -> None:
    solved(node, "Aide")
    assert node.all("SELECT text FROM puzzle_test_guesses") == [(None,)]
    assert "owl" not in str(node.all("SELECT * FROM puzzle_test_guesses")).casefold()


def test_two_clean_tests_are_enough_until_the_puzzle_changes(node: World) -> None:
    solved(node, "Aide")
    assert clean(node) == 1
    solved(node, "Bede")
    assert clean(node) == 2
    one, *others = node.content.puzzles
    node.in_force.put(replace(node.content, version=2, puzzles=(replace(one, body_html="<p>New.</p>"), *others)))
    counts = tally(read_test_marks(node.database)["recOne"], solving_digest(node.puzzle("one")))
    assert (counts.clean, counts.finished, counts.outdated, counts.needs_tests) == (0, 2, 2, True)
    node.in_force.put(power_content())


@pytest.mark.parametrize(
    "change",
    [
        {"order": 9.0}, {"value": 3}, {"authors": "Jo"}, {"css": "p {}"}, {"hints": ()}, {"solution_html": "<p>x</p>"},
        {"success_html": "<p>Yes!</p>"}, {"error_html": "<p>No.</p>"}, {"close": ()}, {"level_id": "recL2"},
        {"body_html": '<img src="/assets/a.png" alt="" width="4" height="5" srcset="/b 1x" sizes="1px">'},
    ],
)  # fmt: skip
def test_what_solvers_do_not_read_leaves_tests_clean(change: dict[str, object]) -> None:
    puzzle = replace(power_content().puzzles[0], body_html='<img src="/assets/a.png" alt="">')
    assert solving_digest(replace(puzzle, **change)) == solving_digest(puzzle)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Two"}, {"description_html": "<p>x</p>"}, {"body_html": "<p>x</p>"}, {"erratum_html": "<p>x</p>"},
        {"kind": "Link"}, {"url": "https://x.example"}, {"script": "1"}, {"answers": ("$2b$04$x",)},
    ],
)  # fmt: skip
def test_what_solvers_read_and_answer_makes_tests_outdated(change: dict[str, object]) -> None:
    puzzle = power_content().puzzles[0]
    assert solving_digest(replace(puzzle, **change)) != solving_digest(puzzle)  # type: ignore[arg-type]


def test_authors_those_who_tested_and_those_who_knew_are_spoiled(node: World) -> None:
    one, *others = node.content.puzzles
    node.in_force.put(replace(node.content, puzzles=(replace(one, authors="Someone & The Quill"), *others)))
    author = account(node, "Quill", "writer")
    number = start(node, author)
    assert guess(node, author, number, "owl") == "correct"
    solved(node, "Aide", knows=True)
    bede = account(node, "Bede")
    number = start(node, bede)
    tester.stop(node.database, node.clock.now(), number, bede.id)
    again = start(node, bede)
    assert again != number
    assert guess(node, bede, again, "owl") == "correct"
    assert [one.spoiled for one in read_test_marks(node.database)["recOne"]] == ["author", "knew", "", "tested"]
    assert clean(node) == 0


def test_a_test_that_was_stopped_is_not_clean_and_cannot_go_on(node: World) -> None:
    who = account(node, "Aide")
    number = start(node, who)
    with pytest.raises(StillTesting):
        tester.review(node.database, number, who.id, Rating(1, 1, ""), 0)
    tester.stop(node.database, node.clock.now(), number, who.id)
    assert clean(node) == 0
    for act in (
        lambda: guess(node, who, number, "owl"),
        lambda: tester.take_hint(node.database, node.puzzle("one"), number, who.id, 1),
        lambda: tester.stop(node.database, node.clock.now(), number, who.id),
    ):
        with pytest.raises(AlreadyFinished):
            act()


def test_nobody_reaches_another_testers_test(node: World) -> None:
    number, other = solved(node, "Aide"), account(node, "Bede")
    for act in (
        lambda: tester.read_test(node.database, number, other.id),
        lambda: guess(node, other, number, "owl"),
        lambda: tester.review(node.database, number, other.id, Rating(1, 1, ""), 0),
        lambda: tester.read_test(node.database, 2**63 - 1, other.id),
    ):
        with pytest.raises(NoSuchTest):
            act()


def test_hints_come_one_after_the_other_and_twice_the_same_form_takes_one(node: World) -> None:
    who = account(node, "Aide")
    number, puzzle = start(node, who), node.puzzle("one")
    for order in (1, 1, 2, 3):
        tester.take_hint(node.database, puzzle, number, who.id, order)
    assert tester.read_test(node.database, number, who.id).stored.hints == ("recH1", "recH2", "recH3")
    with pytest.raises(NoHintLeft):
        tester.take_hint(node.database, puzzle, number, who.id, 4)


def test_guesses_are_limited_as_a_teams_are(node: World) -> None:
    who = account(node, "Aide")
    number = start(node, who)
    for place in range(9):
        guess(node, who, number, f"bat{place}")
    with pytest.raises(InvalidAnswer):
        guess(node, who, number, "?!")
    with pytest.raises(OutOfGuesses):
        guess(node, who, number, "owl")
    node.clock.advance(60)
    assert guess(node, who, number, "owl") == "correct"
    assert node.row(who.id).guess_times == []


def test_nothing_of_a_test_is_in_what_teams_leave_behind(node: World) -> None:
    before = {table: node.count(table) for table in TRACES}
    who = account(node, "Aide")
    number = start(node, who)
    guess(node, who, number, "crow")
    tester.take_hint(node.database, node.puzzle("one"), number, who.id, 1)
    guess(node, who, number, "owl")
    tester.review(node.database, number, who.id, Rating(6, 6, "Yes."), 1)
    assert {table: node.count(table) for table in TRACES} == before
    assert node.ears.heard == []
    assert node.ears.mails == []
    row = node.row(who.id)
    assert (row.score, row.xp, row.first_guess_at) == (0, 0, None)


def test_starting_twice_at_once_makes_one_test_and_two_testers_have_their_own(node: World) -> None:
    who, other = account(node, "Aide"), account(node, "Bede")
    same = at_once([lambda: start(node, who)] * 4 + [lambda: start(node, other)])
    assert len(set(same[:4])) == 1
    assert same[4] != same[0]
    assert find_open_test(node.database, who.id, "recOne") == same[0]


def test_a_right_guess_sent_twice_at_once_on_two_nodes_solves_once(node: World, database: str) -> None:
    who = account(node, "Aide")
    number = start(node, who)
    with world(database, node.clock, power_content()) as second:
        found = at_once([lambda: guess(node, who, number, "owl"), lambda: guess(second, who, number, "owl")])
    assert "correct" in found
    assert all(one in ("correct", "repeat") or isinstance(one, AlreadyFinished) for one in found)
    assert node.count("puzzle_test_guesses") == 1


def test_what_testers_tried_is_counted_by_testers(node: World) -> None:
    for name in ("Aide", "Bede"):
        who = account(node, name)
        number = start(node, who)
        guess(node, who, number, "B at")
        guess(node, who, number, name)
        guess(node, who, number, "owl")
    found = results_of(queries.read_tests(node.database, ["recOne"]), solving_digest(node.puzzle("one")))
    assert [(one.text, one.testers) for one in found.tried] == [("B at", 2), ("Aide", 1), ("Bede", 1)]
    assert found.counts.clean == 2


def test_medians_leave_out_those_who_were_spoiled(node: World) -> None:
    for name, fun, knows in (("Aide", 2, False), ("Bede", 5, False), ("Cyd", 1, True)):
        number = solved(node, name, knows=knows)
        who = node.all(f"SELECT tester_id FROM puzzle_tests WHERE id = {number}")[0][0]
        tester.review(node.database, number, who, Rating(fun, 3, ""), 10)
    found = results_of(queries.read_tests(node.database, ["recOne"]), "")
    assert (found.medians.count, found.medians.fun, found.medians.difficulty) == (2, 3.5, 3.0)


def test_a_deleted_account_keeps_the_test_without_the_name(node: World) -> None:
    solved(node, "Aide")
    node.change("DELETE FROM teams WHERE name = 'Aide'")
    ((stored, _),) = queries.read_tests(node.database, ["recOne"])
    assert (stored.tester, stored.tester_id) == ("", None)
    assert clean(node) == 1
