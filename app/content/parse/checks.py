"""Checks across records: colliding keys, circular unlocks, dead ends.

Pure; notes faults and warnings at their rows.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from app.content.parse.puzzles import CLOSE_FIELDS
from app.content.parse.row import Row
from app.core.answers import cost_of
from app.core.model import Content, Division, Level, Puzzle

Node = tuple[str, str]  # ("Levels" or "Puzzles", record id)
NotePlace = Callable[[str, str], Row]

_TAG = re.compile(r"<[^>]*>")
# Elements that show something without a text.
_SHOWS = re.compile(r"<(?:img|svg|video|audio|iframe|object|table|hr|input|meter|progress)\b", re.IGNORECASE)
# Airtable's ids of records; a linked field sends them in place of names.
_RECORD_ID = re.compile(r"rec[A-Za-z0-9]{14}", re.ASCII)


def check_unique(rows: Sequence[Row], field: str, value_of: Mapping[str, str]) -> None:
    first: dict[str, Row] = {}
    ids = {row.id.lower(): row for row in rows}
    for row in rows:
        value = value_of.get(row.id, row.id)
        holder = first.setdefault(value.casefold(), row)
        if holder is not row:
            row.fault(field, f"“{value}” is also that of “{holder.title or holder.id}”. Give each its own.")
        elif value != row.id and ids.get(value.casefold(), row) is not row:
            row.fault(field, f"“{value}” is the record id of another row. Choose another.")


def check_order_of_unlocking(levels: Sequence[Level], puzzles: Sequence[Puzzle], row_of: NotePlace) -> None:
    """Name circles of locks, apart from boxes, dates and divisions.

    A level needs ``PrereqCount`` of its prerequisites, so a circle with another way in is allowed.
    """
    needs = _needs(levels, puzzles)
    reached = _reached(needs)
    told: set[Node] = set()
    for start in needs:
        ring = [] if start in reached else _ring(start, needs, reached)
        if ring and not told & set(ring):
            told.update(ring)
            _tell(ring, row_of)


def _needs(levels: Sequence[Level], puzzles: Sequence[Puzzle]) -> dict[Node, tuple[list[Node], int]]:
    known = {puzzle.id for puzzle in puzzles}
    needs: dict[Node, tuple[list[Node], int]] = {}
    for level in levels:
        waits: list[Node] = [("Puzzles", one) for one in level.prereq if one in known]
        count = len(waits) if level.prereq_count is None else min(level.prereq_count, len(waits))
        needs["Levels", level.id] = (waits, count)
    for puzzle in puzzles:
        waits = [("Puzzles", one) for one in puzzle.prereq if one in known]
        waits += [("Levels", puzzle.level_id)] if ("Levels", puzzle.level_id) in needs else []
        needs["Puzzles", puzzle.id] = (waits, len(waits))
    return needs


def _reached(needs: Mapping[Node, tuple[list[Node], int]]) -> set[Node]:
    waiting: dict[Node, list[Node]] = {}
    missing = {node: count for node, (_, count) in needs.items()}
    for node, (waits, _) in needs.items():
        for one in waits:
            waiting.setdefault(one, []).append(node)
    ready = [node for node, count in missing.items() if count <= 0]
    reached = set(ready)
    while ready:
        for node in waiting.get(ready.pop(), ()):
            missing[node] -= 1
            if missing[node] <= 0 and node not in reached:
                reached.add(node)
                ready.append(node)
    return reached


def _ring(start: Node, needs: Mapping[Node, tuple[list[Node], int]], reached: set[Node]) -> list[Node]:
    path: list[Node] = []
    places: dict[Node, int] = {}
    node = start
    while node not in places:
        places[node] = len(path)
        path.append(node)
        node = next(one for one in needs[node][0] if one not in reached)
    return path[places[node] :]


def _tell(ring: list[Node], row_of: NotePlace) -> None:
    rows = [row_of(table, record_id) for table, record_id in ring]
    first = next((row for row, node in zip(rows, ring, strict=True) if node[0] == "Levels"), rows[0])
    names = [f"“{row.title or row.id}”" for row in rows]
    if len(ring) == 1:
        first.fault("Prereq", "It waits for itself, so it can never open. Take it out of its own Prereq.")
    elif len(ring) == 2 and {table for table, _ in ring} == {"Levels", "Puzzles"}:
        inside = next(row for row in rows if row is not first)
        first.fault("Prereq", f"It waits for “{inside.title or inside.id}”, which is inside of it. Nobody can get in.")
    else:
        first.fault("Prereq", f"These wait for each other, so none can open: {' → '.join([*names, names[0]])}.")


def warn_of_gaps(content: Content, row_of: NotePlace) -> None:
    for level in content.levels:
        if not content.puzzles_by_level[level.id]:
            row_of("Levels", level.id).warn("", "No puzzle is linked to this level, so teams will find it empty.")
        for meta in (content.puzzles_by_key[one] for one in level.metas):
            if meta.level_id != level.id:
                row_of("Levels", level.id).warn("Meta", f"“{meta.title}” is linked as a meta, but is in another level.")
    for puzzle in content.puzzles:
        row = row_of("Puzzles", puzzle.id)
        if not puzzle.hints:
            row.warn("Hints", "This puzzle has no hints.")
        warn_of_nothing_to_read(puzzle, row)
        warn_of_record_ids(puzzle, row)


def warn_of_nothing_to_read(puzzle: Puzzle, row: Row) -> None:
    if puzzle.url and puzzle.kind == "Text":
        row.warn("URL", "The address is not shown, because the Type is Text. Choose Link or Embed, or take it out.")
    is_linked = bool(puzzle.url) and puzzle.kind != "Text"
    texts = puzzle.description_html + puzzle.body_html
    if not (is_linked or puzzle.attachments or puzzle.script or shows_anything(texts)):
        row.warn("ContentText", "There is nothing to read in this puzzle: no text, no URL, no Attachments.")


def shows_anything(body_html: str) -> bool:
    """Whether the HTML shows a text, picture or table; blanks are nothing."""
    if _SHOWS.search(body_html):
        return True
    text = html.unescape(_TAG.sub("", body_html))
    return any(unicodedata.category(sign)[0] not in "ZC" for sign in text)


def warn_of_record_ids(puzzle: Puzzle, row: Row) -> None:
    ids = [word for word in puzzle.access if _RECORD_ID.fullmatch(word)]
    if ids:
        named = f"“{ids[0]}” is the id of a record, and teams would read it so."
        row.warn("Access", f"{named} Use a field of names, such as a lookup of the linked table.")


def warn_of_divisions(divisions: Iterable[Division], row: Row | None) -> None:
    if row is not None and not any(division.is_public for division in divisions):
        row.warn("Public", "No division is public, so nobody can register.")


HASH_FIELDS = ("Solution", *CLOSE_FIELDS)
MOST_SECONDS = 1.0
USUAL_SECONDS = 0.3
# What is measured below this is a clock that stands still: no machine takes less than 20 ms at cost 10.
LEAST_STEP_SECONDS = 0.02 / 2**10
# A machine slower than this is warned of, and plays all the same what others play.
USUAL_STEP_SECONDS = 0.06 / 2**10


def check_guess_cost(rows: Iterable[Row], step_seconds: float) -> None:
    step = max(step_seconds, LEAST_STEP_SECONDS)
    for row in rows:
        hashes = _hashes_by_field(row)
        seconds = {field: step * sum(2 ** (cost_of(one) or 0) for one in found) for field, found in hashes.items()}
        total = sum(seconds.values())
        if total <= USUAL_SECONDS:
            continue
        count = sum(map(len, hashes.values()))
        largest = max(seconds, key=lambda field: seconds[field])
        others = ", ".join(field for field, found in hashes.items() if found and field != largest)
        what = f"{count} {'hash' if count == 1 else 'hashes'}" + (f" (others are in {others})" if others else "")
        told = f"A wrong guess is compared with {what} for {total:,.1f} s on this machine"
        if total * min(1, USUAL_STEP_SECONDS / step) > MOST_SECONDS:
            words = f"{told}; the most is {MOST_SECONDS:.0f} s. Hash the answers again at cost 10, or take some out."
            row.fault(largest, words)
        else:
            row.warn(largest, f"{told}. Above {USUAL_SECONDS} s guesses and logins wait for each other in a crowd.")


def _hashes_by_field(row: Row) -> dict[str, list[str]]:
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for field in HASH_FIELDS:
        lines = (line.strip() for line in row.body(field).split("\n"))
        found[field] = [line for line in dict.fromkeys(lines) if cost_of(line) is not None and line not in seen]
        seen.update(found[field])
    return found
