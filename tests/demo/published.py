"""The bundled demo hunt as it is published, for the tests that look at it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.demo import build

HUNT = json.loads(build.TARGET.read_text("utf-8"))
TABLES: dict[str, list[dict[str, Any]]] = HUNT["tables"]
PUZZLES = {record["fields"]["Slug"]: record["fields"] for record in TABLES["Puzzles"]}
IDS = {record["fields"]["Slug"]: record["id"] for record in TABLES["Puzzles"]}


def page(key: str) -> str:
    return str(PUZZLES[key]["ContentText"])


def public_texts() -> Iterator[tuple[str, str]]:
    """Every text of the file with its place, except the solutions."""
    for name, records in TABLES.items():
        for record in records:
            for field, value in record["fields"].items():
                if field != "SolutionText" and not re.match(r"Solution|Close\d$|Near", field):
                    yield f"{name} {record['id']} {field}", str(value)
    for name, uri in HUNT["assets"].items():
        yield f"asset {name}", name + " " + drawing(name)
        assert uri.startswith("data:image/svg+xml;base64,")


def drawing(name: str) -> str:
    return base64.b64decode(HUNT["assets"][name].partition(",")[2]).decode()
