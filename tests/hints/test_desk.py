"""The hint desk: what stands around a question, what ends it, and who may answer; on both databases, in real races."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from app.core.model import Content, Hint
from app.core.roles import author_names, names_author
from app.guesses.adjustments import Wish, give_solve
from app.guesses.corrections import accept_answer
from app.guesses.guards import locked_team
from app.guesses.queries import add_solve, read_ground
from app.guesses.submission import submit
from app.hints import desk, requests
from app.hints.hints import take_hint
from app.hints.powerups import skip, use_close_answer
from app.hints.request_queries import RequestFilter
from app.hints.requests import ClaimedByAnother, RequestChanged, RequestFinished, Staff
from tests.support.clock import FixedClock
from tests.support.powers import HERE, asked, hint_wish, power_content, rich_team, skip_wish
from tests.support.world import World, at_once, small_content, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, power_content()) as one:
        yield one


def ask(node: World, team: int, text: str = "We are stuck.", key: str = "one") -> int:
    return int(requests.ask(node.for_hunt, team, node.puzzle(key), text, HERE)["request"]["id"])


def helper(node: World, name: str = "Hermes") -> Staff:
    return Staff(node.add_team(name, role="helper", roles="helper"), name, "198.51.100.1")


def guess(node: World, team: int, text: str, key: str = "one") -> dict[str, Any]:
    return submit(node.for_guess, node.content, asked(node, team, text, key))


def answer(node: World, number: int, staff: Staff, text: str = "Look up.") -> requests.Request:
    return requests.answer(node.for_hunt, node.postman, node.translate, number, staff, text)


def view(node: World, number: int) -> desk.DeskView:
    return desk.view(node.database, node.in_force, node.clock, number)


# --- what stands around a question -----------------------------------------------------------------------------------


def test_a_question_stands_among_all_that_helps_to_answer_it(node: World) -> None:
    node.settle(starts_at=node.clock.now())
    team, others, staff = rich_team(node, credits=2), rich_team(node, "Bats"), helper(node)
    answer(node, ask(node, others), staff, "Count the feathers.")
    guess(node, others, "fox", "two")
    node.clock.advance(1500)
    for text in ("crow", "duck"):
        guess(node, team, text)
    take_hint(node.for_hunt, node.content, hint_wish(node, team))
    found = view(node, ask(node, team))
    assert [(one.text, one.verdict) for one in found.state.guesses] == [("duck", "wrong"), ("crow", "close")]
    assert [(one.order, one.paid) for one in found.hints] == [(1, "credit"), (2, ""), (3, "")]
    assert (found.canned, found.minutes_open, found.rank) == (("Count the feathers.",), 25, 2)
    assert (found.solved_at, found.skipped_at) == (None, None)
    guess(node, team, "owl")
    solved = view(node, 2)
    assert (solved.solved_at, solved.asked.request.state) == (node.clock.now(), "solved")


def test_a_question_about_a_puzzle_that_has_left_the_content_can_be_read(node: World) -> None:
    number = ask(node, rich_team(node))
    one, *others = node.content.puzzles
    node.in_force.put(replace(node.content, puzzles=tuple(others), version=2))
    found = view(node, number)
    assert (found.asked.puzzle, found.opened_at, found.hints) == (None, None, ())


def queries_of(node: World, act: Any) -> int:
    heard: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    event.listen(node.database.engine, "before_cursor_execute", listen)
    try:
        act()
    finally:
        event.remove(node.database.engine, "before_cursor_execute", listen)
    return len(heard)


def test_the_desk_asks_no_query_per_row(node: World) -> None:
    staff = helper(node)

    def read() -> int:
        return queries_of(node, lambda: requests.queue(node.database, RequestFilter()))

    few = [ask(node, rich_team(node, f"team {number}")) for number in range(2)]
    before = read()
    for number in range(2, 12):
        requests.claim(node.for_hunt, ask(node, rich_team(node, f"team {number}")), staff)
    assert read() == before
    first = queries_of(node, lambda: view(node, few[0]))
    for number in range(6):
        guess(node, view(node, few[0]).asked.request.team_id, f"no {number}")
    assert queries_of(node, lambda: view(node, few[0])) <= first


def test_the_desk_is_filtered_by_helper_author_puzzle_and_state(node: World) -> None:
    team, staff = rich_team(node), helper(node)
    first, second = ask(node, team), ask(node, team, key="two")
    requests.claim(node.for_hunt, second, staff)
    one, two, *others = node.content.puzzles
    content = replace(
        node.content, puzzles=(replace(one, authors="Ben & Ann"), replace(two, authors="Ann, Carl and Co"), *others)
    )

    def shown(**wanted: Any) -> list[int]:
        return [found.id for found in requests.queue(node.database, RequestFilter(**wanted))]

    assert shown(claimed_by=staff.id) == [second]
    assert shown(states=("open",)) == [first]
    assert shown(about=desk.puzzles_by(content, "ann", "")) == [first, second]
    assert shown(about=desk.puzzles_by(content, "Ben", "")) == [first]
    assert shown(about=desk.puzzles_by(content, "Ben", two.id)) == []
    assert shown(about=desk.puzzles_by(content, "", two.id)) == [second]
    assert desk.puzzles_by(content, "", "") is None
    assert author_names(content.puzzles) == ("Ann", "Ben", "Carl", "Co")
    assert not names_author(one, "")
    (claimed,) = requests.queue(node.database, RequestFilter(("claimed",)))
    assert claimed.claimer == "The Hermes"


# --- a prepared hint as the answer -----------------------------------------------------------------------------------


def test_a_prepared_hint_is_sent_and_the_team_has_it_for_nothing(node: World) -> None:
    node.ears.is_set_up = True
    team = node.add_team("Owls", emails=["a@example.org"])
    number, staff = ask(node, team), helper(node)
    found = desk.send_hint(node.for_hunt, node.postman, node.translate, number, staff, "recH2")
    assert (found.state, found.claimed_by) == ("answered", staff.id)
    assert view(node, number).asked.thread[-1].text == "Hint 2:\nAt night."
    assert [(one.order, one.paid) for one in view(node, number).hints] == [(1, ""), (2, "free"), (3, "")]
    assert "At night." in node.ears.mails[0][2]
    with pytest.raises(RequestFinished):
        desk.send_hint(node.for_hunt, node.postman, node.translate, number, staff, "recH1")
    with pytest.raises(desk.NoSuchHint):
        desk.send_hint(node.for_hunt, node.postman, node.translate, ask(node, team), staff, "recH4")


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One<br>two</p><p>three</p>", "One\ntwo\nthree"),
        (
            '<p>See <a href="https://example.org/a?b=1&amp;c=2">this</a>.</p>',
            "See this (https://example.org/a?b=1&c=2).",
        ),
        ('<p>a &lt;b&gt; &amp; <em>c</em> <img src="/assets/x" alt="a bird"></p>', "a <b> & c [a bird]"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
    ],
)
def test_a_hint_becomes_plain_text(html: str, words: str) -> None:
    assert desk.words_of("Hint 1", Hint("recH", 1, html)) == f"Hint 1:\n{words}"


def test_a_long_hint_is_cut() -> None:
    assert len(desk.words_of("Hint 1", Hint("recH", 1, "<p>" + "x " * 4000 + "</p>"))) == requests.MOST_CHARACTERS


# --- two helpers, one question ---------------------------------------------------------------------------------------


@pytest.fixture
def nodes(database: str, clock: FixedClock) -> Iterator[tuple[World, World]]:
    content: Content = power_content()
    with world(database, clock, content) as a, world(database, clock, content) as b:
        yield a, b


def test_of_two_helpers_who_answer_at_once_one_does(nodes: tuple[World, World]) -> None:
    a, b = nodes
    number, one, other = ask(a, rich_team(a)), helper(a), helper(a, "Iris")
    results = at_once([lambda: answer(a, number, one, "Left."), lambda: answer(b, number, other, "Right.")])
    assert Counter(type(result).__name__ for result in results) == {"Request": 1, "RequestFinished": 1}
    assert a.count("hint_messages", "is_staff") == 1


def test_what_another_has_claimed_meanwhile_is_not_answered(nodes: tuple[World, World]) -> None:
    a, b = nodes
    number, one, other = ask(a, rich_team(a)), helper(a), helper(a, "Iris")
    requests.claim(b.for_hunt, number, other)
    with pytest.raises(ClaimedByAnother):
        answer(a, number, one)
    with pytest.raises(ClaimedByAnother):
        desk.send_hint(a.for_hunt, a.postman, a.translate, number, one, "recH1")
    assert a.count("hint_messages", "is_staff") == 0


def test_a_message_is_refused_when_its_writer_has_not_seen_the_last_one(node: World) -> None:
    number, staff = ask(node, rich_team(node)), helper(node)
    seen = answer(node, number, staff).changes
    requests.follow_up(node.for_hunt, node.postman, node.translate, number, helper(node, "Iris"), "And left.", seen)
    with pytest.raises(RequestChanged):
        requests.follow_up(node.for_hunt, node.postman, node.translate, number, staff, "And right.", seen)
    assert [one.text for one in view(node, number).asked.thread] == ["We are stuck.", "Look up.", "And left."]


# --- a solve ends the question ---------------------------------------------------------------------------------------


def test_a_solve_ends_the_question_and_mails_nobody(node: World) -> None:
    node.ears.is_set_up = True
    team = node.add_team("Owls", emails=["a@example.org"])
    number, other, staff = ask(node, team), ask(node, team, key="two"), helper(node)
    requests.claim(node.for_hunt, number, staff)
    guess(node, team, "owl")
    assert [view(node, one).asked.request.state for one in (number, other)] == ["solved", "open"]
    assert node.ears.mails == []
    assert node.ears.events("desk")[-1] == {"what": "solved", "number": number, "puzzle": "one"}
    with pytest.raises(RequestFinished) as refused:
        answer(node, number, staff)
    assert refused.value.state == "solved"
    assert "solved the puzzle meanwhile" in str(refused.value.message)
    seen = view(node, number).asked.request.changes
    requests.follow_up(node.for_hunt, node.postman, node.translate, number, staff, "Well done!", seen)
    assert len(node.ears.mails) == 1


def by_a_close_answer(node: World, team: int) -> None:
    use_close_answer(node.for_guess, node.content, asked(node, team, "owk"))


def by_the_organisers(node: World, team: int) -> None:
    give_solve(node.for_hunt, node.encryption, node.content, node.puzzle("one"), Wish(team, "fair", "keeper"))


def by_an_answer_accepted_later(node: World, team: int) -> None:
    guess(node, team, "hen")
    accept_answer(
        node.for_hunt, node.encryption, node.ports.secret, node.content, node.puzzle("one"), "hen", "keeper", HERE
    )


def by_a_skip(node: World, team: int) -> None:
    skip(node.for_hunt, node.content, skip_wish(node, team))


PASSES = {by_a_close_answer: "solved", by_the_organisers: "solved", by_an_answer_accepted_later: "solved",
          by_a_skip: "skipped"}  # fmt: skip


@pytest.mark.parametrize("act", PASSES)
@pytest.mark.parametrize("is_claimed", [False, True])
def test_whatever_passes_the_puzzle_ends_the_question_and_open_desks_hear_it(
    node: World, act: Callable[[World, int], None], *, is_claimed: bool
) -> None:
    node.settle(xp=True)
    node.ears.is_set_up = True
    team, staff, state = rich_team(node, credits=1, xp=100), helper(node), PASSES[act]
    take_hint(node.for_hunt, node.content, hint_wish(node, team))
    number, other = ask(node, team), ask(node, team, key="two")
    if is_claimed:
        requests.claim(node.for_hunt, number, staff)
    act(node, team)
    assert [view(node, one).asked.request.state for one in (number, other)] == [state, "open"]
    assert node.ears.events("desk")[-1] == {"what": state, "number": number, "puzzle": "one"}
    assert node.ears.mails == []
    with pytest.raises(RequestFinished) as refused:
        answer(node, number, staff)
    assert (refused.value.state, "Nothing was sent" in str(refused.value.message)) == (state, True)
    # What the team has paid may be given back afterwards.
    assert requests.refund(node.for_hunt, number, staff) == 1


def test_a_skip_and_an_answer_at_once_end_the_question_once(nodes: tuple[World, World]) -> None:
    a, b = nodes
    for one in nodes:
        one.settle(xp=True)
    staff = helper(a)
    for number in range(4):
        team = rich_team(a, f"team {number}", xp=100)
        request = ask(a, team)
        _, answered = at_once([lambda team=team: by_a_skip(a, team), lambda r=request: answer(b, r, staff)])
        found = view(a, request).asked
        expected = ("skipped", 1) if isinstance(answered, RequestFinished) else ("answered", 2)
        assert (found.request.state, len(found.thread)) == expected
    assert a.count("hint_requests", "open_key IS NOT NULL") == 0


def test_a_wrong_guess_and_other_teams_leave_the_question(node: World) -> None:
    team, others = rich_team(node), rich_team(node, "Bats")
    number = ask(node, team)
    guess(node, team, "crow")
    guess(node, others, "owl")
    assert view(node, number).asked.request.state == "open"


def test_a_solve_and_an_answer_at_once_end_the_question_once(nodes: tuple[World, World]) -> None:
    a, b = nodes
    staff = helper(a)
    for number in range(4):
        team = rich_team(a, f"team {number}")
        request = ask(a, team)
        solved, answered = at_once([lambda team=team: guess(a, team, "owl"), lambda r=request: answer(b, r, staff)])
        assert solved["verdict"] == "correct"
        found = view(a, request).asked
        expected = ("solved", 1) if isinstance(answered, RequestFinished) else ("answered", 2)
        assert (found.request.state, len(found.thread)) == expected
    assert a.count("hint_requests", "open_key IS NOT NULL") == 0


def test_a_solve_that_is_rolled_back_leaves_the_question_as_it_is(node: World) -> None:
    team = rich_team(node)
    number = ask(node, team)

    def fail() -> None:
        with node.database.writing() as connection:
            assert read_ground(connection, locked_team(connection, team), "recOne").question == number
            add_solve(connection, team, "recOne", node.clock.now(), 10, is_late=False)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert view(node, number).asked.request.state == "open"


# --- notices ---------------------------------------------------------------------------------------------------------


def test_every_change_is_told_to_the_staff(node: World) -> None:
    team, staff = rich_team(node), helper(node)
    number = ask(node, team)
    requests.claim(node.for_hunt, number, staff)
    answer(node, number, staff)
    requests.close(node.for_hunt, ask(node, team), staff)
    told = [(audience, payload["what"]) for audience, name, payload in node.ears.heard if name == "desk"]
    assert told == [("staff", what) for what in ("asked", "claimed", "answered", "asked", "closed")]


def test_small_content_has_no_authors() -> None:
    assert author_names(small_content().puzzles) == ()
