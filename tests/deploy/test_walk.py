"""The walk from nothing to a fleet in docs/deploy.md, walked: each of its commands is run here, as it stands there.

Stand-ins are only for what needs another machine: `sudo`, `apt-get`, `terraform` (whose files have tests of their own),
and the first two steps of the pipeline, which have tests of their own too.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import apt
from tests.support.environment import ROOT

DOCUMENT = ROOT / "docs" / "deploy.md"
TERRAFORM = ROOT / "deploy" / "terraform"
SECTION = re.compile(r"^## A fleet that updates itself\n(.*?)(?=^## )", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A bucket needs Amazon; what its configuration says is compared with aptly's own words elsewhere.
BUCKET = " --bucket hunt-packages --region eu-central-1"
HOME, CI_HOME = "/srv/infinity-apt", "/srv/infinity-ci"


def blocks() -> list[list[str]]:
    """The commands of the walk, a list for each block."""
    found = SECTION.search(DOCUMENT.read_text())
    assert found is not None
    return [block.splitlines() for block in BLOCK.findall(found[1])]


class Walk:
    """A checkout on a machine of its own, in ``machine``; toys stand for packages, each release a new version."""

    def __init__(self, machine: Path) -> None:
        self.folder, self.home, self.calls = machine / "checkout", machine / "home", machine / "calls"
        self.ci = machine / "ci"
        ignored = shutil.ignore_patterns("__pycache__", ".terraform*")
        for name in ("deploy", ".ci"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=ignored)
        shutil.copy(ROOT / ".gitignore", self.folder)
        self._bin = machine / "bin"
        self._bin.mkdir()
        self._stand_in(self._bin / "sudo", 'exec "$@"')
        for name in ("apt-get", "terraform"):
            self._stand_in(self._bin / name, f'echo "{name} $*" >>"{self.calls}"')
        for name in ("run", "package"):
            self._stand_in(self.folder / ".ci" / name, f'echo ".ci/{name} $*" >>"{self.calls}"')
        self._environ = {
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "HOME": str(machine),
            "INFINITY_APT_HOME": str(self.home),
        }
        who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@infinity.invalid"]
        for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "All"]):
            self.git(*words)

    def git(self, *words: str) -> str:
        """One call of git in the checkout."""
        command = ["git", "-C", str(self.folder), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def release(self, version: str) -> None:
        """What .ci/package would leave."""
        shutil.rmtree(self.folder / "build" / "packages", ignore_errors=True)
        (self.folder / "build" / "packages").mkdir(parents=True)
        for name in ("infinity", "infinity-agent"):
            apt.toy_package(self.folder / "build" / "packages", version, name=name)

    def go(self, commands: list[str]) -> str:
        """Run one block, as somebody would who copies it."""
        text = "\n".join(commands).replace(BUCKET, "").replace(HOME, str(self.home)).replace(CI_HOME, str(self.ci))
        words = ["bash", "-euo", "pipefail", "-c", text]
        done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=self.folder, env=self._environ)
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _stand_in(self, file: Path, text: str) -> None:
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)


@pytest.fixture
def walk() -> Iterator[Walk]:
    # A short path: gpg's agent listens in it.
    with tempfile.TemporaryDirectory(prefix="infinity-walk-") as machine:
        made = Walk(Path(machine))
        yield made
        apt.stop_gpg(made.home)


@apt.needs_apt
def test_the_walk_leads_to_nodes_that_follow_each_release_and_back(walk: Walk, tmp_path: Path) -> None:
    key, bucket, first, fleet, elsewhere, release, back = blocks()
    assert "repository.py create" in key[-1]
    walk.go(key)
    assert sorted(file.name for file in walk.ci.iterdir()) == ["key", "key.pub", "signers"]
    walk.go(bucket)
    walk.release("1.0")
    assert walk.go(first).endswith("staging: 1.0\nproduction: 1.0\n")
    walk.go(fleet)
    walk.go(elsewhere)
    assert (walk.home / "user-data.yaml").read_text().startswith("#cloud-config\n")
    with apt.web(walk.home / "public") as url:
        node = apt.Node(tmp_path / "node", url, walk.home / "public" / "infinity.asc")
        assert node.candidate() == "1.0"
        walk.release("1.1")
        walk.go(release)
        assert node.candidate() == "1.1"
        walk.go(back)
        assert node.candidate() == "1.0"
    terraform = "terraform -chdir=deploy/terraform"
    assert walk.calls.read_text().splitlines() == [
        "apt-get install -y aptly gnupg make openssh-client python3-venv",
        f"{terraform} init",
        f"{terraform} apply -target=aws_s3_bucket_policy.packages -target=aws_iam_policy.publisher",
        ".ci/run ",
        ".ci/package ",
        f"{terraform} apply",
        ".ci/run ",
        ".ci/package ",
    ]
    assert (walk.folder / "build" / "notify.zip").exists()
    # Otherwise .ci/package would refuse to pack.
    assert walk.git("status", "--porcelain") == ""


def test_a_machine_can_follow_staging_by_the_option_that_the_walk_names(walk: Walk, tmp_path: Path) -> None:
    (option,) = set(re.findall(r"`render\.py (--channel \w+)`", DOCUMENT.read_text()))
    elsewhere = next(block for block in blocks() if "render.py" in "".join(block))
    walk.go(blocks()[0])
    walk.go([line.replace("render.py", f"render.py {option}") for line in elsewhere])
    packed = re.findall(r"^    content: (\S+)$", (walk.home / "user-data.yaml").read_text(), re.MULTILINE)
    assert any(b"packages.example.org/staging bookworm main" in base64.b64decode(text) for text in packed)


def test_what_terraform_is_asked_to_make_first_is_there() -> None:
    files = "".join(file.read_text() for file in TERRAFORM.glob("*.tf"))
    targets = [target for block in blocks() for line in block for target in re.findall(r"-target=(\S+)", line)]
    assert len(targets) == 2
    for kind, name in (target.split(".") for target in targets):
        assert f'resource "{kind}" "{name}" {{' in files


def test_the_example_sets_all_that_terraform_would_ask_for_and_nothing_that_it_does_not_know() -> None:
    variables = re.findall(r'^variable "(\w+)" {\n(.*?)^}', (TERRAFORM / "variables.tf").read_text(), re.M | re.S)
    required = {name for name, body in variables if not re.search(r"^  default ", body, re.MULTILINE)}
    example = (TERRAFORM / "terraform.tfvars.example").read_text()
    given = set(re.findall(r"^(\w+) *=", example, re.MULTILINE))
    assert required <= given <= {name for name, _ in variables}


def test_the_file_with_secrets_is_none_that_git_would_take() -> None:
    command = ["git", "-C", ROOT, "check-ignore", "-q"]
    assert subprocess.run([*command, "deploy/terraform/terraform.tfvars"], check=False).returncode == 0
    assert subprocess.run([*command, "deploy/terraform/terraform.tfstate"], check=False).returncode == 0
    assert subprocess.run([*command, "deploy/terraform/terraform.tfvars.example"], check=False).returncode == 1
