"""The real pyairtable against the stand-in, over real HTTP: what comes in, and how every failure is told."""

from __future__ import annotations

import json
import socket
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from app.content.parse.parser import parse
from app.content.sources import airtable, airtable_client
from app.content.sources.airtable import AirtableRefused, AirtableSettings, AirtableUnavailable, create_tables, fetch
from app.content.sources.airtable_client import RequestPace
from app.content.sources.json_file import read_file
from app.content.sources.tables import SourceUnreadable
from tests.standins.airtable import AirtableStandIn
from tests.support.environment import DEMO_HUNT

TABLES = json.loads(DEMO_HUNT.read_text())["tables"]


class Time:
    """Time that only sleeping moves, and a note of every sleep."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, []  # type: float, list[float]

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)

    def pace(self, **more: Any) -> RequestPace:
        return RequestPace(sleep=self.sleep, monotonic=lambda: self.now, **more)

    @property
    def long_sleeps(self) -> list[float]:
        """The waits that were more than keeping the pace."""
        return [seconds for seconds in self.slept if seconds > 0.5]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def base() -> Iterator[AirtableStandIn]:
    """The demo hunt's base, without the rate limit."""
    with AirtableStandIn.serving(TABLES, per_second=0) as stand_in:
        yield stand_in


def settings(base: AirtableStandIn, **more: Any) -> AirtableSettings:
    return AirtableSettings(**{"api_key": base.token, "base_id": base.base.id, "endpoint_url": base.url, **more})


def refusal(base: AirtableStandIn, time: Time, **more: Any) -> SourceUnreadable:
    with pytest.raises((AirtableRefused, AirtableUnavailable)) as caught:
        fetch(settings(base, **more), time.pace())
    told = "".join(traceback.format_exception(caught.value))
    assert base.token not in told
    return caught.value


def asked_for(base: AirtableStandIn, table: str) -> int:
    return sum(asked.path.endswith(f"/{table}") for asked in base.log)


# --- what comes in --------------------------------------------------------------------------------------------------


def test_a_base_gives_the_same_hunt_as_the_file(base: AirtableStandIn, time: Time) -> None:
    from_file, found = read_file(DEMO_HUNT), fetch(settings(base), time.pace())
    assert {table: [row.id for row in rows] for table, rows in found.tables.items()} == {
        table: [row.id for row in rows] for table, rows in from_file.tables.items()
    }
    one, other = (parse(each, version=1).content for each in (from_file, _with_assets(found, from_file)))
    assert one == other


def _with_assets(source: Any, other: Any) -> Any:
    from dataclasses import replace

    return replace(source, assets=other.assets)


def test_a_long_table_comes_page_by_page_and_whole(time: Time) -> None:
    rows = [{"id": f"recH{number:010}", "fields": {"HintText": str(number)}} for number in range(250)]
    with AirtableStandIn.serving({**TABLES, "Hints": rows}, per_second=0) as base:
        found = fetch(settings(base), time.pace())
        assert [row.fields["HintText"] for row in found.records("Hints")] == [str(number) for number in range(250)]
        assert asked_for(base, "Hints") == 3
        assert {asked.query["pageSize"] for asked in base.log if "meta" not in asked.path} == {"100"}


def test_optional_tables_may_be_absent(time: Time) -> None:
    with AirtableStandIn.serving({name: TABLES[name] for name in ("Levels", "Puzzles", "Hints")}, per_second=0) as base:
        assert set(fetch(settings(base), time.pace()).tables) == {"Levels", "Puzzles", "Hints"}


def test_a_table_that_was_meant_to_be_an_absent_one_is_warned_of(time: Time) -> None:
    tables = {name: TABLES[name] for name in ("Levels", "Puzzles", "Hints")} | {"Division": [], "Playtests": []}
    with AirtableStandIn.serving(tables, per_second=0) as base:
        (said,) = fetch(settings(base), time.pace()).warnings
    assert str(said) == "tables › Division: “Division” is no name of a table and is not read. Did you mean Divisions?"


def test_a_view_narrows_the_puzzles_and_nothing_else(base: AirtableStandIn, time: Time) -> None:
    base.add_view("Puzzles", "Unlocked Puzzles", lambda fields: fields["Title"] == "Stopped Clocks")
    found = fetch(settings(base, view="Unlocked Puzzles"), time.pace())
    assert [row.fields["Title"] for row in found.records("Puzzles")] == ["Stopped Clocks"]
    assert found.view == "Unlocked Puzzles"
    assert {asked.path.rpartition("/")[2] for asked in base.log if "view" in asked.query} == {"Puzzles"}


def test_requests_keep_the_pace_that_airtable_allows() -> None:
    with AirtableStandIn.serving(TABLES, per_second=5) as base:
        fetch(settings(base), RequestPace(seconds_throttled=0))
        assert [asked.status for asked in base.log] == [200] * 7


def test_the_token_is_in_no_representation() -> None:
    assert "secret" not in repr(AirtableSettings("secret", "appX"))


# --- waiting and trying again ---------------------------------------------------------------------------------------


def test_a_429_is_waited_out_for_as_long_as_airtable_punishes(base: AirtableStandIn, time: Time) -> None:
    base.fail("429", on="Puzzles", times=2)
    fetch(settings(base), time.pace())
    assert time.long_sleeps == [30, 30]
    assert asked_for(base, "Puzzles") == 3


def test_a_429_that_says_how_long_is_believed_within_reason(base: AirtableStandIn, time: Time) -> None:
    base.fail("429", on="Puzzles", value="7")
    base.fail("429", on="Hints", value="99999")
    base.fail("429", on="Story", value="soon")
    fetch(settings(base), time.pace())
    assert time.long_sleeps == [7, 60, 30]


def test_after_three_429_we_give_up_in_words(base: AirtableStandIn, time: Time) -> None:
    base.fail("429", on="Puzzles", times=9)
    assert "asked us again and again to wait" in str(refusal(base, time))
    assert asked_for(base, "Puzzles") == 3


def test_a_used_up_plan_is_not_asked_again(base: AirtableStandIn, time: Time) -> None:
    base.fail("billing", on="Levels", times=9)
    found = refusal(base, time)
    assert isinstance(found, AirtableRefused)
    assert "used up for the month" in str(found)
    assert time.long_sleeps == []
    assert len(base.log) == 1


@pytest.mark.parametrize("kind", ["500", "502", "503", "cut"])
def test_a_passing_trouble_is_tried_again_shortly(base: AirtableStandIn, time: Time, kind: str) -> None:
    base.fail(kind, on="Puzzles", times=2)
    assert len(fetch(settings(base), time.pace()).records("Puzzles")) == len(TABLES["Puzzles"])
    assert time.long_sleeps == [1, 3]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("500", "it answered 500"),
        ("502", "it answered 502"),
        ("503", "it answered 503"),
        ("cut", "broke off"),
        ("nonsense", "not JSON"),
    ],
)
def test_a_lasting_trouble_is_told_with_the_table(base: AirtableStandIn, time: Time, kind: str, said: str) -> None:
    base.fail(kind, on="Puzzles", times=9)
    found = refusal(base, time)
    assert isinstance(found, AirtableUnavailable)
    assert said in str(found)
    assert "the table Puzzles" in str(found)


def test_a_slow_answer_is_cut_off(base: AirtableStandIn, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airtable, "TIMEOUT", (1, 0.1))
    base.fail("slow", on="Levels", times=9, value="0.5")
    assert "did not answer in time" in str(refusal(base, time))


def test_pyairtable_obeys_the_time_outs_that_we_set() -> None:
    assert airtable.TIMEOUT == (5, 30)


def test_a_server_that_is_not_there_is_told_in_words(base: AirtableStandIn, time: Time) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "could not be reached" in str(refusal(base, time, endpoint_url=f"http://127.0.0.1:{port}"))


def test_everything_together_may_take_five_minutes_and_no_more(base: AirtableStandIn, time: Time) -> None:
    for table in ("Levels", "Puzzles", "Hints", "Story"):
        base.fail("429", on=table, times=2, value="60")
    assert "took too long" in str(refusal(base, time))
    assert time.now <= 300


# --- listings that do not fit together ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["", "bare"])
def test_a_lost_listing_is_begun_again(time: Time, shape: str) -> None:
    rows = [{"id": f"recH{number:010}", "fields": {"HintText": "x"}} for number in range(250)]
    with AirtableStandIn.serving({**TABLES, "Hints": rows}, per_second=0) as base:
        base.fail("stale", on="Hints", skip=1, value=shape)
        assert len(fetch(settings(base), time.pace()).records("Hints")) == 250
        assert asked_for(base, "Hints") == 5


def test_a_listing_that_is_lost_again_and_again_is_given_up(base: AirtableStandIn, time: Time) -> None:
    base.fail("stale", on="Hints", times=99)
    assert "could not list the table Hints in one piece" in str(refusal(base, time))
    assert asked_for(base, "Hints") == 3


def test_a_page_that_comes_again_does_not_come_for_ever(base: AirtableStandIn, time: Time) -> None:
    base.fail("repeat", on="Levels")
    assert "in one piece" in str(refusal(base, time))
    assert asked_for(base, "Levels") == 6


def test_empty_pages_do_not_come_for_ever(base: AirtableStandIn, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airtable, "MAX_PAGES", 10)
    base.fail("endless", on="Levels")
    assert "in one piece" in str(refusal(base, time))
    assert asked_for(base, "Levels") == 33


def test_too_many_records_are_refused(base: AirtableStandIn, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airtable, "MAX_RECORDS", 30)
    assert "more than 30 records" in str(refusal(base, time))


def test_an_answer_without_end_is_cut_off(base: AirtableStandIn, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airtable_client, "MAX_BYTES", 1_000_000)
    base.fail("huge", on="Puzzles")
    assert "more than a hunt can have" in str(refusal(base, time))


SHAPES = ("[]", "null", "7", '"x"', "", '{"records": 7}', '{"records": [7]}', '{"records": [{"id": 7, "fields": {}}]}')
SHAPES += (
    '{"records": [{"id": "rec1"}]}',
    '{"records": [{"id": "rec1", "createdTime": "x", "fields": []}]}',
    "[" * 99_999,
)


@pytest.mark.parametrize("body", SHAPES)
def test_an_answer_of_another_shape_is_told_in_words(base: AirtableStandIn, time: Time, body: str) -> None:
    base.fail("shape", on="Levels", times=9, value=body)
    assert isinstance(refusal(base, time), AirtableUnavailable)


# --- refusals -------------------------------------------------------------------------------------------------------


def test_a_wrong_token_is_told_in_words(base: AirtableStandIn, time: Time) -> None:
    found = refusal(base, time, api_key="patWrong")
    assert "AIRTABLE_API_KEY" in str(found)
    assert "patWrong" not in str(found)


@pytest.mark.parametrize("key", ["pat\nX-Evil: 1", "pat secret", "patsecrét", ""])
def test_a_token_that_can_be_none_is_refused_before_it_is_sent(base: AirtableStandIn, time: Time, key: str) -> None:
    found = refusal(base, time, api_key=key)
    assert "not a token" in str(found)
    assert base.log == []


def test_an_unknown_base_is_told_in_words(base: AirtableStandIn, time: Time) -> None:
    assert "The Airtable base appNowhere has no table Levels" in str(refusal(base, time, base_id="appNowhere"))


def test_a_base_id_that_can_be_none_is_refused(base: AirtableStandIn, time: Time) -> None:
    assert "AIRTABLE_BASE_ID" in str(refusal(base, time, base_id="../meta"))


@pytest.mark.parametrize("url", ["airtable", "ftp://x.example", "http://", "http://[::1"])
def test_an_address_that_is_none_is_told_in_words(base: AirtableStandIn, time: Time, url: str) -> None:
    assert "AIRTABLE_ENDPOINT_URL" in str(refusal(base, time, endpoint_url=url))


def test_a_required_table_that_is_hidden_is_told_in_words(base: AirtableStandIn, time: Time) -> None:
    base.forbidden.add("Hints")
    assert "has no table Hints" in str(refusal(base, time))


def test_an_optional_table_is_not_taken_for_absent_when_a_permission_lacks(base: AirtableStandIn, time: Time) -> None:
    base.fail("403", on="Divisions")
    found = refusal(base, time)
    assert isinstance(found, AirtableRefused)
    assert "lacks a permission" in str(found)


def test_an_unknown_view_is_named(base: AirtableStandIn, time: Time) -> None:
    assert "has no view “Unlocked Puzzles”" in str(refusal(base, time, view="Unlocked Puzzles"))


# --- making the tables ----------------------------------------------------------------------------------------------


def test_an_empty_base_gets_all_tables_and_fields(time: Time) -> None:
    with AirtableStandIn.serving(per_second=0) as base:
        made = create_tables(settings(base), time.pace())
        fields = {table.name: {one["name"] for one in table.fields} for table in base.base.tables}
        linked = {
            table.name: {one["name"] for one in table.fields if one["type"] == "multipleRecordLinks"}
            for table in base.base.tables
        }
    assert len(made) == 6 + 7
    for table, wanted in DOCUMENTED.items():
        assert set(wanted.split()) <= fields[table], table
    assert {"Prereq", "Meta"} <= linked["Levels"]
    assert {"Level", "Prereq", "Hints"} <= linked["Puzzles"]
    assert "Divisions" not in linked["Puzzles"]


DOCUMENTED = {
    "Levels": "Title Description Order Unlocked Prereq PrereqCount UnlockAt Meta Slug CustomCSS",
    "Puzzles": "Title Description Order Level Value Meta Unlocked UnlockAt Prereq Divisions Slug Type ContentText URL"
    " Attachments CustomCSS Script ScriptEnabled Solution Near CustomSuccess CustomError Hints Erratum SolutionText"
    " Authors Access FreeGuesses Close1 Close2 Close3 Close4 Close5"
    " Close1Hint Close2Hint Close3Hint Close4Hint Close5Hint",
    "Hints": "Puzzle HintText Order Cost AvailableAfter",
    "Story": "Puzzle Text Order",
    "Divisions": "Code Name Public Ranked FinalPuzzle Order",
    "Pages": "Slug Title Body Order",
}


def test_a_second_time_makes_nothing(time: Time) -> None:
    with AirtableStandIn.serving(per_second=0) as base:
        create_tables(settings(base), time.pace())
        before = len(base.log)
        assert create_tables(settings(base), time.pace()) == []
        assert {asked.method for asked in base.log[before:]} == {"GET"}


def test_what_is_there_is_left_and_what_lacks_is_added(time: Time) -> None:
    with AirtableStandIn.serving(per_second=0) as base:
        base.base.make_table(
            {"name": "Levels", "fields": [{"name": "Title", "type": "multilineText"}, {"name": "Mine", "type": "url"}]}
        )
        made = create_tables(settings(base), time.pace())
        levels = base.base.table("Levels")
    assert "Added the field Slug to Levels." in made
    assert levels.field_named("Title")["type"] == "multilineText"
    assert levels.field_named("Mine")


def test_a_set_up_that_broke_off_is_finished_by_the_next(time: Time) -> None:
    with AirtableStandIn.serving(per_second=0) as base:
        base.fail("500", on="tables", skip=5)
        with pytest.raises(AirtableUnavailable):
            create_tables(settings(base), time.pace())
        create_tables(settings(base), time.pace())
        assert len(base.base.tables) == 6


def test_a_write_is_never_tried_again(time: Time) -> None:
    with AirtableStandIn.serving(per_second=0) as base:
        base.fail("cut", on="tables", skip=1)
        with pytest.raises(AirtableUnavailable):
            create_tables(settings(base), time.pace())
        assert [asked.method for asked in base.log] == ["GET", "POST"]


def test_a_base_that_was_set_up_and_filled_makes_a_hunt(time: Time) -> None:
    with AirtableStandIn.serving(per_second=0) as base:
        create_tables(settings(base), time.pace())
        for table, rows in TABLES.items():
            known = {one["name"] for one in base.base.table(table).fields}
            assert {name for row in rows for name in row["fields"]} <= known
            base.base.table(table).rows = {row["id"]: row for row in rows}
        source = _with_assets(fetch(settings(base), time.pace()), read_file(DEMO_HUNT))
    assert parse(source, version=1).warnings == ()


def test_setting_up_an_unknown_base_is_refused_in_words(base: AirtableStandIn, time: Time) -> None:
    with pytest.raises(AirtableRefused, match=r"schema\.bases:write"):
        create_tables(settings(base, base_id="appNowhere"), time.pace())
