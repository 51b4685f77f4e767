"""Which column of a sheet is which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.content.fields import FIELDS, HASHED
from app.content.imports.sheets import BadCell, CellSheet, column_letters
from app.core.clean_text import clean_text, one_line
from app.core.spelling import folded, nearest, suggestion
from app.core.text import sentence

ANSWER = "Answer"
MOST_SAMPLES, LONGEST_SAMPLE = 3, 60
LEFT_OUT = ""
SECRET = frozenset({ANSWER, "Near"} | {one.name for one in FIELDS["Puzzles"] if one.kind in HASHED})


@dataclass(frozen=True, slots=True)
class ForeignColumn:
    """``field`` may be :data:`LEFT_OUT`. Answers give no ``samples``."""

    sheet: str
    table: str
    head: str
    field: str
    samples: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.sheet}!{self.head}"


@dataclass(frozen=True, slots=True)
class ForeignSheet:
    """``table`` may be :data:`LEFT_OUT`."""

    name: str
    table: str
    heads: tuple[str, ...] = ()


@dataclass
class Columns:
    # ``parts``: all places of a text that goes on in further columns.

    places: dict[str, int] = field(default_factory=dict)
    parts: dict[str, list[int]] = field(default_factory=dict)
    foreign: list[ForeignColumn] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def choices(table: str) -> tuple[str, ...]:
    names = [ANSWER if one.kind == "answers" else one.name for one in FIELDS[table] if one.kind != "near"]
    return ("id", *names)


def heads_of(row: Sequence[Any]) -> list[str]:
    return [one_line(clean_text("" if head is None or isinstance(head, BadCell) else str(head))) for head in row]


def read_columns(table: str, sheet: CellSheet, head_row: int, chosen: Mapping[str, str]) -> Columns:
    """``chosen``: field by ``Sheet!Column`` or ``Column``."""
    known = ["id", *(one.name for one in FIELDS[table]), *([ANSWER] if table == "Puzzles" else [])]
    heads = heads_of(sheet.rows[head_row])
    taken = {head for head in heads if head in known and _chosen(sheet, head, chosen) is None}
    made, below = Columns(), sheet.rows[head_row + 1 :]
    for place, head in enumerate(heads):
        field_name, continued = _field_of(sheet, head, known, taken, chosen)
        if continued and field_name in made.places:
            made.parts.setdefault(field_name, [made.places[field_name]]).append(place)
            continue
        is_foreign = head and head != field_name
        if is_foreign:
            samples = () if field_name in SECRET else tuple(_samples(below, place))
            made.foreign.append(ForeignColumn(sheet.name, table, head, field_name, samples))
        if field_name in made.places:
            made.faults.append((place, head, sentence("This column stands twice.")))
        elif field_name:
            made.places[field_name] = place
            if is_foreign:
                words = sentence("“%(typed)s” is read as %(name)s.", typed=head[:60], name=field_name)
                made.notes.append((head, words))
        elif head and _chosen(sheet, head, chosen) != LEFT_OUT:
            made.notes.append((head, sentence("This column is not read.") + suggestion(head, known)))
    made.notes += _without_name(heads, below)
    return made


def _field_of(
    sheet: CellSheet, head: str, known: Sequence[str], taken: set[str], chosen: Mapping[str, str]
) -> tuple[str, bool]:
    # And whether the column goes on with an earlier one.
    wanted = _chosen(sheet, head, chosen)
    if wanted is not None:
        return (wanted if wanted in known else LEFT_OUT), False
    if head in known:
        return head, False
    stem, _, number = head.rpartition(" (")
    if stem in known and number.rstrip(")").isdigit():
        return stem, True
    by_fold = {folded(one): one for one in known}
    found = by_fold.get(folded(head)) or nearest(head, known)
    if found == "Solution" and ANSWER in known:
        found = ANSWER
    return (found if found and found not in taken else LEFT_OUT), False


def _chosen(sheet: CellSheet, head: str, chosen: Mapping[str, str]) -> str | None:
    return chosen.get(f"{sheet.name}!{head}", chosen.get(head)) if head else None


def _samples(rows: Sequence[Sequence[Any]], place: int) -> Iterator[str]:
    count = 0
    for row in rows:
        value = row[place] if place < len(row) else None
        if value in (None, "") or isinstance(value, BadCell):
            continue
        yield one_line(clean_text(str(value)[: 4 * LONGEST_SAMPLE]))[:LONGEST_SAMPLE]
        count += 1
        if count == MOST_SAMPLES:
            return


def _without_name(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, str]]:
    filled = {place for row in rows for place, value in enumerate(row) if value not in (None, "")}
    for place in sorted(filled):
        if place >= len(heads) or not heads[place]:
            words = sentence("Column %(letters)s has no name, so it isn’t read.", letters=column_letters(place))
            yield "", words
