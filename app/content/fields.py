"""The tables and fields of a hunt.

Kinds: line, slug, markdown, message (short markdown), css, script, tick, order (any number), count (whole, from 0),
moment (UTC), choice, address (https), files, codes (of divisions), words (with commas), answers and near_answer
(hashes), near (a signature), one and many (links to the table ``to``).
"""

from __future__ import annotations

from typing import NamedTuple, get_args

from app.core.model import PuzzleKind


class TableField(NamedTuple):
    name: str
    kind: str
    to: str = ""
    options: tuple[str, ...] = ()


def _close(number: int) -> tuple[TableField, TableField]:
    return TableField(f"Close{number}", "near_answer"), TableField(f"Close{number}Hint", "message")


# The first field of a table names its records.
FIELDS: dict[str, tuple[TableField, ...]] = {
    "Levels": (
        TableField("Title", "line"),
        TableField("Description", "markdown"),
        TableField("Order", "order"),
        TableField("Unlocked", "tick"),
        TableField("PrereqCount", "count"),
        TableField("UnlockAt", "moment"),
        TableField("Slug", "slug"),
        TableField("CustomCSS", "css"),
        TableField("Prereq", "many", "Puzzles"),
        TableField("Meta", "many", "Puzzles"),
    ),
    "Puzzles": (
        TableField("Title", "line"),
        TableField("Description", "markdown"),
        TableField("Order", "order"),
        TableField("Value", "count"),
        TableField("Meta", "tick"),
        TableField("Unlocked", "tick"),
        TableField("UnlockAt", "moment"),
        TableField("Divisions", "codes"),
        TableField("Slug", "slug"),
        TableField("Type", "choice", options=get_args(PuzzleKind)),
        TableField("ContentText", "markdown"),
        TableField("URL", "address"),
        TableField("Attachments", "files"),
        TableField("CustomCSS", "css"),
        TableField("Script", "script"),
        TableField("ScriptEnabled", "tick"),
        TableField("Solution", "answers"),
        TableField("Near", "near"),
        *(one for number in range(1, 6) for one in _close(number)),
        TableField("CustomSuccess", "message"),
        TableField("CustomError", "message"),
        TableField("Erratum", "markdown"),
        TableField("SolutionText", "markdown"),
        TableField("Authors", "words"),
        TableField("Access", "words"),
        TableField("FreeGuesses", "tick"),
        TableField("Level", "one", "Levels"),
        TableField("Prereq", "many", "Puzzles"),
    ),
    "Hints": (
        TableField("HintText", "markdown"),
        TableField("Order", "order"),
        TableField("Cost", "count"),
        TableField("AvailableAfter", "count"),
        TableField("Puzzle", "one", "Puzzles"),
    ),
    "Story": (
        TableField("Text", "markdown"),
        TableField("Order", "order"),
        TableField("Puzzle", "one", "Puzzles"),
    ),
    "Divisions": (
        TableField("Code", "slug"),
        TableField("Name", "line"),
        TableField("Public", "tick"),
        TableField("Ranked", "tick"),
        TableField("Order", "order"),
        TableField("FinalPuzzle", "one", "Puzzles"),
    ),
    "Pages": (
        TableField("Slug", "slug"),
        TableField("Title", "line"),
        TableField("Body", "markdown"),
        TableField("Order", "order"),
    ),
}
# The same links seen from the other table: (table, field) to (the table whose records link back, their field).
# Airtable makes these fields by itself, and a file may use them instead.
BACK_LINKS = {
    ("Levels", "Puzzles"): ("Puzzles", "Level"),
    ("Puzzles", "Hints"): ("Hints", "Puzzle"),
    ("Puzzles", "Story"): ("Story", "Puzzle"),
}
LINKS = frozenset({"one", "many"})
HASHED = frozenset({"answers", "near_answer"})
# Texts that may be long.
LONG = frozenset({"markdown", "message", "css", "script"})


def field_of(table: str, name: str) -> TableField | None:
    return next((one for one in FIELDS.get(table, ()) if one.name == name), None)


def known_names(table: str) -> tuple[str, ...]:
    return (*(one.name for one in FIELDS[table]), *(name for at, name in BACK_LINKS if at == table))
