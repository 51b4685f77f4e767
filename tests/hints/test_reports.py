"""Reported problems: the team's side and the organisers', their races, what is told; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from app.database.page_query import read_page_state
from app.guesses.guards import TeamGone
from app.guesses.submission import submit
from app.hints import reports
from app.hints.report_queries import ReportOpen, TeamReport
from app.hints.reports import NoSuchReport, OutcomeUnknown, ReportChanged
from app.hints.requests import QuestionInvalid, Staff
from tests.support.clock import FixedClock
from tests.support.powers import HERE, asked, power_content, rich_team
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, power_content()) as one:
        yield one


def report(node: World, team: int, text: str = "Clue 3 has a typo.", key: str = "one") -> int:
    return int(reports.report(node.for_hunt, team, node.puzzle(key), text, HERE)["report"]["id"])


def helper(node: World, name: str = "Hermes") -> Staff:
    return Staff(node.add_team(name, role="helper"), name, HERE)


def settle(node: World, number: int, staff: Staff, state: str, **more: str) -> TeamReport:
    return reports.settle(node.for_hunt, node.postman, node.translate, number, staff, state, **more)


def test_a_report_costs_nothing_and_waits_in_its_own_list(node: World) -> None:
    team = rich_team(node, credits=2)
    reply = reports.report(node.for_hunt, team, node.puzzle("one"), "  Clue 3\r\nhas a typo. ", HERE)
    assert (reply["report"]["state"], reply["hint_credits"]) == ("open", 2)
    (found,) = reports.list_reports(node.database, ("open",), 10)
    assert (found.team_name, found.puzzle_id, found.text) == ("The Owls", "recOne", "Clue 3\nhas a typo.")
    assert node.count("hint_requests") == 0
    assert node.all("SELECT kind, puzzle_id FROM log") == [("problem report", "recOne")]
    assert node.ears.heard == [
        ("staff", "desk", {"what": "reported", "number": found.id, "puzzle": "one"}),
        (f"team:{team}", "report", {"puzzle": "one", "state": "open"}),
    ]


def test_one_report_is_open_per_team_and_puzzle(node: World) -> None:
    team = rich_team(node)
    number = report(node, team)
    with pytest.raises(ReportOpen):
        report(node, team)
    report(node, team, key="two")
    report(node, rich_team(node, "Bats"))
    settle(node, number, helper(node), "correct")
    report(node, team)
    assert reports.count_reports(node.database) == {"open": 3, "correct": 1}


@pytest.mark.parametrize("text", ["", " \n", "\0", "x" * 2001])
def test_a_report_has_one_to_two_thousand_characters(node: World, text: str) -> None:
    with pytest.raises(QuestionInvalid) as refused:
        report(node, rich_team(node), text)
    assert "problem" in refused.value.as_json()["error"]["fields"]
    assert node.count("problem_reports") == 0


def test_a_solved_puzzle_and_the_end_leave_reports_open_but_a_ban_does_not(node: World) -> None:
    team = rich_team(node)
    submit(node.ports.for_guess, node.content, asked(node, team, "owl"))
    node.settle(ends_at=node.clock.now())
    assert report(node, team)
    with pytest.raises(TeamGone):
        report(node, node.add_team("Gone", is_banned=True))


@pytest.mark.parametrize(
    ("state", "words"), [("correct", "is correct as written"), ("erratum", "have published an erratum")]
)
def test_the_team_is_told_what_became_of_its_report(node: World, state: str, words: str) -> None:
    node.ears.is_set_up = True
    team = node.add_team("Owls", emails=["a@example.org"])
    found = settle(node, report(node, team), helper(node), state, note="See clue 4.")
    assert (found.state, found.settled_by, found.note) == (state, "The Hermes", "See clue 4.")
    assert node.ears.events("report")[-1] == {"puzzle": "one", "state": state}
    ((to, subject, text),) = node.ears.mails
    assert (to, subject) == (team, "Infinity: your report about “One”")
    assert all(one in text for one in (words, "See clue 4.", "Clue 3 has a typo."))
    (seen,) = read_page_state(node.database, team, "recOne").reports
    assert (seen.state, seen.text, seen.note) == (state, "Clue 3 has a typo.", "See clue 4.")
    assert node.all("SELECT action, subject FROM audit") == [("settle problem report", str(found.id))]


def test_the_second_who_settles_is_told_and_may_change_it_knowingly(node: World) -> None:
    number, one, other = report(node, rich_team(node)), helper(node), helper(node, "Iris")
    settle(node, number, one, "correct", note="It is right.")
    with pytest.raises(ReportChanged) as refused:
        settle(node, number, other, "erratum", note="Sorry.")
    assert refused.value.state == "correct"
    assert reports.find_report(node.database, number).note == "It is right."
    assert settle(node, number, other, "erratum", before="correct").state == "erratum"


def test_of_two_who_settle_at_once_one_does(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        number, one, other = report(a, rich_team(a)), helper(a), helper(a, "Iris")
        results = at_once([lambda: settle(a, number, one, "correct"), lambda: settle(b, number, other, "erratum")])
        assert Counter(type(result).__name__ for result in results) == {"TeamReport": 1, "ReportChanged": 1}


def test_ten_reports_at_once_are_one(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        team = rich_team(a)
        results = at_once([lambda n=n: report((a, b)[n % 2], team) for n in range(10)])
        assert Counter(type(result).__name__ for result in results) == {"int": 1, "ReportOpen": 9}


def test_there_is_no_such_report_or_outcome(node: World) -> None:
    number, staff = report(node, rich_team(node)), helper(node)
    for unknown in (0, number + 1, 2**64):
        with pytest.raises(NoSuchReport):
            settle(node, unknown, staff, "correct")
    for state in ("", "open", "x" * 100):
        with pytest.raises(OutcomeUnknown):
            settle(node, number, staff, state)
    with pytest.raises(NoSuchReport):
        reports.find_report(node.database, number, about=frozenset({"recTwo"}))
