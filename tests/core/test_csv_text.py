"""CSV that any spreadsheet may open, whichever separator it reads."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.csv_text import as_csv, read_cell, safe_cell

FORMULAS = [
    "=1+1", "x;=1+1;y", "x\t=1+1", "x\n=1", "x\r\n=1", "x; =1", 'x;"=1', "x;'=1", ";=1", ";;=1", "a;b;+1", "a;-1",
    "a;@x", "x|=1", '"=1"', "\t=1", "\n\n=1", "a\r=1", "x;＝1", 'say "no";=1', ";\t=1", "-", "a;\n=b",
]  # fmt: skip
SEPARATORS = [",", ";", "\t", "|"]
BEGINS_FORMULA = re.compile(r"[\s\"]*[=+\-@＝＋－＠]")


def cells_of(text: str, separator: str) -> list[str]:
    """What a spreadsheet finds that reads this separator and knows quotes only around whole cells."""
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]


@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_no_cell_is_a_formula_whichever_separator_is_read(text: str, separator: str) -> None:
    for row in ([text], ["owls", text], [text, "owls"], [text, text]):
        (line,) = "".join(as_csv(("name", "display name"), [row])).split("\r\n", 1)[1:]
        found = cells_of(line, separator)
        assert [cell for cell in found if BEGINS_FORMULA.match(cell)] == [], (line, found)


@pytest.mark.parametrize("text", ["a;b", "a\tb", "a,b", "a\nb", "a\rb", 'a"b', "a|b", "it's", " a", "a "], ids=ascii)
def test_what_could_be_misread_is_quoted(text: str) -> None:
    line = next(as_csv((text,), []))
    assert line.startswith('"')
    assert line.endswith('"\r\n')


@given(st.text(st.sampled_from("ab;\t,|\"' \n\r=+-@＝é"), max_size=12))
def test_what_was_written_is_read_again(text: str) -> None:
    line = "".join(as_csv(("name", "more"), [(text, 5)]))
    rows = list(csv.reader(io.StringIO(line, newline="")))
    assert [read_cell(rows[1][0]), *rows[1][1:]] == [text, "5"]


def test_numbers_stay_numbers() -> None:
    assert [safe_cell(value) for value in (-5, 1.5, None, True)] == ["-5", "1.5", "", "True"]
