"""What was tampered with is refused: by real apt, and by the agent that calls it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.agent.agent import Agent, Places
from deploy.agent.fleet import Lonely
from deploy.agent.machine import Machine, StepFailed
from deploy.apt.repository import Repository
from tests.deploy import apt

pytestmark = [apt.needs_apt, pytest.mark.xdist_group("repository")]


def published(repository: Repository, pattern: str) -> Path:
    """The one published file that fits."""
    (found,) = (repository.home / "public" / "production").glob(pattern)
    return found


# --- what apt refuses ------------------------------------------------------------------------------------------------


@pytest.fixture
def in_production(repository: Repository, release: Callable[..., Path]) -> str:
    release("1.0")
    repository.promote()
    return "1.0"


def test_a_release_file_with_a_changed_byte_is_refused(
    repository: Repository, in_production: str, node: Callable[..., apt.Node]
) -> None:
    for name in ("InRelease", "Release"):
        file = published(repository, f"dists/*/{name}")
        file.write_text(file.read_text().replace("Origin: Infinity", "Origin: Infinitz"))
    one = node()
    assert "BADSIG" in one.update()
    assert one.candidate() == "(none)"


def test_a_key_that_the_node_does_not_know_is_refused(in_production: str, node: Callable[..., apt.Node]) -> None:
    one = node()
    with apt.repository() as stranger:
        shutil.copy(stranger.key_file, one.folder / "infinity.asc")
    assert "NO_PUBKEY" in one.update()
    assert one.candidate() == "(none)"


def test_a_repository_without_a_signature_is_refused(
    repository: Repository, in_production: str, node: Callable[..., apt.Node]
) -> None:
    for pattern in ("dists/*/InRelease", "dists/*/Release.gpg"):
        published(repository, pattern).unlink()
    one = node()
    assert "is not signed" in one.update()
    assert one.candidate() == "(none)"


def test_an_index_that_the_signed_file_does_not_name_is_refused(
    repository: Repository, in_production: str, node: Callable[..., apt.Node]
) -> None:
    for index in (repository.home / "public").rglob("binary-*/**/*"):
        if index.is_file() and b"Package: infinity" in index.read_bytes():
            index.write_bytes(index.read_bytes().replace(b"a toy", b"a tot"))
    # Without the packed copies apt has to take the one that was changed.
    for packed in (repository.home / "public").rglob("Packages.gz"):
        packed.write_bytes(packed.read_bytes()[:-1] + b"!")
    for packed in (repository.home / "public").rglob("by-hash/*/*"):
        if packed.read_bytes()[:2] == b"\x1f\x8b":
            packed.write_bytes(packed.read_bytes()[:-1] + b"!")
    one = node()
    assert "Hash Sum mismatch" in one.update()
    assert one.candidate() == "(none)"


def test_a_package_with_a_changed_byte_is_refused(
    repository: Repository, in_production: str, node: Callable[..., apt.Node]
) -> None:
    package = published(repository, "pool/**/*.deb")
    package.write_bytes(package.read_bytes()[:-1] + b"!")
    one = node()
    assert one.candidate() == "1.0"
    done = one.run("apt-get", "download", "infinity")
    assert done.returncode != 0
    assert "Hash Sum mismatch" in done.stderr
    assert not list(one.folder.glob("*.deb"))


# --- the agent's eyes and hands --------------------------------------------------------------------------------------


def test_the_agent_sees_each_release_and_goes_on_from_the_last_good_one_when_a_signature_is_bad(
    repository: Repository,
    release: Callable[..., Path],
    node: Callable[..., apt.Node],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = node()
    for name, value in one.environ.items():
        monkeypatch.setenv(name, value)
    machine = Machine(tmp_path / "state", str(one.sources))
    release("1.0")
    repository.promote()
    one.has_installed("1.0")
    machine.refresh()
    assert (machine.installed(), machine.candidate()) == ("1.0", "1.0")
    newer = release("1.1")
    repository.promote()
    machine.refresh()
    assert machine.candidate() == "1.1"
    machine.download("1.1")
    kept = sorted((tmp_path / "state" / "packages").iterdir())
    assert [file.name.split("_")[1] for file in kept] == ["1.0", "1.1"]
    assert kept[1].read_bytes() == newer.read_bytes()
    release("1.2")
    repository.promote()
    for name in ("InRelease", "Release"):
        file = published(repository, f"dists/*/{name}")
        file.write_text(file.read_text().replace("Label: Infinity", "Label: Infinitz"))
    machine.refresh()
    assert machine.candidate() == "1.1"


def test_a_node_that_was_born_with_a_release_can_leave_it_when_production_goes_back(
    repository: Repository,
    release: Callable[..., Path],
    node: Callable[..., apt.Node],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = node()
    for name, value in one.environ.items():
        monkeypatch.setenv(name, value)
    for version in ("1.0", "1.1"):
        release(version)
        repository.promote()
    one.has_installed("1.1")
    machine = Machine(tmp_path / "state", str(one.sources))
    places = Places(tmp_path / "places", tmp_path / "run", tmp_path / "drain")
    assert "nothing new" in Agent(machine, Lonely(), places, {}).run()
    repository.rollback()
    machine.refresh()
    assert machine.candidate() == "1.0"
    machine.download("1.0")
    kept = sorted((tmp_path / "state" / "packages").iterdir())
    assert [file.name.split("_")[1] for file in kept] == ["1.0", "1.1"]


def test_the_agent_does_not_take_a_package_that_was_tampered_with(
    repository: Repository,
    in_production: str,
    node: Callable[..., apt.Node],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = node()
    for name, value in one.environ.items():
        monkeypatch.setenv(name, value)
    package = published(repository, "pool/**/*.deb")
    package.write_bytes(package.read_bytes()[:-1] + b"!")
    machine = Machine(tmp_path / "state", str(one.sources))
    machine.refresh()
    with pytest.raises(StepFailed, match="apt-get"):
        machine.download("1.0")
    assert not list((tmp_path / "state").rglob("*.deb"))
