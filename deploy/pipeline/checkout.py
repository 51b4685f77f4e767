"""A clone of this project as the pipeline sees it: its commits, and whether anything is in it that no commit holds."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


class Refused(SystemExit):
    """What was asked for would be wrong, or cannot be done. The text says why."""


@dataclass(frozen=True)
class Commit:
    """One commit; author and subject are what somebody typed."""

    name: str
    author: str
    subject: str

    @property
    def short(self) -> str:
        return self.name[:12]


class Checkout:
    """The clone in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def changes(self) -> list[str]:
        """What no commit holds, a line each, whatever this account's git leaves out; not what the clone ignores."""
        return self.git("status", "--porcelain", "--untracked-files=normal").splitlines()

    def commit(self, name: str = "HEAD", remote: str = "") -> Commit:
        """The commit ``name``, fetched from ``remote`` if this clone lacks it. Raises :class:`Refused`."""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        done = self.try_git(*words)
        if done.returncode != 0 and remote:
            self.git("fetch", "--quiet", "--no-tags", remote)
            done = self.try_git(*words)
        if done.returncode != 0:
            raise Refused(f"this clone has no commit {name}; git fetch brings those of others")
        full = done.stdout.strip()
        author, _, subject = self.git("log", "-1", "--format=%an%x00%s", full).strip("\n").partition("\0")
        return Commit(full, author, subject)

    def text_of(self, commit: str, path: str) -> str:
        """What the file ``path`` held in ``commit``."""
        return self.git("show", f"{commit}:{path}")

    def git(self, *words: str) -> str:
        """Run git here. Raises :class:`Refused` with the end of what it said."""
        done = self.try_git(*words)
        if done.returncode != 0:
            raise Refused(f"git {words[0]} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def try_git(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["git", "-C", str(self.folder), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
