"""The walk to three nodes in containers, as docs/deploy.md tells it: what it names is there, and means what it says.

No Docker here: its part is read, not run; tests/deploy/containers/ runs it. What needs no engine is run.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from ruamel.yaml import YAML

from tests.deploy.containers import guide
from tests.support.environment import ROOT

COMPOSE = ROOT / "deploy" / "compose"
SERVICES = YAML(typ="safe").load((COMPOSE / "compose.yaml").read_text())["services"]
STACK = YAML(typ="safe").load((ROOT / "deploy/swarm/stack.yaml").read_text())["services"]
# Written by docker compose itself, or by whoever sets the site up.
NOT_IN_COMPOSE = {"COMPOSE_FILE"}


def walk() -> str:
    return guide.section("Three nodes in containers")


def commands() -> list[list[str]]:
    """Every command of the walk, without its comment."""
    lines = [line for block in guide.blocks(walk()) for line in block.splitlines()]
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
    spoken_to = {
        next(word for word in command[command.index("exec") + 1 :] if word != "-T")
        for command in asked
        if "exec" in command
    }
    spoken_to |= {name for command in asked if "build" in command for name in command[command.index("build") + 1 :]}
    spoken_to |= {
        name for command in asked if "--no-deps" in command for name in command[command.index("--no-deps") + 1 :]
    }
    assert {"web", "gateway", "pgbouncer", "prometheus"} <= spoken_to
    assert spoken_to <= set(SERVICES)


def test_nothing_but_the_first_start_exchanges_everything_at_once() -> None:
    ups = [command for command in commands() if command[:2] == ["docker", "compose"] and "up" in command]
    assert [command[3:] for command in ups if "--no-deps" not in command] == [
        ["--detach", "--build"],
        ["--detach", "--wait"],
    ]


def test_every_name_it_lets_one_set_is_used() -> None:
    files = "".join((COMPOSE / name).read_text() for name in ("compose.yaml", "compose.tls.yaml", "example.env"))
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", walk())) - NOT_IN_COMPOSE
    assert {"SECRET_KEY", "DATABASE_PASSWORD", "SITE_URL", "WEB_NODES"} <= named
    assert {name for name in named if name not in files} == set()


def resolved(*more: str) -> dict[str, Any]:
    """The services as Compose itself understands the file; it needs no engine for that."""
    program = Path(sys.executable).parent / "docker-compose"
    if not program.exists():
        pytest.skip("requirements-dev.txt brings docker-compose for x86-64 alone")
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": "x", "DATABASE_PASSWORD": "x", "SITE_URL": "http://hunt.example"}
    words = [program, *more, "--profile", "monitor", "config", "--format", "json"]
    done = subprocess.run(words, cwd=COMPOSE, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["services"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("files", [[], ["-f", "compose.yaml", "-f", "compose.tls.yaml"]])
def test_compose_reads_its_files_and_every_service_is_kept_within_bounds(files: list[str]) -> None:
    services = resolved(*files)
    assert set(services) == set(SERVICES)
    for name, service in services.items():
        assert service["logging"]["options"] == {"max-size": "20m", "max-file": "5"}, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["mem_limit"]) > 0, name
        assert int(service["pids_limit"]) > 0, name
        assert service["restart"] == "unless-stopped", name


@pytest.mark.parametrize(
    "file", [".env", "certificates/site.pem", "hunt/hunt.json", "hunt.jsonl", "compose.override.yaml", "backups/1"]
)
def test_what_operators_keep_beside_the_compose_file_is_never_committed(file: str) -> None:
    asked = ["git", "check-ignore", "--quiet", "--no-index", f"deploy/compose/{file}"]
    assert subprocess.run(asked, cwd=ROOT, check=False).returncode == 0


def test_what_is_ours_there_is_not_ignored() -> None:
    asked = ["git", "ls-files", "-ci", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert listed.stdout == ""


def test_unhealthy_means_dead_and_not_unready() -> None:
    check = re.search(r"^HEALTHCHECK .*\n +CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert check is not None
    assert "/healthz" in check[1]
    assert "readyz" not in check[1]
    assert "VOLUME" not in re.findall(r"^[A-Z]+", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_a_swarm_gives_its_services_what_compose_gives_them() -> None:
    monitor = {"prometheus", "alertmanager", "grafana"}
    assert set(STACK) == set(SERVICES) - monitor
    # A file beside the compose file is on one machine alone.
    assert {**STACK["web"]["environment"], "CONTENT_FILE": "${CONTENT_FILE:-}"} == SERVICES["web"]["environment"]
    for name, service in STACK.items():
        assert service.get("command") == SERVICES[name].get("command"), name
        assert service.get("user") == SERVICES[name].get("user"), name
        assert service["deploy"]["endpoint_mode"] == "dnsrr", "the gateway must see every node"
        assert set(service["deploy"]["resources"]["limits"]) == {"memory", "pids"}, name
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name


def test_a_swarm_starts_the_new_node_before_it_stops_the_old_one_and_takes_back_what_does_not_work() -> None:
    update = STACK["web"]["deploy"]["update_config"]
    assert (update["order"], update["parallelism"], update["failure_action"]) == ("start-first", 1, "rollback")
    assert STACK["postgres"]["deploy"]["update_config"]["order"] == "stop-first", "two servers would share a volume"


@pytest.mark.parametrize("title", ["On a Docker Swarm", "On CapRover"])
def test_every_name_that_the_other_guides_let_one_set_is_known(title: str) -> None:
    files = "".join(
        (ROOT / name).read_text() for name in ("config.py", "deploy/swarm/example.env", "deploy/haproxy/haproxy.cfg")
    )
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", guide.section(title)))
    assert named
    assert {name for name in named if name not in files} == set()


def test_no_node_starts_without_the_sites_address() -> None:
    assert SERVICES["web"]["environment"]["SITE_URL"].startswith("${SITE_URL:?")
    assert SERVICES["gateway"]["environment"]["SITE_HOSTS"] == "${SITE_HOSTS:-*}"
    default = (ROOT / "deploy/deb/infinity.default").read_text().splitlines()
    assert {"SITE_URL=", "TRUSTED_PROXIES=1"} <= set(default)


def test_the_organisers_commands_exist(app: Flask) -> None:
    verbs = {command[command.index("hunt") + 1] for command in commands() if "hunt" in command}
    assert verbs == {"settings", "backup", "restore"}
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
