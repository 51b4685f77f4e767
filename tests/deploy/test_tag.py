"""A version's tag: made by its first build in production, at that build's commit, and never moved."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy.apt.repository import Repository
from deploy.pipeline.tag import section
from deploy.version import version_of
from tests.deploy import apt
from tests.deploy.clone import Clone
from tests.support.environment import ROOT

NAME = f"v{version_of()}"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path)
    sections = [
        "# Changelog",
        "## Unreleased",
        "Later.",
        f"## {version_of()} – 2026-11-30",
        "### Added",
        "- Everything.",
    ]
    (made.folder / "CHANGELOG.md").write_text("\n\n".join([*sections, "## 0.1", "Long ago."]))
    made.commit("Ready")
    return made


def build_of(clone: Clone, commit: str = "", version: str = "") -> str:
    return f"{version or version_of()}+1796000000.{(commit or clone.head())[:7]}"


def tag(clone: Clone, build: str, **environ: str) -> subprocess.CompletedProcess[str]:
    done = clone.run("deploy/pipeline/tag.py", build, **environ)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done


def tags(clone: Clone) -> list[str]:
    return clone.git("tag", "--list").split()


def test_the_first_build_of_a_version_is_tagged_with_what_changed(clone: Clone) -> None:
    first = clone.head()
    clone.commit("Later")
    assert tag(clone, build_of(clone, first)).stderr == f"{NAME} is {first[:12]}\n"
    assert clone.git("rev-parse", f"{NAME}^{{commit}}").strip() == first
    assert clone.git("cat-file", "-t", NAME) == "tag\n"
    text = clone.git("tag", "--list", "--format=%(contents)", NAME)
    assert text.startswith(
        f"Infinity {version_of()}\n\nThe build that went to production first: {build_of(clone, first)}"
    )
    assert text.rstrip().endswith("### Added\n\n- Everything.")


def test_the_same_build_again_changes_nothing_and_a_later_one_moves_nothing(clone: Clone) -> None:
    tag(clone, build_of(clone))
    before = clone.git("rev-parse", NAME)
    assert tag(clone, build_of(clone)).returncode == 0
    first = clone.head()
    clone.commit("Later")
    done = tag(clone, build_of(clone))
    assert (done.returncode, done.stderr) == (0, f"{NAME} stays at {first[:12]}: this is a later build of it\n")
    assert clone.git("rev-parse", NAME) == before


def test_a_build_that_says_another_version_than_its_commit_gets_no_tag(clone: Clone) -> None:
    done = tag(clone, build_of(clone, version="9.9.9"))
    assert (done.returncode, tags(clone)) == (1, [])
    assert f"says 9.9.9, but commit {clone.head()[:7]} says {version_of()}" in done.stderr


def test_a_build_of_a_commit_that_is_not_here_gets_no_tag(clone: Clone) -> None:
    done = tag(clone, build_of(clone, "f" * 40))
    assert (done.returncode, tags(clone)) == (1, [])
    assert "this clone has no commit fffffff" in done.stderr


@pytest.mark.parametrize("build", ["1.0", "1.0.0+1.0123abc~untested", "--force", "v1.0.0; reboot"])
def test_a_build_of_no_commit_gets_no_tag(clone: Clone, build: str) -> None:
    assert tag(clone, build).stderr == f"{build} is the build of no commit; no tag\n"
    assert tags(clone) == []


def test_the_tag_goes_to_the_remote_and_what_that_has_stays(clone: Clone, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "clone", "-q", "--bare", clone.folder, remote], check=True)
    clone.git("remote", "add", "origin", str(remote))
    words = ["git", "-C", str(remote), "rev-parse", f"{NAME}^{{commit}}"]
    assert tag(clone, build_of(clone), INFINITY_TAG_REMOTE="origin").returncode == 0
    first = clone.head()
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip() == first
    # Another machine's clone, which has not heard of the tag.
    clone.git("tag", "--delete", NAME)
    clone.commit("Later")
    assert "stays at" in tag(clone, build_of(clone), INFINITY_TAG_REMOTE="origin").stderr
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip() == first
    clone.git("tag", "--delete", NAME)
    done = tag(clone, build_of(clone), INFINITY_TAG_REMOTE="nowhere")
    assert (done.returncode, tags(clone)) == (1, [])


def test_of_the_changelog_only_the_versions_own_section_is_taken() -> None:
    text = "# C\n\n## Unreleased\n\na\n\n## 1.0.0 – 2026-11-30\n\nb\n\n## 1.0\n\nc\n"
    assert section(text, "1.0.0") == "b"
    assert section(text, "0.9") == ""
    assert section(text, "1x0") == ""


@apt.needs_apt
def test_production_makes_the_tag_and_says_where_it_is_missing(
    clone: Clone, repository: Repository, tmp_path: Path
) -> None:
    for script in ("staging", "production"):
        assert (clone.folder / ".ci" / script).exists()
    (clone.folder / "deploy" / "apt").mkdir()
    for name in ("repository.py", "aptly.conf.in"):
        (clone.folder / "deploy" / "apt" / name).write_text((ROOT / "deploy" / "apt" / name).read_text())
    clone.commit("With the repository")
    home = {"INFINITY_APT_HOME": str(repository.home), "PACKAGES": str(tmp_path / "packages")}
    (tmp_path / "packages").mkdir()
    build = build_of(clone)
    apt.toy_package(tmp_path / "packages", build)
    assert clone.run(".ci/staging", **home).stdout == f"staging: {build}\n"
    assert tags(clone) == []
    done = clone.run(".ci/production", INFINITY_TAG_REMOTE="nowhere", **home)
    assert (done.returncode, done.stdout) == (1, f"production: {build}\n")
    assert "Production has it, but the tag is missing" in done.stderr
    again = clone.run(".ci/production", **home)
    assert (again.returncode, again.stdout) == (0, f"production: {build}\n")
    assert tags(clone) == [NAME]
