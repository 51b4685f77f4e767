"""The static checks of the deploy files: they pass on this tree, and each finds its faults in a broken copy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.environment import ROOT
from tools import check_deploy, programs

COPIED = ("deploy", "tools", ".ci", ".github", "Dockerfile", "captain-definition", "Procfile")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what is checked."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


@pytest.fixture
def changed(tree: Path) -> Callable[[str, str, str], None]:
    """A function that writes something else into a file of the copy."""

    def change(file: str, before: str, after: str) -> None:
        text = (tree / file).read_text()
        assert text.count(before) >= 1, f"{file} does not say {before!r}"
        (tree / file).write_text(text.replace(before, after, 1))

    return change


def faults(root: Path, check: str) -> list[str]:
    """What a check finds; a program that is missing is a skip with its name."""
    found, lack = check_deploy.examine(root, check)
    if lack:
        pytest.skip(lack)
    return found


@pytest.mark.parametrize("check", check_deploy.CHECKS)
def test_this_tree_passes(check: str) -> None:
    assert faults(ROOT, check) == []


COMPOSE, HAPROXY = "deploy/compose/compose.yaml", "deploy/haproxy/haproxy.cfg"
MONITOR, AGENT = "deploy/monitor/", "deploy/agent/infinity-agent"
BROKEN = [
    ("workflows", ".github/workflows/ci.yml", "runs-on:", "run-on:", "ci.yml"),
    ("terraform", "deploy/terraform/versions.tf", "terraform {", "terraform   {", "versions.tf"),
    ("syntax", MONITOR + "alertmanager.yml", "inhibit_rules:", "route: {}\ninhibit_rules:", "route"),
    ("syntax", MONITOR + "prometheus.yml", "rule_files: [rules.yml]", "rule_files: [rules.yml", "prometheus.yml"),
    ("syntax", MONITOR + "dashboard.json", '"uid": "infinity",', '"uid": "infinity", "uid": "other",', "said twice"),
    ("syntax", "deploy/pgbouncer/pgbouncer.ini", "pool_mode", "pool_mode = session\npool_mode", "pgbouncer.ini"),
    ("syntax", "deploy/deb/infinity.default", "PORT=8000", "PORT 8000", "neither NAME=VALUE"),
    ("syntax", "deploy/compose/example.env", "SECRET_KEY=", "export SECRET_KEY=", "neither NAME=VALUE"),
    ("compose", COMPOSE, "stop_grace_period", "stop_grace", "stop_grace"),
    ("compose", "deploy/swarm/stack.yaml", "endpoint_mode: dnsrr", "endpoint: dnsrr", "endpoint"),
    ("compose", "deploy/swarm/stack.yaml", "source: haproxy,", "source: gateway,", "names gateway"),
    ("compose", "deploy/swarm/stack.yaml", "source: database,", "source: base,", "names base"),
    ("compose", "deploy/swarm/stack.yaml", "../haproxy/nodes.sh", "../haproxy/node.sh", "node.sh, which"),
    ("compose", COMPOSE, "redis: {condition", "rediss: {condition", "names rediss"),
    ("compose", COMPOSE, "pictures: {}", "photos: {}", "names pictures"),
    ("compose", COMPOSE, "    user: redis\n", "    user: redis\n    secrets: [token]\n", "names token"),
    ("compose", COMPOSE, "../monitor/dashboard.json", "../monitor/board.json", "board.json, which"),
    ("compose", COMPOSE, "build: ../pgbouncer", "build: ../bouncer", "bouncer/Dockerfile"),
    ("dockerfiles", "Dockerfile", "WORKDIR /srv/infinity", "WORKDIR srv", "DL3000"),
    ("dockerfiles", "deploy/pgbouncer/Dockerfile", "USER postgres", "USR postgres", "pgbouncer/Dockerfile"),
    ("haproxy", HAPROXY, "balance roundrobin", "balance evenly", "balance only supports"),
    ("haproxy", HAPROXY, "server-template n 1-20 \"ipv4@${NODES", "server-tmpl n 1-20 \"ipv4@${NODES", "(names)"),
    ("haproxy", HAPROXY, "monitor-uri", "monitor-url", "(figures)"),
    ("haproxy", HAPROXY, "alpn h2", "alpnn h2", "(https)"),
    ("haproxy", HAPROXY, "default_backend regions", "default_backend region", "(regions)"),
    ("haproxy", HAPROXY, "crt \"${REGION_CERT", "crtt \"${REGION_CERT", "(regions with certificates)"),
    ("haproxy", HAPROXY, "load-server-state-from-file global", "load-server-state global", "(places)"),
    ("prometheus", MONITOR + "prometheus.yml", "scrape_configs", "scrape_configuration", "prometheus.yml: "),
    ("prometheus", MONITOR + "rules.yml", "expr: up{job=\"nodes\"} == 0", "expr: up{job=nodes} == 0", "rules.yml: "),
    ("prometheus", MONITOR + "rules.yml", "1000\n", "2000\n", "rules.test.yml: "),
    ("alertmanager", MONITOR + "alertmanager.yml", "receiver: organisers", "receiver: nobody", "nobody"),
    ("shell", "deploy/compose/rolling.sh", "done\n", "don\n", "rolling.sh: "),
    ("shell", "deploy/haproxy/nodes.sh", "place=$(place_of \"$1\")", "place=$(place_of $1)", "SC2086"),
    ("shell", "deploy/deb/infinity.prerm", "fi\n", "\n", "infinity.prerm: "),
    ("captain", "captain-definition", "2", "3", "schemaVersion"),
    ("captain", "captain-definition", "./Dockerfile", "../Dockerfile", "captain-definition"),
    ("captain", "captain-definition", "./Dockerfile", "./Dockerfile.web", "there is no ./Dockerfile.web"),
    ("captain", "captain-definition", '"dockerfilePath"', '"imageName": "x", "dockerfilePath"', "captain-definition"),
    ("systemd", AGENT + ".service", "StateDirectory", "StateDirektory", "StateDirektory"),
    ("systemd", AGENT + ".timer", "[Timer]", "[Timer]\nOnUnitInactiveSec=soon", "infinity-agent.timer"),
    ("systemd", "Procfile", "web: ", "web ", "Procfile: line 2"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "file", "before", "after", "said"), BROKEN)
def test_what_is_broken_is_found(
    tree: Path, changed: Callable[[str, str, str], None], check: str, file: str, before: str, after: str, said: str
) -> None:
    changed(file, before, after)
    assert [fault for fault in faults(tree, check) if said in fault], "nobody complains"


def test_what_an_operator_keeps_beside_our_files_is_not_ours_to_judge(tree: Path) -> None:
    (tree / "deploy" / "compose" / ".env").write_text("whatever it may say")
    assert faults(tree, "syntax") == []


def test_every_check_has_been_seen_to_complain() -> None:
    assert {check for check, *_ in BROKEN} == set(check_deploy.CHECKS)


def test_a_fault_ends_the_run_with_code_1_and_stands_in_its_output(
    tree: Path, changed: Callable[[str, str, str], None]
) -> None:
    command = [sys.executable, "tools/check_deploy.py", str(tree)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, [line for line in done.stdout.splitlines() if not line.startswith("skipped: ")]) == (0, [])
    changed("captain-definition", "2", "3")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1
    assert "captain: " in done.stdout


def test_a_program_that_is_missing_is_told_of_by_name_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(programs, "SEARCH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["check_deploy.py"])
    assert check_deploy.main() == 0
    said = capsys.readouterr().out
    assert "skipped: prometheus, since promtool is not installed (Debian's package prometheus)\n" in said
    assert said.count("skipped: ") == len(check_deploy.CHECKS) - 1, "only reading JSON and the like needs no program"


def test_what_was_found_before_a_program_was_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, tree: Path, changed: Callable[[str, str, str], None], tmp_path: Path
) -> None:
    changed("deploy/compose/rolling.sh", "done\n", "don\n")
    changed("deploy/compose/rolling.sh", "#!/bin/sh", "#!/bin/bash")
    only_bash = tmp_path / "only"
    only_bash.mkdir()
    (only_bash / "bash").symlink_to(shutil.which("bash") or "/bin/bash")
    shutil.rmtree(tree / "deploy" / "deb")
    shutil.rmtree(tree / ".ci")
    (tree / "deploy" / "compose" / "gateway.sh").unlink()
    monkeypatch.setattr(programs, "SEARCH", str(only_bash))
    found, lack = check_deploy.examine(tree, "shell")
    assert found
    assert "shellcheck is not installed" in lack


def test_the_schema_of_captain_definition_knows_all_four_ways() -> None:
    ways = {tuple(one["required"]) for one in check_deploy.CAPTAIN_SCHEMA["oneOf"]}  # type: ignore[attr-defined]
    assert ways == {("dockerfilePath",), ("dockerfileLines",), ("imageName",), ("templateId",)}
    assert json.loads((ROOT / "captain-definition").read_text())["schemaVersion"] == 2


def test_make_check_calls_the_checks() -> None:
    made = subprocess.run(["make", "-n", "check"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    assert "tools/check_deploy.py" in made.stdout
