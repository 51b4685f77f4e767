"""The boxes before *Put live*: which corrections teams are told of."""

from __future__ import annotations

import json

from app.ports import Ports
from tests.content.test_admin import postcard
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.demo_hunt import world as world
from tests.support.demo_hunt import writer as writer
from tests.support.pages import parsed
from tests.support.restocks import demo, fields_below, finished, staged_page, upload


def boxes(client: PageClient, ports: Ports) -> dict[str, bool]:
    """The puzzles that the page offers to tell teams of, and whether each is ticked."""
    found = parsed(client.get(staged_page(ports)).text).select('input[name="tell"]')
    return {str(box["value"]): box.has_attr("checked") for box in found}


def announced(ports: Ports) -> list[str]:
    return [row[0] for row in rows(ports, "SELECT puzzle_id FROM errata")]


def test_a_changed_erratum_is_ticked_and_a_changed_text_is_not(writer: PageClient, world: Ports) -> None:
    whole = demo(Erratum="A hare.")
    other = next(row for row in whole["tables"]["Puzzles"] if row["fields"].get("Slug") == "gauges")
    other["fields"]["ContentText"] += "\n\nMore."
    upload(writer, json.dumps(whole).encode())
    assert finished(world) == "checked"
    assert boxes(writer, world) == {postcard(world): True, other["id"]: False}
    page = staged_page(world)
    hidden = {name: value for name, value in fields_below(writer.get(page).text, page).items() if name != "tell"}
    assert writer.send_form(page, hidden | {"tell": [other["id"]]}).status_code == 303
    assert announced(world) == [other["id"]]


def test_without_a_tick_nobody_is_told(writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Erratum="A hare.")).encode())
    assert finished(world) == "checked"
    page = staged_page(world)
    hidden = {name: value for name, value in fields_below(writer.get(page).text, page).items() if name != "tell"}
    assert writer.send_form(page, hidden).status_code == 303
    assert announced(world) == []


def test_no_box_is_offered_where_nothing_is_corrected(writer: PageClient, world: Ports) -> None:
    upload(writer, json.dumps(demo(Value=11)).encode())
    assert finished(world) == "checked"
    assert boxes(writer, world) == {}
