"""What a socket is let into, what it is told, and what becomes of everything else that it sends."""

from __future__ import annotations

import json

import pytest

from app.accounts import roles
from tests.broadcast.conftest import Live
from tests.support.accounts import set_now

LARGEST = 2**63 - 1


# --- coming in -------------------------------------------------------------------------------------------------------


def test_a_visitor_is_greeted_as_nobody_and_costs_no_query(small: Live) -> None:
    small.page()  # the first socket of a process learns where it stands
    queries = small.queries(lambda: small.page())
    (hello,) = small.page().heard("hello")
    assert hello["team"] is None
    assert hello["last"] == 0
    assert queries == []


def test_a_team_is_greeted_by_its_name_and_costs_one_query(live: Live) -> None:
    live.team("Owls", display_name="The Owls")
    live.page()
    pages = []
    queries = live.queries(lambda: pages.append(live.page("Owls")))
    (hello,) = pages[0].heard("hello")
    assert hello["team"] == "The Owls"
    assert len(queries) == 1


def test_every_connection_has_a_client_id_of_its_own(small: Live) -> None:
    small.team("Owls")
    ids = {small.page("Owls").heard("hello")[0]["client_id"] for _ in range(5)}
    assert len(ids) == 5


def test_the_greeting_names_the_newest_broadcast_that_concerns_the_page(live: Live) -> None:
    live.team("Owls", division="teams")
    live.team("Larks", division="solo")
    for_all = live.alert()
    for_solo = live.alert(audience="division:solo")
    for_owls = live.alert(audience=f"team:{live.team_id('Owls')}")
    last = {who: live.page(who).heard("hello")[0]["last"] for who in (None, "Owls", "Larks")}
    assert last == {None: for_all, "Larks": for_solo, "Owls": for_owls}


def test_a_banned_team_is_refused(small: Live) -> None:
    small.team("Owls")
    small.change("UPDATE teams SET is_banned = 1, epoch = epoch + 1")
    page = small.page("Owls")
    assert not page.is_connected()
    assert page.queue == []


def test_a_session_that_was_ended_elsewhere_is_a_visitors(small: Live) -> None:
    small.team("Owls")
    small.change("UPDATE teams SET epoch = epoch + 1")
    assert small.page("Owls").heard("hello")[0]["team"] is None


def test_a_session_that_has_run_out_is_a_visitors(small: Live) -> None:
    small.team("Owls")
    small.clock.advance(8 * 24 * 3600)
    assert small.page("Owls").heard("hello")[0]["team"] is None


def test_a_forged_cookie_is_a_visitors(small: Live) -> None:
    client = small.team("Owls")
    client.set_cookie("session", "eyJfdXNlcl9pZCI6IjEuMCJ9.forged.forged")
    assert small.page("Owls").heard("hello")[0]["team"] is None


# --- who hears what --------------------------------------------------------------------------------------------------


def test_a_broadcast_reaches_its_audience_and_nobody_else(live: Live) -> None:
    live.team("Owls", division="teams")
    live.team("Larks", division="solo")
    pages = {who: live.page(who) for who in (None, "Owls", "Larks")}
    live.alert("everybody")
    live.alert("solo", audience="division:solo")
    live.alert("owls", audience=f"team:{live.team_id('Owls')}")
    heard = {who: [alert["text"] for alert in page.heard("alert")] for who, page in pages.items()}
    assert heard == {None: ["everybody"], "Larks": ["everybody", "solo"], "Owls": ["everybody", "owls"]}


def test_what_happens_in_passing_reaches_the_teams_pages_alone(small: Live) -> None:
    small.team("Owls")
    small.team("Larks")
    owls, larks = small.page("Owls"), small.page("Larks")
    small.ports.broadcaster.push(f"team:{small.team_id('Owls')}", "guess", {"puzzle": "one", "verdict": "wrong"})
    assert owls.heard("guess") == [{"puzzle": "one", "verdict": "wrong"}]
    assert "guess" not in larks.names()


def test_a_guess_tells_the_teams_other_pages(small: Live) -> None:
    owls = small.team("Owls")
    page = small.page("Owls")
    puzzle = owls.get("/game", headers={"Accept": "application/json"}).json["levels"][0]["puzzles"][0]["key"]
    assert owls.guess(puzzle, "certainly not this").status_code == 200
    assert page.heard("guess") == [{"puzzle": puzzle, "verdict": "wrong"}]


def test_a_role_that_is_taken_away_ends_the_sockets_room_at_once(live: Live) -> None:
    live.team("owls")
    chief = live.team_id("owls")
    roles.set_roles(live.ports.database, live.ports.clock, live.ports.broadcaster, chief, {"helper", "writer"}, "test")
    page = live.page("owls")
    live.ports.broadcaster.push("role:helper", "hunt", {"state": "running"})
    assert [one["state"] for one in page.heard("hunt")] == ["running"]
    roles.set_roles(live.ports.database, live.ports.clock, live.ports.broadcaster, chief, {"writer"}, "test")
    live.ports.broadcaster.push("role:helper", "hunt", {"state": "ended"})
    live.ports.broadcaster.push("role:writer", "hunt", {"state": "before"})
    assert [one["state"] for one in page.heard("hunt")] == ["before"]


def test_the_room_of_a_role_opens_by_second_factor_where_one_is_required(live: Live) -> None:
    live.team("owls")
    roles.set_roles(
        live.ports.database, live.ports.clock, live.ports.broadcaster, live.team_id("owls"), {"helper"}, "test"
    )
    page = live.page("owls")
    set_now(live.ports, staff_second_factor="on")
    live.clients["owls"].get("/")  # the process follows the setting with the next request
    live.parts.sessions.sweep()
    live.ports.broadcaster.push("role:helper", "hunt", {"state": "running"})
    with live.clients["owls"].session_transaction() as session:
        session["second_factor"] = True
    proved = live.page("owls")
    live.ports.broadcaster.push("role:helper", "hunt", {"state": "ended"})
    assert ([one["state"] for one in proved.heard("hunt")], page.heard("hunt")) == (["ended"], [])


def test_the_staff_hear_of_the_desk_as_long_as_they_have_a_role(live: Live) -> None:
    live.team("owls")
    live.team("larks")
    chief = live.team_id("owls")
    roles.set_roles(live.ports.database, live.ports.clock, live.ports.broadcaster, chief, {"helper", "writer"}, "test")
    page, team, visitor = live.page("owls"), live.page("larks"), live.page()
    told = {"what": "asked", "number": 1, "puzzle": "one"}
    live.ports.broadcaster.push("staff", "desk", told)
    assert page.heard("desk") == [told]
    roles.set_roles(live.ports.database, live.ports.clock, live.ports.broadcaster, chief, {"helper"}, "test")
    live.ports.broadcaster.push("staff", "desk", told)
    assert page.heard("desk") == [told]
    roles.set_roles(live.ports.database, live.ports.clock, live.ports.broadcaster, chief, (), "test")
    live.ports.broadcaster.push("staff", "desk", told)
    assert [one.heard("desk") for one in (page, team, visitor)] == [[], [], []]


def test_a_change_of_the_desk_that_nobody_pushed_is_seen_by_the_next_tick(live: Live) -> None:
    live.team("owls")
    live.team("larks")
    chief = live.team_id("larks")
    roles.set_roles(live.ports.database, live.ports.clock, live.ports.broadcaster, chief, {"writer"}, "test")
    page, team = live.page("larks"), live.page("owls")
    live.monitor.tick()
    live.change(
        "INSERT INTO hint_requests (team_id, puzzle_id, state, asked_at, changes)"
        f" VALUES ({live.team_id('owls')}, 'recOne', 'open', '2027-03-14 12:00:00', 1)"
    )
    live.monitor.tick()
    live.monitor.tick()
    assert (page.heard("desk"), team.heard("desk")) == ([{"what": "changed"}], [])
    live.change("UPDATE hint_requests SET state = 'claimed', changes = changes + 1")
    live.monitor.tick()
    assert page.heard("desk") == [{"what": "changed"}]


def test_an_unknown_word_is_told_to_nobody(small: Live) -> None:
    page = small.page()
    small.ports.broadcaster.push("all", "gossip", {"x": 1})
    assert page.names() == ["hello"]


def test_telling_never_fails(small: Live) -> None:
    small.page()
    small.ports.broadcaster.push("all", "alert", {"no": "id"})
    small.ports.broadcaster.push("team:x", "look_again", {})


# --- words of a page -------------------------------------------------------------------------------------------------


def test_a_page_that_was_away_gets_what_it_missed_in_order(live: Live) -> None:
    live.team("Owls", division="teams")
    first = live.alert("before")
    live.alert("one")
    live.alert("not yours", audience="division:solo")
    live.alert("two", audience="division:teams")
    live.alert("three", audience=f"team:{live.team_id('Owls')}")
    page = live.page("Owls")
    missed = page.emit("catch_up", {"after": first}, callback=True)
    assert [(word["event"], word["data"]["text"]) for word in missed] == [
        ("alert", "one"), ("alert", "two"), ("alert", "three"),
    ]  # fmt: skip
    assert page.emit("catch_up", {"after": missed[-1]["data"]["id"]}, callback=True) == []


def test_a_visitor_catches_up_on_what_is_for_all(small: Live) -> None:
    small.team("Owls")
    small.alert("all")
    small.alert("team", audience=f"team:{small.team_id('Owls')}")
    missed = small.page().emit("catch_up", {"after": 0}, callback=True)
    assert [word["data"]["text"] for word in missed] == ["all"]


def test_a_broadcast_that_was_shown_leaves_one_receipt_a_team(live: Live) -> None:
    live.team("Owls")
    number = live.alert()
    for page in (live.page("Owls"), live.page("Owls"), live.page()):
        page.emit("seen", {"id": number})
    live.monitor.tick()
    assert live.count("broadcasts_seen", f"broadcast_id = {number} AND team_id = {live.team_id('Owls')}") == 1
    assert live.count("broadcasts_seen") == 1


def test_a_receipt_for_what_was_not_for_the_team_is_not_believed(live: Live) -> None:
    live.team("Owls", division="teams")
    live.team("Larks", division="solo")
    numbers = [live.alert(audience="division:solo"), live.alert(audience=f"team:{live.team_id('Larks')}"), 4711]
    page = live.page("Owls")
    for number in numbers:
        page.emit("seen", {"id": number})
    live.monitor.tick()
    assert live.count("broadcasts_seen") == 0


# --- nonsense and malice ---------------------------------------------------------------------------------------------

JUNK = [
    '2["join",{"room":"team:1"}]', '2["enter_room","team:1"]', '2["subscribe","all"]', '2["emit","alert",{}]',
    '2["connect"]', '2["connect",{"team":1}]', '2["disconnect"]', '2["*"]', '2["message","x"]', '2["alert",{"id":1}]',
    "2", "2[]", "2[[]]", '2[{"a":1}]', "2[null]", "2[1]", '2{"0":"seen"}', '2"seen"', "2nope", '2["seen"', "2\x00",
    ["2"], 7, b"2[]",
    '51-["seen",{"_placeholder":true,"num":0}]', '5999999999-["seen"]', '61-[]', "9", "x", "", "²", "3", "31[1,2]",
    '4"x"',
    '2/admin,["seen",{"id":1}]', "2/,[]", "1/admin", '2' + "9" * 300 + '["seen",{"id":1}]', "2" + "[" * 5000,
]  # fmt: skip


def test_nonsense_is_ignored(small: Live) -> None:
    small.team("Owls")
    page, other = small.page("Owls"), small.page("Owls")
    page.names(), other.names()
    for text in JUNK:
        page.send_raw(text)
        number = small.alert("still there")
        assert [alert["id"] for alert in page.heard("alert")] == [number], text
        assert [alert["id"] for alert in other.heard("alert")] == [number], text
    assert len(small.parts.connections) == 2


PAYLOADS = [
    None, 1, "1", [], [1], {}, {"id": None}, {"id": True}, {"id": 1.5}, {"id": "1"}, {"id": [1]}, {"id": {}},
    {"id": -1}, {"id": 0}, {"id": LARGEST}, {"id": LARGEST + 1}, {"id": 10**90}, {"after": -1},
    {"after": "0; DROP TABLE teams"}, {"after": None}, {"room": "team:1"}, {"after": 10**40}, "x" * 9_999, {"id": "\0"},
    {"id": "\ud83d"}, {"after": "\udcff"}, {"\ud83d": 1}, "\ud83d",
]  # fmt: skip


@pytest.mark.parametrize("word", ["seen", "catch_up"])
def test_an_odd_payload_is_ignored(live: Live, word: str) -> None:
    live.team("Owls")
    live.alert()
    page = None
    for count, payload in enumerate(PAYLOADS):
        if count % 20 == 0:
            page = live.page("Owls")
        assert page is not None
        assert page.emit(word, payload, callback=True) in ([], None), payload
    assert page is not None
    page.send_raw(f'2["{word}"]')
    page.send_raw(f'2["{word}",{{"id":1}},{{"after":0}},3]')
    live.monitor.tick()
    assert live.count("broadcasts_seen") == 0
    assert page.is_connected()


def test_a_page_cannot_name_a_room(live: Live) -> None:
    live.team("Owls", division="teams")
    live.team("Larks", division="solo")
    page = live.page("Owls")
    larks = live.team_id("Larks")
    for name in ("join", "enter_room", "room", "subscribe", "connect", "seen", "catch_up"):
        for payload in (
            f"team:{larks}",
            {"room": f"team:{larks}"},
            {"after": 0, "team": larks, "room": "division:solo"},
        ):
            page.send_raw("2" + json.dumps([name, payload]))
    page.names()
    live.alert("secret", audience=f"team:{larks}")
    live.alert("solo", audience="division:solo")
    live.ports.broadcaster.push(f"team:{larks}", "guess", {"puzzle": "one", "verdict": "wrong"})
    assert page.names() == []


def test_a_page_that_says_too_much_is_not_heard_for_a_while(small: Live) -> None:
    small.team("Owls")
    small.alert()
    page = small.page("Owls")
    queries = small.queries(lambda: [page.emit("catch_up", {"after": 0}) for _ in range(500)])
    assert len(queries) <= 30
    small.clock.advance(60)
    assert len(page.emit("catch_up", {"after": 0}, callback=True)) == 1


def test_leaving_under_a_false_name_leaves_nothing_behind(small: Live) -> None:
    """A page that could run the handler of “disconnect” would be forgotten by the sweep that ends banned sockets."""
    small.team("Owls")
    page = small.page("Owls")
    page.send_raw('2["disconnect"]')
    assert small.parts.connections.teams() == [small.team_id("Owls")]
