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
# What every part may import. `ports` holds the protocols through which use cases reach the rest of the world.
KERNEL = {"clock", "concurrency", "core", "database", "encryption", "errors"}
# The features, each with those that its files may import, and why. There is no circle: a test sorts them.
FEATURES: dict[str, dict[str, str]] = {
    "prox": {},
    "content": {
        "prox": "pictures are fetched and measured at a restock",
        "guesses": "answers typed in clear are hashed as the hash generator does",
    },
    "notifications": {},
    "broadcast": {},
    "guesses": {"broadcast": "a team that is away reads later that its late solves count"},
    "hints": {
        "guesses": "a hint and a power-up lock the team, refuse and spend as a guess does",
        "accounts": "credits are granted to a team by its name",
        "boards": "the hint desk shows a team's rank",
        "content": "the hint desk shows the puzzle with the files of its version",
    },
    "accounts": {
        "broadcast": "a ban or a changed password ends open sockets",
        "notifications": "reset links are mailed; a team sets its webhook",
        "guesses": "an organiser corrects what a team has on its page",
    },
    "announcements": {
        "broadcast": "publishing pushes to open pages",
        "content": "their Markdown is rendered as all Markdown is",
        "notifications": "they may go by mail",
    },
    "game": {
        "announcements": "the home page shows the latest",
        "content": "a preview reads any version",
        "guesses": "puzzle pages take guesses",
        "hints": "puzzle pages show and take hints",
    },
    "test_solving": {
        "content": "a test is of a version, and counts while the puzzle is the same",
        "game": "a tester sees the puzzle as a team does; authors read teams' ratings",
        "guesses": "a guess is judged and limited as a team's",
    },
    "boards": {"guesses": "statistics compare wrong guesses as a guess is compared"},
    "settings": {
        "announcements": "hunt announce stands among the commands of settings",
        "content": "a change is checked against the content in force; custom CSS is cleaned",
        "guesses": "after a later end, solves since the old one are offered to count",
        "hints": "a schedule in the past says how many credits it grants at once",
        "ops": "a form shows who changed a setting last",
        "prox": "a picture of the look is known by its bytes",
    },
    "ops": {
        "announcements": "a job mails them",
        "accounts": "jobs drop old links and failures",
        "broadcast": "the dashboard counts open pages",
        "content": "the dashboard shows the version in play",
        "guesses": "jobs drop old receipts",
        "hints": "the schedule grants credits",
        "notifications": "jobs send the outbox",
    },
}
# What pages share needs of the features: loading what is in force.
WEB_NEEDS = {"content"}
EVERYTHING = KERNEL | set(FEATURES) | {"web", "middleware", "extensions", "runtime", "ports"}
# Which parts of app/ a part may import, besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "clock": set(),
    "concurrency": set(),
    "encryption": set(),
    "core": {"errors"},
    "errors": {"core"},
    "database": KERNEL,
    "extensions": {"database"},
    "ports": KERNEL | {"content", "guesses"},
    "web": KERNEL | WEB_NEEDS | {"extensions", "ports"},
    "middleware": KERNEL | set(FEATURES) | {"web", "extensions", "ports"},
    "runtime": EVERYTHING | {"app"},
    "app": EVERYTHING,
    **{feature: KERNEL | set(needs) | {"ports"} for feature, needs in FEATURES.items()},
}
# Files of a feature that know Flask, by their name or its last word; they alone may import web.
FLASK_FACING = {"views", "forms", "pages", "admin", "cli"}
# Other files that know Flask: the live part answers sockets and programs, and jobs run inside an application.
FLASK_FILES = {
    "broadcast/api.py", "broadcast/handlers.py", "broadcast/polling.py", "broadcast/wiring.py", "ops/jobs.py",
    "ops/scheduler.py",
}  # fmt: skip
# Libraries that only some places may know; a place is a part of app/, one file, or the last word of a file's name.
ONLY_IN = {
    "sqlalchemy": {"database", "extensions", "app", "queries"},
    "flask_sqlalchemy": {"extensions", "app"},
    "sqlite3": {"database"},
    "psycopg2": {"database", "runtime"},
    "cryptography": {"encryption"},
    "authlib": {"accounts/identity_provider.py"},
    "joserfc": {"accounts/identity_provider.py"},
    "icalendar": {"game/calendar.py"},
    "coloraide": {"core/colours.py"},
    "pyotp": {"accounts/one_time_codes.py"},
    "segno": {"accounts/second_factor_views.py"},
    "eventlet": {"runtime"},
    "greenlet": {"runtime"},
    "msgspec": {"content/serialise.py", "boards/snapshots.py"},
    "openpyxl": {"content/imports/sheets.py", "content/imports/workbook.py"},
    "pyairtable": {"content/sources/airtable.py"},
    "flask_socketio": {"broadcast", "extensions", "runtime", "app"},
    "socketio": {"broadcast", "extensions", "runtime"},
    "redis": {"broadcast", "extensions", "runtime", "middleware", "ops/scheduler.py", "app"},
    "apscheduler": {"ops/scheduler.py", "runtime"},
    "flask": {"web", "middleware", "extensions", "runtime", "app", *FLASK_FACING, *FLASK_FILES},
    "flask_login": {"web", "middleware", "extensions", "app", "broadcast/wiring.py", *FLASK_FACING},
    "wtforms": {"forms"},
    "flask_babel": {"web/languages.py"},
    "babel": {"web/languages.py"},
    "flask_wtf": {"web", "extensions", "middleware", "app"},
}
# What app/core may use: nothing that knows the hour, the network, chance, the disk or the log.
PURE = {
    "__future__", "base64", "bcrypt", "binascii", "bisect", "collections", "coloraide", "contextlib", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "hmac",
    "ipaddress", "itertools", "json", "math", "operator", "re", "string", "struct", "types", "typing", "unicodedata",
    "zoneinfo",
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
# html.parser calls this method.
UNAVOIDABLE |= {"handle_data"}
# smtplib calls the command that sends a mail's text so.
UNAVOIDABLE |= {"data"}
# python-socketio calls these classes managers.
UNAVOIDABLE |= {"redis_manager", "FairManager", "FairRedisManager"}


# --- reading the source ----------------------------------------------------------------------------------------------


@cache
def sources() -> dict[str, ast.Module]:
    """Every Python file of app/, parsed; keys are paths below app/."""
    files = sorted(path for path in APP.rglob("*.py") if "__pycache__" not in path.parts)
    return {path.relative_to(APP).as_posix(): ast.parse(path.read_text(), str(path)) for path in files}


def part_of(path: str) -> str:
    """The part of app/ that a file belongs to: its folder, or its own name, or the factory."""
    first = path.split("/")[0]
    return "app" if first in ("__init__.py", "factory.py") else first.removesuffix(".py")


def role_of(path: str) -> str:
    """The last word of a file's name: `queries` of team_queries.py, `views` of views.py."""
    return path.rsplit("/", 1)[-1].removesuffix(".py").rsplit("_", 1)[-1]


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
    names = (name.split(".") for name in imported(tree, path))
    found = {words[1] for words in names if words[0] == "app" and len(words) > 1}
    return {one if one in MAY_IMPORT else "app" for one in found}


def file_edges() -> set[tuple[str, str]]:
    """Which file of app/ imports which other, as pairs of paths."""
    files = {"app." + path.removesuffix(".py").replace("/", "."): path for path in sources()}
    files |= {name.removesuffix(".__init__"): path for name, path in files.items()}
    found = {(path, files[name]) for path, tree in sources().items() for name in imported(tree, path) if name in files}
    return {(one, other) for one, other in found if one != other and not other.endswith("__init__.py")}


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
    part, role = part_of(path), role_of(path)
    allowed = MAY_IMPORT.get(part)
    if allowed is None:
        yield f"app/{path}: no such part"
        return
    if part in FEATURES and (role in FLASK_FACING or path in FLASK_FILES):
        allowed = allowed | {"web", "extensions"}
    for other in sorted(parts_imported(tree, path) - allowed - {part, "clock"}):
        yield f"app/{path}: {part} must not import {other}"
    libraries = {name.split(".")[0] for name in imported(tree, path)}
    for library in sorted(libraries & set(ONLY_IN)):
        if not ONLY_IN[library] & {part, path, role}:
            yield f"app/{path}: {library} is only for {', '.join(sorted(ONLY_IN[library]))}"
    if part == "core":
        yield from (f"app/{path}: {library} is not pure" for library in sorted(libraries - PURE - {"app"}))


def bag_faults(path: str, tree: ast.AST) -> Iterator[str]:
    """Use cases that take everything there is in place of what they need."""
    if part_of(path) not in FEATURES or role_of(path) in FLASK_FACING or path in FLASK_FILES:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "app.ports" and "Ports" in {a.name for a in node.names}:
            yield f"{path} takes what it needs, not all ports"


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
