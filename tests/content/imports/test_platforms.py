# ruff: noqa: E501 (rows of other programs, as they write them)
"""What exports of other platforms may hold besides what the real ones of test_real_exports.py do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.content.imports.archive import ImportRefused
from app.content.imports.incoming import Incoming, check, hashed
from app.content.imports.reading import ImportFile, read_import
from app.content.sources.json_file import read_text, write_text
from tests.content.imports.test_spreadsheets import EMPTY, fields, zipped
from tests.content.writing.pictures import PNG
from tests.support.clock import FixedClock
from tests.support.world import CountingHasher


def come_in(raw: bytes, name: str, kind: str = "") -> Incoming:
    return read_import(ImportFile(raw, name, EMPTY, "UTC", kind))


def rows(*found: dict[str, Any]) -> str:
    return json.dumps({"count": len(found), "results": list(found), "meta": {}}, separators=(",", ":"))


def challenge(number: int, **more: Any) -> dict[str, Any]:
    usual = {"id": number, "name": f"Challenge {number}", "description": "", "attribution": None, "connection_info": None,
             "next_id": None, "max_attempts": 0, "value": 100, "category": "Web", "type": "standard", "state": "visible",
             "logic": "any", "initial": None, "minimum": None, "decay": None, "position": 0, "function": "static",
             "requirements": None}  # fmt: skip
    return usual | more


def flag(number: int, content: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "challenge_id": number, "type": "static", "content": content, "data": ""} | more


CTFD = {
    "db/alembic_version.json": rows({"version_num": "1"}),
    "db/challenges.json": rows(
        challenge(1, description="Look:\r\n![map](/files/abc123/map.png)", connection_info="nc example.org 1"),
        challenge(2, category="Crypto", requirements={"prerequisites": [1, 9], "anonymize": True}, state="hidden"),
        challenge(3, type="dynamic", initial=500, minimum=100, decay=10, value=300, max_attempts=3, logic="all"),
    ),
    "db/flags.json": rows(
        flag(1, "CTF{secret}"), flag(2, "CTF{.*}", type="regex"), flag(3, "open", data="case_insensitive")
    ),
    "db/hints.json": rows(
        {"id": 1, "title": None, "type": "standard", "challenge_id": 1, "content": "Free", "cost": 0, "requirements": None},
        {"id": 2, "title": "T", "type": "standard", "challenge_id": 1, "content": "Dear", "cost": 50,
         "requirements": {"prerequisites": [1]}},
    ),
    "db/files.json": rows(
        {"id": 1, "type": "challenge", "location": "abc123/map.png", "challenge_id": 1, "page_id": None},
        {"id": 2, "type": "challenge", "location": "def/run.exe", "challenge_id": 1, "page_id": None},
    ),
    "db/pages.json": rows(
        {"id": 1, "title": "Home", "route": "index", "content": "# Hi", "draft": False, "hidden": None, "auth_required": None},
        {"id": 2, "title": "Draft", "route": "later", "content": "x", "draft": True, "hidden": None, "auth_required": None},
    ),
    "db/tags.json": rows({"id": 1, "challenge_id": 1, "value": "easy"}),
    "db/teams.json": rows({"id": 1, "name": "Owls"}, {"id": 2, "name": "Bats"}),
    "db/submissions.json": rows({"id": 1, "provided": "CTF{secret}"}),
    "db/solves.json": "",
    "uploads/abc123/map.png": PNG,
    "uploads/def/run.exe": b"MZ no picture",
}  # fmt: skip


def noted(incoming: Incoming) -> set[tuple[str, str]]:
    return {(one.record_title, one.field) for one in check(incoming).noted}


def test_a_ctfd_export_comes_in_with_its_order_hints_pages_and_files() -> None:
    incoming = come_in(zipped(**CTFD), "export.zip")
    assert check(incoming).faults == ()
    first, second, third = fields(incoming)
    assert first["ContentText"] == "Look:\n![map](asset:map.png)\n\n`nc example.org 1`"
    assert first["Attachments"] == [{"url": "asset:map.png", "filename": "map.png"}]
    assert (second["Prereq"], second.get("Unlocked"), third["Value"]) == (["ctfd1"], None, 500)
    assert [one["Title"] for one in fields(incoming, "Levels")] == ["Web", "Crypto"]
    assert [one["Cost"] for one in fields(incoming, "Hints")] == [0, 1]
    assert [one["Slug"] for one in fields(incoming, "Pages")] == ["home"]


def test_what_a_ctfd_export_has_and_a_hunt_has_not_is_listed() -> None:
    incoming = come_in(zipped(**CTFD), "export.zip")
    first, second, third = "Challenge 1", "Challenge 2", "Challenge 3"
    assert noted(incoming) >= {
        (first, "flag"), (second, "flag"), (second, "requirements"), (second, "state"), (third, "value"),
        (third, "logic"), (third, "max_attempts"), (first, "hint"), (first, "files"), (first, "tags"), ("", "run.exe"),
        ("", "teams"), ("", "submissions"), ("Draft", "later"),
    }  # fmt: skip
    assert "secret" not in str(check(incoming))


FIRST_PAGE = """<div class="row">
  <img class="w-100" src="%s" />
  <h3 class="text-center"><p>A cool CTF platform from <a href="https://ctfd.io">ctfd.io</a></p>
  %s</h3><h4><a href="admin">Click here</a> to login and setup your CTF</h4>
</div>"""
FOLLOW = '<p>Follow us on social media:</p><a href="https://github.com/ctfd"><i></i></a>&nbsp;'


@pytest.mark.parametrize(
    ("route", "content", "is_kept"),
    [
        ("index", FIRST_PAGE % ("/themes/core/static/img/logo.png", FOLLOW), False),
        ("index", FIRST_PAGE % ("/files/abc123/map.png", FOLLOW), False),
        ("index", (FIRST_PAGE % ("/static/logo.png", "")).replace("\n", "\r\n"), False),
        ("index", " \r\n", False),
        ("", FIRST_PAGE % ("", FOLLOW), False),
        ("index", FIRST_PAGE % ("", FOLLOW) + "<p>We begin at noon.</p>", True),
        ("about", FIRST_PAGE % ("", FOLLOW), True),
    ],
)
def test_the_first_page_of_ctfd_is_taken_only_if_somebody_wrote_it(route: str, content: str, is_kept: bool) -> None:
    page = {"id": 1, "title": "Home", "route": route, "content": content, "draft": False}
    incoming = come_in(zipped(**CTFD | {"db/pages.json": rows(page)}), "export.zip")
    assert bool(fields(incoming, "Pages")) is is_kept
    assert (("Home", route or "index") in noted(incoming)) is not is_kept


def test_a_ctfd_export_can_be_played() -> None:
    incoming = come_in(zipped(**CTFD), "export.zip")
    source = hashed(incoming, CountingHasher(), FixedClock())
    again = read_text(write_text(source), "x")
    assert [one.fields.get("Solution", "")[:4] for one in again.records("Puzzles")] == ["$2b$", "", "$2b$"]
    assert "secret" not in write_text(source)


def test_a_csv_of_ctfd_challenges_comes_in() -> None:
    text = (
        "name,category,description,value,type,state,flags,hints,tags\n"
        'One,Web,Text,10,standard,visible,"a, b","[{""content"": ""H"", ""cost"": 5}]","x,y"\n'
    )
    incoming = come_in(text.encode(), "challenges.csv")
    assert incoming.answers == {("Puzzles", "ctfd1", "Solution"): "a\nb"}
    assert fields(incoming, "Hints")[0]["HintText"] == "H"
    assert check(incoming).faults == ()


def model(name: str, *found: dict[str, Any]) -> str:
    return json.dumps([{"model": f"puzzlehunt.{name}", **one} for one in found], indent=2)


SPRING = {
    "file_references.json": json.dumps({"hunt": {"css_file": None}, "puzzles": {
        "a1b": {"main_file": ["a1b", "index.html"], "main_solution_file": None}, "c2d": {"main_file": ["c2d", "p.pdf"]}}}),
    "hunt.json": model("hunt", {"fields": {"name": "Spring", "config": "Pa1b <= +0:00\nP#2 <= P#1\nPc2d <= 2 OF (Pa1b, Pa1b)\n1 HINT <= EVERY 1 HOUR"}}),
    "puzzles.json": model(
        "puzzle",
        {"pk": "a1b", "fields": {"name": "One", "order_number": 1, "answer": "Fox", "type": "STD", "case_sensitive": True}},
        {"pk": "c2d", "fields": {"name": "Two", "order_number": 2, "answer": "Owl", "type": "MET"}},
    ),
    "canned_hints.json": model("cannedhint", {"fields": {"puzzle": "a1b", "text": "Red", "order": 0}}),
    "responses.json": model("response", {"fields": {"puzzle": "a1b", "regex": "wolf", "text": "Smaller"}},
                            {"fields": {"puzzle": "a1b", "regex": "b.*r", "text": "No"}}),
    "teams.json": model("team", {"fields": {"name": "Owls"}}),
    "files/puzzle/a1b/index.html": "{% load x %}<html><body><p>Who?</p><img src=\"fox.png\"></body></html>",
    "files/puzzle/a1b/fox.png": PNG,
    "files/puzzle/c2d/p.pdf": b"%PDF-1.4",
    "files/template.html": "<html></html>",
}  # fmt: skip


def test_a_puzzlespring_export_comes_in() -> None:
    incoming = come_in(zipped(**SPRING), "Spring.phe")
    assert check(incoming).faults == ()
    one, two = fields(incoming)
    assert one["ContentText"] == '<p>Who?</p><img src="asset:fox.png">'
    assert (two["Prereq"], two["Meta"], two["Attachments"][0]["url"]) == (["springa1b"], True, "asset:p.pdf")
    assert incoming.answers["Puzzles", "springa1b", "Close1"] == "wolf"
    assert {
        ("One", "responses"),
        ("One", "case_sensitive"),
        ("", "config"),
        ("", "teams"),
        ("", "files/template.html"),
    } <= noted(incoming)


def test_what_a_hint_of_puzzlespring_cost_is_a_credit_here_and_settings_without_a_place_are_named() -> None:
    hunt = {"name": "Spring", "config": "", "is_current_hunt": True, "css_file": "a.css", "hint_lockout": 60,
            "hint_pool_type": "GLOBAL", "location": "", "team_size_limit": 4, "start_date": "2026-11-30T16:00:00Z"}  # fmt: skip
    incoming = come_in(zipped(**SPRING | {"hunt.json": model("hunt", {"fields": hunt})}), "Spring.phe")
    assert [one["Cost"] for one in fields(incoming, "Hints")] == [1]
    found = {one.field: one.message for one in check(incoming).noted}
    assert {"hint_lockout", "hint_pool_type", "team_size_limit", "start_date"} <= set(found)
    assert not {"location", "name", "is_current_hunt", "css_file"} & set(found)
    assert "costs one hint credit" in found["canned_hints"]


def test_an_export_without_hints_says_nothing_of_their_cost() -> None:
    incoming = come_in(zipped(**SPRING | {"canned_hints.json": "[]"}), "Spring.phe")
    assert ("", "canned_hints") not in noted(incoming)


GPH = "Intro\tOne\tone\t:fox:\tFOX\t0\t\t\n\tTwo (Meta)\ttwo\t\tOWL\t\t3\t\n"


def test_a_list_of_gph_site_with_its_texts_comes_in() -> None:
    raw = zipped(**{
        "puzzles.tsv": GPH, "puzzle_bodies/one.html": '{% extends "x" %}{% block puzzle-body-md %}![a](map.png){% endblock %}',
        "two/index.md": "Meta text", "two/sound.png": PNG + b" ", "static/map.png": PNG, "solution_bodies/one.html": "FOX it is",
        "extra.md": "x",
    })  # fmt: skip
    incoming = come_in(raw, "hunt.zip")
    assert check(incoming).faults == ()
    one, two = fields(incoming)
    assert (one["ContentText"], one["SolutionText"]) == ("![a](asset:map.png)", "FOX it is")
    assert (two["Title"], two["Meta"], two["ContentText"]) == ("Two", True, "Meta text")
    assert list(incoming.answers.values()) == ["FOX", "OWL"]
    assert {("One", "emoji"), ("Two", "unlock_global"), ("", "extra.md")} <= noted(incoming)


def test_the_list_of_gph_site_alone_comes_in() -> None:
    assert [one["Title"] for one in fields(come_in(GPH.encode(), "puzzles.tsv"))] == ["One", "Two"]


@pytest.mark.parametrize("kind", ["ctfd", "puzzlespring", "gph"])
@pytest.mark.parametrize(
    "raw",
    [b"x", zipped(a="x"), zipped(**{"db/challenges.json": "[["}), zipped(**{"db/challenges.json": '{"results": [1, {}]}'}),
     zipped(**{"hunt.json": "1", "puzzles.json": '[{"fields": {}}]', "file_references.json": "[]"}), b"\0" * 99],
)  # fmt: skip
def test_what_is_no_export_is_refused_or_has_faults(kind: str, raw: bytes) -> None:
    try:
        incoming = come_in(raw, "x.zip", kind)
    except ImportRefused:
        return
    assert check(incoming).faults
