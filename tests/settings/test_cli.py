"""``hunt set``, ``settings``, ``preset`` and ``announce``, as an organiser types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.core.hunt_settings import NAMES
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT
from tests.support.hunts import begin, hunt


@pytest.fixture
def site(app: Flask, clock: FixedClock) -> Flask:
    begin(app, clock)
    return app


@pytest.mark.parametrize("name", ["hint schedule", "hint_schedule"])
def test_a_setting_is_changed_by_either_spelling_of_its_name(site: Flask, name: str) -> None:
    said = hunt(site, "set", name, "2027-03-14T20:00Z every 6 h")
    assert said == "hint_schedule: (empty) -> 2027-03-14T20:00:00Z every 6 h\n"
    assert "hint_schedule = 2027-03-14T20:00:00Z every 6 h" in hunt(site, "settings")


def test_settings_lists_every_setting_once(site: Flask) -> None:
    assert [line.split(" = ")[0] for line in hunt(site, "settings").splitlines()] == list(NAMES)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("scorin", "time", "Error: There is no setting 'scorin'; `hunt settings` lists them.\n"),
        ("scoring", "dice", "Error: scoring must be fixed or time or order.\n"),
        ("anchor_puzzle", "nowhere", "Error: anchor_puzzle must be the slug or record id of a puzzle"),
        ("ends_at", "1999-01-01", "Error: starts_at must be before ends_at.\n"),
    ],
)
def test_what_cannot_be_set_is_refused_in_a_sentence(site: Flask, name: str, value: str, said: str) -> None:
    before = hunt(site, "settings")
    assert hunt(site, "set", name, value, code=1).startswith(said)
    assert hunt(site, "settings") == before


@pytest.mark.parametrize(
    ("local", "first", "second"),
    [
        (
            "2027-03-28T02:30",
            "2027-03-28T01:30+01:00 (2027-03-28T00:30Z)",
            "2027-03-28T03:30+02:00 (2027-03-28T01:30Z)",
        ),
        (
            "2027-10-31T02:30",
            "2027-10-31T02:30+02:00 (2027-10-31T00:30Z)",
            "2027-10-31T02:30+01:00 (2027-10-31T01:30Z)",
        ),
    ],
)
@pytest.mark.parametrize("name", ["ends_at", "hint_schedule"])
def test_a_local_time_at_a_clock_change_is_refused_with_what_to_write(
    site: Flask, name: str, local: str, first: str, second: str
) -> None:
    every = " every 6 h" if name == "hint_schedule" else ""
    hunt(site, "set", "time_zone", "Europe/Berlin")
    before = hunt(site, "settings")
    said = hunt(site, "set", name, local + every, code=1)
    assert said.startswith(f"Error: {name} cannot be {local.replace('T', ' ')}")
    assert f"Write {first} or {second}." in said
    assert hunt(site, "settings") == before
    assert hunt(site, "set", name, second.split()[0] + every).startswith(f"{name}: ")


def test_a_new_zone_moves_no_moment(site: Flask) -> None:
    before = hunt(site, "settings")
    hunt(site, "set", "time_zone", "Asia/Tokyo")
    assert hunt(site, "settings") == before.replace("time_zone = UTC", "time_zone = Asia/Tokyo")


def test_the_same_value_again_is_said_to_be_there_already(site: Flask) -> None:
    assert hunt(site, "set", "xp", "off") == "xp is off already.\n"


def test_a_preset_tells_what_it_changed_and_only_once(site: Flask) -> None:
    assert hunt(site, "preset", "enigma") == "scoring: fixed -> time\nranking: finish -> points\nxp: off -> on\n"
    assert hunt(site, "preset", "enigma") == "The settings already match enigma.\n"


def test_an_unknown_preset_is_refused_with_the_known_ones(site: Flask) -> None:
    assert "'enigma', 'infinity'" in hunt(site, "preset", "chaos", code=2)


def test_an_announcement_for_an_unknown_division_is_refused(site: Flask) -> None:
    said = hunt(site, "announce", "News", "--body", str(DEMO_HUNT), "--division", "nobody", code=1)
    assert said.startswith("Error: ")
    assert "Traceback" not in said


def test_an_announcement_that_is_not_text_is_refused(site: Flask, tmp_path: Path) -> None:
    (tmp_path / "news.md").write_bytes(b"\xff\xfe")
    said = hunt(site, "announce", "News", "--body", str(tmp_path / "news.md"), code=1)
    assert said.endswith("is not text in UTF-8.\n")


def test_a_file_that_is_not_there_is_refused_in_a_sentence(site: Flask) -> None:
    assert hunt(site, "announce", "News", "--body", "/no/such/file", code=1).endswith("No such file or directory.\n")


WORDS = [
    ("set", "hunt_name", "\udcff"), ("set", "\udcff", "x"), ("admin", "\udcff"), ("reset-link", "\udcff"),
    ("accept", "\udcff"), ("clear-guesses", "\udcff"), ("announce", "\udcff", "--body", "-"), ("preset", "\udcff"),
    ("set", "home_text", "a\0b"),
]  # fmt: skip


@pytest.mark.parametrize("words", WORDS, ids=ascii)
def test_words_that_are_no_text_are_refused_in_words(site: Flask, words: tuple[str, ...]) -> None:
    done = site.test_cli_runner().invoke(args=["hunt", *words])
    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
    assert "not text in UTF-8" in done.output or "is not one of" in done.output


def test_a_file_whose_name_is_no_text_may_be_read(site: Flask, tmp_path: Path) -> None:
    path = tmp_path / "news-\udcff.md"
    path.write_text("Good news.")
    assert hunt(site, "announce", "News", "--body", str(path)).startswith("Published")


def test_an_empty_name_of_the_hunt_is_refused(site: Flask) -> None:
    for name in ("", " ", "\u200b", "\u3164"):
        assert "hunt_name must" in hunt(site, "set", "hunt_name", name, code=1)
