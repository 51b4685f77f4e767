"""A hunt as a spreadsheet, out and in, and what spreadsheets do to it."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.imports.archive import ImportRefused, read_archive
from app.content.imports.incoming import Incoming, check, hashed
from app.content.imports.reading import ImportFile, normal_source, read_import
from app.content.imports.workbook import write_workbook
from app.content.sources.json_file import read_file
from app.content.sources.tables import Record, Source
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT
from tests.support.world import CountingHasher

EMPTY = Source({})
ZONE = "Europe/Berlin"


def come_in(raw: bytes, name: str = "hunt.xlsx", base: Source = EMPTY, **names: str) -> Incoming:
    return read_import(ImportFile(raw, name, base, ZONE, "spreadsheet", names))


def book(**sheets: list[list[Any]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(made)


def saved(made: Any) -> bytes:
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def zipped(**members: bytes | str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return target.getvalue()


def puzzles(*rows: list[Any], heads: tuple[str, ...] = ("Title", "Level", "Answer", "Slug")) -> bytes:
    return book(Puzzles=[list(heads), *rows])


def faults_of(incoming: Incoming) -> list[tuple[str, str, str]]:
    return [(one.table, one.record_id, one.field) for one in check(incoming).faults]


def fields(incoming: Incoming, table: str = "Puzzles") -> list[dict[str, Any]]:
    return [dict(one.fields) for one in incoming.source().records(table)]


# --- out and in ------------------------------------------------------------------------------------------------------


def test_a_hunt_comes_back_as_it_went_with_the_answers_that_it_had() -> None:
    base = normal_source(read_file(DEMO_HUNT))
    back = come_in(write_workbook(base), base=base)
    assert check(back).faults == ()
    assert {t: {r.id: r.fields for r in rows} for t, rows in back.source().tables.items()} == {
        t: {r.id: r.fields for r in rows} for t, rows in base.tables.items()
    }
    assert back.source().assets == base.assets


def test_a_workbook_holds_no_answer_and_no_hash() -> None:
    base = normal_source(read_file(DEMO_HUNT))
    text = b"".join(read_archive(write_workbook(base)).values())
    assert b"$2b$" not in text
    assert b"near1" not in text


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=60)
HARD = st.sampled_from(
    ["=1+1", "+1", "-1", "@x", "#N/A", "_x000B_", "a\x0bb", "1.50", "007", "TRUE", "2030-06-01", "'x"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS | HARD, min_size=1, max_size=4))
def test_every_text_comes_back(texts: list[str]) -> None:
    records = tuple(Record(f"rec{n}", {"Title": text}) for n, text in enumerate(texts) if text)
    base = normal_source(Source({"Levels": (), "Puzzles": records, "Hints": ()}))
    back = come_in(write_workbook(base), base=base)
    assert [one["Title"] for one in fields(back)] == [one.fields["Title"] for one in base.records("Puzzles")]


def test_a_text_longer_than_a_cell_goes_on_in_further_columns() -> None:
    text = ("_x000B_\x0b" + "x" * 97) * 900
    base = Source({"Puzzles": (Record("recA", {"Title": "A", "ContentText": text}),)})
    raw = write_workbook(base)
    heads = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(raw))["Puzzles"][1]]
    assert "ContentText (3)" in heads
    assert fields(come_in(raw, base=base))[0]["ContentText"] == text


def test_no_text_of_a_workbook_is_a_formula() -> None:
    raw = write_workbook(Source({"Puzzles": (Record("recA", {"Title": "=HYPERLINK(1)", "ContentText": "#N/A"}),)}))
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(raw))["Puzzles"] for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}


# --- answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_in_clear_becomes_a_hash_with_its_signature_and_is_forgotten() -> None:
    incoming = come_in(puzzles(["Maze", "One", "Minotaur", "maze"], ["Number", "One", 42, "number"]))
    assert "Minotaur" not in repr(incoming)
    source = hashed(incoming, CountingHasher(), FixedClock())
    first, second = (dict(one.fields) for one in source.records("Puzzles"))
    assert first["Solution"].startswith("$2b$")
    assert first["Near"].startswith("near1")
    assert second["Solution"].startswith("$2b$")
    assert "minotaur" not in repr(source).lower()
    assert incoming.answers == {}


def test_blank_answers_are_kept_by_id_and_by_slug_and_new_ones_replace_them() -> None:
    kept = {"Title": "Old", "Solution": "hash", "Near": "signature", "Close1": "close"}
    base = Source({"Puzzles": (Record("recA", kept | {"Slug": "a"}), Record("recB", kept | {"Slug": "b"}))})
    heads = ("id", "Title", "Slug", "Answer")
    back = come_in(
        puzzles(["recA", "New", "x", None], [None, "B", "b", None], [None, "C", "c", None], heads=heads), base=base
    )
    first, second, third = back.source().records("Puzzles")
    assert (first.id, first.fields["Solution"], first.fields["Close1"]) == ("recA", "hash", "close")
    assert (second.id, second.fields["Near"]) == ("recB", "signature")
    assert "Solution" not in third.fields


def test_an_answer_that_cannot_be_one_is_said_with_its_place_and_without_its_text() -> None:
    found = check(come_in(puzzles(["Maze", "One", "?!?", "maze"]))).faults
    assert [(one.table, one.record_id, one.field) for one in found] == [("Puzzles", "row 2, column C", "Solution")]
    assert "?!?" not in str(found)


# --- what spreadsheets do --------------------------------------------------------------------------------------------


def test_links_are_read_by_slug_id_or_title() -> None:
    heads = ("id", "Title", "Slug", "Level", "Prereq", "Answer")
    back = come_in(puzzles(["r1", "One", "one", "Quay", "", "a"], ["r2", "Two", "", "quay", "One", "b"],
                           ["r3", "Three", "three", "Quay", "one, TWO; r1", "c"], heads=heads))  # fmt: skip
    assert [one.get("Prereq") for one in fields(back)] == [None, ["r1"], ["r1", "r2", "r1"]]
    assert [one["Title"] for one in fields(back, "Levels")] == ["Quay", "quay"]


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([["A", "L", "x", "same"], ["B", "L", "y", "same"]], ("Puzzles", "row 3, column D", "Slug")),
        ([["A", "L", "x", "Not A Slug"]], ("Puzzles", "row 2, column D", "Slug")),
        ([["=1+1", "L", "x", "a"]], ("Puzzles", "row 2, column A", "Title")),
        ([[datetime(2030, 6, 1), "L", "x", "a"]], ("Puzzles", "row 2, column A", "Title")),
        ([["A", "L", datetime(2030, 6, 1), "a"]], ("Puzzles", "row 2, column C", "Answer")),
        ([["A", "L", 12345678901234567890, "a"]], ("Puzzles", "row 2, column C", "Answer")),
        ([["A", "L", "_x0000_", "a"]], ("Puzzles", "row 2, column C", "Solution")),
        ([["A_xD800_", "L", "x", "a"]], ("Puzzles", "row 2, column A", "Title")),
        ([[None, "L", "x", "a"]], ("Puzzles", "row 2, column A", "Title")),
    ],
)
def test_a_fault_is_listed_with_sheet_row_and_column(rows: list[list[Any]], place: tuple[str, str, str]) -> None:
    assert place in faults_of(come_in(puzzles(*rows)))


def test_without_a_column_order_puzzles_stand_as_in_the_sheet() -> None:
    found = fields(come_in(puzzles(*([title, "L", "x", title.lower()] for title in "QWERT"))))
    assert [(one["Title"], one["Order"]) for one in found] == list(zip("QWERT", range(1, 6), strict=True))


def test_a_circle_of_links_is_a_fault() -> None:
    heads = ("Title", "Slug", "Level", "Prereq", "Answer")
    found = faults_of(come_in(puzzles(["A", "a", "L", "b", "x"], ["B", "b", "L", "a", "y"], heads=heads)))
    assert found == [("Puzzles", "row 2, column D", "Prereq")]


def test_merged_cells_are_a_fault() -> None:
    made = openpyxl.load_workbook(io.BytesIO(puzzles(["A", "L", "x", "a"], ["B", None, "y", "b"])))
    made["Puzzles"].merge_cells("B2:B3")
    assert ("Puzzles", "row 2, column B", "Level") in faults_of(come_in(saved(made)))


def test_dates_of_the_spreadsheet_are_in_the_zone_of_the_hunt() -> None:
    heads = ("Title", "Level", "Answer", "UnlockAt")
    rows = [["A", "L", "x", at] for at in (datetime(2030, 6, 1, 20), "2030-06-01 20:00", "2030-06-01T18:00Z")]
    found = [one["UnlockAt"] for one in fields(come_in(puzzles(*rows, heads=heads)))]
    assert found == ["2030-06-01T18:00:00Z", "2030-06-01T18:00:00Z", "2030-06-01T18:00Z"]
    skipped = puzzles(["A", "L", "x", datetime(2030, 3, 31, 2, 30)], heads=heads)
    assert ("Puzzles", "row 2, column D", "UnlockAt") in faults_of(come_in(skipped))


def test_columns_are_guessed_named_or_listed_as_unread() -> None:
    raw = book(Puzzles=[["Name", "Round", "answers", "Points", "Nonsense"], ["A", "L", "x", 5, "?"]])
    incoming = come_in(raw)
    assert fields(incoming)[0] | {"Level": 0} == {"Title": "A", "Level": 0, "Value": 5, "Unlocked": True, "Order": 1}
    assert list(incoming.answers.values()) == ["x"]
    assert any(one.field == "Nonsense" for one in check(incoming).noted)
    assert fields(come_in(raw, Nonsense="ContentText"))[0]["ContentText"] == "?"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_in_its_encoding_and_with_its_separator(encoding: str, separator: str) -> None:
    text = "\r\n".join(separator.join(row) for row in (["Title", "Level", "Answer"], ["Crème brûlée", "Süß", "x"]))
    for raw, name in (
        (text.encode(encoding), "Puzzles.csv"),
        (zipped(**{"Puzzles.csv": text.encode(encoding)}), "a.zip"),
    ):
        assert fields(come_in(raw, name))[0]["Title"] == "Crème brûlée"


ODS = """<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><table:table table:name="Puzzles">
<table:table-row><table:table-cell><text:p>Title</text:p></table:table-cell><table:table-cell><text:p>Level</text:p>
</table:table-cell><table:table-cell><text:p>Answer</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="{rows}"><table:table-cell table:number-columns-repeated="{columns}">
<text:p>A<text:s text:c="2"/>B</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16000"/>
</table:table-row><table:table-row table:number-rows-repeated="1048570"><table:table-cell/></table:table-row>
</table:table></office:document-content>"""


def test_an_ods_is_read() -> None:
    found = fields(come_in(zipped(**{"content.xml": ODS.format(rows=1, columns=3)}), "a.ods"))
    assert [one["Title"] for one in found] == ["A  B"]


@pytest.mark.parametrize(("rows", "columns"), [(1_000_000, 3), (1, 1_000_000), (20_000, 150), (10**12, 1)])
def test_repetitions_of_an_ods_do_not_fill_the_memory(rows: int, columns: int) -> None:
    with pytest.raises(ImportRefused):
        come_in(zipped(**{"content.xml": ODS.format(rows=rows, columns=columns)}), "a.ods")


# --- hostile files ---------------------------------------------------------------------------------------------------


def lying(raw: bytes, size: int) -> bytes:
    """The zip with another unpacked size in its directory."""
    at = raw.index(b"PK\x01\x02") + 24
    return raw[:at] + struct.pack("<I", size) + raw[at + 4 :]


BOMB = zipped(a=b"\0" * 101 * 1024 * 1024)
HOSTILE = {
    "nothing": b"",
    "no spreadsheet": b"\x00\x01\x02\x03" * 50,
    "damaged": zipped(a=b"x")[:-30],
    "a bomb": BOMB,
    "a bomb that lies": lying(BOMB, 10),
    "too large": b"x" * (10 * 1024 * 1024 + 1),
    "a way out": zipped(**{"../Puzzles.csv": "Title"}),
    "an absolute name": zipped(**{"/Puzzles.csv": "Title"}),
    "another system's way out": zipped(**{"..\\Puzzles.csv": "Title"}),
    "many members": zipped(**{f"{n}.csv": "x" for n in range(5_001)}),
    "encrypted": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,
    "encrypted ods": zipped(**{"content.xml": b"\x01\x02", "META-INF/manifest.xml": "<encryption-data/>"}),
    "entities": zipped(**{"content.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}),
    "a broken workbook": zipped(**{"xl/workbook.xml": "<workbook"}),
    "other files": zipped(**{"readme.txt": "x"}),
    "an open quote": ('Title,Level\n"' + "x" * 200_000).encode(),
    "too many rows": ("Title\n" + "A\n" * 20_002).encode(),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_or_has_faults(what: str) -> None:
    try:
        incoming = come_in(HOSTILE[what], "x.csv")
    except ImportRefused:
        return
    assert check(incoming).faults


def test_five_thousand_rows_and_a_cell_at_the_far_end_are_read() -> None:
    made = openpyxl.load_workbook(io.BytesIO(puzzles(*[[f"P{n}", "L", f"a{n}", f"p{n}"] for n in range(5_000)])))
    made["Puzzles"]["XFD4"] = "far"
    assert len(fields(come_in(saved(made)))) == 5_000
    made["Puzzles"]["A1048576"] = "far"
    with pytest.raises(ImportRefused):
        come_in(saved(made))


def test_macros_are_named_and_not_read() -> None:
    members = read_archive(puzzles(["A", "L", "x", "a"])) | {"xl/vbaProject.bin": b"macro"}
    assert any("macros" in one.message for one in check(come_in(zipped(**members), "a.xlsm")).noted)
