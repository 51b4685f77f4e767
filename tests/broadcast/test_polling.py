"""Polling: the same as a socket would have said, for teams and visitors, whatever is asked."""

from __future__ import annotations

import pytest
from flask import Flask

from app.broadcast import stored
from app.broadcast.queries import MOST_MISSED
from app.ports import Ports
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin


@pytest.fixture
def site(app: Flask, clock: FixedClock) -> Flask:
    begin(app, clock)
    return app


@pytest.fixture
def ports(site: Flask) -> Ports:
    return site.extensions["infinity"]  # type: ignore[no-any-return]


@pytest.fixture
def owls(site: Flask) -> PageClient:
    client: PageClient = site.test_client()  # type: ignore[assignment]
    assert client.register("Owls", division="teams").status_code == 303
    return client


def alert(ports: Ports, text: str, audience: str = "all") -> int:
    return stored.alert(ports.for_hunt, text, "Chief", audience=audience).id


def test_a_team_polls_what_concerns_it_and_a_visitor_what_is_for_all(
    ports: Ports, owls: PageClient, client: PageClient
) -> None:
    first = alert(ports, "one")
    alert(ports, "teams", "division:teams")
    solo = alert(ports, "solo", "division:solo")
    team = owls.get("/events?after=0").json
    assert [(word["event"], word["data"]["text"]) for word in team["events"]] == [("alert", "one"), ("alert", "teams")]
    assert team["last"] == solo - 1
    visitor = client.get("/events?after=0").json
    assert visitor["events"] == [
        {"event": "alert", "data": {"id": first, "text": "one", "at": "2027-03-14T12:00:00+00:00"}}
    ]
    assert visitor["last"] == first


def test_polling_again_from_the_last_id_brings_nothing_twice(ports: Ports, owls: PageClient) -> None:
    alert(ports, "one")
    last = owls.get("/events").json["last"]
    assert owls.get(f"/events?after={last}").json == {
        **owls.get(f"/events?after={last}").json,
        "events": [],
        "last": last,
    }
    alert(ports, "two")
    assert [word["data"]["text"] for word in owls.get(f"/events?after={last}").json["events"]] == ["two"]


def test_every_kind_has_the_form_in_which_sockets_get_it(ports: Ports, client: PageClient) -> None:
    from app.announcements.announcements import publish

    number = publish(ports.for_content, "News & more", "Text", "Chief")
    (sent,) = stored.announce(ports.for_hunt, number, "Chief")
    stored.refresh(ports.for_hunt, "Chief")
    news = {"id": number, "broadcast": sent.id, "title": "News & more", "kind": "announcement"}
    assert client.get("/events?after=0").json["events"] == [
        {"event": "announcement", "data": {**news, "at": "2027-03-14T12:00:00+00:00"}},
        {"event": "refresh", "data": {"id": sent.id + 1, "min_seconds": 10, "max_seconds": 19}},
    ]  # fmt: skip


def test_polling_tells_how_things_stand(owls: PageClient, client: PageClient) -> None:
    assert owls.get("/events").json["now"] == {"hunt": "running", "solved": 0, "score": 0, "xp": 0, "hint_credits": 0}
    assert client.get("/events").json["now"] == {"hunt": "running"}


def test_whoever_was_away_for_long_gets_the_newest(ports: Ports, client: PageClient) -> None:
    numbers = [alert(ports, f"alert {number}") for number in range(MOST_MISSED + 5)]
    reply = client.get("/events?after=0").json
    assert [word["data"]["id"] for word in reply["events"]] == numbers[5:]
    assert reply["last"] == numbers[-1]


ODD = ("x", "-1", "1.5", "9" * 19, "1%00", "%F0%9F%A6%89", "1'--", "٣", " 1")


def test_an_odd_number_is_refused_in_words_and_any_other_answered(site: Flask, client: PageClient) -> None:
    for after in ODD:
        reply = client.get(f"/events?after={after}")
        assert (reply.status_code, reply.json["error"]["code"]) == (400, "invalid_form"), after
    for after in ("", "0", "00", "9" * 18):
        reply = client.get(f"/events?after={after}")
        assert (reply.status_code, reply.json["events"]) == (200, []), after


def test_a_banned_team_is_refused(site: Flask, ports: Ports, owls: PageClient) -> None:
    from app.accounts import roles

    with ports.database.reading() as connection:
        number = connection.exec_driver_sql("SELECT id FROM teams").scalar_one()
    roles.ban(ports.database, ports.clock, ports.broadcaster, number, "Chief")
    assert owls.get("/events").status_code == 403


def test_a_text_with_markup_is_text(ports: Ports, client: PageClient) -> None:
    alert(ports, "<img src=x onerror=alert(1)> & more")
    reply = client.get("/events?after=0")
    assert reply.json["events"][0]["data"]["text"] == "<img src=x onerror=alert(1)> & more"
    assert reply.mimetype == "application/json"


def test_the_staff_poll_the_state_of_the_desk(site: Flask, ports: Ports, owls: PageClient) -> None:
    assert "desk" not in owls.get("/events").json["now"]
    from tests.support.organisers import enter

    helper = enter(site, "aide", "helper")
    before = helper.get("/events").json["now"]["desk"]
    puzzle = owls.get("/game", headers={"Accept": "application/json"}).json["levels"][0]["puzzles"][0]["key"]
    assert owls.send_json(f"/game/puzzle/{puzzle}/hints/ask", {"question": "Stuck."}).status_code == 200
    asked = helper.get("/events").json["now"]["desk"]
    helper.send_form("/admin/hints/1/claim")
    claimed = helper.get("/events").json["now"]["desk"]
    assert owls.send_json(f"/game/puzzle/{puzzle}/report", {"problem": "A typo."}).status_code == 200
    assert len({before, asked, claimed, helper.get("/events").json["now"]["desk"]}) == 4
