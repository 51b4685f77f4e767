"""The project's own source, read as text: the plan of the house and the rules that can be checked by reading.

Nothing is imported or run. Each rule is a function from source to complaints; tests/test_architecture.py applies them
all and shows each of them to complain.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APP = ROOT / "app"
CORE = {"rules", "store", "content", "services", "guesses", "core", "concurrency", "use cases"}
# Files of a feature folder that services may import: they know neither Flask nor sockets.
USE_CASES = {"broadcast/events.py", "broadcast/presence.py", "broadcast/queries.py", "broadcast/stored.py"}
EDGES = {"views", "prox", "broadcast", "middleware", "jobs", "cli", "errors", "extensions"}

# Which parts of app/ a part may import, besides itself and the clock. `app` is the factory, which hands things in.
MAY_IMPORT = {
    "clock": set(),
    "encryption": set(),
    "errors": {"rules", "core"},
    "concurrency": set(),
    "core": {"rules", "errors"},
    "rules": {"core", "errors"},
    "content": {"rules", "core", "concurrency", "errors"},
    "store": {"rules", "core", "concurrency", "errors", "encryption"},
    "extensions": {"store"},
    "guesses": {"rules", "store", "content", "services", "core", "concurrency", "errors", "use cases"},
    "services": {"rules", "store", "content", "guesses", "core", "concurrency", "errors", "use cases", "encryption"},
    "use cases": {"services", "rules", "store", "content", "core", "concurrency", "errors", "encryption"},
    "views": EDGES | {"services", "guesses", "rules", "content", "core", "concurrency", "use cases"},
    "prox": EDGES | {"services", "rules", "content", "core", "concurrency"},
    "broadcast": EDGES | CORE,
    "middleware": EDGES | CORE,
    "jobs": EDGES | CORE,
    "cli": EDGES | CORE,
    "runtime": EDGES | CORE | {"app"},
    "app": EDGES | CORE | {"runtime", "encryption"},
}
# What the one query of a page brings is carried through the edges as it is: its dataclasses are open to all of them.
SHARED_VALUES = "app.store.page_state"
# Libraries that only some places may know; a place is a part of app/, one file, or a name of files in any folder.
ONLY_IN = {
    "sqlalchemy": {"store", "extensions", "app", "queries.py"},
    "flask_sqlalchemy": {"extensions", "app"},
    "sqlite3": {"store"},
    "psycopg2": {"store", "runtime"},
    "cryptography": {"encryption"},
    "eventlet": {"runtime"},
    "greenlet": {"runtime"},
    "pyairtable": {"content/airtable.py"},
    "flask_socketio": {"broadcast", "extensions", "runtime", "app"},
    "socketio": {"broadcast", "extensions", "runtime"},
    "redis": {"broadcast", "extensions", "runtime", "middleware", "jobs", "app"},
    "apscheduler": {"jobs", "runtime"},
    "flask": EDGES | {"runtime", "app"},
    "flask_login": EDGES | {"app"},
    "wtforms": {"views"},
    "flask_babel": {"views/languages.py"},
    "babel": {"views/languages.py"},
    "flask_wtf": {"views", "extensions", "middleware", "app", "errors"},
}
# What app/rules may use: nothing that knows the hour, the network, chance, the disk or the log.
PURE = {
    "__future__", "base64", "bcrypt", "binascii", "bisect", "collections", "contextlib", "dataclasses", "datetime",
    "decimal", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "hmac", "itertools", "json",
    "math", "operator", "re", "string", "struct", "types", "typing", "unicodedata", "zoneinfo",
}  # fmt: skip
READS_TIME = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "gmtime", "localtime", "strftime"},
}
UNWANTED_WORDS = {
    "user", "users", "challenge", "challenges", "flag", "flags", "data", "info",
    "manager", "managers", "helpers", "util", "utils",
}  # fmt: skip
# Flask-Login's own words, and the `data:` of a URI.
UNAVOIDABLE = {"load_user", "UserMixin", "AnonymousUserMixin"}
# python-socketio calls these classes managers.
UNAVOIDABLE |= {"redis_manager", "FairManager", "FairRedisManager"}


# --- reading the source ----------------------------------------------------------------------------------------------


@cache
def sources() -> dict[str, ast.Module]:
    """Every Python file of app/, parsed; keys are paths below app/."""
    files = sorted(path for path in APP.rglob("*.py") if "__pycache__" not in path.parts)
    return {path.relative_to(APP).as_posix(): ast.parse(path.read_text(), str(path)) for path in files}


def part_of(path: str) -> str:
    """The part of the house that a file belongs to: its folder, or its own name, or the factory."""
    if path in USE_CASES:
        return "use cases"
    first = path.split("/")[0]
    return "app" if first in ("__init__.py", "factory.py") else first.removesuffix(".py")


def imported(tree: ast.AST, path: str) -> Iterator[str]:
    """The dotted names that a file imports, relative ones resolved; for `from a import b` both a and a.b."""
    package = ["app", *path.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def parts_imported(tree: ast.AST, path: str) -> set[str]:
    """The parts of app/ that a file imports."""
    known = {part_of(name) for name in sources()} | set(MAY_IMPORT)
    found = set()
    for name in imported(tree, path):
        words = name.split(".")
        if words[0] == "app" and len(words) > 1 and not (name.startswith(SHARED_VALUES) and part_of(path) in EDGES):
            if "/".join(words[1:3]) + ".py" in USE_CASES:
                found.add("use cases")
            elif name != "app.broadcast":  # the package itself is empty; its modules count
                found.add(words[1] if words[1] in known and words[1] != "factory" else "app")
    # `from app import clock` names the package first and the part second: only the part counts.
    return found


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a file."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: list[str]) -> int:
    """Lines of a body that say something: without the docstring, blank lines and comments."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    lines = text[body[0].lineno - 1 : function.end_lineno]
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))


def words_of(name: str) -> set[str]:
    """The words in snake_case or CamelCase."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return {word.lower() for word in spaced.split("_")}


@cache
def tracked() -> list[Path]:
    """All files of the project that are text of ours: what git knows, without copies of others' work."""
    ours = [path for path in listed_by_git() or found_by_walking() if path.is_file() and "vendor" not in path.parts]
    return [path for path in ours if b"\0" not in path.read_bytes()[:8000]]


def listed_by_git() -> list[Path]:
    """What git tracks here; nothing where there is no git, or no repository that it trusts."""
    git = shutil.which("git")
    if git is None:
        return []
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name]


def found_by_walking() -> list[Path]:
    """All files, but for what is made on the spot."""
    made = {".git", ".venv", "node_modules", "instance", "__pycache__", ".env", "build"}
    made |= {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
    return sorted(path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts))


# --- the rules -------------------------------------------------------------------------------------------------------


def import_faults(path: str, tree: ast.AST) -> Iterator[str]:
    """Imports that go the wrong way, and libraries in places that must not know them."""
    part = part_of(path)
    allowed = MAY_IMPORT.get(part)
    if allowed is None:
        yield f"app/{path}: no such part in the plan of the house"
        return
    for other in sorted(parts_imported(tree, path) - allowed - {part, "clock"}):
        yield f"app/{path}: {part} must not import {other}"
    libraries = {name.split(".")[0] for name in imported(tree, path)}
    for library in sorted(libraries & set(ONLY_IN)):
        if not ONLY_IN[library] & {part, path, path.rsplit("/", 1)[-1]}:
            yield f"app/{path}: {library} is only for {', '.join(sorted(ONLY_IN[library]))}"
    if part == "rules":
        yield from (f"app/{path}: {library} is not pure" for library in sorted(libraries - PURE - {"app"}))


def time_faults(path: str, tree: ast.AST) -> Iterator[str]:
    """Readings of the hour anywhere but in the clock."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in READS_TIME.get(owner, ()):
                yield f"app/{path}:{node.lineno}: {owner}.{node.attr} (ask the clock)"
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and {a.name for a in node.names} & READS_TIME["time"]
        ):
            yield f"app/{path}:{node.lineno}: time is read by the clock alone"


def name_faults(path: str, tree: ast.AST) -> Iterator[str]:
    """Modules, classes and functions named with words that say nothing, or that are another site's words."""
    stem = path.rsplit("/", 1)[-1].removesuffix(".py")
    named = [(stem, 1)]
    named += [(node.name, node.lineno) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    named += [(function.name, function.lineno) for function in functions(tree)]
    for name, line in named:
        said = words_of(name.replace("data_uri", "uri").replace("DataUri", "Uri")) & UNWANTED_WORDS
        if said and name not in UNAVOIDABLE:
            yield f"app/{path}:{line}: {name} says {', '.join(sorted(said))}"


def template_faults(name: str, source: str) -> Iterator[str]:
    """Inline code or style, and `safe` behind anything but sanitised HTML."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    for tag in re.findall(r"<script\b[^>]*>", source, flags=re.IGNORECASE):
        if "src=" not in tag and "application/json" not in tag:
            yield f"{name}: inline script {tag}"
    patterns = {"a <style>": r"<style\b", "a style attribute": r"\sstyle\s*=", "a handler": r"<[^>{]*\son[a-z]+\s*="}
    for what, pattern in patterns.items():
        if re.search(pattern, source, flags=re.IGNORECASE):
            yield f"{name}: {what}"
    # Besides: a piece of a sanitised collection, and markup that the template itself spells out.
    pieces = re.findall(r"\bfor\s+(\w+)\s+in\s+[\w.]*html\s*[-+]?%}", source) + re.findall(
        r"\bset\s+(\w+)\s*=\s*\{", source
    )
    for printed in re.findall(r"([\w.\[\]()'\"]+)\s*\|\s*safe\b", source):
        if not re.search(r"(^|[._])html$", printed) and printed.split("[")[0] not in pieces:
            yield f"{name}: {printed}|safe, but only sanitised *html may be printed as it is"
