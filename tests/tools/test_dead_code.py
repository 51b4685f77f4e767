"""What tools/dead_code.py calls unused."""

from __future__ import annotations

from pathlib import Path

from tools.dead_code import unused

PROGRAM = """
from dataclasses import dataclass

@dataclass
class Page:
    shown: str
    hidden: str

@site.get("/")
def front() -> Page:
    return Page(shown="", hidden="")

def tested_only() -> None: pass
"""
TESTS = """
import pytest
from app.pages import tested_only

@pytest.fixture
def team(): pass

def test_a_page(team): tested_only()

def forgotten(): pass
"""


def test_code_that_only_tests_use_and_fields_that_no_template_reads_are_unused(tmp_path: Path) -> None:
    for path, text in {
        "app/pages.py": PROGRAM,
        "app/templates/front.html": "{% if page.shown %}{{ front }}{% endif %}",
        "tests/test_pages.py": TESTS,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert unused(tmp_path) == {
        "hidden": ("app/pages.py:7", "variable"),
        "tested_only": ("app/pages.py:13", "function"),
        "forgotten": ("tests/test_pages.py:10", "function"),
    }
