"""An app whose hunt is on, made by the organiser's own commands; and its routes, for tests that walk them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

from flask import Flask
from werkzeug.routing import Rule

from app.ports import Ports
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT

# A value for each argument of a route that names no puzzle and no level.
SAMPLES = {"code": "teams", "slug": "rules", "token": "no-such-token", "filename": "css/site.css", "number": 1}
UNKNOWN = "no-such-key"


class CommandFailed(AssertionError):
    """A command of the organiser's command line did not end well."""


def hunt(app: Flask, *words: str, code: int = 0) -> str:
    """Run ``flask hunt …`` in this process and return what it printed."""
    done = app.test_cli_runner().invoke(args=["hunt", *words])
    if done.exit_code != code:
        raise CommandFailed(f"hunt {' '.join(words)}: exit code {done.exit_code}\n{done.output}\n{done.exception!r}")
    return str(done.output)


def begin(app: Flask, clock: FixedClock, hours_ago: float = 1) -> Ports:
    """Load the demo hunt and let it have begun ``hours_ago``, with six days to go; answers the app's ports."""
    hunt(app, "restock", "--from", str(DEMO_HUNT))
    for name, hours in (("starts_at", -hours_ago), ("ends_at", 144)):
        hunt(app, "set", name, (clock.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%MZ"))
    ports: Ports = app.extensions["infinity"]
    return ports


def rules(app: Flask, method: str) -> list[Rule]:
    """Every route of the site that answers ``method``, static files aside, in the order of their paths."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ()) and not is_static(rule)]
    return sorted(found, key=lambda rule: rule.rule)


def is_static(rule: Rule) -> bool:
    """Whether a route serves files of our own."""
    return rule.endpoint == "static" or rule.endpoint.endswith(".static")


def path_of(rule: Rule, **keys: str) -> str:
    """An address for this route, with ``puzzle`` and ``level`` as given and samples for everything else."""
    values = {name: keys.get(name, SAMPLES.get(name, 1)) for name in rule.arguments}
    _, path = rule.build(values, append_unknown=False) or ("", "")
    assert path, f"no address could be built for {rule.rule} from {values}"
    return path


@cache
def all_keys() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of all levels and all puzzles of the demo hunt."""
    tables = json.loads(DEMO_HUNT.read_text())["tables"]
    return tuple(row["id"] for row in tables["Levels"]), tuple(row["id"] for row in tables["Puzzles"])


def keys_by_access(client: object) -> Iterator[tuple[str, str, bool]]:
    """(``level`` or ``puzzle``, key, is it open for this team) for everything in the demo hunt, as the site answers."""
    levels, puzzles = all_keys()
    for kind, keys, prefix in (("level", levels, "/game/"), ("puzzle", puzzles, "/game/puzzle/")):
        for key in keys:
            yield kind, key, client.get(prefix + key).status_code == 200  # type: ignore[attr-defined]
