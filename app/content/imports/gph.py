"""gph-site's list of puzzles (TSV, or CSV) or its dump (JSON), with a folder of texts."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.content.imports.archive import ImportRefused
from app.content.imports.incoming import Incoming, without_styles
from app.content.imports.sheets import decoded, is_table
from app.core.clean_text import clean_text, one_line
from app.core.text import sentence

# Columns of its import command, which reads no line of names.
COLUMNS = ("round", "title", "slug", "emoji", "answer", "unlock_hours", "unlock_global", "unlock_local")
TEXTS = (".md", ".markdown", ".html", ".htm", ".txt")
META = " (Meta)"
_BLOCK = re.compile(r"\{%\s*block\s+(?:puzzle|solution)-body-(?:md|html)\s*%\}(.*?)\{%\s*endblock\b.*?%\}", re.DOTALL)
_AUTHOR = re.compile(r"\{%\s*block\s+puzzle-author\s*%\}(.*?)\{%\s*endblock\b", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
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
        texts = self._texts(line["slug"])
        puzzle = next((path for path in texts if "solution" not in path.lower()), "")
        solution = next((path for path in texts if "solution" in path.lower()), "")
        text, style = without_styles(self._text(puzzle, title))
        fields = {
            "Title": title, "Slug": line["slug"], "Level": [level], "Order": place, "Type": "Text", "Unlocked": True,
            "Meta": line["title"].endswith(META), "ContentText": text.strip(), "CustomCSS": style,
            "Authors": self._authors(puzzle, solution),
            "SolutionText": self._text(solution, title), "Attachments": list(self._attachments(line["slug"])),
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

    def _texts(self, slug: str) -> list[str]:
        """``SLUG.md``, ``puzzle_bodies/SLUG.html``, ``SLUG/index.md``; solutions have the word in their path."""
        return [
            path
            for path in self.members
            if path.lower().endswith(TEXTS)
            and slug
            in (
                part.rpartition(".")[0] or part
                for part in (
                    path.split("/")[-1].replace("-solution", "").replace("_solution", ""),
                    *path.split("/")[:-1],
                )
            )
        ]

    def _text(self, path: str, title: str) -> str:
        if not path:
            return ""
        self.used.add(path)
        text = decoded(self.members[path])
        blocks = _BLOCK.findall(text)
        text = _STATIC.sub(r"\1", "\n\n".join(blocks) if blocks else text)
        text = _ATTRIBUTES.sub("", text)
        if _TAG.search(text):
            self._unplaced(title, path, sentence("Its template commands have no place and were taken out."))
        return self._linked(_TAG.sub("", text)).strip()

    def _authors(self, *paths: str) -> str:
        found = (_AUTHOR.search(decoded(self.members[path])) for path in paths if path)
        return next((_line(one[1]) for one in found if one), "")

    def _linked(self, text: str) -> str:
        for path in self.members:
            name = path.rpartition("/")[2]
            if path.lower().endswith(TEXTS) or not re.search(rf"[\"'(/]{re.escape(name)}[\"')]", text):
                continue
            here = self.incoming.add_file(name, self.members[path])
            self.used.add(path)
            if here:
                text = re.sub(rf"([\"'(])[^\"'()\s]*{re.escape(name)}([\"')])", rf"\1asset:{here}\2", text)
        return text

    def _attachments(self, slug: str) -> Iterator[dict[str, str]]:
        for path in self.members:
            if slug and f"/{slug}/" in f"/{path}" and path not in self.used and not path.lower().endswith(TEXTS):
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
        found = json.loads(raw)
    except (ValueError, RecursionError):
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


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _line(value: Any) -> str:
    return one_line(clean_text("" if value is None else str(value)))[:300]


def _lines(raw: bytes) -> list[dict[str, str]]:
    """Rows of at least five columns; empty if it is no such list."""
    text = decoded(raw)
    separator = "\t" if "\t" in text[:65_536].split("\n")[0] else ","
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(row)]
    except csv.Error:
        return []
    if rows and rows[0][:3] and {"title", "slug"} <= {cell.strip().lower() for cell in rows[0]}:
        heads = [cell.strip().lower().replace(" ", "_") for cell in rows.pop(0)]
    else:
        heads = list(COLUMNS)
    if not rows or any(len(row) < 5 for row in rows):
        return []
    empty = dict.fromkeys(COLUMNS, "")
    return [empty | {head: one_line(clean_text(cell)) for head, cell in zip(heads, row, strict=False)} for row in rows]
