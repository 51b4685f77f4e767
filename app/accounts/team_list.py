"""Parses a CSV list of teams. Formulas are text; uses no database."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.accounts.team_columns import ColumnsRead, read_columns, repeated
from app.core.csv_text import read_cell, separated
from app.core.text import sentence
from app.errors import HuntError

MOST_BYTES = 1_000_000
MOST_ROWS = 5_000
LONGEST_CELL = 4_000
DELIMITERS = ",;\t|"


class ListUnreadable(HuntError):
    def __init__(self, message: str) -> None:
        super().__init__("invalid_form", message)


@dataclass(frozen=True, slots=True)
class ListedTeam:
    line: int
    cells: Mapping[str, str]
    problem: str = ""

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class TeamList:
    rows: tuple[ListedTeam, ...]
    columns: ColumnsRead

    def __iter__(self) -> Iterator[ListedTeam]:
        return iter(self.rows)


def read_list(raw: bytes) -> TeamList:
    """Raises :class:`ListUnreadable`."""
    if len(raw) > MOST_BYTES:
        raise ListUnreadable(sentence("The file is too large: it may have %(most)s MB.", most=MOST_BYTES // 1_000_000))
    delimiter, text = separated(_decoded(raw), DELIMITERS, lambda head: sum(map(bool, read_columns(head).targets)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    rows = _rows(reader)
    columns = _columns(next(rows, (0, []))[1])
    found = tuple(_listed(line, cells, columns) for line, cells in rows)
    if not found:
        raise ListUnreadable(sentence("There is no team in this file: below the line of column names stands nothing."))
    return TeamList(found, columns)


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ListUnreadable(sentence("The file is in UTF-16. Save it as “CSV UTF-8” and try again."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        words = sentence(
            "Line %(line)s is not in UTF-8, so letters with accents would be lost. Save the file as “CSV UTF-8”.",
            line=line,
        )
        raise ListUnreadable(words) from None
    if "\0" in text:
        raise ListUnreadable(sentence("This is not a text file: it holds zero bytes. Save the list as “CSV UTF-8”."))
    return text


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    count = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as wrong:
            raise ListUnreadable(
                sentence("Line %(line)s is not CSV: %(why)s.", line=_line(reader), why=wrong)
            ) from None
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS + 1:
            raise ListUnreadable(
                sentence("A file may hold %(most)s teams at most. Split it into several.", most=MOST_ROWS)
            )
        yield _line(reader), cells


def _line(reader: Iterator[list[str]]) -> int:
    return int(getattr(reader, "line_num", 0))


def _columns(head: list[str]) -> ColumnsRead:
    columns = read_columns(head)
    if "name" not in columns.targets:
        raise ListUnreadable(sentence("The first line must name the columns; one of them must be “name”."))
    twice = repeated(head)
    if twice:
        raise ListUnreadable(sentence("The column “%(column)s” is there more than once.", column=twice))
    return columns


def _listed(line: int, cells: list[str], columns: ColumnsRead) -> ListedTeam:
    named: dict[str, str] = {}
    for target, cell in zip(columns.targets, cells, strict=False):
        if target:
            before = named.get(target, "")
            named[target] = f"{before} {read_cell(cell.strip())}".strip()
    problem = ""
    if len(cells) > len(columns.targets):
        problem = sentence(
            "This line has %(cells)s cells, but there are %(columns)s columns.",
            cells=len(cells),
            columns=len(columns.targets),
        )
    elif any(len(cell) > LONGEST_CELL for cell in named.values()):
        problem, named = sentence("A cell of this line is far too long."), {}
    return ListedTeam(line, named, problem)
