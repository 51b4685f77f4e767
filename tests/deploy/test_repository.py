"""The private apt repository: real aptly and gpg make it, real apt follows it forwards and back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.apt.repository import Refused, Repository, configuration
from tests.deploy import apt
from tests.support.environment import ROOT

pytestmark = [apt.needs_apt, pytest.mark.xdist_group("repository")]


# --- releases and channels -------------------------------------------------------------------------------------------


def test_apt_follows_a_release_through_staging_into_production_and_back(
    repository: Repository, release: Callable[..., Path], node: Callable[..., apt.Node]
) -> None:
    early, late = node("early", channel="staging"), node("late")
    release("1.0")
    assert early.candidate() == "1.0"
    assert late.candidate() == "(none)"
    assert repository.promote() == "1.0"
    assert late.candidate() == "1.0"
    release("1.1")
    assert (early.candidate(), late.candidate()) == ("1.1", "1.0")
    assert repository.promote() == "1.1"
    assert late.candidate() == "1.1"
    late.has_installed("1.1")
    assert repository.rollback() == "1.0"
    assert late.candidate() == "1.0"
    said = late.run("apt-get", "--simulate", "--yes", "--allow-downgrades", "install", "infinity").stdout
    assert "Inst infinity [1.1] (1.0 Infinity:bookworm" in said


def test_without_the_pin_apt_does_not_go_back(
    repository: Repository, release: Callable[..., Path], node: Callable[..., apt.Node]
) -> None:
    release("1.0")
    repository.promote()
    stubborn = node(is_pinned=False)
    stubborn.has_installed("1.1")
    assert stubborn.candidate() == "1.1"


def test_rolling_back_again_goes_one_release_further(repository: Repository, release: Callable[..., Path]) -> None:
    for version in ("1.0", "1.1", "1.2"):
        release(version)
        repository.promote()
    assert [repository.rollback(), repository.rollback()] == ["1.1", "1.0"]
    with pytest.raises(Refused, match="nothing to go back to"):
        repository.rollback()
    assert repository.current("production") == "1.0"
    assert repository.promote("1.2") == "1.2"
    assert repository.rollback() == "1.0"


def test_a_promotion_that_was_cut_off_does_not_confuse_the_way_back(
    repository: Repository, release: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.0", "1.1"):
        release(version)
        repository.promote()
    release("1.2")
    with monkeypatch.context() as patch:
        patch.setattr(repository, "_point", lambda *words: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            repository.promote()
    assert repository.current("production") == "1.1"
    assert repository.rollback() == "1.0"


def test_a_node_finds_older_releases_beside_the_one_in_force_but_no_newer_one(
    repository: Repository, release: Callable[..., Path], node: Callable[..., apt.Node]
) -> None:
    for version in ("1.0", "2.0", "1.1"):
        release(version)
    repository.promote("2.0")
    one = node()
    assert one.candidate() == "2.0"
    assert one.run("apt-get", "download", "infinity=1.0").returncode == 0
    repository.promote("1.1")
    assert one.candidate() == "1.1"
    assert one.run("apt-get", "download", "infinity=2.0").returncode != 0


def test_the_same_version_with_other_bytes_is_refused_and_nothing_changes(
    repository: Repository, release: Callable[..., Path], tmp_path: Path, node: Callable[..., apt.Node]
) -> None:
    release("1.0")
    repository.promote()
    agent = apt.toy_package(tmp_path, "1.0", name="infinity-agent")
    other = apt.toy_package(tmp_path, "1.0", "a late change")
    with pytest.raises(Refused, match=r"infinity 1\.0 is in the repository with other bytes"):
        repository.stage([agent, other])
    one = node()
    assert one.candidate() == "1.0"
    assert one.run("apt-get", "download", "infinity").returncode == 0
    assert not list(repository.home.rglob("infinity-agent_1.0*"))


def test_the_same_release_again_changes_nothing(repository: Repository, release: Callable[..., Path]) -> None:
    file = release("1.0")
    assert repository.stage([file]) == "1.0"
    assert repository.releases() == ["1.0"]


def test_a_release_is_one_version_of_everything(repository: Repository, tmp_path: Path) -> None:
    files = [apt.toy_package(tmp_path, "1.0"), apt.toy_package(tmp_path, "1.1", name="infinity-agent")]
    with pytest.raises(Refused, match=r"one version, not: 1\.0, 1\.1"):
        repository.stage(files)
    (tmp_path / "odd.deb").write_text("no package")
    with pytest.raises(Refused, match="no Debian package"):
        repository.stage([tmp_path / "odd.deb"])
    with pytest.raises(Refused, match="nothing has been staged"):
        repository.promote()


def test_production_gets_no_version_that_was_never_staged(repository: Repository, release: Callable[..., Path]) -> None:
    release("1.0")
    with pytest.raises(Refused, match=r"no release 9\.9; there are: 1\.0"):
        repository.promote("9.9")


# --- the repository itself -------------------------------------------------------------------------------------------


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = ROOT / "deploy" / "apt" / "repository.py"
    return subprocess.run(
        [sys.executable, program, "--home", home, *words], check=False, capture_output=True, text=True
    )


def test_every_step_is_one_command(tmp_path: Path, repository: Repository) -> None:
    home = repository.home.with_name("another")
    files = [apt.toy_package(tmp_path, "1.0"), apt.toy_package(tmp_path, "1.0", name="infinity-agent")]
    assert "make one with `create`" in command(home, "status").stderr
    assert command(home, "create").stdout == f"The key that nodes trust: {home}/public/infinity.asc\n"
    key = (home / "public" / "infinity.asc").read_text()
    assert command(home, "stage", *map(str, files)).stdout == "staging: 1.0\n"
    assert command(home, "promote").stdout == "production: 1.0\n"
    assert command(home, "status").stdout == "staging: 1.0\nproduction: 1.0\nreleases: 1.0\n"
    assert command(home, "create").returncode == 0
    assert (home / "public" / "infinity.asc").read_text() == key
    refused = command(home, "rollback")
    assert refused.returncode == 1
    assert "nothing to go back to" in refused.stderr
    apt.stop_gpg(home)


@pytest.mark.skipif(
    os.path.isdir(f"/run/user/{os.getuid()}"), reason="gpg's agent listens in /run/user, where any path does"
)
def test_a_folder_in_which_gpg_could_not_work_is_refused_in_words(tmp_path: Path) -> None:
    refused = command(tmp_path / ("long" * 25), "create")
    assert refused.returncode == 1
    assert "is too long for gpg's agent" in refused.stderr


def test_the_secret_key_is_readable_for_its_owner_alone(repository: Repository) -> None:
    assert (repository.home / "keys").stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in repository.key_file.read_text()


def test_what_is_published_can_be_read_by_a_web_server_whatever_the_umask(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    home = tmp_path / "home"
    request.addfinalizer(lambda: apt.stop_gpg(home))
    file = str(apt.toy_package(tmp_path, "1.0"))
    before = os.umask(0o077)
    try:
        done = [command(home, *words) for words in (["create"], ["stage", file], ["promote"])]
    finally:
        os.umask(before)
    assert [one.returncode for one in done] == [0, 0, 0]
    public = [home, home / "public", *(home / "public").rglob("*")]
    assert [path for path in public if path.stat().st_mode & 0o004 == 0] == []
    assert (home / "keys").stat().st_mode & 0o077 == 0


def test_two_commands_at_once_do_not_mix(repository: Repository) -> None:
    with repository.alone(), pytest.raises(Refused, match="another command"), Repository(repository.home).alone():
        pass
    with Repository(repository.home).alone():
        assert "another command" in command(repository.home, "status").stderr
    assert command(repository.home, "status").returncode == 0


def test_what_the_configuration_for_a_bucket_says_is_what_aptly_understands(tmp_path: Path) -> None:
    said = json.loads(configuration(tmp_path, "hunt-packages", "eu-central-1"))
    (tmp_path / "aptly.conf").write_text(json.dumps(said))
    words = ["aptly", f"-config={tmp_path}/aptly.conf", "config", "show"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    understood = json.loads(done.stdout)
    # aptly drops what it does not know without a word, so every name is looked for.
    for name in said.keys() - {"S3PublishEndpoints", "FileSystemPublishEndpoints"}:
        assert understood[name] == said[name], name
    for kind in ("S3PublishEndpoints", "FileSystemPublishEndpoints"):
        for name, value in said[kind]["infinity"].items():
            assert understood[kind]["infinity"][name] == value, name
    assert said["S3PublishEndpoints"]["infinity"]["bucket"] == "hunt-packages"
    # S3 takes the plus of our versions for a space unless there is a second copy under that name.
    assert said["S3PublishEndpoints"]["infinity"]["plusWorkaround"] is True
    assert not re.search(r"secret|accesskey", json.dumps(said), re.IGNORECASE)


def test_a_bucket_without_a_region_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="named together"):
        configuration(tmp_path, "hunt-packages")
