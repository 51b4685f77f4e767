"""Builds of the program for a lab: the real package once, and others made from it in seconds: newer, broken."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy.deb import build

FIRST = "1.0"
NAMES = ("infinity", "infinity-agent")
Change = Callable[[Path], None]


def first_build(folder: Path) -> list[Path]:
    """Version 1.0 of both packages, as deploy/deb makes them."""
    build.main(["--out", str(folder), "--version", FIRST, "--level", "0"])
    return packages(folder, FIRST)


def packages(folder: Path, version: str) -> list[Path]:
    """The files of one version."""
    return [next(folder.glob(f"{name}_{version}_*.deb")) for name in NAMES]


def other_build(folder: Path, version: str, change: Change | None = None) -> list[Path]:
    """The same as version 1.0 under another version; ``change`` may do something to the program's folder."""
    for package in packages(folder, FIRST):
        stage = folder / f"{package.stem}-{version}"
        subprocess.run(["dpkg-deb", "--raw-extract", package, stage], check=True)
        control = stage / "DEBIAN" / "control"
        control.write_text(control.read_text().replace(f"Version: {FIRST}\n", f"Version: {version}\n"))
        program = stage / "usr/lib/infinity"
        if program.exists():
            (program / "VERSION").write_text(f"{version}\n")
            if change:
                change(program)
        target = folder / package.name.replace(f"_{FIRST}_", f"_{version}_")
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", stage, target], check=True)
        shutil.rmtree(stage)
    return packages(folder, version)


def never_ready(program: Path) -> None:
    """It starts and serves, but says for ever that it is not ready."""
    _append(program / "app/ops/health_views.py", 'def reasons_against() -> list[str]:\n    return ["a bad build"]\n')


def migrates(program: Path) -> None:
    """Its release step adds a table, as an ordinary new version does."""
    _migrate(program, "9000", 'op.execute("CREATE TABLE lab_addition (id integer)")')


def fails_to_migrate(program: Path) -> None:
    """Its release step begins to change the database and fails in the middle, whatever has been migrated before."""
    migrates(program)
    _migrate(program, "9001", 'op.execute("CREATE TABLE lab_half_done (id integer)")\n    op.execute("SELECT 1 / 0")')


def _migrate(program: Path, revision: str, body: str) -> None:
    versions = program / "migrations/versions"
    last = max(file.name[:4] for file in versions.glob("[0-9]*.py"))
    (versions / f"{revision}_lab.py").write_text(
        f'from alembic import op\n\nrevision = "{revision}"\ndown_revision = "{last}"\n\n\n'
        f"def upgrade() -> None:\n    {body}\n"
    )


def _append(module: Path, code: str) -> None:
    module.write_text(f"{module.read_text()}\n\n{code}")
    # The byte code would be taken as it is.
    for stale in (module.parent / "__pycache__").glob(f"{module.stem}.*.pyc"):
        stale.unlink()
