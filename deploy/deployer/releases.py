"""What staging and production have, and the step that changes it: .ci/production of the service's own clone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.pipeline.checkout import Checkout, Commit, Refused
from deploy.version import parts_of

WAIT_SECONDS = 600
# The service's own secrets are no business of the step.
OWN = ("SLACK_", "DEPLOYERS", "DEPLOYER_")


class Failed(Exception):
    """A step ended badly. The text holds the end of what it said."""


@dataclass(frozen=True)
class Channels:
    """Versions; empty before the first."""

    staging: str
    production: str
    releases: tuple[str, ...]


class Releases:
    """The releases of the clone in ``folder``."""

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._folder, self._checkout = folder, Checkout(folder)
        self._remote = environ.get("INFINITY_TAG_REMOTE", "")
        self._environ = {name: value for name, value in environ.items() if not name.startswith(OWN)}

    def channels(self) -> Channels:
        """What the repository says. Raises :class:`Failed`."""
        said = dict(
            line.split(": ", 1) for line in self._run("python3", "deploy/apt/repository.py", "status").splitlines()
        )
        staging, production = ("" if said[name] == "nothing yet" else said[name] for name in ("staging", "production"))
        return Channels(staging, production, tuple(word for word in said["releases"].split() if word != "none"))

    def commit_of(self, version: str) -> Commit | None:
        """The commit that a version was made of, if it says so and this clone has it or can fetch it."""
        parts = parts_of(version)
        try:
            return self._checkout.commit(parts[1], self._remote) if parts else None
        except Refused:
            return None

    def to_production(self, version: str) -> str:
        """Take it there; what the step said. Raises :class:`Failed`."""
        return self._run(str(self._folder / ".ci" / "production"), version)

    def _run(self, *command: str) -> str:
        program = " ".join(command).replace(f"{self._folder}/", "")
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, env=self._environ, timeout=WAIT_SECONDS,
                stdin=subprocess.DEVNULL, cwd=self._folder,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise Failed(f"{program}: {problem}") from problem
        if done.returncode != 0:
            raise Failed(f"{program} ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-600:]}")
        return done.stdout
