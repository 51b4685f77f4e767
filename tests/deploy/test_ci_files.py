"""What Jenkins and GitHub are told: the steps of .ci/ in their order, as few rights as will do, and no secret shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.environment import ROOT

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
JENKINSFILE = (ROOT / "Jenkinsfile").read_text()
STEP = re.compile(r"(?<![\w/])\.ci/\w+")
SECRETS = {"BUILDS_WEBHOOK_URL"}


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(file)
    return found


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [(f"{file.name}:{name}", job) for file in WORKFLOWS for name, job in read(file)["jobs"].items()]


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step["run"] for step in job["steps"] if "run" in step)


def test_every_push_is_tested_and_only_main_is_packed() -> None:
    ci = read(FOLDER / "ci.yml")
    # YAML 1.1 would read `on` as true; this reader and GitHub's do not.
    assert set(ci["on"]) == {"push", "pull_request"}
    assert ci["on"]["push"] is None
    test, staging = ci["jobs"]["test"], ci["jobs"]["staging"]
    assert STEP.findall(commands(test)) == [".ci/run"]
    assert STEP.findall(commands(staging)) == [".ci/package", ".ci/staging"]
    assert staging["needs"] == "test"
    assert staging["if"] == "github.event_name == 'push' && github.ref == 'refs/heads/main'"
    assert commands(staging).index("record.py write") < commands(staging).index(".ci/package")


def test_production_is_a_persons_decision() -> None:
    production = read(FOLDER / "production.yml")
    assert set(production["on"]) == {"workflow_dispatch"}
    (job,) = production["jobs"].values()
    assert job["environment"] == "production"
    assert job["if"] == "github.ref == 'refs/heads/main'"
    assert STEP.findall(commands(job)) == [".ci/production", ".ci/rollback"]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_has_no_rights_but_those_a_job_names(file: Path) -> None:
    said = read(file)
    assert said["permissions"] == {}
    assert "concurrency" in said
    for job in said["jobs"].values():
        assert job["permissions"] in ({"contents": "read"}, {"contents": "write"})
        assert job["timeout-minutes"] <= 120


def test_only_the_job_that_makes_the_tag_may_write_or_keeps_credentials() -> None:
    for name, job in jobs():
        checkouts = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
        writes = job["permissions"]["contents"] == "write"
        assert writes == (name == "production.yml:production")
        assert all((step["with"].get("persist-credentials", True) is True) == writes for step in checkouts)


def test_every_action_is_pinned_by_its_commit() -> None:
    used = re.findall(r"uses: (\S+)(.*)", "".join(file.read_text() for file in WORKFLOWS))
    assert used
    for action, comment in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)


def test_secrets_and_what_others_typed_reach_a_command_by_its_environment_alone() -> None:
    for name, job in jobs():
        assert "${{" not in commands(job), name
    text = "".join(file.read_text() for file in WORKFLOWS)
    assert set(re.findall(r"secrets\.(\w+)", text)) == SECRETS
    assert "set -x" not in text + JENKINSFILE
    assert not re.search(r"\becho\b.*(SECRET|TOKEN|WEBHOOK|KEY)", text + JENKINSFILE)


def test_strangers_code_runs_on_no_machine_that_has_keys() -> None:
    for _name, job in jobs():
        own = "self-hosted" in job["runs-on"]
        assert own == ("INFINITY_APT_HOME" in job.get("env", {}))
        assert not own or "refs/heads/main" in job["if"]
        assert not own or "make test" not in commands(job)


def test_one_release_at_a_time_and_none_is_cut_off() -> None:
    groups = [read(FOLDER / "ci.yml")["jobs"]["staging"]["concurrency"], read(FOLDER / "production.yml")["concurrency"]]
    assert groups == [{"group": "packages", "cancel-in-progress": False}] * 2


# --- Jenkins ---------------------------------------------------------------------------------------------------------


def groovy_without_strings() -> str:
    """Without comments and the contents of strings; what is left has only Groovy's own braces."""
    return re.sub(r"'(?:\\.|[^'\\\n])*'|//[^\n]*", "''", JENKINSFILE)


def blocks(text: str) -> dict[str, str]:
    """The text of each stage, by its name."""
    parts = re.split(r"(?m)^ {8}stage\('(\w+)'\) \{$", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_jenkinsfile_is_a_declarative_pipeline_whose_braces_close() -> None:
    depth = 0
    for sign in re.findall(r"[{}()\[\]]", groovy_without_strings()):
        depth += 1 if sign in "{([" else -1
        assert depth >= 0
    assert depth == 0
    assert JENKINSFILE.count("pipeline {") == 1
    assert '"' not in re.sub(r"//[^\n]*|'(?:\\.|[^'\\\n])*'", "", JENKINSFILE), "Groovy would fill in a secret itself"


def test_jenkins_takes_the_same_steps_with_the_keys_on_another_machine() -> None:
    stages = blocks(JENKINSFILE)
    assert list(stages) == ["Test", "Staging"]
    assert STEP.findall(stages["Test"]) == [".ci/run"]
    assert STEP.findall(stages["Staging"]) == [".ci/package", ".ci/staging"]
    assert stages["Staging"].index("record.py write") < stages["Staging"].index(".ci/package")
    assert "branch 'main'" in stages["Staging"]
    assert "beforeAgent true" in stages["Staging"]
    assert "infinity-tests" in stages["Test"]
    assert "INFINITY_" not in stages["Test"]
    assert "disableConcurrentBuilds()" in JENKINSFILE


def test_every_step_and_program_that_they_name_exists() -> None:
    text = JENKINSFILE + "".join(file.read_text() for file in WORKFLOWS)
    named = set(STEP.findall(text)) | set(re.findall(r"deploy/[\w/.]+\.py", text))
    assert {".ci/run", ".ci/production", "deploy/pipeline/record.py"} <= named
    assert [name for name in named if not (ROOT / name).exists()] == []
