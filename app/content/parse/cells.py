"""Values of table cells, read or refused with advice. Pure.

Airtable sends look-ups as lists, numbers as texts, formulas as errors; what is unambiguous is accepted.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

from app.content.addresses import AddressUnclear, ascii_address
from app.core.moments import MomentOutOfRange, read_moment

MAX_LINE = 500  # characters of a title, a name, a code
MAX_TEXT = 100_000  # characters of a long text, which is Airtable's own bound
MAX_NUMBER = 1_000_000
MAX_URL = 2_000

_WHOLE = re.compile(r"[+-]?\d{1,12}(?:\.0*)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YES, _NO = frozenset({"true", "yes", "1", "checked", "x"}), frozenset({"false", "no", "0", "unchecked"})


class CellFaulty(ValueError):
    """The cell has a wrong value. The message says what to do."""


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
        found = datetime.fromisoformat(written)
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
