"""A restock is a function of its bytes: the same in every process, however often it is asked."""

from __future__ import annotations

import os
import subprocess
import sys

from app.content.parse.parser import parse
from app.content.serialise import to_json
from app.content.sources.json_file import read_text
from tests.support.environment import ROOT
from tests.support.records import HASH

TEXT = """<p><img class="nope" alt="x" src="asset:pic.png"></p>
<p><img class="nope other" id="i" alt="y" src="asset:pic.png" width=3 title=t lang=en dir=ltr></p>

![A](https://example.org/a.png) [b](https://example.org "c")

<video width=3 src='https://example.org/b.mp4' height=4 loop title="v" onclick=x onload=y style=z></video>
<audio title=a src='https://example.org/c.mp3' loop></audio>
<table class="grid" width="5" align=center><tr align=right valign=top><td colspan=2 headers=h
 rowspan=3 bgcolor=q>x</table>
"""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def written() -> str:
    """A content with everything that could come in any order, and its warnings, as text."""
    import json

    puzzle = {"Title": "P", "Level": ["recL"], "Unlocked": True, "Solution": HASH, "ContentText": TEXT}
    css = ".a,.b{color:red} #x[align=left],#y{color:red} @media print{.c{a:b}}"
    tables = {
        "Levels": [{"id": "recL", "fields": {"Title": "L", "Unlocked": True, "CustomCSS": css}}],
        "Puzzles": [{"id": "recP", "fields": {**puzzle, "CustomCSS": css, "Divisions": "nobody" * 0}}],
        "Hints": [],
    }
    whole = {"format": 1, "tables": tables, "assets": {"pic.png": f"data:image/png;base64,{PNG}"}}
    parsed = parse(read_text(json.dumps(whole), "x.json"), version=1)
    return to_json(parsed.content) + "".join(str(warning) for warning in parsed.warnings)


def test_the_same_bytes_make_the_same_version_in_every_process() -> None:
    program = "from tests.content.test_repeatable import written; print(written(), end='')"
    made = set()
    for seed in ("0", "1", "2", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True
        )
        made.add(done.stdout.decode())
    assert len(made) == 1
    assert made == {written()}


def test_the_same_text_is_the_same_content_however_often_it_is_read() -> None:
    assert len({written() for _ in range(25)}) == 1
