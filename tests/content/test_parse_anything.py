"""Whatever the cells hold, parsing ends in a content or in a list of faults, and soon."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from typing import Any

import html5lib
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.faults import ContentFaulty
from app.content.parse.parser import parse
from app.content.serialise import from_json, to_json
from app.content.sources.airtable_schema import LINK_FIELDS, PLAIN_FIELDS
from app.content.sources.tables import Record, Source
from tests.standins.airtable import AirtableStandIn
from tests.support.environment import DEMO_HUNT
from tests.support.records import HASH, OTHER_HASH, SOUND
from tests.support.source import ROOT

FIELDS = {
    table: [
        *(one.name for one in fields),
        *(link.name for link in LINK_FIELDS if link.table == table),
        "Hints",
        "Story",
    ]
    for table, fields in PLAIN_FIELDS.items()
}
IDS = ["recP1", "recP2", "recL1", "recL2", "recH1", "recD1", "recX"]
WORDS = [
    "",
    "solo",
    "<b>x",
    "2030-01-01",
    "-1",
    "Link",
    HASH,
    "https://a.example/",
    "[^1]\n[^1]: x",
    "p{}",
    "\x00",
    "\ud800",
]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([*IDS, *WORDS])
)
cells = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def hunts(draw: st.DrawFn) -> Source:
    tables: dict[str, tuple[Record, ...]] = {}
    for table in FIELDS:
        rows: dict[str, dict[str, Any]] = {key: dict(found) for key, found in SOUND.get(table, {}).items()}
        for _ in range(draw(st.integers(0, 3))):
            record_id = draw(st.sampled_from([*rows, f"rec{table}"]))
            rows.setdefault(record_id, {})[draw(st.sampled_from(FIELDS[table]))] = draw(cells)
        tables[table] = tuple(Record(key, found) for key, found in rows.items())
    return Source(tables, view=draw(st.sampled_from([None, "Ready"])))


@settings(max_examples=250, deadline=None)
@given(hunts())
def test_any_cells_make_a_content_or_faults_and_nothing_else(source: Source) -> None:
    try:
        found = parse(source, version=1)
    except ContentFaulty as faulty:
        said = [*faulty.faults, *faulty.warnings]
    else:
        said = list(found.warnings)
        frozen = to_json(found.content)
        assert frozen.encode()
        assert from_json(frozen) == found.content
    for one in said:
        assert one.message
        assert str(one).encode()
        assert not re.search(r"[\x00-\x1f]", str(one))


PARAGRAPH = (
    "The *quick* brown fox jumps over **a lazy** dog and reads [a link](https://example.org/x) with `code`. " * 4
)
TEXT = f"# Title\n\n{PARAGRAPH}[^1]\n\n- a\n- b\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n{PARAGRAPH}\n\n{PARAGRAPH}"
TEXT += "\n\n[^1]: Note.\n"


def large_hunt() -> Source:
    levels = [
        Record(
            f"recL{n}", {"Title": f"L{n}", "Unlocked": True, "Order": n, "Prereq": [f"recP{n * 10 - 1}"] if n else []}
        )
        for n in range(30)
    ]
    puzzles = [
        Record(
            f"recP{n}",
            {
                "Title": f"P{n}",
                "Unlocked": True,
                "Level": [f"recL{n // 10}"],
                "ContentText": f"{TEXT}{n}",
                "Solution": HASH,
                "Close1": OTHER_HASH,
                "Close1Hint": f"Close, **{n}**",
                "CustomCSS": "p { color: red } .a > b { margin: 0 }",
            },
        )
        for n in range(300)
    ]
    hints = [Record(f"recH{n}", {"Puzzle": [f"recP{n // 3}"], "HintText": f"Try *{n}*"}) for n in range(900)]
    return Source({"Levels": tuple(levels), "Puzzles": tuple(puzzles), "Hints": tuple(hints)})


def test_three_hundred_puzzles_take_seconds() -> None:
    source = large_hunt()
    begun = time.process_time()
    content = parse(source, version=1).content
    # Two by themselves at the most; each compared with every other, it would be minutes.
    assert time.process_time() - begun < 20
    assert len(content.puzzles) == 300
    assert len(TEXT) > 1200


def test_every_page_of_the_large_hunt_has_each_id_once() -> None:
    content = parse(large_hunt(), version=1).content
    for puzzle in content.puzzles[:20]:
        html = puzzle.body_html + puzzle.description_html + "".join(hint.html for hint in puzzle.hints)
        ids = [one.attrib["id"] for one in html5lib.parseFragment(html).iter() if "id" in one.attrib]
        assert ids
        assert len(ids) == len(set(ids))


PATCHED = """
import warnings
warnings.filterwarnings("ignore", message=r"\\s*Eventlet is deprecated")
import eventlet
eventlet.monkey_patch()
import sys
from app.content.sources.airtable import AirtableSettings, fetch
source = fetch(AirtableSettings(*sys.argv[1:]))
print(sum(map(len, source.tables.values())))
"""


def test_airtable_is_read_under_monkey_patching_too() -> None:
    tables = json.loads(DEMO_HUNT.read_text())["tables"]
    with AirtableStandIn.serving(tables) as base:
        words = [sys.executable, "-c", PATCHED, base.token, base.base.id, base.url]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == str(sum(map(len, tables.values()))), done.stderr
