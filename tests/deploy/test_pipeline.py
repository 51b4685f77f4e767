"""From a commit to a fleet: the steps of .ci/ by themselves, and all of them in a row on a fresh clone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.apt.repository import Repository
from deploy.pipeline.checkout import Checkout
from deploy.pipeline.record import Records
from tests.deploy import apt
from tests.deploy.clone import CLOSING, Clone
from tests.deploy.tiers import SWITCH, slow_tier
from tests.support.environment import ROOT

CI = ROOT / ".ci"
STEPS = ("run", "package", "staging", "production", "rollback")


def step(name: str, *words: str, root: Path = ROOT, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run one step of the pipeline in the checkout ``root``."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("INFINITY_")} | environ
    command = [str(root / ".ci" / name), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=env)


@pytest.fixture
def packages(tmp_path: Path) -> Callable[[str], str]:
    """A folder with toys of this version, as .ci/package leaves it."""

    def make(version: str) -> str:
        folder = tmp_path / version
        folder.mkdir()
        for name in ("infinity", "infinity-agent"):
            apt.toy_package(folder, version, name=name)
        return str(folder)

    return make


def test_every_step_is_a_script_that_the_shell_can_read() -> None:
    assert sorted(file.name for file in CI.iterdir()) == sorted(STEPS)
    for name in STEPS:
        assert os.access(CI / name, os.X_OK)
        subprocess.run(["bash", "-n", CI / name], check=True)


@apt.needs_apt
def test_a_release_goes_to_staging_to_production_and_back_by_one_command_each(
    repository: Repository, packages: Callable[[str], str], tmp_path: Path
) -> None:
    home = {"INFINITY_APT_HOME": str(repository.home)}
    with apt.web(repository.key_file.parent) as url:
        node = apt.Node(tmp_path / "node", url, repository.key_file)
        for version in ("1.0", "1.1"):
            assert step("staging", PACKAGES=packages(version), **home).stdout == f"staging: {version}\n"
            assert step("production", **home).stdout == f"production: {version}\n"
            assert node.candidate() == version
        assert step("rollback", **home).stdout == "production: 1.0\n"
        assert node.candidate() == "1.0"
        assert step("production", "1.1", **home).stdout == "production: 1.1\n"
        assert node.candidate() == "1.1"


@apt.needs_apt
def test_a_step_that_is_refused_ends_the_pipeline_and_says_why(
    repository: Repository, packages: Callable[[str], str], tmp_path: Path
) -> None:
    home = {"INFINITY_APT_HOME": str(repository.home)}
    for done, why in (
        (step("staging", PACKAGES=packages("1.0")), "INFINITY_APT_HOME: names the folder"),
        (step("staging", PACKAGES=packages("1.0~untested"), **home), "without a record of passed tests"),
        (step("staging", PACKAGES=str(tmp_path / "nothing"), **home), "is no Debian package"),
        (step("production", **home), "nothing has been staged yet"),
        (step("rollback", **home), "nothing to go back to"),
    ):
        assert done.returncode != 0
        assert why in done.stderr
        assert "Traceback" not in done.stderr


def test_what_no_commit_holds_is_not_packed(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.key()
    assert clone.run(".ci/run").returncode == 0
    (clone.folder / "late.py").touch()
    done = clone.run(".ci/package")
    assert (done.returncode, done.stdout) == (1, "")
    assert "late.py" in done.stderr
    (clone.folder / "late.py").unlink()
    assert "made" in clone.run(".ci/package").stdout


@pytest.mark.parametrize(("check", "tests", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_the_first_step_runs_the_checks_and_all_tiers_and_ends_with_the_closing_line(
    tmp_path: Path, check: int, tests: int, code: int
) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(CI / "run", tmp_path / ".ci")
    (tmp_path / "Makefile").write_text(
        f"check:\n\t@exit {check}\ntest:\n\t@echo slow tiers: $({SWITCH})\n\t@echo '{CLOSING}'\n\t@exit {tests}\n"
    )
    done = step("run", root=tmp_path)
    assert done.returncode == code
    assert "slow tiers: 1" in done.stdout
    assert done.stdout.splitlines()[-1] == CLOSING


@slow_tier
@apt.needs_apt
@pytest.mark.skipif(os.geteuid() != 0, reason="not root: the package's environment is made at its final path")
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("package")
def test_a_fresh_clone_becomes_a_release_that_a_node_takes(repository: Repository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    if (ROOT / "build" / "wheels").exists():
        # Fetched before; pip compares their hashes again.
        shutil.copytree(ROOT / "build" / "wheels", clone / "build" / "wheels")
    assert "has no record of passed tests" in step("package", root=clone, INFINITY_CI_HOME=str(tmp_path / "ci")).stderr
    records = Records(tmp_path / "ci")
    records.create()
    records.write(Checkout(clone), Checkout(clone).commit().name, CLOSING)
    done = step("package", root=clone, INFINITY_CI_HOME=str(records.home))
    assert done.returncode == 0, done.stderr
    (built,) = (clone / "build/packages").glob("infinity_*.deb")
    version = built.name.split("_")[1]
    assert list((clone / "build/packages").glob(f"infinity-agent_{version}_all.deb"))
    home = {"INFINITY_APT_HOME": str(repository.home)}
    assert step("staging", root=clone, **home).stdout == f"staging: {version}\n"
    assert step("production", root=clone, **home).stdout == f"production: {version}\n"
    with apt.web(repository.key_file.parent) as url:
        node = apt.Node(tmp_path / "node", url, repository.key_file)
        assert node.candidate() == version
        assert node.run("apt-get", "download", "infinity").returncode == 0
    (taken,) = node.folder.glob("infinity_*.deb")
    assert taken.read_bytes() == built.read_bytes()
    # The version that the fleet waits for is the one that the program names.
    words = f"dpkg-deb --fsys-tarfile {taken} | tar -xO ./usr/lib/infinity/VERSION"
    assert subprocess.run(["sh", "-c", words], check=True, capture_output=True, text=True).stdout == f"{version}\n"
