"""What the commands do to the machine: run programs, install packages, write files; and how they report it."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ACCOUNT = "infinity"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LAST_WORDS = 1200


class Refused(Exception):
    """What was asked for is not done. The text says why and what to do about it."""


class StepFailed(Refused):
    """A program did not end well. The text names it, with the end of its output."""


def done(what: str) -> None:
    """Report a step that changed something."""
    print(f"done  {what}", flush=True)


def unchanged(what: str) -> None:
    """Report a step that had nothing to do."""
    print(f"ok    {what}", flush=True)


def note(what: str) -> None:
    """Report what somebody should know or do."""
    print(f"note  {what}", flush=True)


def environ(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What programs are given: nothing of the caller's own but the terminal."""
    kept = {name: os.environ[name] for name in ("TERM",) if name in os.environ}
    return {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/root", **kept, **(more or {})}


def attempt(
    words: Sequence[str | Path], *, text: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program that may fail; ``text`` is what it reads."""
    return subprocess.run(
        [str(word) for word in words],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        env=environ(env),
        input=text,
    )


def run(*words: str | Path, text: str = "", env: Mapping[str, str] | None = None) -> str:
    """What a program prints. Raises :class:`StepFailed`."""
    try:
        ended = attempt(words, text=text, env=env)
    except FileNotFoundError:
        raise StepFailed(f"{words[0]} is not on this machine") from None
    if ended.returncode != 0:
        said = "\n".join(part.strip() for part in (ended.stdout, ended.stderr) if part.strip())
        command = shlex.join(str(word) for word in words[:4])
        raise StepFailed(f"{command} ended with {ended.returncode}:\n{said[-LAST_WORDS:]}")
    return ended.stdout


def systemctl(*words: str) -> str:
    """One call of systemctl. Raises :class:`StepFailed`."""
    return run("systemctl", *words)


def is_active(unit: str) -> bool:
    """Whether systemd calls the unit active."""
    return attempt(["systemctl", "is-active", "--quiet", unit]).returncode == 0


def is_enabled(unit: str) -> bool:
    """Whether the unit starts with the machine."""
    return attempt(["systemctl", "is-enabled", "--quiet", unit]).returncode == 0


def is_installed(package: str) -> bool:
    """Whether dpkg calls the package installed."""
    found = attempt(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", package])
    return found.returncode == 0 and found.stdout.strip() == "ii"


def apt(*words: str) -> None:
    """One call of apt-get that asks nothing and waits for another one to end. Raises :class:`StepFailed`."""
    options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", "--no-install-recommends"]
    # Does nothing, except after a run that was cut off while dpkg was at work.
    run("dpkg", "--force-confold", "--configure", "-a", env={"DEBIAN_FRONTEND": "noninteractive"})
    run("apt-get", *options, "-o", "Dpkg::Options::=--force-confold", *words, env={"DEBIAN_FRONTEND": "noninteractive"})


def write(path: Path, text: str, *, mode: int = 0o644, group: str = "root") -> bool:
    """Let a file of root's have this content, at once or not at all; answers whether anything was different."""
    wanted = (mode, 0, grp.getgrnam(group).gr_gid)
    if path.exists() and path.read_text() == text and _rights(path) == wanted:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(number, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        os.fchown(file.fileno(), 0, wanted[2])
        os.fchmod(file.fileno(), mode)
    Path(draft).replace(path)
    return True


def folder(path: Path, *, mode: int = 0o755, owner: str = "root", group: str = "root") -> None:
    """A folder with these rights."""
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
    path.chmod(mode)


def _rights(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mode & 0o7777, found.st_uid, found.st_gid
