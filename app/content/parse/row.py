"""Rows, field by field, and links between them.

A faulty field is noted and yields a harmless value; Airtable's look-ups, numbers as texts and formula errors are
understood where unambiguous. Links may be made from either side. A link to a puzzle that the view hides is no fault,
and what waits for it stays closed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from app.content.addresses import AddressUnclear, ascii_address
from app.content.faults import Fault, Findings
from app.content.sources.tables import Record
from app.core.clean_text import clean_text, has_control_signs, one_line
from app.core.moments import MomentOutOfRange, read_moment

MAX_LINE = 500  # characters of a title, a name, a code
MAX_TEXT = 100_000  # characters of a long text, which is Airtable's own bound
MAX_NUMBER = 1_000_000
MAX_URL = 2_000

_WHOLE = re.compile(r"[+-]?\d{1,12}(?:\.0*)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# A point or a group of thousands.
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}\.000", re.ASCII)
_YES = frozenset({"true", "yes", "1", "1.0", "checked", "x", "y", "t", "on", "✓", "✔", "✔\ufe0f", "☑", "✅"})
_NO = frozenset({"", "false", "no", "0", "0.0", "unchecked", "n", "f", "off", "☐"})


class CellFaulty(ValueError):
    """The message says what to do."""


def unwrap(value: Any) -> Any:
    """Unwrap a look-up's single value; ``""`` and ``[]`` are empty."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = _inside(value)
    return None if value in ("", []) else value


def _inside(value: dict[str, Any]) -> Any:
    """The value inside an Airtable object: select option, collaborator, barcode, generated text, formula error."""
    if "error" in value or "specialValue" in value:
        raise CellFaulty("The formula in this cell gives an error. Correct it, or write the value itself.")
    for key in ("name", "text", "value"):
        if isinstance(value.get(key), str):
            return value[key]
    raise CellFaulty("This cell holds an object where a text or a number is meant.")


def as_text(value: Any) -> str:
    value = unwrap(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    raise CellFaulty(f"A text is meant here, not {_kind(value)}.")


def as_number(value: Any) -> float | None:
    """None for an empty cell."""
    value = unwrap(value)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise CellFaulty(f"A number is meant here, not {_kind(value)}.")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise CellFaulty(f"“{str(value)[:40]}” is not a number.") from None
    if not math.isfinite(number) or abs(number) > MAX_NUMBER * MAX_NUMBER:
        raise CellFaulty("This number is out of every range.")
    return number


def as_count(value: Any) -> int | None:
    """A whole number from 0 on; None for an empty cell."""
    value = unwrap(value)
    if value is None:
        return None
    written = str(value).strip()
    if isinstance(value, bool | list) or not _WHOLE.fullmatch(written):
        raise CellFaulty(f"A whole number is meant here, not “{written[:40]}”.")
    if isinstance(value, str) and _GROUPED.fullmatch(written):
        whole = written.partition(".")[0]
        raise CellFaulty(f"“{written[:40]}” may be {whole} or {whole}000. Write the number without a point.")
    number = int(float(written))
    if not 0 <= number <= MAX_NUMBER:
        raise CellFaulty(f"This must be a number from 0 to {MAX_NUMBER}, not {number}.")
    return number


def as_tick(value: Any) -> bool:
    """An empty checkbox is an absent field."""
    value = unwrap(value)
    if value is None or isinstance(value, bool):
        return bool(value)
    written = str(value).strip().lower()
    if written in _YES | _NO:
        return written in _YES
    raise CellFaulty("This should be a checkbox (true or nothing).")


def as_moment(value: Any) -> datetime | None:
    """ISO 8601 with offset, as UTC; a date alone is its first moment in UTC."""
    written = as_text(value).strip()
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written.replace("z", "Z"))
        if found.tzinfo is not None or _DATE.fullmatch(written):
            return read_moment(written, "UTC")
    except MomentOutOfRange:
        raise CellFaulty(
            f"“{written[:40]}” is not a time that can be kept: in UTC it lies outside of the years 1 to 9999."
        ) from None
    except ValueError:
        raise CellFaulty(f"“{written[:40]}” is not a time. Write it as 2030-06-01T18:00Z.") from None
    raise CellFaulty(f"“{written[:40]}” does not say in which time zone. Add a Z for UTC, or an offset such as +02:00.")


def as_ids(value: Any) -> tuple[str, ...]:
    """Linked record ids, unique, in order; one id or a comma-separated text works too."""
    found = []
    for one in _flat(value):
        record_id = one.get("id") if isinstance(one, dict) else one
        if not isinstance(record_id, str):
            raise CellFaulty(f"Links to records are meant here, not {_kind(one)}.")
        found += [part.strip() for part in record_id.split(",")]
    return tuple(dict.fromkeys(part for part in found if part))


def as_words(value: Any) -> tuple[str, ...]:
    """Codes or tags, unique, in order, from a list or a text with commas or line breaks."""
    words = [word.strip() for one in _flat(value) for word in re.split(r"[,\n]", as_text(one))]
    return tuple(dict.fromkeys(word for word in words if word))


def as_address(value: Any) -> str:
    """An https:// address in ASCII; all else is refused, ``javascript:`` first."""
    written = as_text(value).strip()
    if not written:
        return ""
    try:
        if len(written) > MAX_URL:
            raise AddressUnclear(written[:MAX_URL])
        return ascii_address(written)
    except AddressUnclear:
        raise CellFaulty(
            "This must be a complete address that begins with https:// and names a host as browsers know it; a name in"
            " another script in its form with xn-- where in doubt."
        ) from None


def _flat(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _kind(value: Any) -> str:
    names = {
        bool: "a checkbox",
        list: "a list of several values",
        dict: "an object",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "this")


Value = TypeVar("Value")

_RECORD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
# Vertical tab and form feed, NEL, and Unicode's own separators of lines and paragraphs.
_SOFT_BREAK = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SLUG = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)


class Row:
    """``title`` is for messages; the record id replaces a missing one."""

    def __init__(self, table: str, record: Record, findings: Findings) -> None:
        self.table, self.id = table, record.id
        self._fields, self._findings = record.fields, findings
        self.title = self._name()
        for field in record.broken:
            self.fault(one_line(clean_text(field))[:80], "This holds half a character or a NUL. Type the text again.")

    @property
    def is_empty(self) -> bool:
        """Airtable adds empty rows at a stray click."""
        return all(value in (None, "", [], False) for value in self._fields.values())

    @property
    def has_sound_id(self) -> bool:
        """Whether the record id may stand in an address."""
        return _RECORD_ID.fullmatch(self.id) is not None

    def fault(self, field: str, message: str) -> None:
        self._findings.fault(Fault(self.table, self.id, self.title, field, message))

    def warn(self, field: str, message: str) -> None:
        self._findings.warn(Fault(self.table, self.id, self.title, field, message))

    def has(self, field: str) -> bool:
        return self._fields.get(field) not in (None, "", [])

    def line(self, field: str) -> str:
        return one_line(self._text(field, MAX_LINE))

    def body(self, field: str) -> str:
        return self._text(field, MAX_TEXT)

    def markdown(self, field: str) -> str:
        """Soft breaks (such as vertical tabs) end the line, as they did where it was written."""
        return self._text(field, MAX_TEXT, lambda text: _SOFT_BREAK.sub("  \n", text))

    def is_ticked(self, field: str) -> bool:
        return self._read(field, as_tick, False)

    def count(self, field: str) -> int | None:
        return self._read(field, as_count, None)

    def number(self, field: str, default: float = 0) -> float:
        found = self._read(field, as_number, None)
        return default if found is None else found

    def moment(self, field: str) -> datetime | None:
        return self._read(field, as_moment, None)

    def ids(self, field: str) -> tuple[str, ...]:
        nothing: tuple[str, ...] = ()
        return self._read(field, as_ids, nothing)

    def words(self, field: str) -> tuple[str, ...]:
        nothing: tuple[str, ...] = ()
        found = self._read(field, as_words, nothing)
        return tuple(one_line(clean_text(word))[:MAX_LINE] for word in found)

    def address(self, field: str) -> str:
        return self._read(field, as_address, "")

    def objects(self, field: str) -> list[dict[str, Any]]:
        """Objects such as attachments; a text counts as an object with that address."""
        value = self._fields.get(field)
        found = value if isinstance(value, list) else [value] if value else []
        objects = [{"url": one} if isinstance(one, str) else one for one in found]
        if all(isinstance(one, dict) for one in objects):
            return objects
        self.fault(field, "Attachments are meant here. Use a field of Airtable's type Attachment.")
        return []

    def slug(self, field: str = "Slug") -> str:
        """Lower-case letters, digits and hyphens; empty if absent."""
        found = self.line(field)
        if not found or _SLUG.fullmatch(found):
            return found
        self.fault(field, "A slug has lower-case letters a-z, digits and hyphens, at most 64, as the-last-door.")
        return ""

    def _text(self, field: str, most: int, prepare: Callable[[str], str] = str) -> str:
        text = self._read(field, as_text, "")
        if not text:
            return ""
        text = prepare(text)
        if len(text) > most:
            self.fault(field, f"This text has {len(text)} characters; the most is {most}. Shorten it.")
            return ""
        if has_control_signs(text):
            self.warn(field, "Control characters were taken out of this text.")
        return clean_text(text)

    def _read(self, field: str, reading: Callable[[Any], Value], otherwise: Value) -> Value:
        value = self._fields.get(field)
        if value is None:
            return otherwise
        try:
            return reading(value)
        except CellFaulty as fault:
            self.fault(field, str(fault))
        except RecursionError:
            self.fault(field, "This cell is nested too deeply.")
        return otherwise

    def _name(self) -> str:
        for field in ("Title", "Name", "Code", "Slug"):
            value = self._fields.get(field)
            if isinstance(value, str) and value.strip():
                return one_line(clean_text(value))[:80]
        return ""


Rows = Mapping[str, Sequence[Row]]


class Links:
    """``view``: the Airtable view that puzzles were read through, if any."""

    def __init__(self, rows: Rows, view: str | None) -> None:
        self._rows = {table: [row for row in found if not row.is_empty] for table, found in rows.items()}
        self._ids = {table: {row.id for row in found} for table, found in rows.items()}
        self._view = view

    def targets(self, row: Row, field: str, table: str) -> tuple[str, ...]:
        """Ids linked in a field; unknown ones are noted and left out."""
        for missing in self._missing(row, field, table):
            if self._is_veiled(table):
                row.warn(
                    field, f"The puzzle {missing[:64]} is not in the view “{self._view}” and counts as not solved."
                )
            else:
                row.fault(field, self._sentence(table, missing))
        return self._existing(row, field, table)

    def count_hidden(self, row: Row, field: str) -> int:
        return len(self._missing(row, field, "Puzzles")) if self._view else 0

    def belonging(self, children: str, field: str, parents: str, back: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for parent in self._rows.get(parents, ()):
            for child_id in self._checked(parent, back, children):
                found.setdefault(child_id, {})[parent.id] = None
        for child in self._rows.get(children, ()):
            for parent_id in self._checked(child, field, parents):
                found.setdefault(child.id, {})[parent_id] = None
        return {child_id: tuple(parent_ids) for child_id, parent_ids in found.items()}

    def _checked(self, row: Row, field: str, table: str) -> tuple[str, ...]:
        """Like :meth:`targets`, but silent about what belongs to a hidden puzzle."""
        return self._existing(row, field, table) if self._is_veiled(table) else self.targets(row, field, table)

    def _existing(self, row: Row, field: str, table: str) -> tuple[str, ...]:
        return tuple(one for one in row.ids(field) if one in self._ids.get(table, set()))

    def _missing(self, row: Row, field: str, table: str) -> list[str]:
        return [one for one in row.ids(field) if one not in self._ids.get(table, set())]

    def _is_veiled(self, table: str) -> bool:
        return self._view is not None and table == "Puzzles"

    @staticmethod
    def _sentence(table: str, missing: str) -> str:
        return f"{missing[:64]} is no record of the table {table}. Take the link out, or add the record."
