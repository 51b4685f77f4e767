"""What a team finds right after registering, and the hunt's event for calendars."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from icalendar import Calendar

from app.ports import Ports
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin, hunt
from tests.support.organisers import enter
from tests.support.pages import parsed


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> Ports:
    """A hunt that starts in two hours."""
    return begin(app, clock, hours_ago=-2)


@pytest.fixture
def owls(app: Flask, world: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("owls", display_name="The Owls", division="teams").location == "/"
    return client


def event(client: PageClient) -> dict[str, object]:
    reply = client.get("/calendar.ics")
    assert (reply.status_code, reply.mimetype) == (200, "text/calendar")
    (found,) = Calendar.from_ical(reply.get_data()).walk("VEVENT")
    return {name: getattr(value, "dt", value) for name, value in found.items()}


def test_a_new_team_reads_what_to_share_and_when_it_starts(owls: PageClient) -> None:
    panel = parsed(owls.get("/").text).select_one(".welcome")
    assert panel is not None
    text = panel.get_text(" ", strip=True)
    assert "You’re in, The Owls !" in text
    assert "Username owls" in text
    assert "/account/login" in text
    assert "correct horse" not in text
    assert panel.select_one("time[datetime]") is not None
    assert panel.select_one('a[href="/calendar.ics"]') is not None
    assert panel.select_one('a[href="/page/rules"]') is not None


def test_it_is_for_teams_that_wait_and_for_nobody_else(app: Flask, owls: PageClient, clock: FixedClock) -> None:
    assert ".welcome" not in app.test_client().get("/").text
    assert parsed(enter(app, "chief", "admin").get("/").text).select_one(".welcome") is None
    clock.advance(7200)
    assert parsed(owls.get("/").text).select_one(".welcome") is None


def test_who_registers_while_the_hunt_runs_is_welcomed_where_the_puzzles_are(
    app: Flask, world: Ports, clock: FixedClock
) -> None:
    clock.advance(7200)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("late", division="teams").location == "/game"
    assert "logs in with the username “late”" in client.get("/game").text


def test_the_event_has_start_end_and_a_name_that_stays(
    app: Flask, world: Ports, visitor: PageClient, clock: FixedClock
) -> None:
    first = event(visitor)
    assert first["DTSTART"] == clock.now() + timedelta(hours=2)
    assert first["DTEND"] == clock.now() + timedelta(hours=144)
    assert first["SUMMARY"] == world.in_force.settings.hunt_name
    hunt(app, "set", "hunt_name", "Semicolons; commas, ünd ∞")
    hunt(app, "set", "starts_at", "2027-03-14T15:00Z")
    second = event(visitor)
    assert second["UID"] == first["UID"]
    assert int(str(second["SEQUENCE"])) > int(str(first["SEQUENCE"]))
    assert second["DTSTART"] == datetime.fromisoformat("2027-03-14T15:00+00:00")
    assert second["SUMMARY"] == "Semicolons; commas, ünd ∞"


def test_without_an_end_or_a_start(app: Flask, world: Ports, visitor: PageClient) -> None:
    hunt(app, "set", "ends_at", "")
    assert "DTEND" not in event(visitor)
    hunt(app, "set", "starts_at", "")
    assert visitor.get("/calendar.ics").status_code == 404


def test_a_page_that_refuses_before_the_start_does_not_lead_to_another_that_does(owls: PageClient) -> None:
    refused = owls.get("/game")
    assert refused.status_code == 403
    page = parsed(refused.text)
    links = [str(link["href"]) for link in page.select(".refusal a")]
    assert "/" in links
    assert [owls.get(link).status_code for link in links] == [200] * len(links)
    assert "403" not in page.get_text()


def test_closed_puzzles_do_not_lead_to_themselves(app: Flask, owls: PageClient, clock: FixedClock) -> None:
    clock.advance(7200)
    hunt(app, "set", "lockdown_puzzles", "on")
    links = [str(link["href"]) for link in parsed(owls.get("/game").text).select(".refusal a")]
    assert [owls.get(link).status_code for link in links] == [200] * len(links)


def test_without_mail_no_form_is_offered_and_the_contact_is_named(
    app: Flask, world: Ports, visitor: PageClient
) -> None:
    hunt(app, "set", "contact", "help@example.org")
    page = parsed(visitor.get("/account/forgot").text)
    assert page.select_one("main form") is None
    assert "can’t send email" in page.text
    assert page.select_one('main a[href="mailto:help@example.org"]') is not None
    visitor.send_form("/account/forgot", {"name": "owls"})
    assert parsed(visitor.get("/account/login").text).select_one(".flashes .note-warn") is not None
