"""Tables and fields that ``hunt airtable-init`` creates.

A link creates its reverse, named after its table, so links come last and from one side.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from app.content.fields import FIELDS, LINKS, TableField


class PlainField(NamedTuple):
    name: str
    kind: str
    options: dict[str, Any] | None = None

    @property
    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "type": self.kind} | ({"options": self.options} if self.options else {})


class LinkField(NamedTuple):
    table: str
    name: str
    to: str


_CHECKBOX = {"icon": "check", "color": "greenBright"}
_UTC = {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "utc"}
# What Airtable calls each kind of field, and its options.
_TYPES: dict[str, tuple[str, dict[str, Any] | None]] = {
    **dict.fromkeys(("line", "slug", "codes", "words", "near_answer"), ("singleLineText", None)),
    **dict.fromkeys(("markdown", "message", "css", "script", "answers", "near"), ("multilineText", None)),
    "tick": ("checkbox", _CHECKBOX),
    "order": ("number", {"precision": 1}),
    "count": ("number", {"precision": 0}),
    "moment": ("dateTime", _UTC),
    "address": ("url", None),
    "files": ("multipleAttachments", None),
}


def _plain(one: TableField) -> PlainField:
    if one.kind == "choice":
        return PlainField(one.name, "singleSelect", {"choices": [{"name": option} for option in one.options]})
    return PlainField(one.name, *_TYPES[one.kind])


# The first field of a table is what Airtable shows as the name of a row.
PLAIN_FIELDS: dict[str, tuple[PlainField, ...]] = {
    table: tuple(_plain(one) for one in found if one.kind not in LINKS) for table, found in FIELDS.items()
}
LINK_FIELDS = tuple(
    LinkField(table, one.name, one.to) for table, found in FIELDS.items() for one in found if one.kind in LINKS
)
