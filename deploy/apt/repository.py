#!/usr/bin/env python3
"""The private apt repository of a fleet: staging and production, one command each, and one command back.

    python3 deploy/apt/repository.py create                      # key, repository, the first time
    python3 deploy/apt/repository.py stage build/packages/*.deb  # a release goes to staging
    python3 deploy/apt/repository.py promote                     # what is in staging goes to production
    python3 deploy/apt/repository.py rollback                    # production as it was before
    python3 deploy/apt/repository.py status

A release is a snapshot: its own packages and all older ones, so that a node finds its way forward and its way back.
Channels only ever point at snapshots, which never change; nodes follow by their pin, downwards too. The work is done by
aptly and gpg, in one folder, INFINITY_APT_HOME, which wants a backup: its ``keys`` are what nodes trust.
Called by operators and by ``.ci/``; needs Python's standard library, aptly, gpg and dpkg-deb.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = Path("/srv/infinity-apt")
NAME = "infinity"
CHANNELS = STAGING, PRODUCTION = ("staging", "production")
# The Debian release that the package is built for: its environment is bound to that release's Python.
DISTRIBUTION = "bookworm"
# Fixed by the first publication for good; a fleet of either kind can be added later.
ARCHITECTURES = "amd64,arm64"
# What nodes pin by: see deploy/apt/infinity.pref.
ORIGIN = "Infinity"
# The longest path of a Unix socket, see unix(7), without its final zero.
SOCKET_BYTES = 107
VERSION = re.compile(r"[0-9][A-Za-z0-9.+~-]*")
# The end of the version of what `.ci/package --untested` makes.
UNTESTED = "~untested"


class Refused(SystemExit):
    """What was asked for would do harm, or cannot be done. The text says why; nothing has been changed."""


class StepFailed(SystemExit):
    """aptly, gpg or dpkg-deb did not do its part. The text holds the end of what it said."""


@dataclass(frozen=True)
class Package:
    """A package as the repository knows it: exactly one content for each name, version and architecture."""

    name: str
    version: str
    architecture: str
    sha256: str

    @property
    def title(self) -> tuple[str, str, str]:
        """What may exist once only."""
        return (self.name, self.version, self.architecture)


class Repository:
    """The repository in the folder ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.config = self.home / "aptly.conf"
        self.key_file = self.home / "public" / f"{NAME}.asc"
        self._environ = {**os.environ, "GNUPGHOME": str(self.home / "keys")}

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else changes the repository meanwhile; a second command is refused, not queued."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused("another command is changing this repository; try again in a moment") from None
            yield

    # --- what an operator asks for ----------------------------------------------------------------------------------

    def create(self, *, bucket: str = "", region: str = "") -> None:
        """Make the key and the repository where they are missing, and write the configuration anew."""
        self._refuse_long_path()
        (self.home / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
        self.key_file.parent.mkdir(exist_ok=True)
        self.config.write_text(configuration(self.home, bucket, region))
        if not self._fingerprints():
            words = ["--quick-gen-key", "Infinity packages", "ed25519", "sign", "never"]
            self._run("gpg", "--batch", "--quiet", "--passphrase", "", *words)
        self.key_file.write_text(self._run("gpg", "--armor", "--export"))
        if NAME not in self._aptly("repo", "list", "-raw").split():
            self._aptly("repo", "create", "-component=main", f"-distribution={DISTRIBUTION}", NAME)

    def stage(self, files: Sequence[Path]) -> str:
        """Take the packages of one version in, and let staging point at it. Answers the version.

        The same packages again change nothing; the same version with other bytes is refused.
        """
        packages = [read_package(file) for file in files]
        version = one_version(packages)
        self._refuse_other_bytes(packages)
        self._aptly("repo", "add", NAME, *map(str, files))
        if version not in self.releases():
            self._make_release(version)
        self._point(STAGING, version)
        return version

    def promote(self, version: str = "") -> str:
        """Let production point at what is in staging, or at ``version``. Answers the version."""
        wanted = version or self.current(STAGING)
        if not wanted:
            raise Refused("nothing has been staged yet")
        before = self.current(PRODUCTION)
        if before and before != wanted:
            # Written first: if this is cut off, going back skips what production points at anyway.
            self._write_history([*self._history(), before])
        self._point(PRODUCTION, wanted)
        return wanted

    def rollback(self) -> str:
        """Let production point at what it pointed at before. Answers the version; again, and it is the one before."""
        now = self.current(PRODUCTION)
        history = self._history()
        while history and history[-1] == now:
            history.pop()
        if not history:
            raise Refused("there is nothing to go back to: production has had no other release")
        target = history.pop()
        self._point(PRODUCTION, target)
        self._write_history(history)
        return target

    def releases(self) -> list[str]:
        """All versions ever staged, oldest first."""
        names = [row["Name"] for row in json.loads(self._aptly("snapshot", "list", "-json", "-sort=time"))]
        return [name for name in names if VERSION.fullmatch(name)]

    def current(self, channel: str) -> str:
        """The version that ``channel`` points at; nothing before its first."""
        published = json.loads(self._aptly("publish", "list", "-json"))
        found = [row for row in published if row["Prefix"] == channel]
        return str(found[0]["Sources"][0]["Name"]) if found else ""

    # --- the parts ----------------------------------------------------------------------------------------------------

    def _refuse_long_path(self) -> None:
        # gpg itself only says that its agent will not start. Where there is a /run/user it listens there instead.
        socket = self._run("gpgconf", "--list-dirs", "agent-socket").strip()
        if len(os.fsencode(f"{socket}.browser")) > SOCKET_BYTES:
            words = "is too long for gpg's agent, which listens in it: choose a shorter one"
            raise Refused(f"the path {self.home} {words}")

    def _refuse_other_bytes(self, packages: Sequence[Package]) -> None:
        have = {package.title: package.sha256 for package in self._packages()}
        for package in packages:
            if have.get(package.title, package.sha256) != package.sha256:
                raise Refused(
                    f"{package.name} {package.version} is in the repository with other bytes, and nodes may run it: "
                    "give this build a new version"
                )

    def _packages(self) -> list[Package]:
        columns = "{{.Package}} {{.Version}} {{.Architecture}} {{.SHA256}}"
        done = self._try(*self._aptly_words("repo", "search", f"-format={columns}", NAME))
        if done.returncode != 0 and "no results" not in done.stderr:
            raise _failure("aptly repo search", done)
        return [Package(*line.split()) for line in done.stdout.splitlines() if done.returncode == 0]

    def _make_release(self, version: str) -> None:
        # Whatever is newer by Debian's order stays out: a mended old release must not bring a newer one along.
        everything = f"all-{version}"
        if everything not in self._aptly("snapshot", "list", "-raw").split():
            self._aptly("snapshot", "create", everything, "from", "repo", NAME)
        self._aptly("snapshot", "filter", everything, version, f"$Version (<= {version})")

    def _point(self, channel: str, version: str) -> None:
        if version not in self.releases():
            raise Refused(f"there is no release {version}; there are: {', '.join(self.releases()) or 'none'}")
        sign = ["-batch", f"-gpg-key={self._fingerprints()[0]}"]
        if self.current(channel):
            self._aptly("publish", "switch", *sign, DISTRIBUTION, f"{self._endpoint()}:{channel}", version)
            return
        looks = [f"-origin={ORIGIN}", f"-label={ORIGIN}", f"-distribution={DISTRIBUTION}", "-acquire-by-hash"]
        kinds = f"-architectures={ARCHITECTURES}"
        self._aptly("publish", "snapshot", *sign, *looks, kinds, version, f"{self._endpoint()}:{channel}")

    def _endpoint(self) -> str:
        return f"s3:{NAME}" if json.loads(self.config.read_text())["S3PublishEndpoints"] else f"filesystem:{NAME}"

    def _history(self) -> list[str]:
        file = self.home / "production.history"
        return file.read_text().split() if file.exists() else []

    def _write_history(self, versions: Sequence[str]) -> None:
        draft = self.home / "production.history.new"
        draft.write_text("".join(f"{version}\n" for version in versions))
        draft.replace(self.home / "production.history")

    def _fingerprints(self) -> list[str]:
        rows = self._run("gpg", "--list-secret-keys", "--with-colons").splitlines()
        return [row.split(":")[9] for row in rows if row.startswith("fpr:")]

    def _aptly(self, *words: str) -> str:
        if not self.config.exists():
            raise Refused(f"there is no repository in {self.home}; make one with `create`")
        return self._run(*self._aptly_words(*words))

    def _aptly_words(self, *words: str) -> list[str]:
        return ["aptly", f"-config={self.config}", *words]

    def _run(self, *words: str) -> str:
        done = self._try(*words)
        if done.returncode != 0:
            raise _failure(" ".join(words[:1] + words[2:4] if words[0] == "aptly" else words[:1]), done)
        return done.stdout

    def _try(self, *words: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                words, check=False, capture_output=True, text=True, env=self._environ, stdin=subprocess.DEVNULL
            )
        except FileNotFoundError:
            raise StepFailed(f"{words[0]} is not on this machine") from None


def _failure(what: str, done: subprocess.CompletedProcess[str]) -> StepFailed:
    return StepFailed(f"{what} ended with {done.returncode}: {(done.stderr + done.stdout).strip()[-600:]}")


def configuration(home: Path, bucket: str = "", region: str = "") -> str:
    """aptly's configuration: packages are published to the S3 bucket if one is named, else to ``home/public``."""
    if bool(bucket) != bool(region):
        raise Refused("a bucket and its region are named together or not at all")
    template = string.Template((HERE / "aptly.conf.in").read_text())
    made = json.loads(template.substitute(home=home, bucket=bucket, region=region))
    if not bucket:
        made["S3PublishEndpoints"] = {}
    return json.dumps(made, indent=2) + "\n"


def read_package(file: Path) -> Package:
    """What the package's control file says, and the sum of the whole file."""
    words = ["dpkg-deb", "--show", "--showformat=${Package}\n${Version}\n${Architecture}\n", str(file)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(f"{file} is no Debian package: {done.stderr.strip()[-300:]}")
    name, version, architecture = done.stdout.splitlines()
    return Package(name, version, architecture, hashlib.sha256(file.read_bytes()).hexdigest())


def one_version(packages: Sequence[Package]) -> str:
    """The version that all of them have; a release is one version of everything."""
    versions = sorted({package.version for package in packages})
    if len(versions) != 1:
        raise Refused(f"a release has one version, not: {', '.join(versions) or 'none'}")
    if not VERSION.fullmatch(versions[0]):
        raise Refused(f"{versions[0]!r} cannot be the name of a release")
    if versions[0].endswith(UNTESTED):
        raise Refused(f"{versions[0]} was packed without a record of passed tests; .ci/run, then .ci/package")
    return versions[0]


def main(words: Sequence[str]) -> None:
    """Do what the command line asks for, and say what channels point at."""
    wanted = _options(words)
    os.umask(0o022)  # a web server has to read what is published; the keys have a folder of their own
    repository = Repository(wanted.home)
    with repository.alone():
        if wanted.command == "create":
            repository.create(bucket=wanted.bucket, region=wanted.region)
            print(f"The key that nodes trust: {repository.key_file}")
        elif wanted.command == "stage":
            print(f"staging: {repository.stage(wanted.files)}")
        elif wanted.command == "promote":
            print(f"production: {repository.promote(wanted.version)}")
        elif wanted.command == "rollback":
            print(f"production: {repository.rollback()}")
        else:
            points = [f"{channel}: {repository.current(channel) or 'nothing yet'}" for channel in CHANNELS]
            print("\n".join([*points, f"releases: {' '.join(repository.releases()) or 'none'}"]))


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="repository.py", description="The private apt repository of a fleet.")
    home = Path(os.environ.get("INFINITY_APT_HOME") or HOME)
    parser.add_argument("--home", type=Path, default=home, help=f"its folder; default: INFINITY_APT_HOME or {HOME}")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make the key and the repository; harmless when they are there")
    create.add_argument("--bucket", default="", help="publish to this S3 bucket instead of HOME/public")
    create.add_argument("--region", default="", help="the bucket's region")
    stage = commands.add_parser("stage", help="take the packages of one version in; staging points at it")
    stage.add_argument("files", type=Path, nargs="+")
    promote = commands.add_parser("promote", help="production gets what is in staging")
    promote.add_argument("version", nargs="?", default="", help="or this version")
    commands.add_parser("rollback", help="production as it was before")
    commands.add_parser("status", help="what channels point at")
    return parser.parse_args(words)


if __name__ == "__main__":
    main(sys.argv[1:])
