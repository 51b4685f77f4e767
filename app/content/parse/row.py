"""A table row, read field by field; a faulty field is noted and yields a harmless value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from app.content.faults import Fault, Findings
from app.content.parse import cells
from app.content.parse.cells import MAX_LINE, MAX_TEXT, CellFaulty
from app.content.sources.tables import Record
from app.core.clean_text import clean_text, has_control_signs, one_line

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
            self.fault(one_line(clean_text(field))[:80], "This holds half a character or a NUL. Type the text anew.")

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
        return self._read(field, cells.as_tick, False)

    def count(self, field: str) -> int | None:
        return self._read(field, cells.as_count, None)

    def number(self, field: str, default: float = 0) -> float:
        found = self._read(field, cells.as_number, None)
        return default if found is None else found

    def moment(self, field: str) -> datetime | None:
        return self._read(field, cells.as_moment, None)

    def ids(self, field: str) -> tuple[str, ...]:
        nothing: tuple[str, ...] = ()
        return self._read(field, cells.as_ids, nothing)

    def words(self, field: str) -> tuple[str, ...]:
        nothing: tuple[str, ...] = ()
        found = self._read(field, cells.as_words, nothing)
        return tuple(one_line(clean_text(word))[:MAX_LINE] for word in found)

    def address(self, field: str) -> str:
        return self._read(field, cells.as_address, "")

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
        text = prepare(self._read(field, cells.as_text, ""))
        if len(text) > most:
            self.fault(field, f"This text has {len(text)} characters; the most is {most}. Shorten it.")
            return ""
        if has_control_signs(text):
            self.warn(field, "Control characters were taken out of this text.")
        return clean_text(text)

    def _read(self, field: str, reading: Callable[[Any], Value], otherwise: Value) -> Value:
        try:
            return reading(self._fields.get(field))
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
