"""The disk that all nodes of a lab begin with: a small Debian with systemd, cloud-init and what our packages depend on.

Made by mmdebstrap from the sources of the machine's own apt, since that is what it can reach; kept between runs under
a name that stands for its contents. Nodes only read it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy.lab import search_path

RELEASE = "bookworm"
PACKAGES = (
    "adduser",
    "cloud-init",
    "dbus",
    "iproute2",
    "postgresql-client",
    "python3",
    "systemd",
    "systemd-sysv",
)
# Nothing that waits for a screen, a device or the world outside.
MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "console-getty.service",
    "getty.target",
    "systemd-logind.service",
)
# The seed is the only source of data; the network is there before the node is; a minimal Debian has no locales to make.
CLOUD = "datasource_list: [NoCloud]\nnetwork: {config: disabled}\nlocale: false\n"
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")


class ImageFailed(RuntimeError):
    """mmdebstrap did not end well. The text is the end of what it said."""


def image() -> Path:
    """The disk's folder. If it is not there yet it is made now, which takes a minute or two."""
    place = shelf("infinity-lab")
    target = place / f"image-{_fingerprint()}"
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _make(target)
    return target


def shelf(name: str) -> Path:
    """A folder of ours among the temporary files, for what is kept between runs."""
    place = Path(tempfile.gettempdir()) / name
    place.mkdir(mode=0o755, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.geteuid():
        raise ImageFailed(f"{place} belongs to somebody else, who could put anything into it")
    return place


def _fingerprint() -> str:
    said = (RELEASE, PACKAGES, MASKED, CLOUD, LEFT_OUT, [source.read_text() for source in sources()])
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def sources() -> list[Path]:
    """The machine's lists that lead to Debian itself."""
    folder = Path("/etc/apt")
    lists = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]
    lists += sorted(folder.glob("sources.list.d/*.sources"))
    return [file for file in lists if file.exists() and f"{RELEASE}" in file.read_text() and "main" in file.read_text()]


def _make(target: Path) -> None:
    draft = target.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    debootstrap(draft, PACKAGES)
    _settle(draft)
    draft.rename(target)


def debootstrap(target: Path, packages: Sequence[str]) -> None:
    """A small Debian with these packages, in a folder that is not there yet. Raises :class:`ImageFailed`."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as options:
        options.write(_apt_options())
        options.flush()
        command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--aptopt={options.name}"]
        command += [f"--include={','.join(packages)}", *(f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT)]
        command += [RELEASE, str(target), *map(str, sources())]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=_environ())
    if done.returncode != 0:
        shutil.rmtree(target, ignore_errors=True)
        raise ImageFailed(done.stderr.strip()[-2000:])


def _environ() -> dict[str, str]:
    return {**os.environ, "PATH": search_path(), "LC_ALL": "C.UTF-8"}


def _apt_options() -> str:
    """How the machine's own apt reaches its sources: by which proxy, and how strict about their dates."""
    said = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Check-")
    return "".join(f"{line}\n" for line in said.splitlines() if line.startswith(wanted))


def _settle(root: Path) -> None:
    # Nodes reach nobody but the hub.
    for source in [root / "etc/apt/sources.list", *root.glob("etc/apt/sources.list.d/*")]:
        source.unlink(missing_ok=True)
    (root / "etc/apt/apt.conf.d/99mmdebstrap").unlink(missing_ok=True)
    (root / "etc/machine-id").write_text("")
    for unit in MASKED:
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    (root / "etc/cloud/cloud.cfg.d/99-lab.cfg").write_text(CLOUD)
