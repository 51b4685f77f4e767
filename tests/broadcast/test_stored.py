"""Broadcasts as the organisers use them: whom an erratum concerns, receipts, sending again, races for one id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.announcements.announcements import publish
from app.broadcast import message_queries, stored
from app.broadcast.receipts import ReceiptBuffer
from app.broadcast.stored import AnnouncementUnknown, BroadcastInvalid
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def erratum(node: World, puzzle: str) -> int:
    return publish(
        node.for_content, "Erratum", "Read it again.", "Chief", audience="puzzle", kind="erratum", puzzle_id=puzzle
    )


def mark_seen(node: World, *pairs: tuple[int, int]) -> None:
    receipts = ReceiptBuffer(node.database, node.clock)
    for broadcast, team in pairs:
        receipts.add(broadcast, team)
    receipts.write()


def solve(node: World, team: int, puzzle: str) -> None:
    at = node.clock.now().isoformat(sep=" ")
    with node.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO solves (team_id, puzzle_id, solved_at, points, is_late) "
            f"VALUES ({team}, '{puzzle}', '{at}', 0, {'0' if node.database.is_sqlite else 'false'})"
        )


def test_what_is_told_is_stored_first(node: World) -> None:
    sent = stored.alert(node.for_hunt, "Look", "Chief")
    assert node.ears.heard == [("all", "alert", {"id": sent.id, "text": "Look", "at": node.clock.now().isoformat()})]
    assert node.all("SELECT kind, audience, sent_by FROM broadcasts") == [("alert", "all", "Chief")]
    assert node.all("SELECT last_event FROM hunt_state") == [(sent.id,)]
    assert node.all("SELECT actor, action, subject FROM audit") == [("Chief", "broadcast.alert", str(sent.id))]


def test_many_senders_at_once_get_ids_in_order_and_without_gaps(node: World) -> None:
    sent = at_once([lambda text=f"alert {number}": stored.alert(node.for_hunt, text, "Chief") for number in range(12)])
    assert sorted(one.id for one in sent) == list(range(1, 13))


def test_the_same_id_from_outside_is_sent_once_however_many_try(node: World) -> None:
    sent = at_once([lambda: stored.alert(node.for_hunt, "Once", "API", outside_id="x-1")] * 8)
    assert {one.id for one in sent} == {sent[0].id}
    assert node.count("broadcasts") == 1
    assert len(node.ears.events("alert")) == 1


def test_an_erratum_reaches_just_the_teams_that_have_the_puzzle_open_and_unsolved(node: World) -> None:
    working, done, banned, staff = (
        node.add_team("Working"),
        node.add_team("Done"),
        node.add_team("Banned", is_banned=True),
        node.add_team("Staff", role="helper"),
    )
    solve(node, done, "recOne")
    stored.announce(node.for_hunt, erratum(node, "recOne"), "Chief")
    assert [audience for audience, _, _ in node.ears.heard] == [f"team:{working}"]
    assert {banned, staff}.isdisjoint({working})
    node.ears.heard.clear()
    stored.announce(node.for_hunt, erratum(node, "recBoss"), "Chief")  # opens with the first puzzle
    assert [audience for audience, _, _ in node.ears.heard] == [f"team:{done}"]


def test_before_the_start_no_puzzle_is_open_to_anybody(node: World) -> None:
    node.add_team()
    node.settle(starts_at=node.clock.now() + timedelta(hours=1))
    assert stored.announce(node.for_hunt, erratum(node, "recOne"), "Chief") == ()
    assert node.count("broadcasts") == 0


def test_what_is_not_published_is_not_announced(node: World) -> None:
    with pytest.raises(AnnouncementUnknown):
        stored.announce(node.for_hunt, 1, "Chief")


def test_receipts_show_who_has_seen_it_and_it_is_sent_again_to_the_others(node: World) -> None:
    owls, larks, wrens = node.add_team("Owls"), node.add_team("Larks"), node.add_team("Wrens", division="quiet")
    sent = stored.alert(node.for_hunt, "Open teams", "Chief", audience="division:open")
    mark_seen(node, (sent.id, owls), (sent.id, wrens), (sent.id, 4711), (4712, owls))
    node.clock.advance(5)
    mark_seen(node, (sent.id, owls))
    receipts = {one.team_id: one.seen_at for one in stored.receipts(node.database, sent.message)}
    assert receipts == {owls: node.clock.now() - timedelta(seconds=5), larks: None}
    assert [(one.first.id, one.seen) for one in message_queries.read_newest(node.database, 10)] == [(sent.id, 1)]
    assert stored.resend(node.database, node.clock, node.broadcaster, sent.message, "Chief") == 1
    assert node.ears.heard[-1][:2] == (f"team:{larks}", "alert")
    assert node.ears.heard[-1][2]["text"] == "Open teams"


def test_an_announcement_sent_again_leads_to_the_same_page(node: World) -> None:
    owls = node.add_team("Owls")
    number = publish(node.for_content, "News", "Text", "Chief")
    (sent,) = stored.announce(node.for_hunt, number, "Chief")
    stored.resend(node.database, node.clock, node.broadcaster, sent.message, "Chief")
    again = node.ears.heard[-1]
    assert again[:2] == (f"team:{owls}", "announcement")
    assert (again[2]["id"], again[2]["title"]) == (number, "News")
    assert again[2]["broadcast"] > sent.id


def test_an_audience_says_how_many_it_has(node: World) -> None:
    owls = node.add_team("Owls")
    node.add_team("Larks", division="quiet")
    node.add_team("Helpers", role="helper")
    node.add_team("Banned", is_banned=True)
    sizes = [
        stored.size_of(node.database, node.in_force, one)
        for one in ("all", "division:open", "division:quiet", f"team:{owls}")
    ]
    assert sizes == [2, 1, 1, 1]


@pytest.mark.parametrize(
    "audience",
    ["", "everyone", "division:", "division:nowhere", "team:", "team:4711", "team:x", "team:1\n", "role:admin"],
)
def test_an_audience_that_is_none_is_refused(node: World, audience: str) -> None:
    with pytest.raises(BroadcastInvalid):
        stored.alert(node.for_hunt, "Look", "Chief", audience=audience)
    assert node.count("broadcasts") == 0
