"""The rules read no clock, draw no lots, write no log and know neither web nor database."""

import ast
from pathlib import Path

import pytest

import app.core
import app.errors

ALLOWED = {
    "__future__",
    "app",
    "base64",
    "bisect",
    "coloraide",  # arithmetic alone
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "hmac",
    "difflib",
    "ipaddress",
    "itertools",
    "math",
    "re",
    "types",
    "typing",
    "unicodedata",
    "zoneinfo",  # the table of time zones is read, the time is not
}
FORBIDDEN_CALLS = {"now", "utcnow", "today", "open", "print", "input", "eval", "exec", "__import__"}
OURS = ("app.core", "app.errors")  # and app/errors.py is held to the same rule
MODULES = [*sorted(Path(app.core.__file__).parent.glob("*.py")), Path(app.errors.__file__)]


def offences(source):
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if not is_allowed(name.name)]
        elif isinstance(node, ast.ImportFrom) and (node.level or not is_allowed(node.module)):
            found.append(node.module)
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            found += [called] if called in FORBIDDEN_CALLS else []
    return found


def is_allowed(module):
    return module.split(".")[0] in ALLOWED and (module.split(".")[0] != "app" or module.startswith(OURS))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_rule_is_pure(path):
    assert offences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import flask",
        "import random",
        "import time",
        "from sqlalchemy import select",
        "from app.database import teams",
        "from app import clock",
        "from . import model",
        "import logging.handlers",
        "import bcrypt",
        "datetime.now(UTC)",
        "print(1)",
    ],
)
def test_an_impure_line_would_be_noticed(source):
    assert offences(source)
