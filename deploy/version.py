#!/usr/bin/env python3
"""The version of this program, which stands in pyproject.toml and nowhere else.

    python3 deploy/version.py [FOLDER]

Where a package was installed, its file ``VERSION`` has the version of the build: ``1.0.0+SECONDS.COMMIT``. The same
rule as ``app.runtime.identity``, without the program's libraries. Nothing but Python's standard library.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_DECLARED = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)
# What deploy/deb/build.py makes of a version and a commit.
_BUILD = re.compile(r"(?P<version>[0-9][A-Za-z0-9.]*)\+[0-9]+\.(?P<commit>[0-9a-f]{7,40})")


class NoVersion(SystemExit):
    """Nothing here says a version."""


def declared_in(pyproject: str) -> str:
    """The version in the text of a pyproject.toml. Raises :class:`NoVersion`."""
    found = _DECLARED.search(pyproject)
    if found is None:
        raise NoVersion("pyproject.toml names no version")
    return found[1]


def version_of(folder: Path = ROOT) -> str:
    """The version of the program in ``folder``. Raises :class:`NoVersion`."""
    stamp, project = folder / "VERSION", folder / "pyproject.toml"
    if stamp.exists():
        return stamp.read_text().strip()
    if not project.exists():
        raise NoVersion(f"{folder} has neither VERSION nor pyproject.toml")
    return declared_in(project.read_text())


def parts_of(build: str) -> tuple[str, str] | None:
    """Version and commit of a build; nothing for a build of no commit, such as an untested one."""
    found = _BUILD.fullmatch(build)
    return (found["version"], found["commit"]) if found else None


if __name__ == "__main__":
    print(version_of(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
