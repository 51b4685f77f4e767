"""Airtable's own ways of writing, understood by the types of its fields, or warned of."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.content.sources.airtable import AirtableSettings, fetch
from app.content.sources.airtable_client import RequestPace
from app.content.sources.airtable_ways import with_breaks
from tests.standins.airtable import AirtableStandIn
from tests.support.records import parsed, warnings

AUTHORS = ("recAAAAAAAAAAAAAA", "recBBBBBBBBBBBBBB")


def pace() -> RequestPace:
    return RequestPace(sleep=lambda seconds: None, monotonic=lambda: 0.0)


def puzzle(**cells: Any) -> Any:
    return parsed({"Puzzles": {"recP1": cells}}).content.puzzle("recP1")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Roses are red\nViolets are blue\n", "<p>Roses are red<br>\nViolets are blue</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("- a\n- b\n", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("```\na\nb\n```", "<pre><code>a\nb\n</code></pre>"),
        ("# Head\ntext", "<h2>Head</h2>\n<p>text</p>"),
    ],
)
def test_line_breaks_of_rich_text_are_line_breaks(text: str, html: str) -> None:
    assert puzzle(ContentText=with_breaks(text)).body_html == html
    assert with_breaks(with_breaks(text)) == with_breaks(text)


def filled() -> AirtableStandIn:
    """A base with a rich text, a duration, and authors in a table of their own."""
    hint = {"HintText": "x", "AvailableAfter": 1800, "Puzzle": ["recP"]}
    rows = {"Title": "P", "ContentText": "a\nb", "Authors": [AUTHORS[0]], "Description": "c\nd"}
    tables = {
        "Levels": [{"id": "recL", "fields": {"Title": "L"}}],
        "Puzzles": [{"id": "recP", "fields": rows}],
        "Hints": [{"id": "recH", "fields": hint}],
        "People": [{"id": AUTHORS[0], "fields": {"Name": "Ada"}}],
    }
    return AirtableStandIn.serving(tables, per_second=0)


def settings(base: AirtableStandIn) -> AirtableSettings:
    return AirtableSettings(api_key=base.token, base_id=base.base.id, endpoint_url=base.url)


def set_type(base: AirtableStandIn, table: str, name: str, kind: str, **options: Any) -> None:
    base.base.table(table).field_named(name).update({"type": kind, "options": options})


def test_what_a_field_means_is_told_by_its_type() -> None:
    with filled() as base:
        set_type(base, "Puzzles", "ContentText", "richText")
        set_type(base, "Hints", "AvailableAfter", "duration", durationFormat="h:mm")
        people = base.base.table("People").id
        set_type(
            base, "Puzzles", "Authors", "multipleRecordLinks", linkedTableId=people, isReversed=False,
            prefersSingleRecordLink=False,
        )  # fmt: skip
        found = fetch(settings(base), pace())
    cells = found.records("Puzzles")[0].fields
    assert (cells["ContentText"], cells["Description"], cells["Authors"]) == ("a  \nb", "c\nd", ["Ada"])
    assert found.records("Hints")[0].fields["AvailableAfter"] == 30


def test_without_leave_to_read_the_schema_everything_comes_as_it_is() -> None:
    with filled() as base:
        base.fail("403", on="/meta/", times=9)
        found = fetch(settings(base), pace())
    assert found.records("Hints")[0].fields["AvailableAfter"] == 1800
    assert found.records("Puzzles")[0].fields["Authors"] == [AUTHORS[0]]


def test_ids_in_the_place_of_authors_are_warned_of_and_shown_to_nobody() -> None:
    found = {"Authors": [*AUTHORS, "Bo"]}
    assert puzzle(**found).authors == "Bo"
    assert any(AUTHORS[0] in one and "look-up" in one for one in warnings({"Puzzles": {"recP1": found}}))


@pytest.mark.parametrize(("minutes", "is_told"), [(1800, True), (300, True), (90, False), (301, False), (240, False)])
def test_seconds_in_the_place_of_minutes_are_warned_of(minutes: int, is_told: bool) -> None:
    told = warnings({"Hints": {"recH1": {"AvailableAfter": minutes}}})
    assert any(re.search(rf"AvailableAfter: This means {minutes} minutes", one) for one in told) is is_told


@pytest.mark.parametrize(
    "cells", [{}, {"ContentText": " \n"}, {"ContentText": "<div></div>"}, {"URL": "https://a.example"}]
)
def test_a_puzzle_with_nothing_to_read_is_warned_of(cells: dict[str, Any]) -> None:
    told = warnings({"Puzzles": {"recP1": {"ContentText": None, **cells}}})
    assert any("nothing to read" in one for one in told)


@pytest.mark.parametrize(
    "cells", [{"Description": "x"}, {"ContentText": "?!"}, {"Type": "Link", "URL": "https://a.example"}]
)
def test_a_puzzle_with_anything_to_read_is_not(cells: dict[str, Any]) -> None:
    told = warnings({"Puzzles": {"recP1": {"ContentText": None, **cells}}})
    assert not any("nothing to read" in one for one in told)
