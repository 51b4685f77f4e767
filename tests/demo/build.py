"""Writes the bundled demo hunt: ``python -m tests.demo.build``.

The hunt's texts are Markdown files in ``source/``, its pictures are drawn by :mod:`tests.demo.pictures`, its answers
stand in :mod:`tests.demo.answers`. A hash already in the file is kept while it still fits its answer, so that building
again without a change changes nothing. Nothing here is part of the running site.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import string
from pathlib import Path
from typing import Any

import bcrypt

from app.core.answers import normalise
from app.core.near_answers import signature
from tests.demo import pictures, plan
from tests.demo.answers import ANSWERS

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "data" / "demo_hunt.json"
CREATED_AT = "2026-11-21T09:00:00.000Z"
COST = 10
Fields = dict[str, Any]
Sections = list[tuple[str, str]]


def record_id(name: str) -> str:
    """The same Airtable-like id for the same name, for ever."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    letters = string.ascii_letters + string.digits
    return "rec" + "".join(letters[number // 62**place % 62] for place in range(14))


def read_sections(path: Path) -> Sections:
    """The parts of a source file, each opened by a line ``=== name``."""
    parts = re.split(r"^=== (.+)$", path.read_text("utf-8"), flags=re.MULTILINE)
    return [(name.strip(), body.strip("\n")) for name, body in zip(parts[1::2], parts[2::2], strict=True)]


class Hashes:
    """Keeps the hashes of the last build, and makes a fresh one only where the answer is new."""

    def __init__(self, before: Fields) -> None:
        self.before = {record["id"]: record["fields"] for record in before.get("tables", {}).get("Puzzles", [])}

    def hash(self, puzzle_id: str, field: str, answer: str) -> str:
        """The bcrypt hash for this field: last build's if it still fits."""
        plain = normalise(answer).encode()
        for old in self.old(puzzle_id, "Solution" if field == "Solution" else "Close"):
            if bcrypt.checkpw(plain, old.encode()):
                return old
        return bcrypt.hashpw(plain, bcrypt.gensalt(COST)).decode()

    def old(self, puzzle_id: str, prefix: str) -> list[str]:
        fields = self.before.get(puzzle_id, {})
        return [value for name, value in fields.items() if name.startswith(prefix) and str(value).startswith("$2b$")]

    def near(self, puzzle_id: str, answer: str) -> str:
        """The signature of the answer's near forms; last build's while the answer is the same."""
        fields = self.before.get(puzzle_id, {})
        if "Near" in fields and bcrypt.checkpw(normalise(answer).encode(), fields["Solution"].encode()):
            return str(fields["Near"])
        return signature(normalise(answer), bcrypt.gensalt(COST).decode(), hash_under)


def hash_under(salt: str, form: str) -> str:
    """bcrypt as the signature wants it: equal texts for equal forms under one salt."""
    return bcrypt.hashpw(form.encode(), salt.encode()).decode()


def record(name: str, fields: Fields) -> Fields:
    """One record as Airtable returns it: empty fields are absent."""
    kept = {key: value for key, value in fields.items() if value not in ("", None, [], False)}
    return {"id": record_id(name), "createdTime": CREATED_AT, "fields": kept}


def puzzle_id(key: str) -> str:
    return record_id(f"puzzle {key}")


def puzzle_fields(key: str, sections: Sections, hashes: Hashes) -> Fields:
    """A puzzle's own record, without the records that point to it."""
    head = dict(line.split(": ", 1) for line in dict(sections)["puzzle"].splitlines())
    texts = dict(sections)
    fields: Fields = {
        "Title": head["title"],
        "Description": head["description"],
        "Order": int(head["order"]),
        "Level": [record_id(f"level {head['level']}")],
        "Value": int(head["value"]),
        "Meta": head.get("meta") == "yes",
        "Unlocked": True,
        "Prereq": [puzzle_id(other) for other in head.get("prereq", "").split()],
        "Slug": key,
        "Type": "Text",
        "ContentText": texts["content"],
        "CustomCSS": texts.get("css", ""),
        "Script": texts.get("script", ""),
        "ScriptEnabled": "script" in texts,
        "Solution": hashes.hash(puzzle_id(key), "Solution", ANSWERS[key]),
        "Near": "" if head.get("meta") else hashes.near(puzzle_id(key), ANSWERS[key]),
    }
    fields |= close_fields(key, sections, hashes)
    fields |= {
        "CustomSuccess": texts.get("success", ""),
        "CustomError": texts.get("error", ""),
        "Hints": [record_id(f"hint {key} {order}") for order, *_ in hints(sections)],
        "Erratum": texts.get("erratum", ""),
        "SolutionText": texts["solution"],
        "Authors": head["authors"],
        "Access": [tag.strip() for tag in head["access"].split(",")],
    }
    return fields


def near_answers(sections: Sections) -> list[tuple[str, str]]:
    """(near answer in clear, what it is told) in the order of the source."""
    return [(name.removeprefix("close "), body) for name, body in sections if name.startswith("close ")]


def close_fields(key: str, sections: Sections, hashes: Hashes) -> Fields:
    fields: Fields = {}
    for place, (near, message) in enumerate(near_answers(sections), 1):
        fields[f"Close{place}"] = hashes.hash(puzzle_id(key), f"Close{place}", near)
        fields[f"Close{place}Hint"] = message
    return fields


def hints(sections: Sections) -> list[tuple[int, int, int | None, str]]:
    """(order, cost, minutes or None, text); a section ``hint 2 10`` costs 2 and may be taken after 10 minutes."""
    found = [(name.split(), body) for name, body in sections if name.startswith("hint")]
    return [
        (order, int(words[1]), int(words[2]) if len(words) > 2 else None, body)
        for order, (words, body) in enumerate(found, 1)
    ]


def sources() -> dict[str, Sections]:
    """Every puzzle's source by its key, in playing order."""
    return {path.stem.split("-", 1)[1]: read_sections(path) for path in sorted((HERE / "source").glob("*.md"))}


def build(before: Fields) -> Fields:
    """The whole file's content. ``before`` is the last build, for its hashes."""
    found, hashes = sources(), Hashes(before)
    tables: dict[str, list[Fields]] = {"Levels": [record(f"level {x['Slug']}", x) for x in plan.levels(puzzle_id)]}
    tables["Puzzles"] = [
        record(f"puzzle {key}", puzzle_fields(key, sections, hashes)) for key, sections in found.items()
    ]
    tables["Hints"] = [
        record(
            f"hint {key} {order}",
            {"Puzzle": [puzzle_id(key)], "HintText": body, "Order": order, "Cost": cost, "AvailableAfter": minutes},
        )
        for key, sections in found.items()
        for order, cost, minutes, body in hints(sections)
    ]
    stories = [(key, dict(sections)["story"]) for key, sections in found.items() if "story" in dict(sections)]
    tables["Story"] = [
        record(f"story {key}", {"Puzzle": [puzzle_id(key)], "Text": body, "Order": order})
        for order, (key, body) in enumerate(stories, 1)
    ]
    tables["Divisions"] = [record(f"division {x['Code']}", x) for x in plan.divisions(puzzle_id)]
    pages = [dict(read_sections(path), slug=path.stem) for path in sorted((HERE / "source" / "pages").glob("*.md"))]
    tables["Pages"] = [
        record(
            f"page {page['slug']}",
            {"Slug": page["slug"], "Title": page["title"], "Body": page["body"], "Order": int(page["order"])},
        )
        for page in pages
    ]
    return {"format": 1, "tables": tables, "assets": {name: data_uri(svg) for name, svg in plan.art(pictures).items()}}


def data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def main() -> None:
    """Build from the sources and the last build, and write the file."""
    before = json.loads(TARGET.read_text("utf-8")) if TARGET.exists() else {}
    TARGET.write_text(json.dumps(build(before), ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
