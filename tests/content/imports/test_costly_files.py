"""Small files that would take hours or gigabytes: each is refused, or read in one pass."""

from __future__ import annotations

import json
import re

import pytest

from app.content.imports import members, sheets
from app.content.imports.archive import ImportRefused, read_archive
from app.content.imports.incoming import Incoming, check
from app.content.imports.reading import ImportFile, read_import
from app.content.imports.regions import cut, without_commands, without_styles
from tests.content.imports.test_odd_files import PLAIN
from tests.content.imports.test_spreadsheets import EMPTY, ODS, book, fields, zipped

XML = '<{name} xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{body}</{name}>'
LINE = "Round\tA\ta\t:x:\tANS\t-1\t-1\t-1\n"
MANY = 300_000


def come_in(raw: bytes, name: str = "a.xlsx") -> Incoming:
    return read_import(ImportFile(raw, name, EMPTY, "UTC"))


def workbook(part: str, name: str, body: str) -> bytes:
    return zipped(**(read_archive(book(Puzzles=PLAIN)) | {part: XML.format(name=name, body=body).encode()}))


@pytest.mark.parametrize(
    ("part", "name", "body"),
    [
        ("xl/styles.xml", "styleSheet", f"<cellXfs>{'<xf/>' * MANY}</cellXfs>"),
        ("xl/workbook.xml", "workbook", "<definedName/>" * MANY),
        ("xl/sharedStrings.xml", "sst", "<si/>" * 10 * MANY),
        ("xl/worksheets/sheet1.xml", "worksheet", f"<sheetData><row>{'<c/>' * 10 * MANY}</row></sheetData>"),
    ],
)
def test_a_workbook_of_more_marks_than_any_hunt_has_is_refused(part: str, name: str, body: str) -> None:
    with pytest.raises(ImportRefused):
        come_in(workbook(part, name, body))


def test_an_ods_of_more_marks_than_any_hunt_has_is_refused() -> None:
    content = ODS.format(rows=1, columns=1).replace("</table:table>", "<text:p/>" * 10 * MANY + "</table:table>")
    with pytest.raises(ImportRefused):
        come_in(zipped(**{"content.xml": content}), "a.ods")


@pytest.mark.parametrize("words", ["<c ", "<mergeCell ", "<x:c "])
def test_a_comment_of_cells_that_do_not_end_is_read_in_one_pass(words: str) -> None:
    parts = dict(read_archive(book(Puzzles=PLAIN)))
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    parts["xl/worksheets/sheet1.xml"] = sheet.replace("<sheetData", f"<!--{words * MANY}--><sheetData", 1).encode()
    assert fields(come_in(zipped(**parts)))[0]["Title"] == "A"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("db/challenges.json", "[" + "[]," * members.MOST_VALUES + "[]]"),
        ("db/flags.json", '{"results": [' + '{"a": 1},' * members.MOST_VALUES + "{}]}"),
    ],
)
def test_json_of_more_values_than_any_hunt_has_is_refused(name: str, body: str) -> None:
    with pytest.raises(ImportRefused, match="more than"):
        come_in(zipped(**{"db/challenges.json": "[]", name: body}), "a.zip")


def test_a_table_that_is_not_read_may_be_as_long_as_it_likes() -> None:
    tables = {
        "db/challenges.json": json.dumps([{"id": 1, "name": "A", "category": "c", "description": "x"}]),
        "db/submissions.json": "[" + "{}," * members.MOST_VALUES + "{}]",
    }
    found = come_in(zipped(**tables), "a.zip")
    assert [one["Title"] for one in fields(found)] == ["A"]
    assert "submissions" in {one.field for one in found.findings.warnings}


def gph(text: str) -> Incoming:
    return come_in(zipped(**{"list.tsv": LINE, "puzzle_bodies/a.md": text}), "a.zip")


@pytest.mark.parametrize(
    "words", ["<style>", "<style ", "{%", "{{", "{#", "{% block puzzle-body-md %}", "{% block puzzle-author %}", '"(/x']
)
def test_a_text_of_marks_that_do_not_end_is_read_in_one_pass(words: str) -> None:
    assert fields(gph(words * MANY))[0]["Title"] == "A"


@pytest.mark.parametrize("words", ["https://", "https://x/files/", "/files/a/"])
def test_an_address_that_goes_on_and_on_is_read_in_one_pass(words: str) -> None:
    challenge = {"id": 1, "name": "A", "category": "c", "description": words * MANY}
    found = come_in(zipped(**{"db/challenges.json": json.dumps([challenge])}), "a.zip")
    assert "ContentText" in {one.field for one in check(found).faults}


def test_a_cell_of_commas_is_read_in_one_pass() -> None:
    head = "name,category,description,value,type,state,flags\n"
    found = come_in(f'{head}A,c,x,1,standard,visible,"{"," * 100_000}"\n'.encode(), "c.csv")
    assert fields(found)[0]["Title"] == "A"


def test_a_text_of_more_megabytes_than_any_hunt_has_is_refused() -> None:
    body = "a,b\n" * (sheets.MOST_TEXT // 4 + 1)
    for members_of in ({"Puzzles.csv": body}, {"list.tsv": LINE, "puzzle_bodies/a.md": body}):
        with pytest.raises(ImportRefused, match="more than 20 MB"):
            come_in(zipped(**members_of), "a.zip")


def test_a_line_of_more_cells_than_any_sheet_has_is_refused() -> None:
    with pytest.raises(ImportRefused, match="too long"):
        come_in(b"Title" + b"," * (sheets.MOST_LINE + 1), "Puzzles.csv")


def test_regions_are_cut_as_they_stand() -> None:
    start, end = re.compile("<b>"), re.compile("</b>")
    assert cut("1<b>2</b>3<b><b>4</b>5<b>6", start, end) == ("135<b>6", ["2", "<b>4"])
    assert without_styles("a<style media=x> p{} </STYLE >b") == ("ab", "p{}")
    assert without_commands("a{% b %}c{{ d }}e{# f #}g") == ("aceg", True)
    assert without_commands("a {{ b {% c %} d") == ("a {{ b  d", True)
    assert without_commands("{a} %}") == ("{a} %}", False)


@pytest.mark.parametrize("files", ["x", [], 1, None, {"a1b": []}])
def test_files_that_are_no_list_of_files_are_none(files: object) -> None:
    tables = {
        "hunt.json": "[]",
        "puzzles.json": json.dumps([{"pk": "a1b", "fields": {"name": "A", "order_number": 1}}]),
        "file_references.json": json.dumps({"puzzles": files}),
    }
    assert [one["Title"] for one in fields(come_in(zipped(**tables), "a.phe"))] == ["A"]


# --- solutions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["solutions/a/final.png", "a/solution.png", "a/answer.png", "static/solution_resources/a/x.png", "a/hints/1.png"],
)
def test_a_file_of_a_solution_is_not_put_below_its_puzzle(path: str) -> None:
    found = come_in(zipped(**{"list.tsv": LINE, "a/index.md": "Who?", path: b"\x89PNG\r\n\x1a\n"}), "a.zip")
    assert "Attachments" not in fields(found)[0]
    assert path in {one.field for one in found.findings.warnings}


def test_the_text_of_a_puzzle_is_not_its_answer_or_its_solution() -> None:
    texts = {
        "a/answer.md": "SECRET",
        "a/index.md": "Who?",
        "a/notes.md": "of ours",
        "a/solution.md": "It was the lamp.",
    }
    (one,) = fields(come_in(zipped(**{"list.tsv": LINE, **texts}), "a.zip"))
    assert (one["ContentText"], one["SolutionText"]) == ("Who?", "It was the lamp.")


def test_a_template_with_both_blocks_shows_only_the_puzzles() -> None:
    text = "{% block puzzle-body-md %}Who?{% endblock %}{% block solution-body-md %}The lamp.{% endblock %}"
    (one,) = fields(gph(text))
    assert one["ContentText"] == "Who?"
    (one,) = fields(gph("Who?{% block solution-body-md %}The lamp.{% endblock %}"))
    assert one["ContentText"] == "Who?"


def test_a_puzzle_whose_slug_says_solution_has_its_text() -> None:
    line = LINE.replace("\ta\t", "\tthe-solution\t")
    texts = {"puzzle_bodies/the-solution.html": "Who?", "solution_bodies/the-solution.html": "The lamp."}
    (one,) = fields(come_in(zipped(**{"list.tsv": line, **texts}), "a.zip"))
    assert (one["ContentText"], one.get("SolutionText")) == ("Who?", "The lamp.")
