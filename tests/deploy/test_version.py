"""One version, said in one place: every other place reads it there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from app.runtime.identity import version
from deploy.deb import build
from deploy.pipeline.tag import section
from deploy.version import NoVersion, declared_in, parts_of, version_of
from tests.support.clock import FixedClock
from tests.support.environment import ROOT
from tests.support.hunts import begin, hunt

PROGRAM = ROOT / "deploy" / "version.py"


def said(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", PROGRAM, *words], check=False, capture_output=True, text=True)


def test_everything_that_names_the_version_names_the_same(app: Flask, clock: FixedClock) -> None:
    begin(app, clock)
    assert said().stdout == f"{version_of()}\n"
    assert version() == version_of()
    assert hunt(app, "--version") == f"{version_of()}\n"
    assert app.test_client().get("/readyz").json["version"] == version_of()  # type: ignore[index]


def test_a_package_bears_the_version_and_the_commit_that_it_was_made_of() -> None:
    head = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    declared, commit = parts_of(build._version(ROOT)) or ("", "none")
    assert declared == version_of()
    assert head.startswith(commit)


def test_what_was_installed_says_the_version_of_its_build(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("1.0.0+1796000000.0123abc\n")
    assert said(str(tmp_path)).stdout == "1.0.0+1796000000.0123abc\n"


def test_a_folder_that_says_no_version_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = said(str(tmp_path))
    assert (done.returncode, done.stderr) == (1, f"{tmp_path} has neither VERSION nor pyproject.toml\n")
    with pytest.raises(NoVersion):
        declared_in('[project]\nname = "infinity"\n')


@pytest.mark.parametrize("build", ["1.0", "1.0.0", "1.0.0+1796000000.0123abc~untested", "+1.abcdefa", ""])
def test_only_a_build_of_a_commit_has_parts(build: str) -> None:
    assert parts_of(build) is None
    assert parts_of("1.0.0+1796000000.0123abc") == ("1.0.0", "0123abc")


def test_the_image_repeats_no_version_of_its_own() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "org.opencontainers.image.version=${VERSION}" in text
    assert re.search(r"^ARG VERSION=$", text, re.MULTILINE)
    assert version_of() not in text


def test_the_changelog_has_a_dated_section_for_the_version_below_what_is_not_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(version_of())} – \d{{4}}-\d\d-\d\d", headings[1])
    assert section(text, version_of())


def test_the_pages_about_releases_lead_somewhere_and_name_what_there_is() -> None:
    for page in ("docs/upgrade.md", "CONTRIBUTING.md"):
        text = (ROOT / page).read_text()
        for link in re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", text):
            assert ((ROOT / page).parent / link).exists(), f"{page}: {link}"
        for word in re.findall(r"`(?:python3 )?((?:deploy|\.ci)/[\w./]+)", text):
            assert (ROOT / word).exists(), f"{page}: {word}"
