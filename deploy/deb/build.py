"""Build the Debian package ``infinity``, and ``infinity-agent`` beside it: the same bytes from the same commit.

    sudo .venv/bin/python -m deploy.deb.build --out build/packages [--version 1.2.3] [--wheels FOLDER]

The package carries its whole environment. That is made at its final path, inside a mount namespace of its own, so no
script has to be rewritten; which is why this wants root. Nothing is compiled on a node, nothing is fetched there, and
no script of the package migrates a database: a script that fails would block every other package of the machine, the
agent's own way back included. The release step is a unit of its own, ``infinity-release.service``.

What makes two builds alike: pinned wheels with hashes, one time for every file (the commit's), sorted lists, byte code
that is checked by content, no trace of where it was built.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from deploy.deb import procfile_units
from deploy.deb.procfile_units import HOME, NAME
from deploy.version import declared_in

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
AGENT = ROOT / "deploy" / "agent"
NOTIFY = ROOT / "deploy" / "notify"
AGENT_MODULES = (
    AGENT / "agent.py", AGENT / "machine.py", AGENT / "fleet.py", NOTIFY / "slack.py", NOTIFY / "message.py",
)  # fmt: skip
# Debian's own Python: the one that every node has. A newer Debian means a new build.
PYTHON = "/usr/bin/python3"
PROGRAM = ("app", "migrations", "data", "config.py", "wsgi.py", "Procfile", "LICENSE")
# pip's word for a folder of wheels.
WHEELS_FROM = "--find" + "-links"
BOX = ("__init__.py", "budget.py", "agent/__init__.py", "agent/fleet.py", "agent/machine.py", "haproxy", "onebox")
UNITS_OF_BOX = ("*.service", "*.timer", "*.target")
SCRIPTS = ("postinst", "prerm", "postrm")
KEEPER = "Infinity maintainers <maintainers@infinity.invalid>"
# What `infinity up` installs where it is wanted: a node of a fleet has its database elsewhere.
SUGGESTED = "postgresql, redis-server, haproxy, certbot"
VERSION = re.compile(r"[0-9][A-Za-z0-9.+~-]*")


class BuildFailed(SystemExit):
    """A step of the build did not go well. The text says which."""


def main(words: Sequence[str]) -> None:
    """Build what the command line asks for, and print the paths of what was built."""
    wanted = _options(words)
    if os.geteuid() != 0:
        raise BuildFailed("building the package needs root: its environment is made at its final path")
    wanted.out.mkdir(parents=True, exist_ok=True)
    for package in (_program_package, _agent_package):
        with tempfile.TemporaryDirectory(prefix="infinity-deb-") as folder:
            stage = Path(folder) / "stage"
            stage.mkdir(mode=0o755)
            print(package(stage, wanted))


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.deb.build", description="Build the Debian packages.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "packages", help="where the packages go")
    parser.add_argument("--version", default="", help="the version; default: the project's and the commit's")
    parser.add_argument("--wheels", type=Path, help="a folder of wheels; default: fetched by requirements.txt's hashes")
    parser.add_argument("--level", type=int, choices=range(10), default=6, help="how hard to compress; 0 for a trial")
    parser.add_argument("--source", type=Path, default=ROOT, help="the checkout to pack")
    wanted = parser.parse_args(words)
    wanted.version = wanted.version or _version(wanted.source)
    if not VERSION.fullmatch(wanted.version):
        parser.error(f"{wanted.version!r} is no Debian version")
    return wanted


def _version(source: Path) -> str:
    declared = declared_in((source / "pyproject.toml").read_text())
    return f"{declared}+{_git(source, 'log', '-1', '--format=%ct.%h')}"


def _moment(source: Path) -> int:
    """The time that every file gets, in seconds since 1970: SOURCE_DATE_EPOCH, or the commit's."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or _git(source, "log", "-1", "--format=%ct"))


def _git(source: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", source, *words], check=True, capture_output=True, text=True).stdout.strip()


# --- the program -----------------------------------------------------------------------------------------------------


def _program_package(stage: Path, wanted: argparse.Namespace) -> Path:
    home = stage / HOME.lstrip("/")
    home.mkdir(parents=True)
    for name in PROGRAM:
        _copy(wanted.source / name, home / name)
    (home / "VERSION").write_text(f"{wanted.version}\n")
    # What the program writes goes where systemd's StateDirectory lies.
    (home / "instance").symlink_to(f"/var/lib/{NAME}")
    _environment(home, wanted)
    _box(stage, home, wanted.source / "deploy")
    _compile(home)
    _units(stage, home)
    _copy(HERE / "infinity.default", stage / "etc/default" / NAME)
    _papers(stage, NAME, wanted)
    minor = _python("import sys; print(sys.version_info[1])")
    depends = f"python3 (>= 3.{minor}), python3 (<< 3.{int(minor) + 1}), libc6, adduser"
    summary = "online puzzle hunts, with their whole environment"
    _control(stage, NAME, wanted.version, _architecture(), depends, summary, suggests=SUGGESTED)
    return _pack(stage, NAME, wanted, conffiles=[f"/etc/default/{NAME}"])


def _environment(home: Path, wanted: argparse.Namespace) -> None:
    """The virtual environment, made at its final path in a mount namespace that ends with the step."""
    wheels = wanted.wheels or fetch_wheels(wanted.source)
    script = (
        'mount --bind "$1" "$2" && shift 2 && '
        '"$1" -m venv --without-pip --symlinks "$2" && '
        '"$3" -m pip --python "$2/bin/python" install --quiet --disable-pip-version-check --no-input '
        '--no-index "$6" "$4" --no-compile --require-hashes --requirement "$5"'
    )
    place = [home, HOME, PYTHON, f"{HOME}/venv"]
    pinned = [wanted.source / "requirements.txt", WHEELS_FROM]
    words = [*place, sys.executable, wheels, *pinned]
    with _final_place():
        _step("the environment could not be made", ["unshare", "--mount", "sh", "-euc", script, "sh", *words])
    _forget_the_builder(home / "venv")


@contextlib.contextmanager
def _final_place() -> Iterator[None]:
    """The folder HOME is there, for one build at a time: one that removed it would take it from under another."""
    parent = os.open(Path(HOME).parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(parent, fcntl.LOCK_EX)
        is_new = not Path(HOME).exists()
        Path(HOME).mkdir(exist_ok=True)
        try:
            yield
        finally:
            if is_new:
                Path(HOME).rmdir()
    finally:
        os.close(parent)


def fetch_wheels(source: Path) -> Path:
    """Everything that requirements.txt pins, by hash; kept between builds, since the hashes name the contents."""
    wheels = ROOT / "build" / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    with (ROOT / "build" / "wheels.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _download(source, wheels)
    return wheels


def _download(source: Path, wheels: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--python", PYTHON, "download", "--quiet", "--disable-pip-version-check"]
    only = ["--only-binary", ":all:", "--no-deps", "--require-hashes"]
    pinned = ["--requirement", source / "requirements.txt"]
    have = [WHEELS_FROM, wheels]
    _step("the wheels could not be fetched", [*pip, *only, *have, "--dest", wheels, *pinned])


def _forget_the_builder(venv: Path) -> None:
    """Take out what differs from one build to the next: caches, and notes on where a wheel came from."""
    for cache in venv.rglob("__pycache__"):
        shutil.rmtree(cache)
    for note in venv.rglob("direct_url.json"):
        note.unlink()
    for record in venv.rglob("RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        kept = [line for line in lines if "direct_url.json" not in line and "__pycache__" not in line]
        record.write_text("".join(sorted(kept)))


def _compile(home: Path) -> None:
    """Byte code that Python takes as it is: nodes never write any, and their clocks do not matter."""
    words = ["-m", "compileall", "-q", "-j", "2", "--invalidation-mode", "unchecked-hash", "-s", home, "-p", HOME, home]
    _step("the byte code could not be made", [PYTHON, *words])


def _units(stage: Path, home: Path) -> None:
    folder = stage / "usr/lib/systemd/system"
    folder.mkdir(parents=True, exist_ok=True)
    processes = procfile_units.read_procfile((home / "Procfile").read_text())
    programs = [program.name for program in (home / "venv/bin").iterdir()]
    for name, text in procfile_units.units(processes, programs).items():
        (folder / name).write_text(text)


def _box(stage: Path, home: Path, deploy: Path) -> None:
    """The command ``infinity`` with what it needs of deploy/, and the units that it starts."""
    for name in BOX:
        _copy(deploy / name, home / "box/deploy" / name)
    for unit in UNITS_OF_BOX:
        for file in sorted((deploy / "onebox").glob(unit)):
            _copy(file, stage / "usr/lib/systemd/system" / file.name)
            (home / "box/deploy/onebox" / file.name).unlink()
    (home / "box/deploy/onebox/infinity").unlink()
    _copy(deploy / "onebox" / "infinity", stage / "usr/bin/infinity", mode=0o755)


# --- the agent -------------------------------------------------------------------------------------------------------


def _agent_package(stage: Path, wanted: argparse.Namespace) -> Path:
    name = f"{NAME}-agent"
    for module in AGENT_MODULES:
        _copy(module, stage / f"usr/lib/{name}" / module.name)
    for unit in sorted(AGENT.glob("*.service")) + sorted(AGENT.glob("*.timer")):
        _copy(unit, stage / "usr/lib/systemd/system" / unit.name)
    _copy(AGENT / "infinity-agent.default", stage / "etc/default" / name)
    _papers(stage, name, wanted)
    depends = "python3 (>= 3.11), apt, systemd, postgresql-client"
    _control(stage, name, wanted.version, "all", depends, "keeps the infinity package up to date, node by node")
    return _pack(stage, name, wanted, conffiles=[f"/etc/default/{name}"])


# --- what every package has ------------------------------------------------------------------------------------------


def _papers(stage: Path, name: str, wanted: argparse.Namespace) -> None:
    folder = stage / "usr/share/doc" / name
    folder.mkdir(parents=True)
    licence = (ROOT / "LICENSE").read_text()
    (folder / "copyright").write_text(f"Infinity, under the MIT licence; its libraries keep their own.\n\n{licence}")
    day = format_datetime(datetime.fromtimestamp(_moment(wanted.source), UTC))
    head = f"{name} ({wanted.version}) stable; urgency=medium"
    entry = f"{head}\n\n  * See the project's CHANGELOG.md.\n\n -- {KEEPER}  {day}\n"
    (folder / "changelog.gz").write_bytes(gzip.compress(entry.encode(), 9, mtime=0))


def _control(
    stage: Path, name: str, version: str, architecture: str, depends: str, summary: str, *, suggests: str = ""
) -> None:
    folder = stage / "DEBIAN"
    folder.mkdir(mode=0o755)
    size = sum(file.lstat().st_size for file in stage.rglob("*") if not file.is_dir()) // 1024
    (folder / "control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nSection: web\nPriority: optional\n"
        f"Maintainer: {KEEPER}\nInstalled-Size: {size}\nDepends: {depends}\n"
        f"{f'Suggests: {suggests}{chr(10)}' if suggests else ''}"
        f"Description: {summary}\n"
        " Infinity shows the puzzles of a hunt, checks answers, opens what a team has\n earned and keeps the boards.\n"
    )


def _pack(stage: Path, name: str, wanted: argparse.Namespace, *, conffiles: list[str]) -> Path:
    control = stage / "DEBIAN"
    (control / "conffiles").write_text("".join(f"{path}\n" for path in conffiles))
    for script in SCRIPTS:
        source = HERE / f"{name}.{script}"
        if source.exists():
            _copy(source, control / script, mode=0o755)
    _list_sums(stage)
    _even_out(stage, _moment(wanted.source))
    target: Path = wanted.out / f"{name}_{wanted.version}_{_field(control / 'control', 'Architecture')}.deb"
    target.unlink(missing_ok=True)
    environ = {**os.environ, "SOURCE_DATE_EPOCH": str(_moment(wanted.source))}
    how = ["--root-owner-group", "-Zxz", f"-z{wanted.level}", "--threads-max=1"]
    _step("the package could not be packed", ["dpkg-deb", *how, "--build", stage, target], env=environ)
    return target


def _list_sums(stage: Path) -> None:
    files = sorted(file for file in stage.rglob("*") if file.is_file() and not file.is_symlink())
    lines = [
        f"{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}  {file.relative_to(stage)}\n"
        for file in files
        if file.relative_to(stage).parts[0] != "DEBIAN"
    ]
    (stage / "DEBIAN" / "md5sums").write_text("".join(lines))


def _even_out(stage: Path, moment: int) -> None:
    """The same time and the same kind of permissions for everything, whatever the builder's umask."""
    for path in [stage, *stage.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (moment, moment), follow_symlinks=False)


def _copy(source: Path, target: Path, mode: int | None = None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        return
    shutil.copyfile(source, target)
    target.chmod(mode or 0o644)


def _field(control: Path, name: str) -> str:
    return next(
        line.split(": ", 1)[1] for line in control.read_text().splitlines() if line.startswith(f"{name}: ")
    ).strip()


def _architecture() -> str:
    return subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()


def _python(code: str) -> str:
    return subprocess.run([PYTHON, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def _step(failure: str, command: Sequence[object], env: dict[str, str] | None = None) -> None:
    done = subprocess.run([str(word) for word in command], check=False, env=env, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        raise BuildFailed(f"{failure} (exit code {done.returncode}; see above)")


if __name__ == "__main__":
    main(sys.argv[1:])
