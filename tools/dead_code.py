"""List functions, classes, variables and attributes that nothing uses: `python -m tools.dead_code` (in `make check`).

vulture compares the names that are defined with the names that are used. It reads Python only, so this module adds the
names that templates use. Code of `app/` that only tests use counts as unused. Exit status 1 if anything is found.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes
from vulture import Vulture

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ("app", "config.py", "wsgi.py", "migrations")
OUTSIDE = ("bench", "deploy", "docs", "tools", "tests")

# The framework calls what these decorators register.
REGISTERING = [
    "@*.get", "@*.post", "@*.route", "@*.command", "@*.errorhandler", "@*.before_request", "@*.on", "@*.listens_for",
    "@pytest.fixture",
]  # fmt: skip
# Names that stay although no code here reads them, by the reason.
ALLOWED_BECAUSE = {
    "Flask, Flask-Login, Werkzeug and Jinja read it": (
        "jinja_environment", "ensure_sync", "max_content_length", "max_form_memory_size",
        "session_protection", "get_cookie_secure",
        "get_expiration_time", "get_id", "test_client_class", "visit_Call", "jinja_loader",
        "request_class", "command_class", "is_other_visitor",
    ),
    "python-socketio and python-engineio call or read it": ("_listen", "_handle_emit", "ping_interval"),
    "SQLAlchemy and the database drivers call or read it": (
        "impl", "cache_ok", "process_bind_param", "process_result_value", "autocommit", "isolation_level",
    ),
    "a column that is written for the organisers who look into the database": (
        "accepted_at", "accepted_by", "added_by",
    ),
    "Alembic reads it": ("down_revision", "branch_labels", "depends_on", "downgrade"),
    "io and http.client call it": ("readable", "readinto", "makefile"),
    "http.server and socketserver call or read it": (
        "default_request_version", "close_connection", "version_string", "log_message", "protocol_version",
        "daemon_threads", "handle_error", "do_POST", "do_HEAD", "do_PUT", "do_PATCH", "do_DELETE",
    ),
    "asyncio calls it": ("connection_made", "data_received", "connection_lost", "exc"),
    "expat calls what these hold": (
        "StartElementHandler", "EndElementHandler", "EntityDeclHandler", "ProcessingInstructionHandler",
        "CharacterDataHandler", "buffer_text",
    ),
    "html.parser calls it": ("handle_starttag", "handle_endtag", "handle_data"),
    "openpyxl reads it": ("alignment", "font", "freeze_panes"),
    "requests reads it": ("max_redirects", "trust_env", "verify"),
    "zipfile, configparser and Babel read it": (
        "optionxform", "creation_date", "revision_date", "ugettext", "ungettext", "upgettext",
        "_num_plurals", "_plural_expr",
    ),
    "a test compares it with the installed versions": ("WRITTEN_FOR",),
    "pytest reads it": ("pytestmark", "pytest_collection_modifyitems", "pytest_runtest_protocol"),
    "the arguments tell Babel which words are counted": ("msgid1", "msgid2", "n"),
    "the catalogues take these words from here; a page translates the stored code": ("SENT_KINDS",),
    "dataclasses.asdict reads it": (
        "warning_count", "server_connections", "longest_idle_seconds", "outbox_waiting",
        "outbox_given_up", "outbox_oldest_seconds", "hint_requests_waiting", "hint_request_oldest_seconds",
    ),
}  # fmt: skip
ALLOWED = frozenset(name for names in ALLOWED_BECAUSE.values() for name in names)


def main() -> None:
    """Print every unused name that is not allowed, and every allowed name that is no longer unused."""
    found = unused(ROOT)
    faults = [f"{place}: unused {what} {name!r}" for name, (place, what) in found.items() if name not in ALLOWED]
    faults += [
        f"tools/dead_code.py: {name!r} is allowed, but nothing unused has this name" for name in ALLOWED - set(found)
    ]
    print(*sorted(faults), sep="\n", end="\n" if faults else "")
    sys.exit(bool(faults))


def unused(root: Path) -> dict[str, tuple[str, str]]:
    """Unused names with file:line and kind: of the program without its tests, then of the tests and tools."""
    vulture = Vulture(ignore_decorators=REGISTERING)
    vulture.scavenge([str(root / path) for path in PROGRAM if (root / path).exists()])
    vulture.used_names.update(names_in_templates(root / "app" / "templates"))
    found = vulture.get_unused_code(min_confidence=60)
    vulture.scavenge([str(root / path) for path in OUTSIDE if (root / path).exists()])
    vulture.used_names.update(names_of_arguments(root / "tests"))
    outside = tuple(str(root / path) for path in OUTSIDE)
    found += [item for item in vulture.get_unused_code(min_confidence=60) if str(item.filename).startswith(outside)]
    return {
        item.name: (f"{Path(item.filename).relative_to(root).as_posix()}:{item.first_lineno}", item.typ)
        for item in found
    }


def names_in_templates(folder: Path) -> Iterator[str]:
    """Every variable, attribute, keyword, filter and test that a template uses."""
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])
    for file in folder.rglob("*.html"):
        tree = environment.parse(file.read_text())
        yield from (node.attr for node in tree.find_all(nodes.Getattr))
        yield from (node.name for node in tree.find_all((nodes.Name, nodes.Filter, nodes.Test)))
        yield from (node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str))


def names_of_arguments(folder: Path) -> Iterator[str]:
    """Every argument of a function: pytest passes the fixture of that name."""
    for file in folder.rglob("*.py"):
        yield from (node.arg for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.arg))


if __name__ == "__main__":
    main()
