"""Files as other hands and programs leave them, and files that somebody made to do harm."""

from __future__ import annotations

import io
import stat
import warnings
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app.content.imports.archive import ImportRefused, read_archive
from app.content.imports.incoming import check
from tests.content.imports.test_spreadsheets import ODS as ODS_TEXT
from tests.content.imports.test_spreadsheets import book, come_in, faults_of, fields, puzzles, saved, zipped

PLAIN = [["Title", "Level", "Answer"], ["A", "L", "x"]]


def answers(raw: bytes, name: str = "hunt.xlsx") -> list[str]:
    return list(come_in(raw, name).answers.values())


def notes(raw: bytes, name: str = "hunt.xlsx") -> str:
    return " ".join(f"{one.record_title} {one.field} {one.message}" for one in check(come_in(raw, name)).noted)


# --- zip files -------------------------------------------------------------------------------------------------------


def linked(name: str, target: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("Puzzles.csv", "Title,Level,Answer\nA,L,x\n")
        info = zipfile.ZipInfo(name)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return made.getvalue()


def twice(name: str) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(name, "Title,Level,Answer\nA,L,x\n")
        archive.writestr(name, "Title,Level,Answer\nB,L,y\n")
    return made.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        linked("Levels.csv", "/etc/passwd"), linked("x.png", "../../secret"), twice("Puzzles.csv"),
        zipped(**{"inner.zip": zipped(**{"Puzzles.csv": "Title"})}), zipped(**{"a/../../Puzzles.csv": "Title"}),
        zipped(**{"C:/Puzzles.csv": "Title"}), zipped(**{"a//Puzzles.csv": "Title"}),
        zipped(**{"./../Puzzles.csv": "Title"}), zipped(**{"..": "Title"}),
    ],
)  # fmt: skip
def test_a_zip_with_links_names_twice_or_ways_out_is_refused(raw: bytes) -> None:
    with pytest.raises(ImportRefused):
        come_in(raw, "hunt.zip")


def test_a_zip_within_the_zip_is_named_and_not_opened() -> None:
    raw = zipped(**{"Puzzles.csv": "Title,Level,Answer\nA,L,x\n", "more.zip": zipped(**{"Levels.csv": "Title\nB\n"})})
    assert "more.zip is no CSV" in notes(raw, "hunt.zip")
    assert [one["Title"] for one in fields(come_in(raw, "hunt.zip"), "Levels")] == ["L"]


# --- XML -------------------------------------------------------------------------------------------------------------

LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_entities_in_any_part_of_a_workbook_are_refused(part: str, encoding: str) -> None:
    members = dict(read_archive(book(Puzzles=PLAIN)))
    text = (
        members[part].decode().replace("?>", f"?>{LAUGHS}", 1)
        if b"?>" in members[part]
        else LAUGHS + members[part].decode()
    )
    members[part] = text.encode(encoding)
    with pytest.raises(ImportRefused):
        come_in(zipped(**members))


def test_what_a_workbook_links_to_elsewhere_is_not_read() -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(Puzzles=PLAIN)))
    made["Puzzles"]["A2"] = "=[1]Other!A1"
    made["Puzzles"]["B2"] = '=HYPERLINK("https://example.org/x","L")'
    members = read_archive(saved(made)) | {"xl/externalLinks/externalLink1.xml": LAUGHS.encode()}
    found = faults_of(come_in(zipped(**members)))
    assert {("Puzzles", "row 2, column A", "Title"), ("Puzzles", "row 2, column B", "Level")} <= set(found)


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "x", ""])
def test_a_number_that_is_none_spoils_an_ods(value: str) -> None:
    cell = f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>1</text:p></table:table-cell>'
    raw = zipped(
        **{
            "content.xml": ODS_TEXT.format(rows=1, columns=1).replace(
                "</table:table>", f"<table:table-row>{cell}</table:table-row></table:table>"
            )
        }
    )
    with pytest.raises(ImportRefused):
        come_in(raw, "a.ods")


# --- cells -----------------------------------------------------------------------------------------------------------


def formatted(value: Any, number_format: str) -> bytes:
    made = openpyxl.load_workbook(io.BytesIO(puzzles(["A", "L", None, "a"])))
    made["Puzzles"]["C2"].value, made["Puzzles"]["C2"].number_format = value, number_format
    return saved(made)


@pytest.mark.parametrize(
    ("value", "number_format", "answer"),
    [
        (7, "000", "007"), (7, "0", "7"), (7, "General", "7"), ("007", "@", "007"), (12345, "000", "12345"),
        (0.1 + 0.2, "General", "0.3"), (1e5, "0.00E+00", "100000"), (2.5, "0.0", "2.5"), (True, "General", "TRUE"),
        ("1e5", "General", "1e5"),
    ],
)  # fmt: skip
def test_a_number_is_the_answer_that_the_sheet_shows(value: Any, number_format: str, answer: str) -> None:
    assert answers(formatted(value, number_format)) == [answer]


@pytest.mark.parametrize("answer", ["007", "1e5", "+49", "1.50", "=SUM(1)", "TRUE"])
def test_an_answer_of_a_csv_is_what_was_typed(answer: str) -> None:
    assert answers(f"Title,Level,Answer\nA,L,{answer}\n".encode(), "Puzzles.csv") == [answer]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nTitle;Level;Answer;ContentText\r\nA;L;x;a, b, c, d\r\n",
        'Title;Level;Answer;ContentText\rA;L;x;"a, b, c, d"\r',
        '\n\nTitle;Level;Answer;ContentText\nA;L;x;"a, b, c, d"\n',
        ",,,\n\t\t\nTitle;Level;Answer;ContentText\nA;L;x;a, b, c, d\n",
        "Title;Level;Answer;ContentText;Remarks (a, b, c, d, e, f)\nA;L;x;a, b, c, d;\n",
        'Title;Level;Answer;ContentText;"Remarks, old, new, other, more"\nA;L;x;a, b, c, d;\n',
    ],
)
def test_the_separator_of_a_csv_is_that_of_its_line_of_names(text: str) -> None:
    assert fields(come_in(text.encode(), "Puzzles.csv"))[0]["ContentText"] == "a, b, c, d"


def test_rich_text_is_its_text() -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(Puzzles=PLAIN)))
    made["Puzzles"]["A2"] = CellRichText("Black ", TextBlock(InlineFont(b=True), "bold"), " end")
    assert fields(come_in(saved(made)))[0]["Title"] == "Black bold end"


def test_dates_since_1904_are_the_same_dates() -> None:
    made = openpyxl.load_workbook(
        io.BytesIO(book(Puzzles=[["Title", "Level", "Answer", "UnlockAt"], ["A", "L", "x", None]]))
    )
    made.epoch = CALENDAR_MAC_1904
    made["Puzzles"]["D2"] = datetime(2030, 6, 1, 20)
    assert fields(come_in(saved(made)))[0]["UnlockAt"] == "2030-06-01T18:00:00Z"


# --- sheets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_read_and_named(state: str) -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(Puzzles=PLAIN, Levels=[["Title"], ["L"]])))
    made["Levels"].sheet_state = state
    assert "The sheet Levels is hidden." in notes(saved(made))
    assert [one["Title"] for one in fields(come_in(saved(made)), "Levels")] == ["L"]


def test_columns_beyond_the_last_are_named() -> None:
    made = openpyxl.load_workbook(io.BytesIO(book(Puzzles=PLAIN)))
    made["Puzzles"]["GS2"] = "far"
    assert "columns after GR aren’t read" in notes(saved(made))
    assert "aren’t read" not in notes(book(Puzzles=PLAIN))
    wide = ",".join(["Title", "Level", "Answer", *(f"x{n}" for n in range(198))])
    assert "columns after GR aren’t read" in notes(f"{wide}\nA,L,x\n".encode(), "Puzzles.csv")


def test_a_column_without_a_name_is_named_by_its_letters() -> None:
    assert "Column D has no name" in notes(book(Puzzles=[["Title", "Level", "Answer"], ["A", "L", "x", "lost"]]))


def test_numbers_that_name_records_are_kept_and_linked() -> None:
    raw = book(Puzzles=[["id", "Title", "Level", "Answer", "Prereq"], [1, "A", "L", "x", None], [2, "B", "L", "y", 1]])
    found = come_in(raw).source().records("Puzzles")
    assert [(one.id, one.fields.get("Prereq")) for one in found] == [("1", None), ("2", ["1"])]
    assert check(come_in(raw)).faults == ()
