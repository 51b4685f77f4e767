"""News for a team's own webhook: what is told, what never is, each thing once, and what becomes of a bad address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.accounts import roles
from app.announcements.announcements import publish
from app.core.fetch_result import AddressRefused, ServerSilent
from app.core.model import Content
from app.errors import FieldsRefused, TeamClosed
from app.guesses.submission import NewGuess, submit
from app.hints import requests
from app.notifications.outbox import HOOK, LONGEST_RECEIVER_PAUSE, read_backlog, send_due
from app.notifications.team_news import BETWEEN_MESSAGES, MOST_FAILURES, HookSender, gather_news
from app.notifications.team_webhooks import BETWEEN_CHANGES, ChangedTooSoon, find_hook, set_hook
from app.ops.metrics import take_figures
from tests.prox.test_webhook import INSIDE
from tests.support.clock import NOON, FixedClock
from tests.support.world import World, at_once, world

URL = "https://chat.example/hook/secret-part"


def give_hook(node: World, team: int, url: str, address: str = "") -> None:
    """Set the team's webhook."""
    set_hook(
        node.database, node.in_force, node.clock, node.encryption, node.prox, node.translate, team, url, address
    )  # fmt: skip


class Outside:
    """Other people's servers: keeps what is posted, and answers as the test wishes."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.answer: int | Exception = 204

    def post(self, address: str, body: bytes) -> int:
        self.posted.append((address, json.loads(body)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def host_of_hook(self, address: str) -> str:
        from app.prox.url_policy import Policy

        return Policy(None).judge(address).host


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        one.ports = replace(one.ports, prox=Outside())  # type: ignore[arg-type]
        yield one


@pytest.fixture
def owls(node: World) -> int:
    """A team whose hook has had its first look."""
    team = node.add_team("Owls")
    give_hook(node, team, URL, "")
    gather_news(node.database, node.in_force, node.clock, node.translate)
    send(node)
    outside(node).posted.clear()
    return team


def outside(node: World) -> Outside:
    return node.prox  # type: ignore[return-value]


def send(node: World) -> int:
    return send_due(
        node.database,
        node.clock,
        node.encryption,
        {HOOK: HookSender(node.database, node.clock, node.encryption, node.prox)},
        is_for_hooks=True,
    )


def told(node: World) -> list[str]:
    """What the next look and the next delivery tell, line by line."""
    node.clock.advance(BETWEEN_MESSAGES.total_seconds())
    gather_news(node.database, node.in_force, node.clock, node.translate)
    while send(node):
        pass
    found = [line for _, body in outside(node).posted for line in body["content"].split("\n")]
    outside(node).posted.clear()
    return found


def say(node: World, team: int, text: str, key: str) -> None:
    submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), text, "", ""))


# --- what is told ----------------------------------------------------------------------------------------------------


def test_the_first_thing_it_hears_is_a_greeting(node: World) -> None:
    team = node.add_team("Owls")
    give_hook(node, team, f"  {URL} ", "")
    assert told(node) == ["👋 You’ll get your team’s news from Infinity here."]
    assert gather_news(node.database, node.in_force, node.clock, node.translate) == 0


def test_a_solve_and_what_it_opens_are_told_together(node: World, owls: int) -> None:
    say(node, owls, "crow", "one")
    assert told(node) == []
    say(node, owls, "owl", "one")
    assert told(node) == ["✅ Solved: “One”.", "🔓 Now open: “Boss”."]
    assert told(node) == []


def test_what_the_clock_opens_is_told_too(node: World, owls: int) -> None:
    content, later = node.content, NOON + timedelta(hours=1)
    puzzles = [replace(one, unlock_at=later) if one.key == "deep" else one for one in content.puzzles]
    levels = [replace(level, prereq=()) for level in content.levels]
    node.in_force.put(Content(2, tuple(levels), tuple(puzzles), content.divisions))
    assert told(node) == []
    node.clock.advance(3600)
    assert told(node) == ["🔓 Now open: “Deep”."]


def test_an_answer_of_the_organisers_is_told_without_its_words(node: World, owls: int) -> None:
    requests.ask(node.for_hunt, owls, node.puzzle("one"), "Is it BARN OWL?")
    staff = requests.Staff(node.add_team("Chief", role="helper"), "chief")
    (asked,) = node.all("SELECT id FROM hint_requests")
    requests.answer(node.for_hunt, node.postman, node.translate, asked[0], staff, "It is OWL without the barn.")
    assert told(node) == ["💬 The organisers replied about “One”."]
    assert told(node) == []


def test_announcements_and_errata_that_concern_the_team_are_told(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    told(node)
    publish(node.for_content, "For all", "x", "chief")
    publish(node.for_content, "For the other division", "x", "chief", audience="division:quiet")
    publish(node.for_content, "For Owls @everyone", "x", "chief", audience=f"team:{owls}")
    publish(node.for_content, "About Two", "x", "chief", audience="puzzle", kind="erratum", puzzle_id="recTwo")
    publish(node.for_content, "About One, solved", "x", "chief", audience="puzzle", kind="erratum", puzzle_id="recOne")
    publish(
        node.for_content, "About Deep, closed", "x", "chief", audience="puzzle", kind="erratum", puzzle_id="recDeep"
    )
    assert told(node) == ["📣 News: “For all”.", "📣 News: “For Owls @\u200beveryone”.", "⚠️ Erratum: “About Two”."]


def test_much_at_once_is_one_message(node: World, owls: int) -> None:
    for number in range(40):
        publish(node.for_content, f"News {number}", "x", "chief")
    lines = told(node)
    assert len(lines) == 13
    assert lines[-1] == "… and 28 more."


# --- what is not -----------------------------------------------------------------------------------------------------


def test_what_was_before_the_hook_is_never_told(node: World) -> None:
    team = node.add_team("Owls")
    say(node, team, "owl", "one")
    publish(node.for_content, "Old", "x", "chief")
    give_hook(node, team, URL, "")
    told(node)
    say(node, team, "fox", "two")
    assert told(node) == ["✅ Solved: “Two”."]


def test_no_guess_question_or_answer_leaves_the_site(node: World, owls: int) -> None:
    for text in ("crow", "owl"):
        say(node, owls, text, "one")
    requests.ask(node.for_hunt, owls, node.puzzle("two"), "Is it BARN?")
    node.clock.advance(60)
    gather_news(node.database, node.in_force, node.clock, node.translate)
    send(node)
    everything = json.dumps(outside(node).posted).casefold()
    assert not [word for word in ("crow", "owl", "barn", "bear") if word in everything.replace("owls", "")]


def test_nothing_of_the_game_is_told_before_the_start_and_then_what_is_open(node: World) -> None:
    node.settle(starts_at=NOON + timedelta(hours=2))
    team = node.add_team("Owls")
    give_hook(node, team, URL, "")
    assert len(told(node)) == 1
    publish(node.for_content, "Soon", "x", "chief")
    assert told(node) == ["📣 News: “Soon”."]
    node.clock.advance(7200)
    assert told(node) == ["🔓 Now open: “One”, “Two”."]


def test_while_the_puzzles_are_closed_their_news_wait(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    node.settle(lockdown_puzzles=True)
    assert told(node) == []
    node.settle(lockdown_puzzles=False)
    assert told(node) == ["✅ Solved: “One”.", "🔓 Now open: “Boss”."]


def test_another_teams_news_are_not_told(node: World, owls: int) -> None:
    say(node, node.add_team("Bears"), "owl", "one")
    assert told(node) == []


def test_one_hook_is_told_something_twice_a_minute_at_most(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    assert len(told(node)) == 2
    say(node, owls, "fox", "two")
    assert gather_news(node.database, node.in_force, node.clock, node.translate) == 0
    node.clock.advance(BETWEEN_MESSAGES.total_seconds())
    assert gather_news(node.database, node.in_force, node.clock, node.translate) == 1


def test_each_thing_is_told_once_however_many_look_and_carry(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    node.clock.advance(60)
    assert sum(at_once([lambda: gather_news(node.database, node.in_force, node.clock, node.translate)] * 4)) == 1
    at_once([lambda: send(node)] * 4)
    assert len(outside(node).posted) == 1


# --- whose it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [*INSIDE[:-1], "https://x/" + "a" * 2000, "not an address", "https://chat.example/\0"])
def test_an_address_that_leads_inside_is_refused_at_its_field(node: World, url: str) -> None:
    team = node.add_team("Owls")
    with pytest.raises(FieldsRefused) as refused:
        give_hook(node, team, url, "")
    assert refused.value.fields["url"]
    assert node.count("team_hooks") == node.count("outbox") == 0


def test_the_address_is_sealed_and_in_no_log(node: World, owls: int) -> None:
    kept = "".join(str(node.all(f"SELECT * FROM {table}")) for table in ("team_hooks", "outbox", "log", "audit"))
    assert "secret-part" not in kept
    assert "chat.example" in kept


def test_it_is_changed_once_a_minute_and_taken_away_by_an_empty_one(node: World, owls: int) -> None:
    with pytest.raises(ChangedTooSoon) as soon:
        give_hook(node, owls, "", "")
    assert soon.value.retry_after == 60
    node.clock.advance(BETWEEN_CHANGES.total_seconds())
    say(node, owls, "owl", "one")
    gather_news(node.database, node.in_force, node.clock, node.translate)
    give_hook(node, owls, "", "")
    send(node)
    assert outside(node).posted == []
    assert find_hook(node.database, owls) is None
    with pytest.raises(ChangedTooSoon):
        give_hook(node, owls, URL, "")
    kinds = [kind for (kind,) in node.all("SELECT kind FROM log WHERE kind LIKE 'webhook%' ORDER BY id")]
    assert kinds == ["webhook set", "webhook removed"]


def test_what_waits_for_an_old_address_does_not_go_to_the_new_one(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    node.clock.advance(BETWEEN_CHANGES.total_seconds())
    gather_news(node.database, node.in_force, node.clock, node.translate)
    give_hook(node, owls, "https://other.example/hook", "")
    send(node)
    assert [(url, body["content"][:1]) for url, body in outside(node).posted] == [("https://other.example/hook", "👋")]


def test_a_ban_silences_it_at_once(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    node.clock.advance(60)
    gather_news(node.database, node.in_force, node.clock, node.translate)
    roles.ban(node.database, node.clock, node.broadcaster, owls, "chief")
    send(node)
    assert outside(node).posted == []
    assert gather_news(node.database, node.in_force, node.clock, node.translate) == 0
    with pytest.raises(TeamClosed):
        give_hook(node, owls, URL, "")


# --- when it fails ---------------------------------------------------------------------------------------------------


def test_what_fails_is_tried_again_later(node: World, owls: int) -> None:
    say(node, owls, "owl", "one")
    outside(node).answer = ServerSilent("x")
    assert told(node)[:1] == ["✅ Solved: “One”."]
    assert find_hook(node.database, owls).failures == 1  # type: ignore[union-attr]
    outside(node).answer = 204
    assert told(node)[:1] == ["✅ Solved: “One”."]
    assert (find_hook(node.database, owls).failures, told(node)) == (0, [])  # type: ignore[union-attr]


@pytest.mark.parametrize("answer", [500, 302, 400, 429, ServerSilent("x")])
def test_failing_again_and_again_switches_it_off_and_the_team_is_told(
    node: World, owls: int, answer: int | Exception
) -> None:
    outside(node).answer = answer
    for number in range(MOST_FAILURES + 3):
        publish(node.for_content, f"News {number}", "x", "chief")
        told(node)
        # A hook that fails is left alone longer and longer.
        node.clock.advance(LONGEST_RECEIVER_PAUSE.total_seconds())
    hook = find_hook(node.database, owls)
    assert hook is not None
    assert hook.off_at is not None
    assert hook.failures == MOST_FAILURES
    assert hook.problem in ("no answer in time", f"HTTP {answer}")
    assert node.count("log", "kind = 'webhook off'") == 1
    outside(node).answer = 204
    publish(node.for_content, "Unheard", "x", "chief")
    node.clock.advance(7200)
    assert told(node) == []
    give_hook(node, owls, URL, "")
    assert [line[:1] for line in told(node)] == ["👋"]


@pytest.mark.parametrize("answer", [401, 403, 404, 410, AddressRefused("inside")])
def test_an_address_that_is_gone_or_leads_inside_is_switched_off_at_once(
    node: World, owls: int, answer: int | Exception
) -> None:
    outside(node).answer = answer
    say(node, owls, "owl", "one")
    told(node)
    assert find_hook(node.database, owls).off_at is not None  # type: ignore[union-attr]


def test_teams_hooks_delay_no_mail_and_trouble_no_organiser(node: World, owls: int) -> None:
    outside(node).answer = ServerSilent("x")
    publish(node.for_content, "News", "x", "chief")
    told(node)
    outside(node).answer = 204
    publish(node.for_content, "Waiting", "x", "chief")
    node.clock.advance(60)
    assert gather_news(node.database, node.in_force, node.clock, node.translate) == 1
    outside(node).posted.clear()
    assert (
        send_due(
            node.database,
            node.clock,
            node.encryption,
            {HOOK: HookSender(node.database, node.clock, node.encryption, node.prox)},
        )
        == 0
    )
    assert outside(node).posted == []
    assert (read_backlog(node.database).waiting, read_backlog(node.database).given_up) == (0, 0)
    seen = take_figures(node.database, node.clock)
    assert (seen.outbox_waiting, seen.outbox_given_up, seen.outbox_oldest_seconds) == (0, 0, 0)
