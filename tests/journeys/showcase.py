"""A hunt in which every kind of page has something to show: many states, long words, markup in every name."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from tests.demo.answers import ANSWERS
from tests.journeys.people import Organiser
from tests.support.client import Visitor
from tests.support.environment import DEMO_HUNT

TEAM, RIVAL, GUESTS, FRESH = "lookers", "rivals", "guests", "newcomers"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselloch"
# What people write into a writer's fields: everything that Markdown knows, wider than any phone.
EVERYTHING = f"""
### A heading, and {LONG}

Text with `code`, **bold**, ~~struck~~, a [link](https://example.org/{LONG}) and a footnote.[^1]

| {" | ".join(f"Column {number}" for number in range(12))} |
|{"---|" * 12}
| {" | ".join(["wide"] * 12)} |

    {"preformatted " * 20}

> A quotation
> over two lines

1. One
   - inner
2. Two

<details><summary>Folded away</summary>

Inside.

</details>

[^1]: The footnote.
"""


def hunt_file(folder: Path) -> Path:
    """The demo hunt with an unranked division, an erratum, and a puzzle whose text holds everything."""
    hunt = json.loads(DEMO_HUNT.read_text())
    tables: dict[str, list[dict[str, Any]]] = hunt["tables"]
    guests = copy.deepcopy(tables["Divisions"][0])
    guests["id"] = "recGuestsDivision"
    guests["fields"] |= {"Code": "guests", "Name": "Guests <i>of honour</i>", "Ranked": False, "Order": 9}
    tables["Divisions"].append(guests)
    fields = next(row["fields"] for row in tables["Puzzles"] if row["fields"]["Slug"] == "manifest")
    fields |= {"Title": f"Everything & {LONG}", "ContentText": EVERYTHING, "Erratum": f"It is {LONG}, not `x`."}
    fields["CustomCSS"] = ".puzzle-body p { letter-spacing: .01em } body { display: none }"
    target = folder / "showcase.json"
    target.write_text(json.dumps(hunt))
    return target


def furnish(url: str, organiser: Organiser, folder: Path) -> None:
    """Put the hunt into force and let four teams play it."""
    organiser.hunt("restock", "--from", str(hunt_file(folder)))
    organiser.sets("xp", "on")
    organiser.sets("points_hints", "on")
    news = folder / "news.md"
    news.write_text(EVERYTHING)
    organiser.hunt("announce", f"<b>News</b> about {LONG}", "--body", str(news))
    organiser.hunt("announce", "An erratum", "--body", str(news), "--kind", "erratum")
    for name, division, solves in ((TEAM, "teams", 6), (RIVAL, "teams", 3), (GUESTS, "guests", 2), (FRESH, "teams", 0)):
        with Visitor(url) as visitor:
            long_name = f"{name} <script>alert(1)</script> {LONG}"[:60]
            visitor.register(name, division=division, display_name=long_name, affiliation=f"{LONG} & Sons")
            for key in list(ANSWERS)[:solves]:
                visitor.guess(key, ANSWERS[key])
            if name == TEAM:
                visitor.guess("ropes", f"<b>{LONG}</b>")
                visitor.guess("ropes", "nonsense")
                visitor.send_json("/game/puzzle/ropes/hints/take", {"pay": "points"})
                visitor.send_json("/game/puzzle/ropes/hints/ask", {"question": f"<i>Where</i> is {LONG}?"})
