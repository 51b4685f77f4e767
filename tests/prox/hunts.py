"""A hunt of two puzzles, the second locked behind the first, with pictures from somewhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from tests.support.hunts import hunt
from tests.support.world import hashed

TOKEN = re.compile(r"/prox/[\w.-]+")


def records(
    first: str = "", second: str = "", attachments: list[Mapping[str, Any]] | None = None, page: str = ""
) -> dict[str, Any]:
    """The records of the hunt; ``first`` and ``second`` are the texts of its puzzles. The answer is OWL."""
    puzzle = {"Level": ["recL1"], "Unlocked": True, "Solution": hashed("OWL"), "Type": "Text"}
    rows = {
        "Levels": [("recL1", {"Title": "Only", "Unlocked": True})],
        "Puzzles": [
            ("recP1", {**puzzle, "Title": "One", "Slug": "one", "Order": 1, "ContentText": first}),
            (
                "recP2",
                {**puzzle, "Title": "Two", "Slug": "two", "Order": 2, "ContentText": second, "Prereq": ["recP1"]},
            ),
        ],
        "Hints": [],
        "Story": [],
        "Divisions": [("recD1", {"Code": "teams", "Name": "Teams", "Public": True, "Ranked": True})],
        "Pages": [("recG1", {"Slug": "rules", "Title": "Rules", "Body": page})] if page else [],
    }
    if attachments:
        rows["Puzzles"][0][1]["Attachments"] = attachments
    made = "2027-01-01T00:00:00.000Z"
    return {
        "format": 1,
        "tables": {
            table: [{"id": key, "createdTime": made, "fields": fields} for key, fields in found]
            for table, found in rows.items()
        },
    }


def restock(app: Flask, folder: Path, **texts: Any) -> str:
    """Put such a hunt into force; answers what the command printed."""
    file = folder / "hunt.json"
    file.write_text(json.dumps(records(**texts)))
    return hunt(app, "restock", "--from", str(file))


def tokens_in(html: str) -> list[str]:
    """The pictures' addresses in a page, each once."""
    return list(dict.fromkeys(TOKEN.findall(html)))
