"""The images that deploy/ names, made without a registry: one Debian with all the packages, and a thin layer for each.

Made from what this machine's apt can reach, and kept between runs in the folder for temporary files, under a name that
stands for their contents. What runs in them is Debian's: the versions are not those of the official images.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.deb.build import fetch_wheels
from deploy.lab import image as lab_image
from tests.deploy.containers.engine import Engine
from tests.support.environment import ROOT

BASES = Path(__file__).parent / "bases"
DEBIAN = "infinity-tests-debian"
PACKAGES = (
    "haproxy",
    "pgbouncer",
    "postgresql",
    "prometheus",
    "prometheus-alertmanager",
    "python3",
    "python3-venv",
    "redis-server",
)
PYTHON, STAGE = "python", "infinity-tests-packages"
NAMED_IN = ("Dockerfile", "deploy/pgbouncer/Dockerfile", "deploy/compose/compose.yaml", "deploy/swarm/stack.yaml")
NAME = re.compile(r"(?:image: |ARG BASE=)((?:prom/|grafana/)?(\w+):[\w.-]+)")


def official_names() -> dict[str, str]:
    """What deploy/ takes from a registry: the file of bases/ to its full name."""
    texts = [(ROOT / file).read_text() for file in NAMED_IN if (ROOT / file).exists()]
    return {found[2]: found[1] for text in texts for found in NAME.finditer(text)}


def load_bases(engine: Engine) -> None:
    """Give the engine all of them; what is not kept on this machine is made now, which takes a minute or two.

    With them comes the stage of the Dockerfile that installs packages, since requirements.txt seldom changes.
    """
    shelf = lab_image.shelf("infinity-containers")
    names = official_names()
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _kept(shelf, "bases", PACKAGES, names, BASES, lab_image.sources())
        others = [DEBIAN, *(full for name, full in names.items() if name != PYTHON)]
        _take(engine, kept, others, _make_bases)
        packages = _kept(shelf, "packages", kept.name, ROOT / "requirements.txt", _first_stage())
        _take(engine, packages, [names[PYTHON], STAGE], _make_packages)
    # From here on the builder knows what it has got.
    engine.docker("build", "--quiet", f"--cache-from={STAGE}", f"--tag={STAGE}", "--target=packages", str(ROOT))


def _first_stage() -> str:
    """The part of the Dockerfile that installs packages."""
    return "FROM".join((ROOT / "Dockerfile").read_text().split("FROM")[:2])


def _kept(shelf: Path, what: str, *said: object) -> Path:
    """Where images that follow from all this are kept; what was kept for others of the kind is removed."""
    digest = hashlib.sha256()
    for one in said:
        files = one if isinstance(one, list) else sorted(one.iterdir()) if one == BASES else [one]  # type: ignore[attr-defined]
        for file in files:
            digest.update(file.read_bytes() if isinstance(file, Path) else repr(file).encode())
    kept = shelf / f"{what}-{digest.hexdigest()[:16]}.tar.zst"
    for older in shelf.glob(f"{what}-*"):
        if older != kept:
            older.unlink()
    return kept


def _take(engine: Engine, kept: Path, names: list[str], make: Callable[[Engine], None]) -> None:
    if kept.exists():
        pipe(["zstd", "--decompress", "--stdout", str(kept)], ["docker", "load"], engine.env, engine.env)
        return
    make(engine)
    draft = kept.with_suffix(".new")
    with draft.open("wb") as file:
        pipe(["docker", "save", *names], ["zstd", "-1", "-T0", "--stdout"], engine.env, engine.env, file.fileno())
    draft.rename(kept)


def _make_bases(engine: Engine) -> None:
    with tempfile.TemporaryDirectory(prefix="infinity-debian-") as folder:
        root = Path(folder) / "root"
        lab_image.debootstrap(root, PACKAGES)
        for lists in (root / "etc/apt/sources.list", *root.glob("etc/apt/sources.list.d/*")):
            # Inside, nothing can be fetched, and nothing need be: `apt-get update` finds nothing to do.
            lists.unlink(missing_ok=True)
        (root / "etc/apt/apt.conf.d/99mmdebstrap").unlink(missing_ok=True)
        pipe(["tar", "-C", str(root), "-c", "."], ["docker", "import", "-", DEBIAN], engine.env, engine.env)
    for name in sorted(set(official_names()) - {PYTHON}):
        _build(engine, name, BASES)


def _make_packages(engine: Engine) -> None:
    with tempfile.TemporaryDirectory(prefix="infinity-context-") as context:
        shutil.copytree(fetch_wheels(ROOT), Path(context) / "wheels")
        _build(engine, PYTHON, Path(context))
    engine.docker("build", "--quiet", f"--tag={STAGE}", "--target=packages", str(ROOT), seconds=600)


def _build(engine: Engine, name: str, context: Path) -> None:
    words = ["build", "--quiet", f"--build-arg=BASE={DEBIAN}", f"--tag={official_names()[name]}"]
    engine.docker(*words, f"--file={BASES / name}.Dockerfile", str(context))


Env = Mapping[str, str]


def pipe(first: list[str], second: list[str], env: Env, other: Env, target: int = subprocess.DEVNULL) -> None:
    """What the one writes the other reads; each has an environment of its own."""
    with subprocess.Popen(first, stdout=subprocess.PIPE, env=env) as source:
        done = subprocess.run(second, stdin=source.stdout, stdout=target, env=other, check=False)
    assert (source.returncode, done.returncode) == (0, 0), f"{first} | {second}"
