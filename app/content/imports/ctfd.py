"""A CTFd export: the zip of tables as JSON with its uploads, or the CSV of challenges."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.content.imports.archive import ImportRefused
from app.content.imports.incoming import Incoming, split_answers, word_of
from app.content.imports.members import TOO_MANY_RECORDS, has_too_many_values, read_json
from app.content.imports.sheets import CellSheet
from app.content.sources.tables import MAX_RECORDS
from app.core.clean_text import clean_text, one_line
from app.core.text import counted, sentence

Row = Mapping[str, Any]
Rows = list[Row]
# Tables that say something of a hunt, and what becomes of them; others are of play or of the site's set-up.
READ = frozenset({"challenges", "flags", "hints", "files", "pages", "tags", "topics", "challenge_topics", "solutions",
                  "dynamic_challenge", "alembic_version"})  # fmt: skip
CSV_HEADS = frozenset({"name", "category", "description", "value", "type", "state"})
_WORD = re.compile(r"[^\s()\"'<>]+")
_LINK = re.compile(r"/files/([0-9A-Za-z]+/[^?]+)")
_HTTP = re.compile(r"https?://")
_ORIGINAL = ("standard", "dynamic")
# The words of the page that CTFd's set-up makes; older ones lack the middle.
_FIRST_PAGE = re.compile(
    r"A cool CTF platform from ctfd\.io( Follow us on social media:)?( Click here to login and setup your CTF)?"
)
_MARKUP = re.compile(r"<[^<>]*>|&nbsp;|\s")
# Of a list in one cell; a comma between braces belongs to the flag.
_COMMA = re.compile(r",(?![^{}]{0,300}\})")
# A cell has them as Python writes them.
_PREREQUISITES = re.compile(r"['\"]prerequisites['\"]:\s*\[([\d,\s]*)\]")
_ANONYMIZE = re.compile(r"['\"]anonymize['\"]:\s*[Tt]rue")


def is_ctfd(members: Mapping[str, bytes]) -> bool:
    return "db/challenges.json" in members or "db/alembic_version.json" in members


def read_ctfd(members: Mapping[str, bytes], origin: str) -> Incoming:
    """Raises ImportRefused."""
    if not is_ctfd(members):
        raise ImportRefused(sentence("This is no CTFd export: there is no db/challenges.json in it."))
    incoming, tables = Incoming(origin), dict[str, Rows]()
    for name, body in members.items():
        table = name[3:-5]
        if not re.fullmatch(r"db/\w+\.json", name):
            continue
        if table not in READ and has_too_many_values(body):
            incoming.no_place(table, sentence("“%(name)s” has no place.", name=table))
        else:
            tables[table] = _rows(name, body)
        if table in READ and len(tables[table]) > MAX_RECORDS:
            raise ImportRefused(TOO_MANY_RECORDS)
    uploads = {name[8:]: body for name, body in members.items() if name.startswith("uploads/")}
    return _CtfdReader(incoming, tables, uploads).read()


def is_ctfd_csv(sheet: CellSheet) -> bool:
    return bool(sheet.rows) and {str(head) for head in sheet.rows[0]} >= CSV_HEADS


def read_ctfd_csv(sheet: CellSheet, origin: str) -> Incoming:
    # It has flags, hints and tags as JSON or as texts with commas.
    heads = [str(head) for head in sheet.rows[0]]
    tables: dict[str, Rows] = {"challenges": [], "flags": [], "hints": [], "tags": []}
    for number, cells in enumerate(sheet.rows[1:], 1):
        row: dict[str, Any] = {head: cell for head, cell in zip(heads, cells, strict=False) if cell is not None}
        challenge_id = row["id"] = _int(row.get("id")) or number
        row["requirements"] = _requirements(str(row.get("requirements") or ""))
        # What a kind of challenge adds stands in one cell.
        more = _parsed(row.pop("type_data", None))
        tables["challenges"].append({**(more if isinstance(more, dict) else {}), **row})
        for name, key in (("flags", "content"), ("hints", "content"), ("tags", "value")):
            for one in _listed(row.get(name)):
                fields = dict(one) if isinstance(one, dict) else {key: str(one)}
                tables[name].append(
                    {"type": "static", **fields, "challenge_id": challenge_id, "id": len(tables[name]) + 1}
                )
    incoming = Incoming(origin)
    if "flags" not in heads:
        words = sentence("This CSV holds no answers. CTFd’s zip (Admin → Config → Backup) does.")
        incoming.no_place("flags", words)
    return _CtfdReader(incoming, tables, {}).read()


class _CtfdReader:
    def __init__(self, incoming: Incoming, tables: Mapping[str, Rows], uploads: Mapping[str, bytes]) -> None:
        self.incoming, self.tables, self.uploads = incoming, tables, uploads
        self.challenges = sorted(
            tables.get("challenges", []), key=lambda one: (_int(one.get("position")), _int(one.get("id")))
        )
        self.titles = {str(one.get("id")): _line(one.get("name")) for one in self.challenges}
        self.files: dict[str, str] = {}
        self.rows_of: dict[tuple[str, str], Rows] = {}
        for name in ("flags", "files", "tags", "solutions"):
            for one in tables.get(name, []):
                self.rows_of.setdefault((name, str(one.get("challenge_id"))), []).append(one)
        self.dynamic = {str(one.get("id")): one for one in tables.get("dynamic_challenge", [])}

    def read(self) -> Incoming:
        self._add_files()
        levels: dict[str, str] = {}
        for place, one in enumerate(self.challenges, 1):
            name = _line(one.get("category")) or "Challenges"
            if name not in levels:
                levels[name] = f"ctfdLevel{len(levels) + 1}"
                self.incoming.add("Levels", levels[name], {"Title": name, "Order": len(levels), "Unlocked": True})
            self._add_puzzle(place, one, levels[name])
        self._add_hints()
        self._add_pages()
        self._list_the_rest()
        return self.incoming

    def _of(self, table: str, challenge: Row) -> Rows:
        return self.rows_of.get((table, str(challenge.get("id"))), [])

    # --- challenges ----------------------------------------------------------------------------------------------

    def _add_puzzle(self, place: int, one: Row, level: str) -> None:
        number = str(one.get("id"))
        fields: dict[str, Any] = {
            "Title": self.titles[number], "Level": [level], "Order": place, "Type": "Text",
            "Unlocked": one.get("state", "visible") == "visible", "Value": self._value(one),
            "ContentText": self._text(one.get("description")), "Prereq": list(self._prereq(one)),
            "Authors": _line(one.get("attribution")), "Attachments": list(self._attachments(one)),
            "SolutionText": "\n\n".join(self._text(found.get("content")) for found in self._of("solutions", one)),
        }  # fmt: skip
        link = _line(one.get("connection_info"))
        if link:
            link = f"<{link}>" if link.startswith(("http://", "https://")) else f"`{link}`"
            fields["ContentText"] = f"{fields['ContentText']}\n\n{link}".strip()
        self.incoming.add("Puzzles", f"ctfd{number}", fields)
        self._add_answers(one, f"ctfd{number}")
        self._list_settings(one)

    def _add_answers(self, one: Row, record_id: str) -> None:
        words = []
        for flag in self._of("flags", one):
            kind, text = str(flag.get("type", "static")), str(flag.get("content") or "")
            plain = text if kind == "static" else word_of(text) if kind == "regex" else ""
            if plain:
                words.append(plain)
                if flag.get("data") != "case_insensitive" and "(?i)" not in text:
                    self._unplaced(one, "flag", sentence("It tells capitals from small letters; answers here do not."))
            else:
                self._unplaced(
                    one, "flag", sentence("A flag of the kind %(kind)s has no place. Type its answers.", kind=kind[:40])
                )
        if len(set(words)) > 10:
            self._unplaced(one, "flag", sentence("It has more than ten answers; the first ten came in."))
        if words:
            self.incoming.answers["Puzzles", record_id, "Solution"] = split_answers(words)

    def _value(self, one: Row) -> int:
        more = self.dynamic.get(str(one.get("id")), {})
        if one.get("type") == "dynamic" or one.get("function") not in (None, "", "static"):
            self._unplaced(one, "value", sentence("Its value falls with each solve; here it keeps its first value."))
            for name in ("initial", "dynamic_initial"):
                found = one.get(name) or more.get(name)
                if found:
                    return _int(found)
        return _int(one.get("value"))

    def _prereq(self, one: Row) -> Iterator[str]:
        needs = one.get("requirements")
        found = needs.get("prerequisites") if isinstance(needs, dict) else None
        for number in found if isinstance(found, list) else []:
            if str(number) in self.titles:
                yield f"ctfd{number}"
            else:
                self._unplaced(one, "requirements", sentence("It waits for a challenge that is not in the export."))
        if isinstance(needs, dict) and needs.get("anonymize"):
            self._unplaced(
                one, "requirements", sentence("While it is closed it was listed without a name; here it is not listed.")
            )

    def _list_settings(self, one: Row) -> None:
        kind = str(one.get("type", "standard"))
        if kind not in _ORIGINAL:
            self._unplaced(
                one, "type", sentence("A challenge of the kind %(kind)s comes in as a plain puzzle.", kind=kind[:40])
            )
        if one.get("state", "visible") != "visible":
            self._unplaced(one, "state", sentence("It is hidden, so its box Unlocked is not ticked."))
        if one.get("logic") not in (None, "", "any"):
            self._unplaced(one, "logic", sentence("It asks for several flags; here each one solves it."))
        tags = ", ".join(_line(tag.get("value")) for tag in self._of("tags", one))
        if tags:
            self._unplaced(one, "tags", sentence("Its tags have no place: %(tags)s", tags=tags[:200]))
        for name in ("max_attempts", "next_id", "scheduled_at", "module_id"):
            if one.get(name) not in (None, "", 0, "0"):
                self._unplaced(one, name, sentence("“%(name)s” has no place.", name=name))

    # --- hints, pages, files -------------------------------------------------------------------------------------

    def _add_hints(self) -> None:
        for place, hint in enumerate(sorted(self.tables.get("hints", []), key=lambda one: _int(one.get("id"))), 1):
            number, cost = str(hint.get("challenge_id")), _int(hint.get("cost"))
            owner = {"id": number}
            if number not in self.titles:
                self.incoming.no_place("hints", sentence("A hint of no challenge has no place."))
                continue
            text = self._text(hint.get("content"))
            if hint.get("title"):
                text = f"**{_line(hint['title'])}**\n\n{text}"
            fields = {"Puzzle": [f"ctfd{number}"], "HintText": text, "Order": place, "Cost": 1 if cost else 0}
            self.incoming.add("Hints", f"ctfdHint{hint.get('id') or place}", fields)
            if cost:
                self._unplaced(
                    owner,
                    "hint",
                    sentence("A hint cost %(points)s points; here it costs one hint credit.", points=cost),
                )
            needs = hint.get("requirements")
            if isinstance(needs, dict) and needs.get("prerequisites"):
                self._unplaced(owner, "hint", sentence("A hint waits for another; here they are taken in order."))

    def _add_pages(self) -> None:
        for place, page in enumerate(self.tables.get("pages", []), 1):
            route = _line(page.get("route"))
            slug = re.sub(r"[^a-z0-9-]+", "-", route.lower()).strip("-")[:64] or f"page-{place}"
            slug = "home" if route in ("index", "") else slug
            why = _why_left_out(page, slug)
            if why:
                self.incoming.no_place(route or "index", why, "Pages", _line(page.get("title")))
                continue
            fields = {
                "Slug": slug,
                "Title": _line(page.get("title")) or slug,
                "Body": self._text(page.get("content")),
                "Order": place,
            }
            self.incoming.add("Pages", f"ctfdPage{page.get('id') or place}", fields)

    def _add_files(self) -> None:
        for location, body in self.uploads.items():
            name = self.incoming.add_file(location.rpartition("/")[2], body)
            if name:
                self.files[location] = name

    def _attachments(self, one: Row) -> Iterator[dict[str, str]]:
        for file in self._of("files", one):
            location = str(file.get("location") or "")
            name = self.files.get(location)
            if name:
                yield {"url": f"asset:{name}", "filename": location.rpartition("/")[2]}
            else:
                self._unplaced(one, "files", sentence("The file %(name)s has no place.", name=_line(location)[:80]))

    def _text(self, value: Any) -> str:
        def here(found: re.Match[str]) -> str:
            link = _LINK.search(found[0], max(0, found[0].rfind("/files/")))
            name = self.files.get(link[1]) if link else None
            if link is None or name is None:
                return found[0]
            start = _HTTP.search(found[0], 0, link.start())
            return f"{found[0][: start.start() if start else link.start()]}asset:{name}"

        return _WORD.sub(here, str(value or "").replace("\r\n", "\n"))

    # --- what has no place ---------------------------------------------------------------------------------------

    def _unplaced(self, one: Row, what: str, words: str) -> None:
        self.incoming.no_place(what, words, "Puzzles", self.titles.get(str(one.get("id")), ""))

    def _list_the_rest(self) -> None:
        teams = len(self.tables.get("teams", [])) or len(self.tables.get("users", []))
        if teams:
            words = counted("%(count)s team is in it; hunt import-teams takes a list of teams.",
                            "%(count)s teams are in it; hunt import-teams takes a list of teams.", teams)  # fmt: skip
            self.incoming.no_place("teams", words)
        for name, rows in sorted(self.tables.items()):
            if rows and name not in READ and name not in ("teams", "users"):
                self.incoming.no_place(
                    name, counted("%(count)s line has no place.", "%(count)s lines have no place.", len(rows))
                )
        if self.tables.get("challenge_topics"):
            self.incoming.no_place("topics", sentence("Topics have no place."))


def _why_left_out(page: Row, slug: str) -> str:
    if page.get("draft") or page.get("hidden") or page.get("auth_required"):
        return sentence("It was a draft, hidden or for members only, so it is left out: pages here are public.")
    words = " ".join(_MARKUP.sub(" ", str(page.get("content") or "")).split())
    if slug == "home" and (not words or _FIRST_PAGE.fullmatch(words)):
        return sentence("It is the page that CTFd’s set-up made, unchanged, so it is left out: Home stays as it is.")
    return ""


def _rows(name: str, body: bytes) -> Rows:
    try:
        found = read_json(body)
    except ValueError:
        raise ImportRefused(sentence("%(name)s is no JSON.", name=name[:80])) from None
    rows = found.get("results") if isinstance(found, dict) else found
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value
    except (ValueError, RecursionError):
        return value


def _requirements(text: str) -> dict[str, Any]:
    found = _PREREQUISITES.search(text)
    numbers = [int(one) for one in found[1].split(",") if one.strip()[:9]] if found else []
    return {"prerequisites": numbers, "anonymize": bool(_ANONYMIZE.search(text))}


def _listed(value: Any) -> list[Any]:
    found = _parsed(value)
    if isinstance(found, str):
        return [one.strip() for one in _COMMA.split(found) if one.strip()]
    return found if isinstance(found, list) else [] if found in (None, "") else [found]


def _int(value: Any) -> int:
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def _line(value: Any) -> str:
    return one_line(clean_text(str(value or "")))[:300]
