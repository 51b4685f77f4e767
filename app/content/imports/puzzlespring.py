"""A puzzlespring export (``.phe``): Django's JSON of each model, and files by puzzle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.content.imports.archive import ImportRefused
from app.content.imports.incoming import Incoming, word_of
from app.content.imports.members import TOO_MANY_RECORDS, has_too_many_values, read_json
from app.content.imports.regions import cut, without_commands, without_styles
from app.content.imports.sheets import decoded
from app.content.sources.tables import MAX_RECORDS
from app.core.clean_text import clean_text, one_line
from app.core.text import counted, sentence

LEVEL = "springLevel"
# “P2 <= (P1 AND P3)”: all of them; other rules have no place.
_RULE = re.compile(r"P([0-9A-F]+)\s*<=\s*(.+)", re.IGNORECASE)
_ALL = re.compile(r"\(?\s*P[0-9A-F]+(?:\s+SOLVE)?(?:\s+AND\s+P[0-9A-F]+(?:\s+SOLVE)?)*\s*\)?", re.IGNORECASE)
_PUZZLE = re.compile(r"P([0-9A-F]+)", re.IGNORECASE)
_ORDER = re.compile(r"P#(\d+)", re.IGNORECASE)
_STATIC = re.compile(r"\{%\s*puzzle_static\s*%\}")
_BODY, _BODY_END = re.compile(r"<body\b[^<>]*>", re.IGNORECASE), re.compile(r"</body>", re.IGNORECASE)
# What the export says of the whole hunt: its name and rules are read, files are listed by their paths.
KNOWN_OF_HUNT = frozenset(
    {"pk", "id", "name", "config", "is_current_hunt", "template_file", "info_page_file", "css_file"}
)
UNUSED = ("ranking_rules", "prepuzzles", "hints", "updates", "puzzle_statuses", "submissions")


def is_puzzlespring(members: Mapping[str, bytes]) -> bool:
    return {"hunt.json", "puzzles.json", "file_references.json"} <= set(members)


def read_puzzlespring(members: Mapping[str, bytes], origin: str) -> Incoming:
    """Raises ImportRefused."""
    if not is_puzzlespring(members):
        raise ImportRefused(sentence("This is no puzzlespring export: there is no puzzles.json in it."))
    return _SpringReader(Incoming(origin), members).read()


class _SpringReader:
    def __init__(self, incoming: Incoming, members: Mapping[str, bytes]) -> None:
        self.incoming, self.members = incoming, members
        found = sorted(self._rows("puzzles"), key=lambda one: _int(one.get("order_number")))
        self.puzzles = {str(one.get("id") or one["pk"]).lower(): one for one in found}
        self.titles = {number: _line(one.get("name")) for number, one in self.puzzles.items()}
        self.used: set[str] = set()

    def read(self) -> Incoming:
        hunt = next(iter(self._rows("hunt")), {})
        title = _line(hunt.get("name")) or "Hunt"
        self.incoming.add("Levels", LEVEL, {"Title": title, "Order": 1, "Unlocked": True, "Slug": ""})
        needs = self._needs(str(hunt.get("config") or ""))
        references = self._json("file_references")
        found = references.get("puzzles") if isinstance(references, dict) else None
        files = found if isinstance(found, dict) else {}
        for place, (number, one) in enumerate(self.puzzles.items(), 1):
            self._add_puzzle(
                place, number, one, needs.get(number, []), files.get(number) or files.get(number.upper()) or {}
            )
        self._add_hints()
        self._add_responses()
        self._list_settings(hunt)
        self._list_the_rest()
        return self.incoming

    # --- puzzles -------------------------------------------------------------------------------------------------

    def _add_puzzle(self, place: int, number: str, one: Mapping[str, Any], prereq: list[str], files: Any) -> None:
        kind = one.get("type", "STD")
        text, style = self._main(number, "puzzle", files, "main_file")
        fields = {
            "Title": self.titles[number], "Level": [LEVEL], "Order": place, "Type": "Text", "Unlocked": True,
            "Meta": kind in ("MET", "FIN"), "Prereq": [f"spring{need}" for need in prereq],
            "ContentText": text, "CustomCSS": style,
            "SolutionText": self._main(number, "solution", files, "main_solution_file")[0],
            "Attachments": list(self._files(number)),
        }  # fmt: skip
        record_id = f"spring{number}"
        self.incoming.add("Puzzles", record_id, fields)
        answer = str(one.get("answer") or "")
        if answer.strip():
            self.incoming.answers["Puzzles", record_id, "Solution"] = answer
        if kind == "NON":
            self._unplaced(number, "type", sentence("It is no puzzle there; here it comes in as one."))
        for name, words in (
            ("case_sensitive", sentence("It tells capitals from small letters; answers here do not.")),
            ("extra_data", sentence("“%(name)s” has no place.", name="extra_data")),
            ("ratelimit_override", sentence("“%(name)s” has no place.", name="ratelimit_override")),
        ):
            if one.get(name):
                self._unplaced(number, name, words)

    def _main(self, number: str, folder: str, files: Any, key: str) -> tuple[str, str]:
        named = files.get(key) if isinstance(files, dict) else None
        name = str(named[-1]) if isinstance(named, list) and named else ""
        path = next((path for path in self._paths(number, folder) if path.endswith(f"/{name}") and name), "")
        if not path or not name.lower().endswith((".html", ".htm", ".txt", ".tmpl", ".md")):
            return "", ""
        self.used.add(path)
        text, style = without_styles(decoded(self.members[path]))
        bodies = cut(text, _BODY, _BODY_END)[1]
        # The tag is the address of the puzzle's folder.
        text, has_commands = without_commands(_STATIC.sub("", bodies[0] if bodies else text))
        if has_commands:
            self._unplaced(number, name, sentence("Its template commands have no place and were taken out."))
        return self._linked(number, folder, text).strip(), style

    def _linked(self, number: str, folder: str, text: str) -> str:
        for path in self._paths(number, folder):
            name = path.rpartition("/")[2]
            if path not in self.used and re.search(rf"[\"'(/]{re.escape(name)}[\"')]", text):
                here = self.incoming.add_file(name, self.members[path])
                if here:
                    self.used.add(path)
                    text = re.sub(rf"([\"'(])[^\"'()\s]*{re.escape(name)}([\"')])", rf"\1asset:{here}\2", text)
        return text

    def _files(self, number: str) -> Iterator[dict[str, str]]:
        for path in self._paths(number, "puzzle"):
            if path not in self.used:
                self.used.add(path)
                name = self.incoming.add_file(path.rpartition("/")[2], self.members[path])
                if name:
                    yield {"url": f"asset:{name}", "filename": path.rpartition("/")[2]}

    def _paths(self, number: str, folder: str) -> list[str]:
        return [path for path in self.members if path.lower().startswith(f"files/{folder}/{number}/")]

    # --- rules ---------------------------------------------------------------------------------------------------

    def _needs(self, config: str) -> dict[str, list[str]]:
        by_order = {str(one.get("order_number")): number for number, one in self.puzzles.items()}
        found: dict[str, list[str]] = {}
        for line in (line.partition("#!")[0].strip() for line in config.splitlines()):
            text = _ORDER.sub(lambda order: f"P{by_order.get(order[1], order[1])}", line)
            if not text or text.startswith("#"):
                continue
            rule = _RULE.fullmatch(text)
            needs = _PUZZLE.findall(rule[2]) if rule and _ALL.fullmatch(rule[2].strip()) else []
            if rule and needs and all(one.lower() in self.puzzles for one in (rule[1], *needs)):
                found.setdefault(rule[1].lower(), []).extend(one.lower() for one in needs)
            elif rule is None or rule[2].strip() not in ("+0:00", "+00:00"):
                self.incoming.no_place("config", sentence("This rule has no place: %(rule)s", rule=text[:200]))
        return found

    # --- hints and replies ---------------------------------------------------------------------------------------

    def _add_hints(self) -> None:
        for place, hint in enumerate(self._rows("canned_hints"), 1):
            number = _key(hint.get("puzzle"))
            if number not in self.puzzles:
                self.incoming.no_place("canned_hints", sentence("A hint of no puzzle has no place."))
                continue
            order = hint.get("order", hint.get("order_number"))
            text = str(hint.get("text") or hint.get("content") or "")
            name = _line(hint.get("keyword") or hint.get("name"))
            fields = {"Puzzle": [f"spring{number}"], "HintText": f"**{name}**: {text}" if name else text}
            # Each takes one of the hints that a team has.
            self.incoming.add("Hints", f"springHint{place}", fields | {"Order": _int(order) or place, "Cost": 1})
        if self.incoming.tables["Hints"]:
            words = sentence("A hint took one of the hints a team had; here it costs one hint credit. Grant credits.")
            self.incoming.no_place("canned_hints", words)

    def _add_responses(self) -> None:
        taken: dict[str, int] = {}
        for one in self._rows("responses"):
            number, regex = _key(one.get("puzzle")), str(one.get("regex") or "")
            plain = word_of(regex)
            place = taken.get(number, 0) + 1
            if number not in self.puzzles or not plain or place > 5:
                self._unplaced(
                    number, "responses", sentence("An automatic reply to a pattern has no place, or is one too many.")
                )
                continue
            taken[number] = place
            row = next(row for row in self.incoming.tables["Puzzles"] if row["id"] == f"spring{number}")
            row["fields"][f"Close{place}Hint"] = str(one.get("text") or "")
            self.incoming.answers["Puzzles", f"spring{number}", f"Close{place}"] = plain

    def _list_settings(self, hunt: Mapping[str, Any]) -> None:
        for name, value in hunt.items():
            if name not in KNOWN_OF_HUNT and value not in (None, "", False, 0):
                self.incoming.no_place(name, sentence("“%(name)s” has no place.", name=name[:80]), "hunt")

    def _list_the_rest(self) -> None:
        teams = len(self._rows("teams"))
        if teams:
            words = counted("%(count)s team is in it; hunt import-teams takes a list of teams.",
                            "%(count)s teams are in it; hunt import-teams takes a list of teams.", teams)  # fmt: skip
            self.incoming.no_place("teams", words)
        for name in UNUSED:
            if has_too_many_values(self.members.get(f"{name}.json", b"")):
                self.incoming.no_place(name, sentence("“%(name)s” has no place.", name=name))
                continue
            count = len(self._rows(name))
            if count:
                self.incoming.no_place(
                    name, counted("%(count)s line has no place.", "%(count)s lines have no place.", count)
                )
        for path in self.members:
            if path.startswith("files/") and path not in self.used:
                self.incoming.no_place(path, sentence("This file has no place."))

    # --- reading -------------------------------------------------------------------------------------------------

    def _json(self, name: str) -> Any:
        try:
            return read_json(self.members.get(f"{name}.json", b""))
        except ValueError:
            raise ImportRefused(sentence("%(name)s is no JSON.", name=name + ".json")) from None

    def _rows(self, name: str) -> list[dict[str, Any]]:
        found = self._json(name)
        rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        if len(rows) > MAX_RECORDS and name not in (*UNUSED, "teams"):
            raise ImportRefused(TOO_MANY_RECORDS)
        return [{"pk": one.get("pk", ""), **one["fields"]} for one in rows if isinstance(one.get("fields"), dict)]

    def _unplaced(self, number: str, what: str, words: str) -> None:
        self.incoming.no_place(what, words, "Puzzles", self.titles.get(number, number))


def _key(value: Any) -> str:
    # A natural key is a list of one.
    return str(value[0] if isinstance(value, list) and value else value or "").lower()


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _line(value: Any) -> str:
    return one_line(clean_text(str(value or "")))[:300]
