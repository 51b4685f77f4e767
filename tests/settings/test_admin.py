"""Lockdown, schedule, settings and look: what is saved, what is refused, and who is told when two save at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.core.hunt_settings import written
from app.ports import Ports
from tests.support.accounts import in_play, set_now
from tests.support.client import PageClient
from tests.support.organisers import audited, enter

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


def fields_of(client: PageClient, path: str, action: str | None = None) -> dict[str, str]:
    """The form of a page as a browser would send it, untouched."""
    return form_in(client.get(path).text, action or path)


def form_in(html: str, action: str) -> dict[str, str]:
    form = BeautifulSoup(html, "html5lib").select_one(f'form[method="post"][action="{action}"]')
    assert form is not None, action
    found = {str(box["name"]): str(box.get("value", "")) for box in form.select("input[name]")}
    found |= {str(box["name"]): box.get_text().removeprefix("\n") for box in form.select("textarea[name]")}
    for box in form.select("select[name]"):
        chosen = box.select_one("option[selected]") or box.select_one("option")
        found[str(box["name"])] = str(chosen["value"]) if chosen else ""
    return found


def send(client: PageClient, path: str, form: dict[str, str]) -> Any:
    return client.post(path, data=form)


# --- the switches ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["puzzles", "registration", "leaderboard"])
def test_a_switch_closes_and_opens_and_says_so(admin: PageClient, world: Ports, switch: str) -> None:
    assert admin.send_form(f"/admin/lockdown/{switch}", {"to": "closed"}).status_code == 303
    assert getattr(world.in_force.settings, f"lockdown_{switch}") is True
    assert "closed" in admin.get("/admin/lockdown").text
    admin.send_form(f"/admin/lockdown/{switch}", {"to": "open"})
    assert getattr(world.in_force.settings, f"lockdown_{switch}") is False
    assert audited(world) == [("keeper", "setting", f"lockdown_{switch}")] * 2


def test_closing_what_is_closed_changes_nothing(admin: PageClient, world: Ports) -> None:
    for _ in range(2):
        admin.send_form("/admin/lockdown/puzzles", {"to": "closed"})
    assert len(audited(world)) == 1


@pytest.mark.parametrize(("switch", "to", "status"), [("doors", "closed", 404), ("puzzles", HOSTILE, 400)])
def test_a_switch_that_is_none_is_refused(admin: PageClient, switch: str, to: str, status: int) -> None:
    assert admin.send_form(f"/admin/lockdown/{switch}", {"to": to}).status_code == status


def test_a_closed_switch_is_felt_by_the_next_page_of_a_team(app: Flask, admin: PageClient) -> None:
    team = enter(app, "owls", "team")
    assert team.get("/game").status_code == 200
    admin.send_form("/admin/lockdown/puzzles", {"to": "closed"})
    assert team.get("/game").status_code == 403


# --- the schedule ----------------------------------------------------------------------------------------------------


def test_times_are_read_in_the_zone_of_the_same_form(admin: PageClient, world: Ports) -> None:
    form = fields_of(admin, "/admin/lockdown") | {"starts_at": "2027-03-15T18:00", "time_zone": "Europe/Berlin"}
    assert send(admin, "/admin/lockdown", form).status_code == 303
    assert world.in_force.settings.starts_at is not None
    assert world.in_force.settings.starts_at.isoformat() == "2027-03-15T17:00:00+00:00"
    assert 'value="2027-03-15T18:00"' in admin.get("/admin/lockdown").text


def test_a_form_that_was_not_touched_changes_nothing(admin: PageClient, world: Ports) -> None:
    set_now(world, starts_at="2027-10-31T01:30:00Z", time_zone="Europe/London", ends_at="2028-01-01T00:00:07Z")
    admin.get("/admin/lockdown")
    assert send(admin, "/admin/lockdown", fields_of(admin, "/admin/lockdown")).status_code == 303
    assert send(admin, "/admin/settings", fields_of(admin, "/admin/settings")).status_code == 303
    assert audited(world) == []


def test_an_end_before_the_start_is_refused_with_everything_typed(admin: PageClient, world: Ports) -> None:
    form = fields_of(admin, "/admin/lockdown")
    form |= {"starts_at": "2027-03-15T18:00", "ends_at": "2027-03-14T18:00"}
    reply = send(admin, "/admin/lockdown", form)
    assert reply.status_code == 400
    assert 'value="2027-03-15T18:00"' in reply.text
    assert "<title>Error: " in reply.text
    assert world.in_force.settings.starts_at is None


@pytest.mark.parametrize(
    "typed", [HOSTILE, "yesterday", "99999-01-01", "\x01", "0001-01-01T00:00+23:59", "x" * 100_000]
)
def test_rubbish_as_a_time_is_refused_at_its_field(admin: PageClient, world: Ports, typed: str) -> None:
    reply = send(admin, "/admin/lockdown", fields_of(admin, "/admin/lockdown") | {"starts_at": typed})
    assert reply.status_code == 400
    assert BeautifulSoup(reply.text, "html5lib").select_one("#set-starts_at-error") is not None
    assert audited(world) == []


# --- two organisers --------------------------------------------------------------------------------------------------


def test_the_second_of_two_who_save_the_same_is_told_and_keeps_what_was_typed(
    app: Flask, admin: PageClient, world: Ports
) -> None:
    second = enter(app, "second", "admin")
    first_form, second_form = fields_of(admin, "/admin/customization"), fields_of(second, "/admin/customization")
    assert send(admin, "/admin/customization", first_form | {"tagline": "the first’s"}).status_code == 303
    reply = send(second, "/admin/customization", second_form | {"tagline": "the second’s"})
    assert reply.status_code == 409
    assert "the first’s" in reply.text
    assert "the second’s" in reply.text
    assert "keeper" in reply.text
    assert world.in_force.settings.tagline == "the first’s"
    again = form_in(reply.text, "/admin/customization")
    assert again["tagline"] == "the second’s"
    assert send(second, "/admin/customization", again).status_code == 303
    assert world.in_force.settings.tagline == "the second’s"


def test_two_who_change_different_things_on_one_page_both_succeed(app: Flask, admin: PageClient, world: Ports) -> None:
    second = enter(app, "second", "admin")
    first_form, second_form = fields_of(admin, "/admin/settings"), fields_of(second, "/admin/settings")
    assert send(admin, "/admin/settings", first_form | {"xp": "on"}).status_code == 303
    assert send(second, "/admin/settings", second_form | {"scoring": "order"}).status_code == 303
    assert (world.in_force.settings.xp, world.in_force.settings.scoring) == (True, "order")


def test_two_who_save_the_same_value_agree(app: Flask, admin: PageClient, world: Ports) -> None:
    second = enter(app, "second", "admin")
    forms = [fields_of(one, "/admin/settings") | {"ranking": "points"} for one in (admin, second)]
    sent = [send(one, "/admin/settings", form) for one, form in zip((admin, second), forms, strict=True)]
    assert [reply.status_code for reply in sent] == [303, 303]
    assert len(audited(world)) == 1


# --- settings and presets --------------------------------------------------------------------------------------------


def test_every_setting_stands_on_the_page_with_its_meaning_and_default(admin: PageClient) -> None:
    from app.core.hunt_settings import NAMES, meaning_of

    page = BeautifulSoup(admin.get("/admin/settings").text, "html5lib")
    for name in NAMES:
        hint = page.select_one(f"#set-{name}-hint")
        assert hint is not None, name
        assert meaning_of(name)[1:] in hint.get_text()
        assert "Default: " in hint.get_text()


def test_a_preset_is_put_in_force_with_one_click_and_audited(admin: PageClient, world: Ports) -> None:
    assert admin.send_form("/admin/settings/preset/enigma").status_code == 303
    assert (world.in_force.settings.scoring, world.in_force.settings.ranking, world.in_force.settings.xp) == (
        "time",
        "points",
        True,
    )
    assert {subject for _, action, subject in audited(world) if action == "setting"} == {"scoring", "ranking", "xp"}
    assert admin.send_form("/admin/settings/preset/nonsense").status_code == 404


def test_all_faults_of_a_form_are_told_at_once(admin: PageClient, world: Ports) -> None:
    form = fields_of(admin, "/admin/settings") | {"time_floor": "500", "time_window": "soon", "anchor_puzzle": "x" * 99}
    reply = send(admin, "/admin/settings", form)
    assert reply.status_code == 400
    page = BeautifulSoup(reply.text, "html5lib")
    for name in ("time_floor", "time_window", "anchor_puzzle"):
        assert page.select_one(f"#set-{name}-error") is not None, name


# --- the look --------------------------------------------------------------------------------------------------------


def test_a_preview_names_what_is_dropped_and_saves_nothing(admin: PageClient, world: Ports) -> None:
    form = fields_of(admin, "/admin/customization")
    form |= {
        "site_css": "body { color: red }\n@import url(https://evil.example/x.css);",
        "home_text": "# Hello\n\n*you*",
    }
    reply = send(admin, "/admin/customization", form | {"act": "preview"})
    assert reply.status_code == 200
    assert "@import is not possible here" in reply.text
    assert "<em>you</em>" in reply.text
    assert world.in_force.settings.site_css == ""
    assert audited(world) == []


def test_markup_in_names_and_texts_stays_text(admin: PageClient, world: Ports) -> None:
    form = fields_of(admin, "/admin/customization") | {"hunt_name": HOSTILE, "home_text": HOSTILE, "site_css": HOSTILE}
    assert send(admin, "/admin/customization", form).status_code == 303
    reply = admin.get("/admin/customization")
    assert world.in_force.settings.hunt_name == HOSTILE
    assert "<script>alert" not in reply.text
    assert "<script>alert" not in admin.get("/").text


def test_a_text_too_long_is_kept_in_its_field(admin: PageClient, world: Ports) -> None:
    form = fields_of(admin, "/admin/customization") | {"home_text": "x" * 20_001}
    reply = send(admin, "/admin/customization", form)
    assert reply.status_code == 400
    assert "x" * 20_001 in reply.text


# --- local times and zones -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/admin/lockdown", "/admin/settings"])
def test_a_new_zone_moves_no_moment(admin: PageClient, world: Ports, path: str) -> None:
    moments = {
        "starts_at": "2027-03-15T18:00:00Z",
        "ends_at": "2027-10-31T01:30:00Z",
        "freeze_at": "2027-10-30T00:00:07Z",
    }
    set_now(world, **moments, time_zone="America/New_York")
    form = fields_of(admin, path)
    assert form["starts_at"] == "2027-03-15T14:00"
    reply = admin.post(path, data=form | {"time_zone": "Europe/Berlin"}, follow_redirects=True)
    assert "the same moments as before" in reply.text
    assert world.in_force.settings.time_zone == "Europe/Berlin"
    assert {name: written(getattr(world.in_force.settings, name)) for name in moments} == moments
    assert fields_of(admin, path)["starts_at"] == "2027-03-15T19:00"
    assert [subject for *_, subject in audited(world)] == ["time_zone"]


def test_a_new_zone_without_what_the_form_knows_of_the_old_one_moves_no_moment(admin: PageClient, world: Ports) -> None:
    set_now(world, starts_at="2027-03-15T18:00:00Z", time_zone="Europe/Berlin")
    form = {"csrf_token": admin.token("/admin/settings"), "starts_at": "2027-03-15T19:00", "time_zone": "Asia/Tokyo"}
    assert send(admin, "/admin/settings", form).status_code == 303
    assert (written(world.in_force.settings.starts_at), world.in_force.settings.time_zone) == (
        "2027-03-15T18:00:00Z",
        "Asia/Tokyo",
    )


def test_a_time_left_alone_stays_when_another_organiser_changes_the_zone_meanwhile(
    app: Flask, admin: PageClient, world: Ports
) -> None:
    set_now(world, starts_at="2027-03-15T18:00:00Z")
    form = fields_of(admin, "/admin/settings")
    second = enter(app, "second", "admin")
    assert (
        send(second, "/admin/lockdown", fields_of(second, "/admin/lockdown") | {"time_zone": "Asia/Tokyo"}).status_code
        == 303
    )
    refused = send(admin, "/admin/settings", form | {"time_floor": "500"})
    assert refused.status_code == 400
    again = form_in(refused.text, "/admin/settings")
    assert again["starts_at"] == "2027-03-16T03:00"
    assert send(admin, "/admin/settings", again | {"time_floor": "40"}).status_code == 303
    assert send(admin, "/admin/settings", form | {"xp": "on"}).status_code == 303
    assert (written(world.in_force.settings.starts_at), world.in_force.settings.time_zone) == (
        "2027-03-15T18:00:00Z",
        "Asia/Tokyo",
    )


@pytest.mark.parametrize("path", ["/admin/lockdown", "/admin/settings"])
@pytest.mark.parametrize(
    ("typed", "first", "second"),
    [
        ("2027-03-28T02:30", "2027-03-28T01:30+01:00", "2027-03-28T03:30+02:00"),
        ("2027-10-31T02:30", "2027-10-31T02:30+02:00", "2027-10-31T02:30+01:00"),
    ],
)
def test_a_local_time_at_a_clock_change_is_asked_for_again_with_its_meanings(
    admin: PageClient, world: Ports, path: str, typed: str, first: str, second: str
) -> None:
    set_now(world, time_zone="Europe/Berlin")
    reply = send(admin, path, fields_of(admin, path) | {"ends_at": typed})
    assert (reply.status_code, world.in_force.settings.ends_at) == (400, None)
    page = BeautifulSoup(reply.text, "html5lib")
    error, field = page.select_one("#set-ends_at-error"), page.select_one("#set-ends_at")
    assert error is not None
    assert field is not None
    assert first in error.get_text()
    assert second in error.get_text()
    assert (field["type"], field["value"]) == ("text", typed)
    again = form_in(reply.text, path)
    assert again["meant.ends_at"] == ""
    assert send(admin, path, again).status_code == 400
    assert [str(box["value"]) for box in page.select("#set-ends_at-meant option")] == ["", first, second]
    assert send(admin, path, again | {"meant.ends_at": second}).status_code == 303
    assert world.in_force.settings.ends_at == datetime.fromisoformat(second)
    # The stored moment is told by its offset where its local time would be unclear, and can be left alone.
    assert fields_of(admin, path)["ends_at"] in (second, second[:16])
    assert send(admin, path, fields_of(admin, path)).status_code == 303
    assert world.in_force.settings.ends_at == datetime.fromisoformat(second)


def test_a_hint_schedule_at_a_clock_change_is_asked_for_again(admin: PageClient, world: Ports) -> None:
    set_now(world, time_zone="Europe/Berlin")
    form = fields_of(admin, "/admin/settings") | {"hint_schedule": "2027-03-28T02:30 every 6 h"}
    reply = send(admin, "/admin/settings", form)
    assert reply.status_code == 400
    page = BeautifulSoup(reply.text, "html5lib")
    meanings = [str(box["value"]) for box in page.select("#set-hint_schedule-meant option")]
    assert meanings == ["", "2027-03-28T01:30+01:00 every 6 h", "2027-03-28T03:30+02:00 every 6 h"]


def test_a_log_is_not_filtered_by_a_time_that_is_unclear(admin: PageClient, world: Ports) -> None:
    set_now(world, time_zone="Europe/Berlin")
    page = admin.get("/admin/log?since=2027-10-31T02:30").text
    assert "2027-10-31T02:30+02:00" in page
    assert "2027-10-31T02:30+01:00" in page


# --- sections --------------------------------------------------------------------------------------------------------


def test_a_section_is_saved_alone_and_what_was_typed_in_the_others_is_not_lost(admin: PageClient, world: Ports) -> None:
    form = fields_of(admin, "/admin/settings") | {"guess_limit": "7", "registration_limit": "9"}
    reply = send(admin, "/admin/settings", form | {"section": "game"})
    assert reply.status_code == 200
    assert (world.in_force.settings.guess_limit, world.in_force.settings.registration_limit) == (7, 20)
    assert "What you changed in the others isn’t yet." in reply.text
    form = form_in(reply.text, "/admin/settings")
    assert form["registration_limit"] == "9"
    reply = send(admin, "/admin/settings", form | {"section": "registration"})
    assert (reply.status_code, reply.location) == (303, "/admin/settings#group-registration")
    assert world.in_force.settings.registration_limit == 9


@pytest.mark.parametrize(
    ("first", "every", "schedule"),
    [
        ("2027-03-14T20:00", "6", "2027-03-14T20:00:00Z every 6 h"), ("", "2 hours", "every 2 h"), ("", "", ""),
    ],
)  # fmt: skip
def test_the_hint_schedule_has_two_fields(
    admin: PageClient, world: Ports, first: str, every: str, schedule: str
) -> None:
    set_now(world, starts_at="2099-01-01T00:00:00Z", hint_schedule="2098-01-01T00:00Z every 9 h")
    form = fields_of(admin, "/admin/settings")
    assert (form["hint_schedule.first"], form["hint_schedule.every"]) == ("2098-01-01T00:00", "9")
    form |= {"hint_schedule.first": first, "hint_schedule.every": every}
    assert send(admin, "/admin/settings", form).status_code == 303
    assert written(world.in_force.settings.hint_schedule) == schedule


def test_a_schedule_of_which_half_is_missing_is_refused_at_its_field(admin: PageClient) -> None:
    form = fields_of(admin, "/admin/settings") | {"hint_schedule.first": "2027-03-14T20:00"}
    page = BeautifulSoup(send(admin, "/admin/settings", form).text, "html5lib")
    assert page.select_one("#set-hint_schedule-error") is not None
    assert page.select_one('[data-summary] a[href="#set-hint_schedule"]') is not None
