"""The stand-in itself: that it answers the real pyairtable, and refuses, as Airtable does."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pyairtable import Api

from tests.standins.airtable import AirtableStandIn
from tests.support.clock import FixedClock
from tests.support.source import ROOT

ROWS = [
    {"id": f"rec{number:014}", "fields": {"Title": f"T{number:03}", "Value": number, "Note": ""}}
    for number in range(120)
]


@pytest.fixture
def stand_in() -> Iterator[AirtableStandIn]:
    with AirtableStandIn.serving({"My Puzzles": ROWS}, per_second=0) as found:
        yield found


@pytest.fixture
def api(stand_in: AirtableStandIn) -> Iterator[Api]:
    found = Api(stand_in.token, endpoint_url=stand_in.url, retry_strategy=None, timeout=(5, 5))
    with found.session:
        yield found


def ask(stand_in: AirtableStandIn, path: str, method: str = "GET", **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {stand_in.token}", "Connection": "close"}
    return requests.request(method, stand_in.url + path, headers=headers, timeout=30, **more)


def test_tables_go_by_quoted_name_and_by_id(stand_in: AirtableStandIn, api: Api) -> None:
    table = stand_in.base.tables[0]
    assert (
        len(api.table(stand_in.base.id, "My Puzzles").all()) == len(api.table(stand_in.base.id, table.id).all()) == 120
    )
    assert stand_in.log[0].path.endswith("/My Puzzles")


def test_empty_cells_are_absent_and_offsets_opaque(stand_in: AirtableStandIn) -> None:
    page = ask(stand_in, f"/v0/{stand_in.base.id}/My%20Puzzles?pageSize=50").json()
    assert len(page["records"]) == 50
    assert "Note" not in page["records"][1]["fields"]
    assert re.fullmatch(r"itr\w{14}/rec\w{14}", page["offset"])


def test_fields_sorting_and_limits_are_obeyed(stand_in: AirtableStandIn, api: Api) -> None:
    found = api.table(stand_in.base.id, "My Puzzles").all(fields=["Title"], sort=["-Title"], max_records=2)
    assert [row["fields"] for row in found] == [{"Title": "T119"}, {"Title": "T118"}]


def test_fields_by_id(stand_in: AirtableStandIn, api: Api) -> None:
    field_id = stand_in.base.tables[0].field_named("Title")["id"]
    found = api.table(stand_in.base.id, "My Puzzles").first(use_field_ids=True)
    assert found
    assert found["fields"][field_id] == "T000"


def test_a_question_too_long_for_an_address_is_posted(stand_in: AirtableStandIn, api: Api) -> None:
    found = api.table(stand_in.base.id, "My Puzzles").all(fields=["Title"] * 2000, page_size=100)
    assert len(found) == 120
    assert {asked.method for asked in stand_in.log} == {"POST"}


def test_records_are_made_changed_and_deleted(stand_in: AirtableStandIn, api: Api) -> None:
    table = api.table(stand_in.base.id, "My Puzzles")
    made = table.create({"Title": "New"})
    assert table.update(made["id"], {"Value": 7})["fields"] == {"Title": "New", "Value": 7}
    assert table.update(made["id"], {"Value": 8}, replace=True)["fields"] == {"Value": 8}
    assert len(table.batch_create([{"Title": str(number)} for number in range(12)])) == 12
    assert table.delete(made["id"])["deleted"]
    assert ask(stand_in, f"/v0/{stand_in.base.id}/My%20Puzzles/{made['id']}").json() == {"error": "NOT_FOUND"}


def test_the_schema_is_told_and_extended(stand_in: AirtableStandIn, api: Api) -> None:
    base = api.base(stand_in.base.id)
    made = base.create_table("Levels", [{"name": "Title", "type": "singleLineText"}])
    target = stand_in.base.tables[0]
    made.create_field("Contains", "multipleRecordLinks", options={"linkedTableId": target.id})
    schema = base.schema(force=True)
    assert {table.name for table in schema.tables} == {"My Puzzles", "Levels"}
    assert schema.table("My Puzzles").field("Levels").type == "multipleRecordLinks"


REFUSED = {
    "/v0/BASE/My%20Puzzles?pageSize=101": (422, "INVALID_PAGE_SIZE_ARGUMENT"),
    "/v0/BASE/My%20Puzzles?fields[]=Nope": (422, "UNKNOWN_FIELD_NAME"),
    "/v0/BASE/My%20Puzzles?view=Nope": (422, "VIEW_NAME_NOT_FOUND"),
    "/v0/BASE/My%20Puzzles?filterByFormula=%7B": (422, "INVALID_FILTER_BY_FORMULA"),
    "/v0/BASE/My%20Puzzles?offset=itrOld/recOld": (422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"),
    "/v0/BASE/Nope": (403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
}


@pytest.mark.parametrize("path", REFUSED)
def test_refusals_have_airtables_shape(stand_in: AirtableStandIn, path: str) -> None:
    answer = ask(stand_in, path.replace("BASE", stand_in.base.id))
    assert (answer.status_code, answer.json()["error"]["type"]) == REFUSED[path]
    assert answer.json()["error"]["message"]


def test_an_unknown_base_is_a_bare_not_found(stand_in: AirtableStandIn) -> None:
    answer = ask(stand_in, "/v0/appNope/My%20Puzzles")
    assert (answer.status_code, answer.json()) == (404, {"error": "NOT_FOUND"})


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_without_the_token_nothing_is_answered(stand_in: AirtableStandIn, headers: dict[str, str]) -> None:
    answer = requests.get(f"{stand_in.url}/v0/meta/whoami", headers={**headers, "Connection": "close"}, timeout=30)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "AUTHENTICATION_REQUIRED"


def test_more_than_ten_records_at_once_are_refused(stand_in: AirtableStandIn) -> None:
    body = {"records": [{"fields": {"Title": "x"}}] * 11}
    answer = ask(stand_in, f"/v0/{stand_in.base.id}/My%20Puzzles", "POST", json=body)
    assert answer.json()["error"]["type"] == "INVALID_REQUEST_BODY"


def test_six_requests_in_a_second_are_punished_for_a_time() -> None:
    clock = FixedClock()
    with AirtableStandIn.serving({"T": ROWS[:1]}, per_second=5, penalty=30, clock=clock.monotonic) as stand_in:
        statuses = [ask(stand_in, "/v0/meta/whoami").status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        assert "RATE_LIMIT_REACHED" in ask(stand_in, "/v0/meta/whoami").text
        clock.advance(32)
        assert ask(stand_in, "/v0/meta/whoami").status_code == 200


def test_an_attachments_address_dies() -> None:
    clock = FixedClock()
    with AirtableStandIn.serving(per_second=0, clock=clock.monotonic) as stand_in:
        cell = stand_in.attach("a.png", b"png", "image/png")
        first = requests.get(cell["url"], headers={"Connection": "close"}, timeout=30)
        assert (first.content, first.headers["Content-Type"]) == (b"png", "image/png")
        clock.advance(7_201)
        assert requests.get(cell["url"], headers={"Connection": "close"}, timeout=30).status_code == 410


def test_it_can_be_run_by_itself() -> None:
    words = [sys.executable, "-m", "tests.standins.airtable", "data/demo_hunt.json", "--per-second", "0"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))
        headers = {"Authorization": f"Bearer {told['AIRTABLE_API_KEY']}", "Connection": "close"}
        url = f"{told['AIRTABLE_ENDPOINT_URL']}/v0/{told['AIRTABLE_BASE_ID']}/Levels"
        answer = requests.get(url, headers=headers, timeout=30)
        process.terminate()
    assert len(answer.json()["records"]) == 3
