"""What the live part looks after by itself: start and end, lost pushes, sockets that should not be open any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.accounts import roles
from app.accounts.profile import change_password
from app.broadcast import presence, stored
from tests.broadcast.conftest import Live
from tests.support.client import PASSWORD
from tests.support.hunts import hunt
from tests.support.sockets import OpenPage, wait_until


@pytest.fixture(autouse=True)
def no_task_outlives_its_test() -> Iterator[None]:
    before = threading.active_count()
    yield
    wait_until(lambda: threading.active_count() <= before, what="the sockets' tasks to end")


def is_closed(page: OpenPage) -> bool:
    return not page.is_connected()


def test_pages_hear_of_the_start_and_the_end_once(small: Live) -> None:
    page = small.page()
    small.monitor.tick()
    hunt(small.app, "set", "starts_at", "2027-03-14T12:00:30Z")
    small.monitor.tick()
    small.clock.advance(29)
    small.monitor.tick()
    small.clock.advance(1)
    small.monitor.tick()
    small.monitor.tick()
    hunt(small.app, "set", "ends_at", "2027-03-14T12:00:31Z")
    small.clock.advance(1)
    small.monitor.tick()
    small.monitor.tick()
    assert [word["state"] for word in page.heard("hunt")] == ["before", "running", "ended"]


def test_a_broadcast_whose_push_was_lost_is_brought_once(live: Live) -> None:
    live.team("Owls", division="teams")
    page = live.page("Owls")
    live.monitor.tick()
    deaf = type("Deaf", (), {"push": lambda *_: None})()
    ports = replace(live.ports, broadcaster=deaf)
    stored.alert(ports.for_hunt, "mine", "Chief", audience="division:teams")
    stored.alert(ports.for_hunt, "not mine", "Chief", audience="division:solo")
    assert page.heard("alert") == []
    live.monitor.tick()
    live.monitor.tick()
    assert [alert["text"] for alert in page.heard("alert")] == ["mine"]


def test_a_broadcast_that_was_pushed_is_not_brought_again(live: Live) -> None:
    page = live.page()
    live.monitor.tick()
    live.alert("once")
    live.monitor.tick()
    live.monitor.tick()
    assert [alert["text"] for alert in page.heard("alert")] == ["once"]


def test_what_was_sent_before_the_first_socket_is_not_pushed_to_it(live: Live) -> None:
    live.alert("old")
    page = live.page()
    live.monitor.tick()
    assert page.heard("alert") == []


def test_a_ban_ends_the_teams_sockets_at_once_and_no_others(live: Live) -> None:
    live.team("Owls")
    live.team("Larks")
    owls, larks, visitor = [live.page("Owls"), live.page("Owls")], live.page("Larks"), live.page()
    roles.ban(live.ports.database, live.ports.clock, live.ports.broadcaster, live.team_id("Owls"), "Chief")
    wait_until(lambda: all(is_closed(page) for page in owls))
    assert not is_closed(larks)
    assert not is_closed(visitor)


ENDINGS = {
    "a ban": "UPDATE teams SET is_banned = {true}, epoch = epoch + 1 WHERE name = 'Owls'",
    "a new epoch": "UPDATE teams SET epoch = epoch + 1 WHERE name = 'Owls'",
}


@pytest.mark.parametrize("why", ENDINGS)
def test_a_lost_nudge_is_made_up_for_within_five_seconds(live: Live, why: str) -> None:
    live.team("Owls")
    page, visitor = live.page("Owls"), live.page()
    live.change(ENDINGS[why].format(true="1" if live.ports.database.is_sqlite else "true"))
    for _ in range(4):
        live.clock.advance(1)
        live.monitor.tick()
    wait_until(lambda: is_closed(page))
    assert not is_closed(visitor)


def test_a_session_that_runs_out_ends_its_socket(small: Live) -> None:
    small.team("Owls")
    page = small.page("Owls")
    small.clock.advance(8 * 24 * 3600)
    small.monitor.tick()
    wait_until(lambda: is_closed(page))


def test_a_logout_ends_the_sockets_of_that_browser_alone(small: Live) -> None:
    here = small.team("Owls")
    there = small.app.test_client()
    small.clock.advance(1)
    assert there.login("Owls").status_code == 303  # type: ignore[attr-defined]
    pages = [OpenPage(small.app, here), OpenPage(small.app, here), OpenPage(small.app, there)]  # type: ignore[arg-type]
    here.logout()
    wait_until(lambda: is_closed(pages[0]) and is_closed(pages[1]))
    assert not is_closed(pages[2])


def test_a_new_password_ends_the_sockets_of_the_old_one(small: Live) -> None:
    small.team("Owls")
    page = small.page("Owls")
    new = "another horse battery"
    change_password(
        small.ports.for_login, small.ports.broadcaster, small.team_id("Owls"), PASSWORD, new, new, "192.0.2.1"
    )
    wait_until(lambda: is_closed(page))


def test_another_division_means_other_rooms(live: Live) -> None:
    live.team("Owls", division="teams")
    page = live.page("Owls")
    live.change("UPDATE teams SET division = 'solo'")
    stored.recheck_sockets(live.ports.broadcaster, live.team_id("Owls"))
    live.alert("teams", audience="division:teams")
    live.alert("solo", audience="division:solo")
    assert [alert["text"] for alert in page.heard("alert")] == ["solo"]
    missed = page.emit("catch_up", {"after": 0}, callback=True)
    assert [word["data"]["text"] for word in missed] == ["solo"]


def test_organisers_are_not_counted_as_teams_online(live: Live) -> None:
    live.team("Owls")
    live.team("Chief")
    live.change("UPDATE teams SET role = 'admin', roles = 'admin', division = 'teams' WHERE name = 'Chief'")
    pages = [live.page("Owls"), live.page("Chief")]
    live.clock.advance(6)
    live.monitor.tick()
    online = presence.count_online(live.ports.database, live.ports.clock)
    assert (online.clients, online.team_ids) == (len(pages), (live.team_id("Owls"),))


def test_organisers_see_how_many_are_online(live: Live) -> None:
    live.team("Owls")
    live.team("Larks")
    pages = [live.page("Owls"), live.page("Owls"), live.page("Larks"), live.page()]
    live.clock.advance(6)
    live.monitor.tick()
    online = presence.count_online(live.ports.database, live.ports.clock)
    assert (online.clients, online.teams) == (4, 2)
    pages[2].disconnect()
    live.clock.advance(6)
    live.monitor.tick()
    assert presence.count_online(live.ports.database, live.ports.clock).teams == 1
    live.clock.advance(30)
    assert presence.count_online(live.ports.database, live.ports.clock).clients == 0


def test_the_sweep_costs_one_query_however_many_teams_listen(small: Live) -> None:
    for name in ("Owls", "Larks", "Wrens"):
        small.team(name)
        small.page(name)
    assert len(small.queries(small.parts.sessions.sweep)) == 1


def test_a_page_that_opens_late_is_not_pushed_what_it_catches_up_on(live: Live) -> None:
    live.page().disconnect()
    object.__setattr__(live.ports, "broadcaster", type("Deaf", (), {"push": lambda *_: None})())
    number = stored.alert(live.ports.for_hunt, "while nobody was here", "Chief").id
    live.team("Owls")
    page = live.page("Owls")
    live.monitor.tick()
    assert page.heard("alert") == []
    assert [word["data"]["id"] for word in page.emit("catch_up", {"after": 0}, callback=True)] == [number]
