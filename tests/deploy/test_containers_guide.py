"""The walk to three nodes in containers, as docs/deploy.md tells it: what it names is there, and means what it says.

No Docker here: its part is read, not run. What needs no Docker is run.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from ruamel.yaml import YAML

from tests.support.environment import ROOT

COMPOSE = ROOT / "deploy" / "compose"
SERVICES = YAML(typ="safe").load((COMPOSE / "compose.yaml").read_text())["services"]
# Written by docker compose itself, or by whoever sets the site up.
NOT_IN_COMPOSE = {"COMPOSE_FILE"}


def walk() -> str:
    text = (ROOT / "docs" / "deploy.md").read_text()
    found = re.search(r"^## Three nodes in containers\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def commands() -> list[list[str]]:
    """Every command of the walk, without its comment."""
    blocks = re.findall(r"```sh\n(.*?)```", walk(), re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    return [shlex.split(part, comments=True) for line in lines for part in line.split(" && ")]


def test_the_walk_has_commands() -> None:
    assert len(commands()) >= 10


def test_every_file_it_names_is_there() -> None:
    assert ["cd", "deploy/compose"] in commands()
    assert ["cp", "example.env", ".env"] in commands()
    named = {word for command in commands() for word in command if re.fullmatch(r"[\w./-]+\.(sh|env|py|yaml)", word)}
    named |= {part for found in re.findall(r"COMPOSE_FILE=([\w.:]+)", walk()) for part in found.split(":")}
    missing = {word for word in named if not word.startswith("/") and not (COMPOSE / word).exists()}
    assert missing == set()
    assert os.access(COMPOSE / "rolling.sh", os.X_OK)
    assert (ROOT / "deploy/haproxy/nodes.sh").exists(), "it is mounted where the walk calls it"
    assert "../haproxy:/usr/local/etc/haproxy:ro" in SERVICES["gateway"]["volumes"]


def test_every_service_it_speaks_to_is_one() -> None:
    asked = [command for command in commands() if command[:2] == ["docker", "compose"]]
    spoken_to = {command[command.index("exec") + 1] for command in asked if "exec" in command}
    spoken_to |= {command[-1] for command in asked if "build" in command}
    assert spoken_to == {"web", "gateway"}
    assert spoken_to <= set(SERVICES)


def test_every_name_it_lets_one_set_is_used() -> None:
    files = "".join((COMPOSE / name).read_text() for name in ("compose.yaml", "compose.tls.yaml", "example.env"))
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", walk())) - NOT_IN_COMPOSE
    assert {"SECRET_KEY", "DATABASE_PASSWORD", "SITE_URL", "WEB_NODES"} <= named
    assert {name for name in named if name not in files} == set()


def test_no_node_starts_without_the_sites_address() -> None:
    assert SERVICES["web"]["environment"]["SITE_URL"].startswith("${SITE_URL:?")
    assert SERVICES["gateway"]["environment"]["SITE_HOSTS"] == "${SITE_HOSTS:-*}"
    default = (ROOT / "deploy/deb/infinity.default").read_text().splitlines()
    assert {"SITE_URL=", "TRUSTED_PROXIES=1"} <= set(default)


def test_the_organisers_commands_exist(app: Flask) -> None:
    verbs = {command[command.index("hunt") + 1] for command in commands() if "hunt" in command}
    assert verbs == {"settings", "backup"}
    assert verbs <= set(app.cli.commands["hunt"].commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("nodes", "code"), [("4", 0), ("40", 0)])
def test_the_budget_is_asked_as_the_walk_says(nodes: str, code: int) -> None:
    command = next(command for command in commands() if command[0] == "python3" and command[1].endswith("budget.py"))
    asked = [nodes if word == "4" else word for word in command]
    done = subprocess.run(asked, cwd=COMPOSE, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr


def test_a_fleet_too_large_without_a_pooler_is_told_so() -> None:
    budget = Path("..") / "budget.py"
    words = ["python3", str(budget), "--nodes", "40", "--processes", "1", "--pool", "5", "--direct"]
    done = subprocess.run(words, cwd=COMPOSE, capture_output=True, text=True, check=False)
    assert done.returncode == 1
