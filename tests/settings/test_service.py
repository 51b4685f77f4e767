"""Settings changed while the hunt runs: checked alone and together, audited, known to every node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.content.refresh import catch_up
from app.core.hunt_settings import checked_value
from app.core.setting_faults import SettingInvalid, SettingUnknown
from app.database.schema import AuditEntry, HuntState
from app.ports import Ports
from app.settings.service import (
    PresetUnknown,
    SettingChange,
    apply_preset,
    change_setting,
    change_settings,
    list_settings,
)
from tests.support.clock import FixedClock
from tests.support.small_hunt import FIRST, ports_on, stock


@pytest.fixture
def ports(database: str, clock: FixedClock) -> Iterator[Ports]:
    with ports_on(database, clock) as ports:
        stock(ports)
        yield ports


def audited(ports: Ports) -> list[tuple[str, str, str, dict[str, Any], str]]:
    columns = (AuditEntry.actor, AuditEntry.action, AuditEntry.subject, AuditEntry.details, AuditEntry.address)
    with ports.database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(AuditEntry.id))]


def revision(ports: Ports) -> int:
    with ports.database.reading() as connection:
        return connection.execute(select(HuntState.settings_revision)).scalar_one()


def test_a_change_is_in_force_at_once_and_audited_with_old_and_new_value(ports: Ports) -> None:
    assert change_setting(
        ports.database, ports.in_force, ports.clock, "scoring", "Order", "ada", "192.0.2.1"
    ) == SettingChange("scoring", "fixed", "order")
    assert ports.in_force.settings.scoring == "order"
    assert audited(ports) == [("ada", "setting", "scoring", {"old": "fixed", "new": "order"}, "192.0.2.1")]


@pytest.mark.parametrize("name", ["hint schedule", "hint_schedule", "Hint-Schedule", " hint  schedule "])
def test_a_name_is_written_as_people_write_it(ports: Ports, name: str) -> None:
    change = change_setting(ports.database, ports.in_force, ports.clock, name, "2027-03-14T20:00Z every 6 h", "ada")
    assert (change.name, change.new) == ("hint_schedule", "2027-03-14T20:00:00Z every 6 h")


def test_another_node_learns_of_it_by_the_revision(database: str, ports: Ports, clock: FixedClock) -> None:
    with ports_on(database, clock) as elsewhere:
        catch_up(elsewhere.database, elsewhere.in_force)
        change_setting(ports.database, ports.in_force, ports.clock, "xp", "on", "ada")
        assert not elsewhere.in_force.settings.xp
        catch_up(elsewhere.database, elsewhere.in_force)
        assert elsewhere.in_force.settings.xp


def test_the_same_value_again_changes_nothing(ports: Ports) -> None:
    change_setting(ports.database, ports.in_force, ports.clock, "scoring", "time", "ada")
    before = revision(ports)
    assert change_setting(ports.database, ports.in_force, ports.clock, "scoring", "time", "ada") == SettingChange(
        "scoring", "time", "time"
    )
    assert (revision(ports), len(audited(ports))) == (before, 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scoring", "random"),
        ("xp", "maybe"),
        ("starts_at", "tomorrow"),
        ("starts_at", "9999999999-01-01"),
        ("time_zone", "../../etc/passwd"),
        ("time_floor", "101"),
        ("time_window", "0"),
        ("time_window", "9" * 400),
        ("hint_schedule", "every now and then"),
        ("hunt_name", "x" * 61),
        ("hunt_name", "two\x00lines"),
        ("hunt_name", ""),
        ("hunt_name", "  "),
        ("hunt_name", "\u3164"),
        ("hunt_name", "\u200b"),
        ("hunt_name", "half \ud83d"),
        ("home_text", "half \ud83d"),
        ("site_css", "a\0b"),
        ("time_zone", "\ud83d"),
        ("starts_at", "\udcff"),
        ("anchor_puzzle", "no-such-puzzle"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name_and_nothing_changes(ports: Ports, name: str, text: str) -> None:
    with pytest.raises(SettingInvalid, match=f"^{name} must"):
        change_setting(ports.database, ports.in_force, ports.clock, name, text, "ada")
    assert (revision(ports), audited(ports)) == (0, [])


@pytest.mark.parametrize("name", ["", "scorin", "__class__", "scoring; drop table settings"])
def test_an_unknown_setting_is_refused(ports: Ports, name: str) -> None:
    with pytest.raises(SettingUnknown):
        change_setting(ports.database, ports.in_force, ports.clock, name, "on", "ada")


def test_the_start_must_come_before_the_end(ports: Ports) -> None:
    change_setting(ports.database, ports.in_force, ports.clock, "ends_at", "2027-03-16T18:00Z", "ada")
    with pytest.raises(SettingInvalid, match="starts_at must be before ends_at"):
        change_setting(ports.database, ports.in_force, ports.clock, "starts_at", "2027-03-16T18:00Z", "ada")
    assert ports.in_force.settings.starts_at is None


def test_a_whole_schedule_may_be_moved_at_once(ports: Ports) -> None:
    change_settings(
        ports.database,
        ports.in_force,
        ports.clock,
        {"starts_at": "2027-03-14T18:00Z", "ends_at": "2027-03-16T18:00Z"},
        "ada",
    )
    change_settings(
        ports.database,
        ports.in_force,
        ports.clock,
        {"starts_at": "2027-04-14T18:00Z", "ends_at": "2027-04-16T18:00Z"},
        "ada",
    )
    assert ports.in_force.settings.starts_at is not None
    assert ports.in_force.settings.starts_at.month == 4


def test_of_several_changes_all_are_made_or_none(ports: Ports) -> None:
    with pytest.raises(SettingInvalid):
        change_settings(ports.database, ports.in_force, ports.clock, {"xp": "on", "scoring": "dice"}, "ada")
    assert not ports.in_force.settings.xp
    assert audited(ports) == []


def test_a_time_without_a_zone_is_meant_in_the_zone_of_the_hunt(ports: Ports) -> None:
    changes = change_settings(
        ports.database,
        ports.in_force,
        ports.clock,
        {"starts_at": "2027-07-14 18:00", "time_zone": "Europe/Berlin"},
        "ada",
    )
    assert changes[0].new == "2027-07-14T16:00:00Z"
    assert (
        change_setting(ports.database, ports.in_force, ports.clock, "ends_at", "2027-07-15 18:00", "ada").new
        == "2027-07-15T16:00:00Z"
    )


def test_a_time_is_taken_away_by_an_empty_value(ports: Ports) -> None:
    change_setting(ports.database, ports.in_force, ports.clock, "freeze_at", "2027-03-14T18:00Z", "ada")
    change_setting(ports.database, ports.in_force, ports.clock, "freeze_at", "", "ada")
    assert ports.in_force.settings.freeze_at is None


@pytest.mark.parametrize("key", [FIRST.id, FIRST.key])
def test_the_anchor_is_a_puzzle_by_slug_or_id(ports: Ports, key: str) -> None:
    change_setting(ports.database, ports.in_force, ports.clock, "anchor puzzle", key, "ada")
    assert ports.in_force.settings.anchor_puzzle == key


def test_an_anchor_that_is_gone_does_not_stand_in_the_way_of_a_lockdown(ports: Ports) -> None:
    from dataclasses import replace

    change_setting(ports.database, ports.in_force, ports.clock, "anchor_puzzle", FIRST.key, "ada")
    content = ports.in_force.content
    ports.in_force.put(replace(content, puzzles=content.puzzles[1:]))
    change_setting(ports.database, ports.in_force, ports.clock, "lockdown_puzzles", "on", "ada")
    assert ports.in_force.settings.lockdown_puzzles


def test_the_preset_enigma_turns_on_points_by_time_and_xp(ports: Ports) -> None:
    apply_preset(ports.database, ports.in_force, ports.clock, "enigma", "ada")
    hunt = ports.in_force.settings
    assert (hunt.scoring, hunt.ranking, hunt.xp) == ("time", "points", True)


def test_the_preset_infinity_leads_back_in_one_revision(ports: Ports) -> None:
    change_setting(ports.database, ports.in_force, ports.clock, "points_hints", "on", "ada")
    apply_preset(ports.database, ports.in_force, ports.clock, "enigma", "ada")
    before = revision(ports)
    apply_preset(ports.database, ports.in_force, ports.clock, " Infinity ", "ada")
    hunt = ports.in_force.settings
    assert (hunt.scoring, hunt.ranking, hunt.xp, hunt.points_hints) == ("fixed", "finish", False, False)
    assert revision(ports) == before + 1


def test_an_unknown_preset_is_refused(ports: Ports) -> None:
    with pytest.raises(PresetUnknown):
        apply_preset(ports.database, ports.in_force, ports.clock, "chaos", "ada")


def test_what_is_listed_can_be_set_again(ports: Ports) -> None:
    apply_preset(ports.database, ports.in_force, ports.clock, "enigma", "ada")
    change_setting(ports.database, ports.in_force, ports.clock, "hint_schedule", "2027-03-14T20:00Z every 6 h", "ada")
    listed = list_settings(ports.in_force.settings)
    assert change_settings(ports.database, ports.in_force, ports.clock, dict(listed), "ada") == ()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2 hours", "2 h"), ("90 min", "90 min"), ("1 h 30 min", "90 min"), ("1 day", "24 h"), ("1.5 hours", "90 min"),
        ("1,5 Stunden", "90 min"), ("2 hours and 15 minutes", "135 min"), ("24", "24 h"), ("7 days", "7 d"),
        ("1 heure et 30 minutes", "90 min"), ("2 jours", "48 h"), ("3 j", "3 d"), ("45 secondes", "45 s"),
        ("1 hour, 1 second", "3601 s"), ("2 std.", "2 h"),
    ],
)  # fmt: skip
def test_a_length_is_read_as_people_write_it(typed: str, stored: str) -> None:
    assert checked_value("time_window", typed) == stored


@pytest.mark.parametrize("typed", ["hours", "2 fortnights", "1 2", "2h3", "-2 h", "²h", "2 h or so", ""])
def test_what_is_no_length_is_refused(typed: str) -> None:
    with pytest.raises(SettingInvalid):
        checked_value("time_window", typed)
