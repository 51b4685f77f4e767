"""gph-site's list of puzzles (TSV, or CSV) or its dump (JSON), with a folder of texts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from app.content.imports.archive import ImportRefused
from app.content.imports.incoming import Incoming
from app.content.imports.members import read_json
from app.content.imports.regions import cut, without_commands, without_styles
from app.content.imports.sheets import MOST_ROWS, TOO_MANY_ROWS, decoded, is_table
from app.content.parse.row import MAX_TEXT
from app.core.clean_text import clean_text, one_line
from app.core.text import sentence

# Columns of its import command, which reads no line of names.
COLUMNS = ("round", "title", "slug", "emoji", "answer", "unlock_hours", "unlock_global", "unlock_local")
TEXTS = (".md", ".markdown", ".html", ".htm", ".txt")
META = " (Meta)"
_PUZZLE = re.compile(r"\{%\s*block\s+puzzle-body-(?:md|html)\s*%\}")
_SOLUTION = re.compile(r"\{%\s*block\s+solution-body-(?:md|html)\s*%\}")
# What teams must not see before the end, whatever folder it is in.
_SECRET = re.compile(r"solution|answer|hint|spoiler|secret", re.IGNORECASE)
_AUTHOR = re.compile(r"\{%\s*block\s+puzzle-author\s*%\}")
_END = re.compile(r"\{%\s*endblock\b[^%]*%\}")
# Markdown's attributes, which belong to an extension that gph-site uses.
_ATTRIBUTES = re.compile(r"^[ ]*\{:[^}\n]*\}[ ]*$", re.MULTILINE)
_STATIC = re.compile(r"\{%\s*static\s+[\"']([^\"']+)[\"']\s*%\}")


def is_gph(members: Mapping[str, bytes], raw: bytes) -> bool:
    """A zip with one list and texts, or a TSV of eight columns without names."""
    lists = [body for name, body in members.items() if is_table(name)]
    if any(_dumped(body) for name, body in (members or {"x.json": raw}).items() if name.lower().endswith(".json")):
        return True
    if members:
        return len(lists) == 1 and any(name.lower().endswith(TEXTS) for name in members) and bool(_lines(lists[0]))
    return raw[:65_536].split(b"\n")[0].count(b"\t") >= 7 and bool(_lines(raw))


def read_gph(members: Mapping[str, bytes], origin: str) -> Incoming:
    """Raises ImportRefused."""
    lists = [name for name, body in members.items() if name.lower().endswith(".json") and _dumped(body)]
    lists = lists or [name for name in members if is_table(name)] or (list(members) if len(members) == 1 else [])
    lines = (_dumped(members[lists[0]]) or _lines(members[lists[0]])) if len(lists) == 1 else []
    if not lines:
        raise ImportRefused(
            sentence("One list of puzzles is needed: round, title, slug, emoji, answer and three columns of unlocking.")
        )
    return _GphReader(Incoming(origin), {name: body for name, body in members.items() if name != lists[0]}).read(lines)


class _GphReader:
    def __init__(self, incoming: Incoming, members: Mapping[str, bytes]) -> None:
        self.incoming, self.members = incoming, members
        self.used: set[str] = set()
        self.folders: dict[str, list[str]] = {}
        self.texts: dict[str, list[str]] = {}
        for path in members:
            *folders, name = path.split("/")
            for folder in dict.fromkeys(folders):
                self.folders.setdefault(folder, []).append(path)
            if path.lower().endswith(TEXTS):
                stem = name.rpartition(".")[0]
                for one in dict.fromkeys((stem, stem.replace("-solution", "").replace("_solution", ""), *folders)):
                    self.texts.setdefault(one, []).append(path)

    def read(self, lines: list[dict[str, str]]) -> Incoming:
        level, levels = "", dict[str, str]()
        for place, line in enumerate(lines, 1):
            if line["round"] or not level:
                name = line["round"] or "Round 1"
                if name not in levels:
                    levels[name] = f"gphRound{len(levels) + 1}"
                    self.incoming.add("Levels", levels[name], {"Title": name, "Order": len(levels), "Unlocked": True})
                level = levels[name]
            self._add_puzzle(place, level, line)
        for path in self.members:
            if path not in self.used:
                self.incoming.no_place(path, sentence("No puzzle uses this file, so it has no place."))
        return self.incoming

    def _add_puzzle(self, place: int, level: str, line: dict[str, str]) -> None:
        record_id, title = f"gph{place}", line["title"].replace(META, "")
        puzzle, solution = self._texts(line["slug"])
        text, style = without_styles(self._text(puzzle, title, _PUZZLE, _SOLUTION))
        fields = {
            "Title": title, "Slug": line["slug"], "Level": [level], "Order": place, "Type": "Text", "Unlocked": True,
            "Meta": line["title"].endswith(META), "ContentText": text.strip(), "CustomCSS": style,
            "Authors": self._authors(puzzle, solution),
            "SolutionText": self._text(solution, title, _SOLUTION, _PUZZLE),
            "Attachments": list(self._attachments(line["slug"])),
        }  # fmt: skip
        self.incoming.add("Puzzles", record_id, fields)
        if line["answer"]:
            self.incoming.answers["Puzzles", record_id, "Solution"] = line["answer"]
        if line["emoji"]:
            self._unplaced(title, "emoji", sentence("Its emoji has no place."))
        for name in ("unlock_hours", "unlock_global", "unlock_local"):
            if line[name] not in ("", "-1", "0"):
                words = sentence(
                    "It opens by %(rule)s = %(value)s, which has no place. Set UnlockAt or Prereq.",
                    rule=name,
                    value=line[name][:20],
                )
                self._unplaced(title, name, words)

    def _texts(self, slug: str) -> tuple[str, str]:
        """Of the puzzle and of its solution: ``SLUG.md``, ``puzzle_bodies/SLUG.html``, ``SLUG/index.md``."""
        found = self.texts.get(slug, []) if slug else []
        plain = [path for path in found if not _is_secret(path, slug)]
        solutions = [path for path in found if "solution" in _without_slug(path, slug).lower()]
        named = [path for path in plain if _stem(path) in (slug, "index", "puzzle")]
        return next(iter(named + plain), ""), next(iter(solutions), "")

    def _text(self, path: str, title: str, wanted: re.Pattern[str], other: re.Pattern[str]) -> str:
        if not path:
            return ""
        self.used.add(path)
        text, _ = cut(decoded(self.members[path]), other, _END)
        blocks = cut(text, wanted, _END)[1]
        text = _STATIC.sub(r"\1", "\n\n".join(blocks) if blocks else text)
        text = _ATTRIBUTES.sub("", text)
        text, has_commands = without_commands(text)
        if has_commands:
            self._unplaced(title, path, sentence("Its template commands have no place and were taken out."))
        return self._linked(text).strip()

    def _authors(self, *paths: str) -> str:
        found = (cut(decoded(self.members[path]), _AUTHOR, _END)[1] for path in paths if path)
        return next((_line(one[0]) for one in found if one), "")

    def _linked(self, text: str) -> str:
        if len(text) > MAX_TEXT:
            return text
        for path in self.members:
            name = path.rpartition("/")[2]
            if (
                name not in text
                or path.lower().endswith(TEXTS)
                or not re.search(rf"[\"'(/]{re.escape(name)}[\"')]", text)
            ):
                continue
            here = self.incoming.add_file(name, self.members[path])
            self.used.add(path)
            if here:
                text = re.sub(rf"([\"'(])[^\"'()\s]*{re.escape(name)}([\"')])", rf"\1asset:{here}\2", text)
        return text

    def _attachments(self, slug: str) -> Iterator[dict[str, str]]:
        for path in self.folders.get(slug, []) if slug else []:
            if path not in self.used and not path.lower().endswith(TEXTS) and not _is_secret(path, slug):
                self.used.add(path)
                name = self.incoming.add_file(path.rpartition("/")[2], self.members[path])
                if name:
                    yield {"url": f"asset:{name}", "filename": path.rpartition("/")[2]}

    def _unplaced(self, title: str, what: str, words: str) -> None:
        self.incoming.no_place(what, words, "Puzzles", title)


def _dumped(raw: bytes) -> list[dict[str, str]]:
    if b"puzzles.puzzle" not in raw.lower():
        return []
    try:
        found = read_json(raw)
    except ValueError:
        return []
    rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    models: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for row in rows:
        fields = row.get("fields")
        if isinstance(fields, dict):
            models.setdefault(str(row.get("model")).lower(), []).append((str(row.get("pk")), fields))
    rounds = {key: _line(one.get("name")) for key, one in models.get("puzzles.round", [])}
    metas = {str(one.get("meta")) for _, one in models.get("puzzles.round", [])}
    places = {key: place for place, key in enumerate(rounds)}
    puzzles = sorted(
        models.get("puzzles.puzzle", []),
        key=lambda one: (places.get(str(one[1].get("round")), len(places)), _number(one[1].get("order"))),
    )
    empty = dict.fromkeys(COLUMNS, "")
    return [
        empty
        | {name: _line(fields.get(name)) for name in COLUMNS}
        | {
            "round": rounds.get(str(fields.get("round")), ""),
            "title": _line(fields.get("name")) + (META if key in metas or fields.get("is_meta") is True else ""),
            "emoji": "" if fields.get("emoji") == ":question:" else _line(fields.get("emoji")),
        }
        for key, fields in puzzles
    ]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0].lower()


def _is_secret(path: str, slug: str) -> bool:
    return bool(_SECRET.search(_without_slug(path, slug)))


def _without_slug(path: str, slug: str) -> str:
    *folders, name = path.split("/")
    name = re.sub(rf"{re.escape(slug)}(?![0-9A-Za-z])", "", name, count=1) if name.startswith(slug) else name
    return "/".join([*(one for one in folders if one != slug), name])


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _line(value: Any) -> str:
    return one_line(clean_text("" if value is None else str(value)))[:300]


def _lines(raw: bytes) -> list[dict[str, str]]:
    """Rows of at least five columns; empty if it is no such list."""
    text = decoded(raw)
    separator = "\t" if "\t" in text[:65_536].split("\n")[0] else ","
    try:
        lines = (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(row))
        rows = list(islice(lines, MOST_ROWS + 1))
    except csv.Error:
        return []
    if len(rows) > MOST_ROWS:
        raise ImportRefused(TOO_MANY_ROWS)
    if rows and rows[0][:3] and {"title", "slug"} <= {cell.strip().lower() for cell in rows[0]}:
        heads = [cell.strip().lower().replace(" ", "_") for cell in rows.pop(0)]
    else:
        heads = list(COLUMNS)
    if not rows or any(len(row) < 5 for row in rows):
        return []
    empty = dict.fromkeys(COLUMNS, "")
    return [empty | {head: one_line(clean_text(cell)) for head, cell in zip(heads, row, strict=False)} for row in rows]
