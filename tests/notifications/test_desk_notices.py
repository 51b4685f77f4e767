"""Notices of the hint desk to single accounts: who is told, by which way, each thing once; on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.core.model import Content
from app.core.team import TeamState
from app.database import addresses, page_query
from app.errors import TeamUnknown
from app.guesses.submission import submit
from app.hints import reports, requests
from app.notifications import team_news
from app.notifications.desk_notices import BETWEEN_MAILS, MOST_LINES, Choice, Writing, choose, gather, read_choice
from app.notifications.outbox import HOOK, NotDelivered
from app.notifications.outbox_queries import MAIL
from app.notifications.team_news import BETWEEN_MESSAGES, HookSender
from tests.notifications.test_team_news import URL, Outside, give_hook
from tests.support.clock import FixedClock
from tests.support.powers import HERE, asked, power_content, rich_team
from tests.support.world import World, at_once, world

SITE = "https://hunt.example/"


def authored() -> Content:
    content = power_content()
    named = {"recOne": "Quill", "recTwo": "Ben & Iris"}
    return replace(content, puzzles=tuple(replace(one, authors=named.get(one.id, "")) for one in content.puzzles))


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock, authored()) as one:
        one.ports = replace(one.ports, prox=Outside())  # type: ignore[arg-type]
        yield one


def person(node: World, name: str, held: str, *, proved: bool = True, **columns: Any) -> int:
    """One of the staff with an address, proved or not."""
    first = "admin" if "admin" in held else "writer" if "writer" in held else "helper"
    address = f"{name.lower()}@example.org"
    number = node.add_team(name, display_name=name, role=first, roles=held, emails=[address], **columns)
    if proved:
        prove(node, number, address)
    return number


def prove(node: World, number: int, address: str) -> None:
    with node.database.writing() as connection:
        addresses.note_proved(connection, number, (address,), node.clock.now())


def state_of(node: World, number: int) -> TeamState:
    found = page_query.read_page_state(node.database, number, None).team
    assert found is not None
    return found


def want(node: World, number: int, *, mail: bool = True, own: bool = False) -> None:
    choose(node.database, node.clock, state_of(node, number), Choice(own, mail), HERE)


def look(node: World, *, can_mail: bool = True) -> int:
    return gather(
        Writing(node.database, node.in_force, node.clock, node.encryption, node.translate, can_mail, SITE)
    )  # fmt: skip


def ask(node: World, team: int, key: str = "one", text: str = "We are stuck.") -> int:
    return int(requests.ask(node.for_hunt, team, node.puzzle(key), text, HERE)["request"]["id"])


def mails(node: World) -> list[dict[str, Any]]:
    rows = node.all(f"SELECT payload FROM outbox WHERE kind = '{MAIL}' ORDER BY id")
    return [json.loads(node.encryption.decrypt(MAIL, _document(row[0])["sealed"])) for row in rows]


def posts(node: World) -> list[str]:
    rows = node.all(f"SELECT payload FROM outbox WHERE kind = '{HOOK}' ORDER BY id")
    return [_document(row[0])["text"] for row in rows]


def _document(found: Any) -> dict[str, Any]:
    return dict(json.loads(found) if isinstance(found, str) else found)


# --- who is told -----------------------------------------------------------------------------------------------------


def test_a_new_question_is_mailed_to_those_who_want_it_without_its_words(node: World) -> None:
    want(node, person(node, "Hermes", "helper"))
    person(node, "Iris", "helper")
    number = ask(node, rich_team(node), text="Is it OWL?")
    assert look(node) == 1
    (mail,) = mails(node)
    assert (mail["to"], mail["subject"]) == (["hermes@example.org"], "Infinity: new at the hint desk")
    assert f"❓ The Owls needs help with “One”: {SITE}admin/hints/{number}" in mail["text"]
    assert f"{SITE}account#notices" in mail["text"]
    assert "OWL?" not in mail["text"]


@pytest.mark.parametrize(
    ("held", "own", "expected"),
    [
        ("helper", False, ["One", "Two"]),
        ("admin", False, ["One", "Two"]),
        ("writer", False, ["One"]),
        ("helper writer", False, ["One", "Two"]),
        ("helper writer", True, ["One"]),
        ("admin", True, ["One"]),
    ],
)
def test_roles_and_the_choice_say_which_puzzles_it_is_about(
    node: World, held: str, own: bool, expected: list[str]
) -> None:
    want(node, person(node, "Quill", held), own=own)
    team = rich_team(node)
    ask(node, team)
    ask(node, team, "two")
    look(node)
    told = mails(node)[0]["text"]
    assert [title for title in ("One", "Two") if f"“{title}”" in told] == expected


def test_a_report_is_told_too_and_a_puzzle_that_is_gone_by_its_number(node: World) -> None:
    want(node, person(node, "Hermes", "helper"))
    want(node, person(node, "Quill", "writer"))
    team = rich_team(node)
    reports.report(node.for_hunt, team, node.puzzle("two"), "A typo.", HERE)
    ask(node, team)
    node.in_force.put(replace(node.content, puzzles=node.content.puzzles[1:], version=2))
    assert look(node) == 1
    told = mails(node)[0]["text"]
    assert f"⚠️ The Owls reported a problem with “Two”: {SITE}admin/problems" in told
    assert "needs help with “recOne”" in told


def test_an_account_that_lost_its_role_or_is_banned_is_told_nothing(node: World) -> None:
    lost, banned = person(node, "Hermes", "helper"), person(node, "Iris", "helper")
    for one in (lost, banned):
        want(node, one)
    node.change(f"UPDATE teams SET role = 'team', roles = '' WHERE id = {lost}")
    node.change(f"UPDATE teams SET is_banned = true WHERE id = {banned}")
    ask(node, rich_team(node))
    assert (look(node), mails(node)) == (0, [])


# --- each thing once, and not too often ------------------------------------------------------------------------------


def test_each_question_is_told_once_and_a_further_one_in_the_thread_again(node: World) -> None:
    helper = person(node, "Hermes", "helper")
    want(node, helper)
    team = rich_team(node)
    number = ask(node, team)
    assert [look(node), look(node)] == [1, 0]
    staff = requests.Staff(helper, "Hermes")
    requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up.")
    node.clock.advance(600)
    assert look(node) == 0
    assert ask(node, team, text="And then?") == number
    assert [look(node), look(node)] == [1, 0]
    assert len(mails(node)) == 2


def test_questions_within_five_minutes_are_one_mail(node: World) -> None:
    want(node, person(node, "Hermes", "helper"))
    ask(node, rich_team(node))
    look(node)
    for number in range(MOST_LINES + 3):
        ask(node, rich_team(node, f"Bats {number}"))
    node.clock.advance(BETWEEN_MAILS.total_seconds() - 1)
    assert look(node) == 0
    node.clock.advance(1)
    assert look(node) == 1
    told = mails(node)[1]["text"]
    assert (told.count("❓"), "… and 3 more." in told) == (MOST_LINES, True)
    node.clock.advance(600)
    assert look(node) == 0


def test_what_was_claimed_answered_or_solved_before_the_mail_is_not_told(node: World) -> None:
    helper = person(node, "Hermes", "helper")
    want(node, helper)
    staff = requests.Staff(helper, "Hermes")
    for name in ("claim", "answer", "solve"):
        team = rich_team(node, name)
        number = ask(node, team)
        if name == "claim":
            requests.claim(node.for_hunt, number, staff)
        elif name == "answer":
            requests.answer(node.for_hunt, node.postman, node.translate, number, staff, "Look up.")
        else:
            submit(node.for_guess, node.content, asked(node, team, "owl"))
    assert (look(node), mails(node)) == (0, [])


def test_what_waited_before_it_was_wanted_is_not_told(node: World) -> None:
    ask(node, rich_team(node))
    node.clock.advance(1)
    helper = person(node, "Hermes", "helper")
    want(node, helper)
    assert look(node) == 0
    want(node, helper, mail=False)
    ask(node, rich_team(node, "Bats"))
    node.clock.advance(1)
    want(node, helper)
    assert look(node) == 0


def test_saving_again_repeats_nothing(node: World) -> None:
    helper = person(node, "Hermes", "helper")
    want(node, helper)
    ask(node, rich_team(node))
    look(node)
    want(node, helper, own=True)
    want(node, helper)
    node.clock.advance(600)
    assert look(node) == 0
    assert read_choice(node.database, state_of(node, helper)) == Choice(False, True)
    assert {row[0] for row in node.all("SELECT action FROM audit")} == {"team.notices"}


def test_of_many_processes_one_tells(database: str, clock: FixedClock) -> None:
    with world(database, clock, authored()) as a, world(database, clock, authored()) as b:
        want(a, person(a, "Hermes", "helper"))
        ask(a, rich_team(a))
        assert sum(at_once([lambda n=n: look((a, b)[n % 2]) for n in range(6)])) == 1
        assert len(mails(a)) == 1


# --- ways ------------------------------------------------------------------------------------------------------------


def test_mail_goes_to_proved_addresses_alone_and_waits_for_the_first(node: World) -> None:
    helper = person(node, "Hermes", "helper", proved=False)
    want(node, helper)
    ask(node, rich_team(node))
    assert (look(node), mails(node)) == (0, [])
    prove(node, helper, "hermes@example.org")
    assert look(node) == 1
    assert mails(node)[0]["to"] == ["hermes@example.org"]


def test_without_a_mail_server_nothing_is_queued(node: World) -> None:
    want(node, person(node, "Hermes", "helper"))
    ask(node, rich_team(node))
    assert look(node, can_mail=False) == 0
    assert node.count("outbox") == 0


def test_a_mail_takes_its_turn_as_its_accounts(node: World) -> None:
    helper = person(node, "Hermes", "helper")
    want(node, helper)
    ask(node, rich_team(node))
    look(node)
    assert node.all("SELECT fair_key, urgency FROM outbox") == [(f"team:{helper}", 5)]


def test_a_webhook_of_the_staff_hears_of_the_desk_and_nothing_of_the_game(node: World) -> None:
    helper = person(node, "Hermes", "helper")
    give_hook(node, helper, URL)
    number = ask(node, rich_team(node))
    assert [look(node), look(node)] == [1, 0]
    team_news.gather_news(node.database, node.in_force, node.clock, node.translate)
    assert posts(node) == [
        "👋 You’ll get new questions and reports from Infinity here.",
        f"❓ The Owls needs help with “One”: {SITE}admin/hints/{number}",
    ]
    HookSender(node.database, node.clock, node.encryption, node.prox).send({"team": helper, "serial": 1, "text": "a"})
    assert len(node.prox.posted) == 1
    ask(node, rich_team(node, "Bats"))
    assert look(node) == 0
    node.clock.advance(BETWEEN_MESSAGES.total_seconds())
    assert look(node) == 1


def test_a_webhook_hears_once_however_many_look(node: World) -> None:
    give_hook(node, person(node, "Hermes", "helper"), URL)
    ask(node, rich_team(node))
    assert sum(at_once([lambda: look(node) for _ in range(5)])) == 1


def test_names_of_teams_mention_nobody_in_a_chat(node: World) -> None:
    give_hook(node, person(node, "Hermes", "helper"), URL)
    ask(node, node.add_team("Bats", display_name="@everyone `x`"))
    look(node)
    assert "@everyone" not in posts(node)[1]


def test_a_role_taken_away_turns_the_webhook_to_the_teams_own_news_without_a_flood(node: World) -> None:
    helper = person(node, "Hermes", "helper", division="open")
    give_hook(node, helper, URL)
    ask(node, rich_team(node))
    look(node)
    node.change(f"UPDATE teams SET role = 'team', roles = '' WHERE id = {helper}")
    node.clock.advance(60)
    ask(node, rich_team(node, "Bats"))
    assert look(node) == 0
    team_news.gather_news(node.database, node.in_force, node.clock, node.translate)
    assert len(posts(node)) == 2


def test_a_ban_silences_the_webhook(node: World) -> None:
    helper = person(node, "Hermes", "helper")
    give_hook(node, helper, URL)
    node.change(f"UPDATE teams SET is_banned = true WHERE id = {helper}")
    with pytest.raises(NotDelivered):
        HookSender(node.database, node.clock, node.encryption, node.prox).send(
            {"team": helper, "serial": 1, "text": ""}
        )


def test_a_team_cannot_choose(node: World) -> None:
    team = node.add_team("Owls")
    with pytest.raises(TeamUnknown):
        want(node, team)
    assert node.count("desk_notices") == 0
