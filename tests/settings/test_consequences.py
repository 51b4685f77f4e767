"""What a change of settings would do at once is asked about before, in the pages and on the command line."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.core.hunt_settings import HuntSettings, checked_value, read_settings, written_setting
from app.database import ledger
from app.hints.credits import run_schedule
from app.ports import Ports
from tests.settings.test_admin import fields_of, form_in, send
from tests.support.accounts import in_play, rows, set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin, hunt
from tests.support.organisers import add_account, audited, enter

PAST = "2027-03-01T00:00Z every 1 h"  # 325 grants by NOON


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


def granted(world: Ports) -> int:
    return run_schedule(world.for_hunt)


# --- a hint schedule in the past -------------------------------------------------------------------------------------


@pytest.mark.parametrize("teams", [0, 2])
def test_a_schedule_in_the_past_is_saved_only_after_a_tick(admin: PageClient, world: Ports, teams: int) -> None:
    for number in range(teams):
        add_account(world, f"owls{number}")
    form = fields_of(admin, "/admin/settings") | {"hint_schedule": PAST}
    reply = send(admin, "/admin/settings", form)
    assert (reply.status_code, world.in_force.settings.hint_schedule, granted(world)) == (400, None, 0)
    error = BeautifulSoup(reply.text, "html5lib").select_one("#set-hint_schedule-error")
    assert error is not None
    assert f"each team 325 hint credits at once, for what lies in the past: {325 * teams} in all" in error.get_text()
    again = form_in(reply.text, "/admin/settings")
    unticked = {name: value for name, value in again.items() if not name.startswith("confirm.")}
    assert send(admin, "/admin/settings", unticked).status_code == 400
    # The tick holds for the value that was shown with it.
    assert send(admin, "/admin/settings", again | {"hint_schedule": PAST.replace("1 h", "2 h")}).status_code == 400
    assert send(admin, "/admin/settings", again).status_code == 303
    assert granted(world) == 325 * teams
    assert ledger.compare(world.database) == []


def test_a_schedule_to_come_needs_no_tick(admin: PageClient, world: Ports) -> None:
    form = fields_of(admin, "/admin/settings") | {"hint_schedule": "2027-03-14T12:00:01Z every 1 h"}
    assert send(admin, "/admin/settings", form).status_code == 303


def test_a_schedule_that_gives_nothing_new_needs_no_tick(admin: PageClient, world: Ports) -> None:
    add_account(world, "owls")
    set_now(world, hint_schedule=PAST)
    admin.get("/admin/settings")
    assert granted(world) == 325
    for value in ("", PAST):
        form = fields_of(admin, "/admin/settings") | {"hint_schedule": value}
        assert send(admin, "/admin/settings", form).status_code == 303
    assert granted(world) == 0


@pytest.mark.parametrize("path", ["/admin/settings", "/admin/lockdown"])
def test_a_later_end_that_lets_a_schedule_catch_up_is_asked_about(admin: PageClient, world: Ports, path: str) -> None:
    add_account(world, "owls")
    set_now(world, hint_schedule=PAST, ends_at="2027-03-01T00:00:00Z")
    admin.get("/admin/settings")
    assert granted(world) == 1
    reply = send(admin, path, fields_of(admin, path) | {"ends_at": ""})
    assert reply.status_code == 400
    assert "End would give each team 324 hint credits at once" in reply.text
    assert send(admin, path, form_in(reply.text, path)).status_code == 303


def test_the_command_line_refuses_a_schedule_in_the_past_without_a_yes(app: Flask, clock: FixedClock) -> None:
    begin(app, clock)
    add_account(app.extensions["infinity"], "owls")
    said = hunt(app, "set", "hint schedule", PAST, code=1)
    assert said.startswith("Error: Nothing was changed: hint_schedule would give each team 325 hint credits at once")
    assert said.endswith("Add --yes to do it.\n")
    assert hunt(app, "set", "hint schedule", PAST, "--yes").startswith("hint_schedule: (empty) -> ")
    assert hunt(app, "set", "hint schedule", "off").startswith("hint_schedule: ")


# --- solves after the old end ----------------------------------------------------------------------------------------


def late_owls(app: Flask, world: Ports, clock: FixedClock) -> PageClient:
    """A team that has solved a puzzle ten seconds after the end."""
    set_now(world, ends_at="2027-03-14T12:00:00Z")
    clock.advance(10)
    team = enter(app, "owls", "team")
    assert team.send_json("/game/puzzle/one", {"answer": "owl"}).get_json()["points"] == 0
    return team


@pytest.mark.parametrize("path", ["/admin/settings", "/admin/lockdown"])
def test_a_later_end_offers_to_count_late_solves(
    app: Flask, clock: FixedClock, admin: PageClient, world: Ports, path: str
) -> None:
    team = late_owls(app, world, clock)
    assert "Let them count" not in admin.get(path).text
    reply = admin.post(path, data=fields_of(admin, path) | {"ends_at": "2027-03-15T12:00"}, follow_redirects=True)
    assert "1 solve was made after the old end and before the new one" in reply.text
    page = admin.get("/admin/late-solves").text
    assert "The owls" in page
    for said in ("Counted: 1 solve, 40 points in all", "Nothing left to count"):
        form = {"csrf_token": admin.token("/admin/settings")}
        assert said in admin.post("/admin/late-solves", data=form, follow_redirects=True).text
    assert "Let them count" not in admin.get(path).text
    assert rows(world, "SELECT score FROM teams WHERE name = 'owls'") == [(40,)]
    assert [act for _, act, _ in audited(world)].count("count late solve") == 1
    assert ledger.compare(world.database) == []
    assert '"score":40' in team.get("/game", headers={"Accept": "application/json"}).text.replace(" ", "")


@pytest.mark.parametrize("role", ["team", "helper", "writer"])
def test_only_admins_let_late_solves_count(app: Flask, world: Ports, role: str) -> None:
    one = enter(app, "other", role)
    assert one.get("/admin/late-solves").status_code == 403
    assert one.send_form("/admin/late-solves").status_code == 403


def test_the_command_line_offers_lists_and_counts_late_solves(app: Flask, clock: FixedClock, world: Ports) -> None:
    late_owls(app, world, clock)
    assert hunt(app, "late-solves") == "None.\n"
    said = hunt(app, "set", "ends_at", "2027-03-15T12:00Z").splitlines()
    assert said[1:] == [
        "1 solve between the old end and the new one earned nothing.",
        "List them with hunt late-solves; count them with hunt late-solves --count.",
    ]
    line = "2027-03-14 12:00 UTC  The owls: One"
    assert hunt(app, "late-solves").splitlines() == [line, "1 solve; --count counts them."]
    counted = hunt(app, "late-solves", "--count").splitlines()
    assert counted == [f"{line}, 40 points", "Counted: 1 solve; teams notified."]
    assert hunt(app, "late-solves", "--count") == "Nothing left to count.\n"
    assert hunt(app, "audit").startswith("All totals")


# --- lengths of time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("24", "24 h"), ("86400 s", "24 h"), ("90 min", "90 min"), ("1.5h", "90 min"), ("61 s", "61 s"),
        ("2 d", "48 h"), ("30 d", "30 d"), ("366d", "366 d"), ("8783.999 h", "31622396 s"), ("100 h", "100 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_shown_as_people_read_it_and_reads_back(typed: str, shown: str) -> None:
    stored = checked_value("time_window", typed)
    assert stored == shown
    found = read_settings({"time_window": stored})
    assert written_setting(found, "time_window") == shown
    assert checked_value("time_window", shown) == shown


def test_the_pages_and_the_command_line_show_a_length_of_time_in_hours(app: Flask, admin: PageClient) -> None:
    assert (
        fields_of(admin, "/admin/settings")["time_window"] == written_setting(HuntSettings(), "time_window") == "24 h"
    )
    assert "86400 s" not in admin.get("/admin/settings").text + hunt(app, "settings")
