"""The house's own rules, read off the source: who may import whom, how long things are, what is never written."""

from __future__ import annotations

import ast
import re

import pytest

from tests.bed.source import (
    APP,
    MAY_IMPORT,
    ONLY_IN,
    ROOT,
    body_lines,
    functions,
    import_faults,
    name_faults,
    part_of,
    sources,
    template_faults,
    time_faults,
    tracked,
)

LONGEST_FILE, LONGEST_BODY, USUAL_BODY, LONGEST_VIEW = 400, 50, 25, 25
STILL_LONG = {"tests/content/test_parse.py", "tests/views/test_game.py"}
COUNTED = (".py", ".css", ".js", ".mjs")


def test_imports_point_one_way() -> None:
    assert [fault for path, tree in sources().items() for fault in import_faults(path, tree)] == []


def test_time_is_read_by_the_clock_alone() -> None:
    assert [fault for path, tree in sources().items() if path != "clock.py" for fault in time_faults(path, tree)] == []


def test_names_are_the_hunts_own_words() -> None:
    assert [fault for path, tree in sources().items() for fault in name_faults(path, tree)] == []


def test_every_module_says_what_it_is() -> None:
    lacking = [path for path, tree in sources().items() if tree.body and not ast.get_docstring(tree)]
    assert lacking == []


def test_files_are_short() -> None:
    files = {path.relative_to(ROOT).as_posix(): path for path in tracked() if path.suffix in COUNTED}
    assert {"config.py", "app/static/css/base.css", "tests/conftest.py"} <= set(files)
    counted = {name: len(path.read_text().splitlines()) for name, path in files.items()}
    assert {name: lines for name, lines in counted.items() if lines > LONGEST_FILE and name not in STILL_LONG} == {}


def test_the_places_where_a_library_may_be_used_exist() -> None:
    known = set(MAY_IMPORT) | set(sources()) | {path.rsplit("/", 1)[-1] for path in sources()}
    assert {library: places - known for library, places in ONLY_IN.items() if places - known} == {}


def test_the_entry_point_is_under_ten_lines() -> None:
    assert len((ROOT / "wsgi.py").read_text().splitlines()) < 10


def test_functions_are_short() -> None:
    lengths = {}
    for path, tree in sources().items():
        text = (APP / path).read_text().splitlines()
        for function in functions(tree):
            lengths[f"app/{path}:{function.lineno} {function.name}"] = body_lines(function, text)
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_BODY} == {}
    long = {name: lines for name, lines in lengths.items() if lines > USUAL_BODY}
    assert len(long) <= len(lengths) / 10, long


def test_views_are_thin() -> None:
    long = {}
    for path, tree in sources().items():
        text = (APP / path).read_text().splitlines()
        for function in functions(tree):
            routed = any(
                "route" in ast.dump(one) or re.search(r"'(get|post)'", ast.dump(one)) for one in function.decorator_list
            )
            if part_of(path) in ("views", "prox") and routed and body_lines(function, text) > LONGEST_VIEW:
                long[f"app/{path}:{function.lineno} {function.name}"] = body_lines(function, text)
    assert long == {}


def test_templates_hold_no_code_and_trust_only_sanitised_html() -> None:
    files = sorted((APP / "templates").rglob("*.html"))
    faults = [fault for file in files for fault in template_faults(file.relative_to(APP).as_posix(), file.read_text())]
    assert files
    assert faults == []


def test_scripts_build_no_code_from_text() -> None:
    pattern = re.compile(r"\beval\(|\bnew Function\b|\bdocument\.write\b")
    scripts = [path for path in sorted((APP / "static").rglob("*.js")) if "vendor" not in path.parts]
    assert [path.name for path in scripts if pattern.search(path.read_text())] == []


# Said in pieces, so that this file does not say them.
NOT_OURS = {
    "a path of one machine": r"(?<![A-Za-z0-9_.])/(?:" + "work|root|farm" + r")/",
    "the address of a package registry": "|".join(
        [r"\bpypi\." + "org", "python" + r"hosted\.org", r"registry\.npm" + "js", r"registry\.yarn" + "pkg"]
    ),
    "an index in a lock file": "--(?:extra-)?" + "index-url|--find" + "-links ",
    "unfinished work": r"\b(?:TO" + "DO|FIX" + r"ME)\b",
    "a page that is not part of the project": r"\b(?:RULES|CONTRACT|DESIGN)" + r"(?:\.md|'s)\b",
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_no_file_mentions(what: str) -> None:
    pattern = re.compile(NOT_OURS[what])
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert ROOT / "Makefile" in tracked()
    assert found == []


# --- the rules complain ----------------------------------------------------------------------------------------------

WRONG_SOURCES = {
    ("rules/x.py", "from app.store import teams"): "rules must not import store",
    ("rules/x.py", "import random"): "random is not pure",
    ("services/x.py", "import flask"): "flask is only for",
    ("services/x.py", "from ..views import game"): "services must not import views",
    ("services/x.py", "from app.broadcast import handlers"): "services must not import broadcast",
    ("broadcast/stored.py", "from app.broadcast.handlers import Handlers"): "use cases must not import broadcast",
    ("broadcast/stored.py", "import sqlalchemy"): "sqlalchemy is only for",
    ("broadcast/stored.py", "import flask"): "flask is only for",
    ("views/x.py", "from app.store import teams"): "views must not import store",
    ("views/x.py", "import sqlalchemy as sa"): "sqlalchemy is only for",
    ("views/x.py", "def f():\n    from eventlet import tpool"): "eventlet is only for",
    ("content/file.py", "import pyairtable"): "pyairtable is only for",
    ("content/x.py", "from datetime import datetime\ndatetime.now()"): "ask the clock",
    ("content/x.py", "import datetime\ndatetime.datetime.utcnow()"): "ask the clock",
    ("content/x.py", "from time import monotonic"): "clock alone",
    ("services/x.py", "def load_data(): pass"): "load_data says data",
    ("services/x.py", "class TeamManager: pass"): "TeamManager says manager",
    ("services/utils.py", ""): "utils says utils",
    ("elsewhere/x.py", ""): "no such part",
}


@pytest.mark.parametrize(("path", "source"), WRONG_SOURCES)
def test_wrong_source_is_complained_about(path: str, source: str) -> None:
    tree = ast.parse(source)
    said = [*import_faults(path, tree), *time_faults(path, tree), *name_faults(path, tree)]
    assert any(WRONG_SOURCES[path, source] in fault for fault in said), said


RIGHT_SOURCES = {
    "services/x.py": "from app.rules.model import Puzzle\nfrom app.store import teams\nfrom app.clock import Clock",
    "content/airtable.py": "import pyairtable\nimport time\ntime.sleep(1)",
    "views/visit.py": "from app.store.page_state import PageState\nfrom app.errors import HuntError",
    "store/x.py": "import sqlalchemy\nfrom app.store.models import Team\ndef metadata_rows(): pass",
    "middleware/x.py": "import flask\nfrom app.services import viewing\nfrom . import locks\ndef load_user(): pass",
}


@pytest.mark.parametrize("path", RIGHT_SOURCES)
def test_right_source_passes(path: str) -> None:
    tree = ast.parse(RIGHT_SOURCES[path])
    assert [*import_faults(path, tree), *time_faults(path, tree), *name_faults(path, tree)] == []


WRONG_TEMPLATES = (
    "<script>alert(1)</script>",
    '<p style="color: red">',
    "<style>p {}</style>",
    '<button type="button" onclick="x()">',
    "{{ page.title|safe }}",
    "{{ form.name | safe }}",
)


@pytest.mark.parametrize("source", WRONG_TEMPLATES)
def test_a_wrong_template_is_complained_about(source: str) -> None:
    assert list(template_faults("x.html", source))


def test_a_right_template_passes() -> None:
    source = (
        '{# style="" #}<script src="/a.js" nonce="{{ csp_nonce }}"></script>{{ page.body_html|safe }}'
        "{{ line.html | safe }}"
        "{% for block in page.story_html %}{{ block|safe }}{% endfor %}"
    )
    assert list(template_faults("x.html", source)) == []


def test_bodies_are_counted_without_docstring_blank_lines_and_comments() -> None:
    text = 'def f():\n    """Says.\n\n    More."""\n    # why\n    a = 1\n\n    return a\n'
    (function,) = functions(ast.parse(text))
    assert body_lines(function, text.splitlines()) == 2
