"""What the agent does to the machine it runs on: apt, dpkg, systemd, and the question whether the program is ready.

Every step either goes well or raises :class:`StepFailed` with the end of what the command said.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

PACKAGE = "infinity"
SERVICE = "infinity-web.service"
RELEASE = "infinity-release.service"
# apt waits for nobody: a mirror that hangs costs this run, not the node.
APT = (
    "apt-get",
    "-q",
    "-y",
    "-o",
    "Acquire::http::Timeout=10",
    "-o",
    "Acquire::Retries=1",
    "-o",
    "DPkg::Lock::Timeout=30",
)
LONGEST_STEP_SECONDS = 400
# What systemd says when it could not make a process what its unit wants; no program of ours ends with these.
SYSTEMD_S_OWN = range(200, 246)
ANSWER_SECONDS = 2


class StepFailed(Exception):
    """A command did not go well. The text names it, with the end of its output."""


class CouldNotBegin(StepFailed):
    """systemd could not even start a step: this machine's fault, and no word about the version."""


class Machine:
    """This machine. ``state`` is where copies of packages are kept; ``sources`` the one list that is looked at."""

    def __init__(self, state: Path, sources: str) -> None:
        self._kept = state / "packages"
        # Only our own list: what other repositories offer is none of the agent's business, and takes longer.
        self._only = ("-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-")

    def name(self) -> str:
        """What the fleet knows this node by."""
        return socket.gethostname()

    def seconds(self) -> float:
        """A clock that only goes forward."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def refresh(self) -> None:
        """Ask our repository what there is; its signature is checked by apt."""
        self._run(*APT, *self._only, "-o", "APT::Get::List-Cleanup=0", "update")

    def installed(self) -> str:
        """The installed version, or nothing."""
        found = self._try("dpkg-query", "-W", "-f", "${Version}", PACKAGE)
        return found.stdout.strip() if found.returncode == 0 else ""

    def is_whole(self) -> bool:
        """Whether dpkg calls the package installed, and no half-done work is left."""
        found = self._try("dpkg-query", "-W", "-f", "${db:Status-Abbrev}", PACKAGE)
        return found.returncode == 0 and found.stdout.strip() == "ii"

    def candidate(self) -> str:
        """The version that apt would install now, pins considered; or nothing."""
        lines = self._run("apt-cache", "policy", PACKAGE).splitlines()
        found = next((line.split(":", 1)[1].strip() for line in lines if line.strip().startswith("Candidate:")), "")
        return "" if found == "(none)" else found

    def download(self, version: str) -> None:
        """Fetch ``version``, and keep copies of it and of what is installed: the way forward and the way back."""
        self._kept.mkdir(parents=True, exist_ok=True)
        wanted = [it for it in (self.installed(), version) if it and self._copy_of(it) is None]
        for one in wanted:
            self._run("apt-get", "-q", "download", f"{PACKAGE}={one}", folder=self._kept)
        self._forget_all_but(self.installed(), version)

    def install(self, version: str) -> None:
        """Install ``version`` from the kept copy, settling what it depends on."""
        self._run(
            *APT, "--allow-downgrades", "-o", "Dpkg::Options::=--force-confold", "install", str(self._copy(version))
        )

    def install_kept(self, version: str) -> None:
        """Put the kept copy of ``version`` in by dpkg alone, which also heals what a killed dpkg left half unpacked."""
        self._run("dpkg", "--force-confold", "--force-downgrade", "--install", str(self._copy(version)))

    def release(self) -> None:
        """The release step: what must be done once before the new version serves, such as migrating.

        Raises :class:`CouldNotBegin` where it never came to run, twice.
        """
        for is_last in (False, True):
            try:
                self._run("systemctl", "start", RELEASE)
                return
            except StepFailed as problem:
                said = self._try("systemctl", "show", "--property=ExecMainStatus", "--value", RELEASE).stdout.strip()
                if int(said or 0) not in SYSTEMD_S_OWN:
                    raise
                if is_last:
                    raise CouldNotBegin(f"{problem} (status {said})") from None

    def restart(self) -> None:
        """Serve the installed version."""
        self._run("systemctl", "restart", SERVICE)

    def ready_version(self, url: str) -> str:
        """The version that /readyz names when it says 200; nothing when it does not."""
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
                said = json.load(answer)
        except (OSError, ValueError):
            return ""
        return str(said.get("version", "")) if isinstance(said, dict) else ""

    def _copy(self, version: str) -> Path:
        found = self._copy_of(version)
        if found is None:
            raise StepFailed(f"there is no copy of {PACKAGE} {version} on this machine")
        return found

    def _copy_of(self, version: str) -> Path | None:
        # apt writes a colon of the version as %3a into the file's name.
        return next(iter(sorted(self._kept.glob(f"{PACKAGE}_{version.replace(':', '%3a')}_*.deb"))), None)

    def _forget_all_but(self, *versions: str) -> None:
        kept = {copy for copy in map(self._copy_of, versions) if copy}
        for copy in set(self._kept.glob("*.deb")) - kept:
            copy.unlink()

    def _run(self, *command: str, folder: Path | None = None) -> str:
        done = self._try(*command, folder=folder)
        if done.returncode != 0:
            end = (done.stderr or done.stdout).strip()[-400:]
            raise StepFailed(f"{' '.join(command[:1] + command[-2:])} ended with {done.returncode}: {end}")
        return done.stdout

    def _try(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        if shutil.which(command[0]) is None:
            raise StepFailed(f"{command[0]} is not on this machine")
        try:
            return subprocess.run(
                command,
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                cwd=folder,
                stdin=subprocess.DEVNULL,
                timeout=LONGEST_STEP_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise StepFailed(f"{command[0]} took longer than {LONGEST_STEP_SECONDS} s") from None
