"""The Debian package, really built: the same bytes twice, only from the wheels that are pinned, and in order."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from deploy.deb import build
from tests.deploy.tiers import slow_tier
from tests.support.environment import ROOT

LACKING = [tool for tool in ("dpkg-deb", "unshare", "/usr/bin/python3") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="not root: the package's environment is made at its final path"),
    pytest.mark.skipif(bool(LACKING), reason=f"this machine lacks: {', '.join(LACKING)}"),
    # Two builds of half a minute each, in the first test that asks for them.
    pytest.mark.timeout(600),
    pytest.mark.slow,
    pytest.mark.xdist_group("package"),
]


def built(folder: Path, *more: str, umask: int = 0o022) -> Path:
    before = os.umask(umask)
    try:
        build.main(["--out", str(folder), "--version", "1.0", "--level", "0", *more])
    finally:
        os.umask(before)
    return next(folder.glob("infinity_1.0_*.deb"))


def listed(package: Path) -> dict[str, str]:
    """Path → permissions and owner of everything in the package."""
    said = subprocess.run(["dpkg-deb", "-c", package], check=True, capture_output=True, text=True).stdout
    rows = [line.split(maxsplit=5) for line in said.splitlines()]
    return {row[5].split(" -> ")[0].removeprefix("."): f"{row[0]} {row[1]}" for row in rows}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("first"))


def test_two_builds_of_one_commit_are_the_same_to_the_byte(package: Path, tmp_path: Path) -> None:
    again = built(tmp_path, umask=0o077)
    assert again.read_bytes() == package.read_bytes()
    agents = [folder / "infinity-agent_1.0_all.deb" for folder in (package.parent, tmp_path)]
    assert agents[0].read_bytes() == agents[1].read_bytes()


def test_the_package_holds_the_program_with_its_environment_and_its_units(package: Path) -> None:
    held = listed(package)
    for path in (
        "/usr/lib/infinity/app/factory.py",
        "/usr/lib/infinity/migrations/env.py",
        "/usr/lib/infinity/VERSION",
        "/usr/lib/infinity/venv/bin/flask",
        "/usr/bin/infinity",
        "/usr/lib/infinity/box/deploy/onebox/commands.py",
        "/usr/lib/infinity/box/deploy/haproxy/haproxy.cfg",
        "/usr/lib/systemd/system/infinity-web.service",
        "/usr/lib/systemd/system/infinity-web@.service",
        "/usr/lib/systemd/system/infinity-gateway.service",
        "/usr/lib/systemd/system/infinity-backup.timer",
        "/usr/lib/systemd/system/infinity-release.service",
        "/usr/lib/systemd/system/infinity.target",
    ):
        assert held[path].endswith("root/root"), path
    # Nothing that a developer's folder holds besides.
    ours = [path for path in held if "/site-packages/" not in path]
    assert not [path for path in ours if any(word in path for word in ("/tests/", ".env", "/instance/", ".git/"))]
    first = text_of(package, "venv/bin/flask").splitlines()[0]
    assert first == "#!/usr/lib/infinity/venv/bin/python"


def text_of(package: Path, path: str) -> str:
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    command = ["tar", "-xO", f"./usr/lib/infinity/{path}"]
    return subprocess.run(command, input=tar, check=True, capture_output=True).stdout.decode()


def test_no_script_of_the_package_migrates(package: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "-e", package, tmp_path], check=True)
    scripts = [tmp_path / name for name in ("postinst", "prerm", "postrm")]
    for script in scripts:
        subprocess.run(["sh", "-n", script], check=True)
        assert "upgrade" not in script.read_text().replace("infinity-release", "")
    assert (tmp_path / "conffiles").read_text() == "/etc/default/infinity\n"


def test_two_builds_at_once_do_not_take_their_place_from_each_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build, "HOME", str(tmp_path / "infinity"))
    places: list[str] = []
    second_is_in = threading.Event()

    def second() -> None:
        with build._final_place():
            places.append("second")
            second_is_in.set()

    with build._final_place():
        other = threading.Thread(target=second)
        other.start()
        assert not second_is_in.wait(0.3)
        assert Path(build.HOME).is_dir()
        places.append("first")
    other.join(60)
    assert places == ["first", "second"]
    assert not Path(build.HOME).exists()


def test_a_wheel_with_one_byte_more_is_refused(
    package: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wheels = tmp_path / "wheels"
    shutil.copytree(ROOT / "build" / "wheels", wheels)
    with next(wheels.glob("jinja2-*.whl")).open("ab") as wheel:
        wheel.write(b"!")
    with pytest.raises(build.BuildFailed, match="environment could not be made"):
        built(tmp_path / "out", "--wheels", str(wheels))
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err


def test_a_version_that_debian_would_not_take_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build.main(["--out", str(tmp_path), "--version", "one; two"])
    assert "is no Debian version" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("lintian") is None, reason="this machine lacks: lintian")
def test_lintian_has_nothing_to_say(package: Path) -> None:
    tags = ROOT / "deploy" / "deb" / "lintian.tags"
    packages = sorted(package.parent.glob("*.deb"))
    command = ["lintian", "--fail-on", "error,warning", "--suppress-tags-from-file", tags, "--allow-root", *packages]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout


# --- in and out of a bare Debian -------------------------------------------------------------------------------------

NO_DEBIAN_TOOLS = [tool for tool in ("piuparts", "mmdebstrap", "apt-config") if shutil.which(tool) is None]
SOURCES = [Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list")]


def release() -> dict[str, str]:
    """What this machine says that it is."""
    lines = Path("/etc/os-release").read_text().splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


@pytest.fixture(scope="module")
def bare_debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This machine's own release of Debian, from its own mirrors, with what the packages depend on."""
    sources = next((file for file in SOURCES if file.exists() and file.stat().st_size), None)
    if release()["ID"] != "debian" or sources is None:
        pytest.skip("this machine is no Debian with mirrors of its own")
    said = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout.splitlines()
    wanted = [line for line in said if line.startswith(("Acquire::Check-", "Acquire::http::Proxy"))]
    base = tmp_path_factory.mktemp("debian") / "base.tar.gz"
    include = "--include=python3,adduser,systemd,systemd-sysv,postgresql-client"
    options = [include, "--variant=minbase", "--quiet", *(f"--aptopt={line}" for line in wanted)]
    subprocess.run(["mmdebstrap", *options, release()["VERSION_CODENAME"], base, sources], check=True)
    return base


@slow_tier
@pytest.mark.skipif(bool(NO_DEBIAN_TOOLS), reason=f"this machine lacks: {', '.join(NO_DEBIAN_TOOLS)}")
@pytest.mark.timeout(900)
def test_the_packages_come_and_go_without_leaving_anything(package: Path, bare_debian: Path, tmp_path: Path) -> None:
    log = tmp_path / "piuparts.log"
    base = ["--basetgz", bare_debian, "--keep-sources-list", "--no-eatmydata", "--log-file", log]
    packages = sorted(package.parent.glob("*.deb"))
    command = ["piuparts", *base, "-d", release()["VERSION_CODENAME"], *packages]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    said = log.read_text() if log.exists() else done.stderr
    assert done.returncode == 0, "\n".join(line for line in said.splitlines() if "DEBUG" not in line)
    assert "PASS: All tests." in said
