"""Settings and content with moments at the very ends of time: every page answers, and says what is true."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.boards.chart import draw
from app.content.parse.row import as_moment
from app.core.hint_rules import available_at
from app.core.model import Hint
from app.core.moments import FIRST, LAST
from app.core.schedule import HintSchedule, due_grants
from app.core.text import LANGUAGES
from app.core.xp import accrue
from app.web import render
from app.web.languages import time_in
from tests.support.accounts import in_play, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT
from tests.support.hunts import begin, hunt
from tests.support.organisers import enter

PAGES = ("/", "/account/login", "/leaderboard", "/announcements", "/page/rules", "/statistics")
TEAM_PAGES = ("/game", "/game/shallows", "/game/puzzle/one", "/story", "/account", "/account/history")
ADMIN_PAGES = ("/admin/", "/admin/settings", "/admin/lockdown", "/admin/status", "/admin/audit", "/admin/log.csv")
BEGINNING, END = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
MOMENTS = st.one_of(
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(timedelta(), timedelta(days=2)).map(lambda gone: FIRST + gone),
    st.timedeltas(timedelta(), timedelta(days=2)).map(lambda left: LAST - left),
)
ZONES = st.sampled_from(sorted(available_timezones()))


def statuses(client: PageClient, pages: tuple[str, ...]) -> set[int]:
    return {client.get(path).status_code for path in (*pages, "/no/such/page")}


@pytest.mark.parametrize(
    ("name", "moment"),
    [(name, at) for name in ("starts_at", "ends_at", "freeze_at", "hint_schedule") for at in (BEGINNING, END)],
)
def test_every_page_answers_with_a_setting_at_an_end_of_time(app: Flask, name: str, moment: str) -> None:
    ports = in_play(app)
    team, admin = enter(app, "owls", "team"), enter(app, "keeper", "admin")
    team.send_form("/game/puzzle/one", {"answer": "owl"})
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        value = f"{moment} every 9999 h" if name == "hint_schedule" else moment
        set_now(ports, time_zone=zone, xp="on", scoring="time", **{name: value})
        assert statuses(app.test_client(), PAGES) <= {200, 403, 404}  # type: ignore[arg-type]
        assert statuses(team, TEAM_PAGES) <= {200, 403, 404}
        assert statuses(admin, (*ADMIN_PAGES, *TEAM_PAGES)) <= {200, 403, 404}


def test_a_moment_that_overflows_its_zone_is_shown_in_utc(app: Flask) -> None:
    set_now(in_play(app), time_zone="Asia/Tokyo", ends_at="9999-12-31T23:59:00Z")
    shown = BeautifulSoup(app.test_client().get("/").text, "html5lib").select_one("footer time")
    assert shown is not None
    assert shown.get_text() == "Fri 31 December 9999, 23:59 (UTC)"


def test_a_field_keeps_a_moment_that_overflows_its_zone(app: Flask) -> None:
    set_now(in_play(app), time_zone="Asia/Tokyo", ends_at="9999-12-31T23:59:00Z")
    field = BeautifulSoup(enter(app, "keeper", "admin").get("/admin/settings").text, "html5lib").select_one(
        "#set-ends_at"
    )
    assert field is not None
    assert (field["type"], field["value"]) == ("text", "9999-12-31T23:59Z")


@pytest.mark.parametrize("moment", ["9999-12-31T23:59-00:01", "0001-01-01T00:00+00:01", "10000-01-01T00:00Z"])
@pytest.mark.parametrize("name", ["starts_at", "ends_at", "freeze_at", "hint_schedule"])
def test_a_moment_that_cannot_be_stored_is_refused_with_its_name(
    app: Flask, clock: FixedClock, name: str, moment: str
) -> None:
    begin(app, clock)
    value = f"{moment} every 6 h" if name == "hint_schedule" else moment
    assert hunt(app, "set", name, value, code=1).startswith(f"Error: {name} must ")
    with pytest.raises(ValueError, match="not a time"):
        as_moment(moment)


def test_a_level_that_opens_in_year_9999_stands_in_the_list_and_in_the_timeline(
    app: Flask, clock: FixedClock, tmp_path: Path
) -> None:
    begin(app, clock)
    base = json.loads(DEMO_HUNT.read_text())
    base["tables"]["Levels"][-1]["fields"]["UnlockAt"] = "9999-12-31T23:59Z"
    (tmp_path / "far.json").write_text(json.dumps(base))
    hunt(app, "restock", "--from", str(tmp_path / "far.json"))
    hunt(app, "set", "ends_at", "")
    for zone in ("Europe/Berlin", "Asia/Tokyo"):
        hunt(app, "set", "time_zone", zone)
        team: PageClient = app.test_client()  # type: ignore[assignment]
        team.register(f"Owls {zone}")
        assert team.get("/game").status_code == 200
    assert "to 9999-12-31 23:59 UTC" in hunt(app, "dry-run", "--timeline")


@settings(max_examples=150, deadline=None)
@given(MOMENTS, MOMENTS, MOMENTS, ZONES)
@example(LAST, LAST, LAST, "Asia/Tokyo")
@example(FIRST, FIRST, FIRST, "America/Los_Angeles")
@example(FIRST, LAST, FIRST, "Pacific/Apia")
def test_rules_and_charts_take_every_moment_in_every_zone(
    one: datetime, other: datetime, third: datetime, zone: str
) -> None:
    first, last = sorted((one, other))
    drawn = draw([(1, one, 5), (1, other, 7), (1, third, 1)], [1], first, last, ZoneInfo(zone))
    assert len(drawn.ticks_x) <= 8
    for code in LANGUAGES:
        assert str(third.year) in time_in(code, third, "UTC")
        assert time_in(code, third, zone)
    grown = accrue(0, 0, first_guess_at=one, now=third, starts_at=other, ends_at=None, period_seconds=3600)
    assert 0 <= grown.xp <= 100
    for hours in (0, 1, 9999, 10**15):
        assert len(due_grants(one, HintSchedule(other, hours), third)) <= 1000
    for minutes in (1, 10**6, 10**18):
        opens_at = available_at(Hint("recH", 1, "", available_after=minutes), one)
        assert opens_at is not None
        assert one < opens_at or opens_at == LAST


# --- error pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["site_of", "told", "_ways_on"])
def test_an_error_page_needs_nothing_that_can_break(app: Flask, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    in_play(app)

    def fail(*_arguments: object) -> None:
        raise OverflowError("date value out of range")

    visitor = app.test_client()
    monkeypatch.setattr(render, broken, fail)
    reply = visitor.get("/no/such/page")
    assert (reply.status_code, "Page not found" in reply.text) == (404, True)
    told = visitor.get("/no/such/page", headers=JSON)
    assert (told.status_code, told.get_json()["error"]["code"]) == (404, "not_found")
    assert visitor.get("/").status_code in (200, 500)
