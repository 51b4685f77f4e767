"""Questions to the organisers: the team's side and the helpers', their races, what is told; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from app.database import ledger
from app.database.page_query import read_page_state
from app.guesses.guards import AlreadySolved, HuntOver, TeamGone
from app.guesses.submission import submit
from app.hints import requests
from app.hints.hints import take_hint
from app.hints.request_queries import RequestFilter
from app.hints.requests import (
    ClaimedByAnother,
    NoSuchRequest,
    NothingToRefund,
    QuestionInvalid,
    RequestFinished,
    RequestOpen,
    Staff,
)
from tests.support.clock import FixedClock
from tests.support.powers import HERE, asked, hint_wish, power_content, rich_team
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, power_content()) as one:
        yield one


def ask(node: World, team: int, text: str = "We are stuck.", key: str = "one") -> int:
    return int(requests.ask(node.for_hunt, team, node.puzzle(key), text, HERE)["request"]["id"])


def helper(node: World, name: str = "Hermes") -> Staff:
    return Staff(node.add_team(name, role="helper"), name, "198.51.100.1")


def state(node: World, number: int) -> str:
    return requests.find_request(node.database, node.in_force, number).request.state


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_question_waits_in_the_queue_with_its_text(node: World) -> None:
    team = rich_team(node, credits=2)
    reply = requests.ask(node.for_hunt, team, node.puzzle("one"), "  Which bird?\r\nWe tried two.  ", HERE)
    assert reply["request"]["state"] == "open"
    assert reply["hint_credits"] == 2
    (queued,) = requests.queue(node.database)
    assert (queued.team_name, queued.puzzle_id, queued.state) == ("The Owls", "recOne", "open")
    found = requests.find_request(node.database, node.in_force, queued.id)
    assert [(one.text, one.is_staff) for one in found.thread] == [("Which bird?\nWe tried two.", False)]
    assert found.puzzle == node.puzzle("one")
    assert node.all("SELECT kind, puzzle_id FROM log") == [("hint request", "recOne")]


def test_one_question_waits_per_team_and_puzzle(node: World) -> None:
    team, others = rich_team(node), rich_team(node, "Bats")
    ask(node, team)
    with pytest.raises(RequestOpen):
        ask(node, team)
    ask(node, team, key="two")
    ask(node, others)
    assert node.count("hint_requests") == 3
    assert node.count("hint_messages") == 3


def test_ten_questions_at_once_are_one(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        team = rich_team(a)
        results = at_once([lambda n=n: ask((a, b)[n % 2], team) for n in range(10)])
        assert Counter(type(result).__name__ for result in results) == {"int": 1, "RequestOpen": 9}
        assert (a.count("hint_requests"), a.count("hint_messages")) == (1, 1)


@pytest.mark.parametrize("text", ["", "  \n ", "\0", "x" * 2001])
def test_a_question_has_one_to_two_thousand_characters(node: World, text: str) -> None:
    with pytest.raises(QuestionInvalid):
        ask(node, rich_team(node), text)
    assert node.count("hint_requests") == 0


def test_hostile_text_stays_text(node: World) -> None:
    number = ask(node, rich_team(node), "<script>\0alert(1)</script>'; DROP TABLE teams; --" + "字" * 1900)
    text = requests.find_request(node.database, node.in_force, number).thread[0].text
    assert text.startswith("<script>alert(1)</script>'; DROP TABLE teams")


def test_a_passed_puzzle_the_end_and_a_ban_leave_nothing_to_ask(node: World) -> None:
    team = rich_team(node)
    submit(node.ports.for_guess, node.content, asked(node, team, "owl"))
    with pytest.raises(AlreadySolved):
        ask(node, team)
    with pytest.raises(TeamGone):
        ask(node, node.add_team("Gone", is_banned=True))
    node.settle(ends_at=node.clock.now())
    with pytest.raises(HuntOver):
        ask(node, team, key="two")
    assert node.count("hint_requests") == 0


def test_asking_again_after_the_answer_goes_on_in_the_same_thread(node: World) -> None:
    team, staff = rich_team(node), helper(node)
    number = ask(node, team)
    requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up.")
    node.clock.advance(60)
    assert ask(node, team, "We looked.") == number
    found = requests.find_request(node.database, node.in_force, number)
    assert [one.text for one in found.thread] == ["We are stuck.", "Look up.", "We looked."]
    assert (found.request.state, found.request.claimed_by) == ("open", None)
    with pytest.raises(RequestOpen):
        ask(node, team)


def test_after_a_closed_question_a_new_thread_begins(node: World) -> None:
    team, staff = rich_team(node), helper(node)
    number = ask(node, team)
    requests.close(node.for_hunt, number, staff)
    assert ask(node, team) != number


# --- the hint queue --------------------------------------------------------------------------------------------------


def test_the_longest_waiting_comes_first(node: World) -> None:
    first = ask(node, rich_team(node))
    node.clock.advance(5)
    second = ask(node, rich_team(node, "Bats"))
    requests.claim(node.for_hunt, first, helper(node))
    assert [one.id for one in requests.queue(node.database)] == [first, second]
    assert [one.id for one in requests.queue(node.database, RequestFilter(("open",)))] == [second]
    assert requests.count_requests(node.database) == {"claimed": 1, "open": 1}


def test_of_two_helpers_who_claim_at_once_one_gets_it(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        number, one, other = ask(a, rich_team(a)), helper(a), helper(a, "Iris")
        results = at_once(
            [
                lambda: requests.claim(a.for_hunt, number, one),
                lambda: requests.claim(b.for_hunt, number, other),
            ]
        )
        assert Counter(type(result).__name__ for result in results) == {"Request": 1, "ClaimedByAnother": 1}


def test_what_another_has_claimed_is_taken_over_only_on_purpose(node: World) -> None:
    number, one, other = ask(node, rich_team(node)), helper(node), helper(node, "Iris")
    requests.claim(node.for_hunt, number, one)
    assert requests.claim(node.for_hunt, number, one).claimed_by == one.id
    with pytest.raises(ClaimedByAnother):
        requests.answer(node.for_hunt, node.postman, node.translate, number, other, "Look up.")
    assert requests.claim(node.for_hunt, number, other, take_over=True).claimed_by == other.id
    with pytest.raises(ClaimedByAnother):
        requests.answer(node.for_hunt, node.postman, node.translate, number, one, "Look up.")


def test_an_answer_reaches_the_page_the_open_pages_and_the_mail(node: World) -> None:
    node.ears.is_set_up = True
    team = node.add_team("Owls", emails=["a@example.org", "b@example.org"])
    number, staff = ask(node, team), helper(node)
    request = requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up.")
    assert (request.state, request.claimed_by) == ("answered", staff.id)
    assert [one for one in node.ears.heard if one[0] != "staff"] == [
        (f"team:{team}", "hint", {"puzzle": "one", "order": 0})
    ]
    assert [(one["what"], one["number"]) for one in node.ears.events("desk")] == [
        ("asked", number), ("answered", number)
    ]  # fmt: skip
    ((to, subject, text),) = node.ears.mails
    assert to == team
    assert subject == "Infinity: reply about “One”"
    assert "Look up." in text
    seen = read_page_state(node.database, team, "recOne")
    assert [(one.state, one.is_staff, one.text) for one in seen.hint_messages] == [
        ("answered", False, "We are stuck."),
        ("answered", True, "Look up."),
    ]


def test_without_a_mail_server_or_an_address_nothing_is_sent(node: World) -> None:
    requests.answer(
        node.for_hunt,
        node.postman,
        node.translate,
        ask(node, node.add_team(emails=["a@example.org"])),
        helper(node),
        "Look up.",
    )
    node.ears.is_set_up = True
    requests.answer(
        node.for_hunt,
        node.postman,
        node.translate,
        ask(node, node.add_team("Bats")),
        helper(node, "Iris"),
        "Look down.",
    )
    assert node.ears.mails == []


def test_an_answer_is_written_once(node: World) -> None:
    number, staff = ask(node, rich_team(node)), helper(node)
    requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up.")
    with pytest.raises(RequestFinished) as refused:
        requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up.")
    assert refused.value.state == "answered"
    assert node.count("hint_messages") == 2


@pytest.mark.parametrize("text", ["", "x" * 2001])
def test_an_answer_needs_words(node: World, text: str) -> None:
    number = ask(node, rich_team(node))
    with pytest.raises(QuestionInvalid):
        requests.answer(node.for_hunt, node.postman, node.translate, number, helper(node), text)
    assert state(node, number) == "open"


def test_a_follow_up_goes_into_the_same_thread_and_changes_no_state(node: World) -> None:
    team, staff = rich_team(node), helper(node)
    number = ask(node, team)
    requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up.")
    requests.follow_up(node.for_hunt, node.postman, node.translate, number, staff, "And left.")
    assert [one.text for one in requests.find_request(node.database, node.in_force, number).thread][1:] == [
        "Look up.",
        "And left.",
    ]
    assert state(node, number) == "answered"
    assert len(node.ears.events("hint")) == 2


def test_a_refund_gives_back_the_latest_hint_once(node: World) -> None:
    team, staff = rich_team(node, credits=3), helper(node)
    for _ in range(2):
        take_hint(node.for_hunt, node.content, hint_wish(node, team))
        node.clock.advance(1)
    number = ask(node, team)
    assert requests.refund(node.for_hunt, number, staff) == 2
    assert (node.row(team).hint_credits, state(node, number)) == (2, "refunded")
    with pytest.raises(RequestFinished):
        requests.refund(node.for_hunt, number, staff)
    assert requests.refund(node.for_hunt, ask(node, team), staff) == 1
    with pytest.raises(NothingToRefund):
        requests.refund(node.for_hunt, ask(node, team), staff)
    assert node.row(team).hint_credits == 3
    assert ledger.compare(node.database) == []
    assert take_hint(node.for_hunt, node.content, hint_wish(node, team, order=2)).is_new is False


def test_refunds_at_once_give_back_once(database: str, clock: FixedClock) -> None:
    content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        team, staff = rich_team(a, credits=1), helper(a)
        take_hint(a.for_hunt, a.content, hint_wish(a, team))
        number = ask(a, team)
        at_once([lambda n=n: requests.refund((a, b)[n % 2].ports.for_hunt, number, staff) for n in range(6)])
        assert a.row(team).hint_credits == 1
        assert ledger.compare(a.database) == []


def test_what_helpers_wrote_about_a_puzzle_can_be_used_again(node: World) -> None:
    staff = helper(node)
    for name, text in (("Owls", "Look up."), ("Bats", "Listen."), ("Cats", "Look up.")):
        requests.answer(node.for_hunt, node.postman, node.translate, ask(node, rich_team(node, name)), staff, text)
    requests.answer(
        node.for_hunt, node.postman, node.translate, ask(node, rich_team(node, "Dogs"), key="two"), staff, "Sniff."
    )
    assert requests.canned(node.database, "recOne") == ("Look up.", "Listen.")


def test_every_act_of_a_helper_is_in_the_audit(node: World) -> None:
    number, staff = ask(node, rich_team(node)), helper(node)
    requests.claim(node.for_hunt, number, staff)
    requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up.")
    requests.follow_up(node.for_hunt, node.postman, node.translate, number, staff, "And left.")
    requests.close(node.for_hunt, number, staff)
    acts = node.all("SELECT action, actor, subject, address FROM audit ORDER BY id")
    assert [act for act, *_ in acts] == [
        "claim hint request", "answer hint request", "follow up hint request", "close hint request",
    ]  # fmt: skip
    assert {tuple(rest) for _, *rest in acts} == {("Hermes", str(number), "198.51.100.1")}


ACTS: list[Any] = [
    lambda node, number, staff: requests.claim(node.for_hunt, number, staff),
    lambda node, number, staff: requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up."),
    lambda node, number, staff: requests.follow_up(
        node.for_hunt, node.postman, node.translate, number, staff, "Look up."
    ),
    lambda node, number, staff: requests.refund(node.for_hunt, number, staff),
    lambda node, number, staff: requests.close(node.for_hunt, number, staff),
    lambda node, number, staff: requests.find_request(node.database, node.in_force, number),
]


@pytest.mark.parametrize("act", ACTS)
def test_a_question_that_is_not_there_is_said_to_be_missing(node: World, act: Any) -> None:
    staff = helper(node)
    for number in (0, -1, 17, 2**63, 10**30):
        with pytest.raises(NoSuchRequest):
            act(node, number, staff)
