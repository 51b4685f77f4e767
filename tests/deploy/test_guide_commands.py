"""Every fenced block of the pages that operators type from is typed by a test, or it stands here why not.

What needs an engine is typed by tests/deploy/containers/, which are not run with all others: a command that has changed
is told here, so that somebody runs them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config import Config
from tests.deploy import apt
from tests.deploy.containers import guide
from tests.support.environment import ROOT

PAGES = ("deploy.md", "managed-postgresql.md", "upgrade.md")
FENCE = re.compile(r"^ *(?:```|~~~) *(\S*)")
CONTAINERS, WALK, HERE = "tests/deploy/containers/", "tests/deploy/test_walk.py", "tests/deploy/test_guide_commands.py"
# Stands for the commands as they were when tests/deploy/containers last typed them.
LAST_TYPED = "7550b8acf8acdac4"
ONE_BOX = "tests/deploy/test_onebox.py::test_a_bare_debian_is_a_site_in_less_than_ten_minutes"
PREPARE = (
    "tests/tools/test_prepare.py::test_a_broken_environment_is_made_anew_once_and_filled_again_when_the_pins_change"
)
MANAGED = f"{CONTAINERS}test_managed.py::test_with_the_right_authority_everything_goes_by_tls"
CAPROVER = f"{CONTAINERS}test_caprover.py::test_a_release_is_taken_while_people_play"
# For each section that has blocks, by page: language, and the test or the folder of tests that types it.
TYPED = {
    ("deploy.md", "One box"): [("sh", ONE_BOX)],
    ("deploy.md", "One machine by hand"): [
        ("sh", PREPARE),
        ("sh", f"{HERE}::test_settings_are_such_as_the_program_takes"),
    ],
    ("deploy.md", "Three nodes in containers"): [("sh", CONTAINERS)] * 7,
    ("deploy.md", "Back from a backup"): [("sh", CONTAINERS)],
    ("deploy.md", "On a Docker Swarm"): [("sh", CONTAINERS)] * 4,
    ("deploy.md", "On CapRover"): [("yaml", CAPROVER)],
    # As root, and for minutes; test_lab installs what it makes.
    ("deploy.md", "As a Debian package"): [
        ("sh", "tests/deploy/test_package.py::test_two_builds_of_one_commit_are_the_same_to_the_byte")
    ],
    ("deploy.md", "The package repository"): [
        ("sh", f"{HERE}::test_the_repository_is_kept_by_the_commands_of_the_page"),
        ("", "tests/deploy/test_repository.py::test_apt_follows_a_release_through_staging_into_production_and_back"),
    ],
    # Asks for a tier of tests.
    ("deploy.md", "Trying a fleet on one machine"): [("sh", "tests/deploy/test_lab.py")],
    ("deploy.md", "Several regions"): [("sh", CONTAINERS)],
    ("deploy.md", "A fleet that updates itself"): [("sh", WALK)] * 7,
    ("deploy.md", "The pipeline"): [
        ("sh", "tests/deploy/test_record.py::test_a_commit_that_passed_gets_a_record_and_is_packed"),
        (
            "sh",
            "tests/deploy/test_deployer.py::"
            "test_the_guide_installs_settings_that_only_root_reads_and_a_unit_whose_paths_are_the_guides",
        ),
    ],
    ("deploy.md", "Connections"): [("sh", f"{HERE}::test_the_budget_is_asked_as_the_page_says")],
    ("deploy.md", "The organisation’s log-in"): [("sh", f"{HERE}::test_settings_are_such_as_the_program_takes")],
    ("managed-postgresql.md", "What the server needs"): [("sql", MANAGED)],
    ("managed-postgresql.md", "In containers"): [("sh", MANAGED)],
    ("managed-postgresql.md", "Without containers"): [("sh", f"{HERE}::test_settings_are_such_as_the_program_takes")],
}  # fmt: skip


def blocks_of(page: str) -> dict[tuple[str, str], list[tuple[str, list[str]]]]:
    """Every fenced block of a page, by its section: language and lines. Whatever the fence looks like."""
    found: dict[tuple[str, str], list[tuple[str, list[str]]]] = {}
    section, language, lines = "", None, []  # type: ignore[var-annotated]
    for line in (ROOT / "docs" / page).read_text().splitlines():
        fence = FENCE.match(line)
        if fence and language is None:
            language, lines = fence[1], []
        elif fence:
            found.setdefault((page, section), []).append((language or "", lines))
            language = None
        elif language is not None:
            lines.append(line.strip())
        elif line.startswith("#"):
            section = line.lstrip("# ")
    assert language is None, f"{page}: a block does not end"
    return found


BLOCKS = {place: blocks for page in PAGES for place, blocks in blocks_of(page).items()}


def block(title: str, number: int = 0, page: str = "deploy.md") -> str:
    return "\n".join(BLOCKS[page, title][number][1])


def test_every_block_is_typed_by_a_test_that_is_named_here() -> None:
    found = {place: [language for language, _ in blocks] for place, blocks in BLOCKS.items()}
    assert found == {place: [language for language, _ in tests] for place, tests in TYPED.items()}


def test_no_command_hides_where_a_fence_is_not_looked_for() -> None:
    for page in PAGES:
        indented = [
            line for line in (ROOT / "docs" / page).read_text().splitlines() if re.match(r" {4,}(\$ |sudo )", line)
        ]
        assert indented == [], page


@pytest.mark.parametrize("test", sorted({test for tests in TYPED.values() for _, test in tests}))
def test_the_tests_that_are_named_exist(test: str) -> None:
    file, _, name = test.partition("::")
    assert (ROOT / file).exists()
    if name:
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_commands_for_containers_have_not_changed_since_they_were_last_typed() -> None:
    lines = [
        line
        for place, tests in TYPED.items()
        for (_, block), (_, test) in zip(BLOCKS[place], tests, strict=True)
        if test.startswith(CONTAINERS)
        for line in guide.commands("\n".join(block))
    ]
    now = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    assert now == LAST_TYPED, "INFINITY_CONTAINERS=1 python -m pytest tests/deploy/containers; then write it there"


# --- what needs no engine --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "title", "number"),
    [
        ("deploy.md", "One machine by hand", 1),
        ("deploy.md", "The organisation’s log-in", 0),
        ("managed-postgresql.md", "Without containers", 0),
    ],
)
def test_settings_are_such_as_the_program_takes(page: str, title: str, number: int, tmp_path: Path) -> None:
    hunt = tmp_path / "hunt.json"
    hunt.write_text("{}")
    text = block(title, number, page).replace("/srv/hunt/hunt.json", str(hunt)).replace("…", "0123456789abcdef" * 4)
    # As a file of settings, for a service manager or Docker.
    pairs = re.findall(r"^([A-Z_]+)=(.*?)(?:    #.*| +# .*)?$", text, re.MULTILINE)
    given = {name: value.strip('"') for name, value in pairs}
    assert len(given) >= 2
    Config.from_env({"SECRET_KEY": "0123456789abcdef" * 4, "SITE_URL": "https://hunt.example.org", **given})


def test_the_budget_is_asked_as_the_page_says() -> None:
    for line in guide.commands(block("Connections")):
        done = subprocess.run(["bash", "-euc", line], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), line
        assert "connections" in done.stdout


@apt.needs_apt
def test_the_repository_is_kept_by_the_commands_of_the_page(tmp_path: Path) -> None:
    # A short path: gpg's agent listens in it.
    home = Path(f"/tmp/infinity-apt-{os.getpid()}")
    packages = tmp_path / "build" / "packages"
    packages.mkdir(parents=True)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    export, create, *others = guide.commands(block("The package repository"))
    say = lambda *lines: subprocess.run(  # noqa: E731
        ["bash", "-euc", "\n".join([export.replace("/srv/infinity-apt", str(home)), *lines])],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    try:
        say(create)
        for version in ("1.0", "1.1"):
            apt.toy_package(packages, version)
            said = say(*others[:2])
            shutil.rmtree(packages)
            packages.mkdir()
        assert say(others[-1]).count("production: 1.1") == 1, said
        say(others[2])
        assert "production: 1.0" in say(others[-1])
    finally:
        apt.stop_gpg(home)
        shutil.rmtree(home, ignore_errors=True)
