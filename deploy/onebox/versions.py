"""Which version serves. Each has a folder of its own in /var/lib/infinity-box/versions; ``current`` names one.

dpkg replaces /usr/lib/infinity while people play, so no process reads from there: its unit mounts ``current`` over that
folder. What runs keeps its version to the last template, and the version before stays on disk to go back to. The copies
are hard links where the disk allows it; dpkg writes new files and never into old ones.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.onebox import machine
from deploy.onebox.machine import ACCOUNT

HOME = Path("/usr/lib/infinity")
BOX = Path("/var/lib/infinity-box")
VERSIONS = BOX / "versions"
CURRENT = BOX / "current"
HOME_OF_ACCOUNT = {"HOME": "/var/lib/infinity"}
_INSIDE = 'mount --bind "$1" /usr/lib/infinity && cd "$2" && shift 2 && exec "$@"'


def installed() -> str:
    """The version that dpkg has put in place."""
    return (HOME / "VERSION").read_text().strip()


def current() -> str:
    """The version that serves; empty before the first ``infinity up``."""
    return CURRENT.resolve().name if CURRENT.exists() else ""


def kept() -> list[str]:
    """The versions that have a folder here."""
    return sorted(folder.name for folder in VERSIONS.glob("*") if not folder.name.startswith("."))


def keep_installed() -> str:
    """Give the installed version its folder, if it has none; answers the version."""
    version = installed()
    target = VERSIONS / version
    if not target.exists():
        draft = VERSIONS / f".{version}"
        shutil.rmtree(draft, ignore_errors=True)
        VERSIONS.mkdir(parents=True, exist_ok=True)
        if machine.attempt(["cp", "--archive", "--link", HOME, draft]).returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            machine.run("cp", "--archive", HOME, draft)
        draft.rename(target)
    return version


def serve(version: str) -> None:
    """Let processes that start from now on run this version."""
    draft = BOX / ".current"
    draft.unlink(missing_ok=True)
    draft.symlink_to(VERSIONS / version)
    draft.replace(CURRENT)


def forget_all_but(*versions: str) -> None:
    """Remove the folders of other versions."""
    for version in set(kept()) - set(versions):
        shutil.rmtree(VERSIONS / version)


def words_inside(words: Sequence[str], *, version: str = "", is_root: bool = False) -> list[str]:
    """The command line that runs ``words`` in a version's folder, as the program's account unless ``is_root``.

    A first word with a slash is a program of that folder.
    """
    tree = VERSIONS / (version or current() or installed())
    program = f"{HOME}/{words[0]}" if "/" in words[0] else words[0]
    account = [] if is_root else ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups", "--"]
    return ["unshare", "--mount", "sh", "-euc", _INSIDE, "sh", str(tree), str(HOME), *account, program, *words[1:]]


def inside(words: Sequence[str], *, env: Mapping[str, str], version: str = "") -> str:
    """What a program prints that runs there. Raises :class:`machine.StepFailed`."""
    return machine.run(*words_inside(words, version=version), env={**HOME_OF_ACCOUNT, **env})


def version_of(process: int) -> str:
    """The version that a running process has under its eyes."""
    try:
        return Path(f"/proc/{process}/root{HOME}/VERSION").read_text().strip()
    except OSError:
        return ""


def size_of_disk(path: Path) -> tuple[int, int]:
    """Bytes that are free, and bytes in all, on the disk that will hold ``path``."""
    while not path.exists():
        path = path.parent
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
