"""Tables and fields that ``hunt airtable-init`` creates.

A link creates its reverse, named after its table, so links come last and from one side.
"""

from __future__ import annotations

from typing import Any, NamedTuple


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


def _line(name: str) -> PlainField:
    return PlainField(name, "singleLineText")


def _text(name: str) -> PlainField:
    return PlainField(name, "multilineText")


def _tick(name: str) -> PlainField:
    return PlainField(name, "checkbox", {"icon": "check", "color": "greenBright"})


def _number(name: str, precision: int = 0) -> PlainField:
    return PlainField(name, "number", {"precision": precision})


def _moment(name: str) -> PlainField:
    shown = {"dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}, "timeZone": "utc"}
    return PlainField(name, "dateTime", shown)


_CLOSE = tuple(made for number in range(1, 6) for made in (_line(f"Close{number}"), _text(f"Close{number}Hint")))
_ORDER = _number("Order", 1)

# The first field of a table is what Airtable shows as the name of a row.
PLAIN_FIELDS: dict[str, tuple[PlainField, ...]] = {
    "Levels": (
        *(_line("Title"), _text("Description"), _ORDER, _tick("Unlocked"), _number("PrereqCount")),
        *(_moment("UnlockAt"), _line("Slug"), _text("CustomCSS")),
    ),
    "Puzzles": (
        *(_line("Title"), _text("Description"), _ORDER, _number("Value"), _tick("Meta"), _tick("Unlocked")),
        *(_moment("UnlockAt"), _line("Divisions"), _line("Slug")),
        PlainField("Type", "singleSelect", {"choices": [{"name": "Text"}, {"name": "Link"}, {"name": "Embed"}]}),
        *(_text("ContentText"), PlainField("URL", "url"), PlainField("Attachments", "multipleAttachments")),
        *(_text("CustomCSS"), _text("Script"), _tick("ScriptEnabled"), _text("Solution"), _text("Near")),
        *(*_CLOSE, _text("CustomSuccess"), _text("CustomError"), _text("Erratum"), _text("SolutionText")),
        *(_line("Authors"), _line("Access"), _tick("FreeGuesses")),
    ),
    "Hints": (_text("HintText"), _ORDER, _number("Cost"), _number("AvailableAfter")),
    "Story": (_text("Text"), _ORDER),
    "Divisions": (_line("Code"), _line("Name"), _tick("Public"), _tick("Ranked"), _ORDER),
    "Pages": (_line("Slug"), _line("Title"), _text("Body"), _ORDER),
}
LINK_FIELDS = (
    LinkField("Puzzles", "Level", "Levels"),
    LinkField("Puzzles", "Prereq", "Puzzles"),
    LinkField("Levels", "Prereq", "Puzzles"),
    LinkField("Levels", "Meta", "Puzzles"),
    LinkField("Hints", "Puzzle", "Puzzles"),
    LinkField("Story", "Puzzle", "Puzzles"),
    LinkField("Divisions", "FinalPuzzle", "Puzzles"),
)
