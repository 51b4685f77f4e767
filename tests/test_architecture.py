"""The house's own rules, read off the source: who may import whom, how long things are, what is never written."""

from __future__ import annotations

import ast
import graphlib
import json
import re
import subprocess
import sys

import pytest

from tests.support.source import (
    APP,
    FEATURES,
    MAY_IMPORT,
    ONLY_IN,
    ROOT,
    bag_faults,
    body_lines,
    file_edges,
    functions,
    import_faults,
    name_faults,
    part_of,
    parts_imported,
    role_of,
    sources,
    template_faults,
    time_faults,
    tracked,
)

LONGEST_FILE, LONGEST_BODY, USUAL_BODY, LONGEST_VIEW = 400, 50, 25, 25
MOST_DOCSTRING_WORDS = 25_000
COUNTED = (".py", ".css", ".js", ".mjs")


def test_imports_point_one_way() -> None:
    assert [fault for path, tree in sources().items() for fault in import_faults(path, tree)] == []


def test_features_form_no_circle() -> None:
    graphlib.TopologicalSorter({feature: set(needs) for feature, needs in FEATURES.items()}).prepare()


def test_every_edge_between_features_is_used_and_has_a_reason() -> None:
    used = {(part_of(path), other) for path, tree in sources().items() for other in parts_imported(tree, path)}
    assert [(one, other) for one, needs in FEATURES.items() for other in needs if (one, other) not in used] == []
    assert all(reason for needs in FEATURES.values() for reason in needs.values())


def test_few_imports_cross_features() -> None:
    edges = file_edges()
    crossing = [(one, other) for one, other in edges if {part_of(one), part_of(other)} <= set(FEATURES)]
    crossing = [(one, other) for one, other in crossing if part_of(one) != part_of(other)]
    assert len(crossing) <= 0.08 * len(edges)


# The goals stand in tools/hops.py. Until they are reached, no walk may become longer than it is.
# A page that is made takes steps to be kept, so that it need not be made the next time.
LONGEST_WALKS = {"puzzle page": (27, 151), "wrong guess": (35, 141), "solve": (38, 166), "restock": (44, 286)}


def test_no_request_runs_through_more_of_the_code_than_before() -> None:
    run = [sys.executable, "-m", "tools.hops", "--json"]
    walks = json.loads(subprocess.run(run, cwd=ROOT, capture_output=True, check=True, text=True).stdout)
    assert set(walks) == set(LONGEST_WALKS)
    longer = {name: found for name, found in walks.items() if any(map(int.__gt__, found, LONGEST_WALKS[name]))}
    assert longer == {}


def test_use_cases_take_what_they_need() -> None:
    assert [fault for path, tree in sources().items() for fault in bag_faults(path, tree)] == []


def test_time_is_read_by_the_clock_alone() -> None:
    assert [fault for path, tree in sources().items() if path != "clock.py" for fault in time_faults(path, tree)] == []


def test_names_are_the_hunts_own_words() -> None:
    assert [fault for path, tree in sources().items() for fault in name_faults(path, tree)] == []


def test_no_class_name_is_defined_twice() -> None:
    places: dict[str, list[str]] = {}
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name != "Meta":  # of forms, by the library's rule
                places.setdefault(node.name, []).append(path)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_every_module_says_what_it_is() -> None:
    lacking = [path for path, tree in sources().items() if tree.body and not ast.get_docstring(tree)]
    assert lacking == []


def test_docstrings_are_few_words() -> None:
    nodes = [node for tree in sources().values() for node in ast.walk(tree)]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) or "" for node in nodes if isinstance(node, documented)]
    assert sum(len(text.split()) for text in texts) <= MOST_DOCSTRING_WORDS


def test_files_are_short() -> None:
    files = {path.relative_to(ROOT).as_posix(): path for path in tracked() if path.suffix in COUNTED}
    assert {"config.py", "app/static/css/base.css", "tests/conftest.py"} <= set(files)
    counted = {name: len(path.read_text().splitlines()) for name, path in files.items()}
    assert {name: lines for name, lines in counted.items() if lines > LONGEST_FILE} == {}


def test_the_places_where_a_library_may_be_used_exist() -> None:
    known = set(MAY_IMPORT) | set(sources()) | {role_of(path) for path in sources()}
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
            if routed and body_lines(function, text) > LONGEST_VIEW:
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
    ("clock.py", "from app.core import text"): "clock must not import core",
    ("concurrency/x.py", "from app.core import text"): "concurrency must not import core",
    ("encryption.py", "from app.database import teams"): "encryption must not import database",
    ("core/x.py", "from app.database import teams"): "core must not import database",
    ("core/x.py", "import random"): "random is not pure",
    ("errors.py", "from app.database import teams"): "errors must not import database",
    ("database/x.py", "from app.guesses import solve"): "database must not import guesses",
    ("extensions.py", "from app.web import visit"): "extensions must not import web",
    ("ports.py", "from app.web import visit"): "ports must not import web",
    ("web/x.py", "from app.guesses import solve"): "web must not import guesses",
    ("middleware/x.py", "from app import factory"): "middleware must not import app",
    ("middleware/x.py", "from app.runtime import server"): "middleware must not import runtime",
    ("guesses/x.py", "from app.ports import Ports"): "takes what it needs, not all ports",
    ("guesses/x.py", "from app.hints import powerups"): "guesses must not import hints",
    ("guesses/x.py", "from app.web import visit"): "guesses must not import web",
    ("guesses/x.py", "from ..middleware import access"): "guesses must not import middleware",
    ("guesses/x.py", "import flask"): "flask is only for",
    ("guesses/views.py", "import sqlalchemy as sa"): "sqlalchemy is only for",
    ("guesses/x.py", "def f():\n    from eventlet import tpool"): "eventlet is only for",
    ("content/sources/x.py", "import pyairtable"): "pyairtable is only for",
    ("content/x.py", "from datetime import datetime\ndatetime.now()"): "ask the clock",
    ("content/x.py", "import datetime\ndatetime.datetime.utcnow()"): "ask the clock",
    ("content/x.py", "from time import monotonic"): "clock alone",
    ("guesses/x.py", "def load_data(): pass"): "load_data says data",
    ("guesses/x.py", "class TeamManager: pass"): "TeamManager says manager",
    ("guesses/utils.py", ""): "utils says utils",
    ("elsewhere/x.py", ""): "no such part",
    # Each feature is refused at least the web and the middleware.
    **{(f"{feature}/x.py", "from app.web import visit"): f"{feature} must not import web" for feature in FEATURES},
    **{
        (f"{feature}/views.py", "from app.middleware import access"): f"{feature} must not import middleware"
        for feature in FEATURES
    },
}


def test_every_part_but_the_wiring_can_be_refused_something() -> None:
    assert {part_of(path) for path, _ in WRONG_SOURCES} >= set(MAY_IMPORT) - {"app", "runtime"}


@pytest.mark.parametrize(("path", "source"), WRONG_SOURCES)
def test_wrong_source_is_complained_about(path: str, source: str) -> None:
    tree = ast.parse(source)
    said = [*import_faults(path, tree), *bag_faults(path, tree), *time_faults(path, tree), *name_faults(path, tree)]
    assert any(WRONG_SOURCES[path, source] in fault for fault in said), said


RIGHT_SOURCES = {
    "guesses/x.py": "from app.core.model import Puzzle\nfrom app.database import teams\nfrom app.clock import Clock",
    "content/sources/airtable.py": "import pyairtable\nimport time\ntime.sleep(1)",
    "web/visit.py": "from app.database.page_query import PageState\nfrom app.errors import HuntError",
    "hints/request_queries.py": "import sqlalchemy\nfrom app.database.schema import Team\ndef metadata_rows(): pass",
    "hints/admin.py": "import flask\nfrom app.web.visit import visit\nfrom app.guesses import solve",
    "middleware/x.py": "import flask\nfrom app.guesses import solve\nfrom . import access\ndef load_user(): pass",
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
