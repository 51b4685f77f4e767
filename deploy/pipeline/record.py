#!/usr/bin/env python3
"""The signed record that a commit has passed all tests: .ci/run or its job writes it, .ci/package asks for it.

    python3 deploy/pipeline/record.py create                # this machine's key, the first time
    python3 deploy/pipeline/record.py check [COMMIT]        # whether a commit has passed
    python3 deploy/pipeline/record.py write COMMIT TESTS    # where another machine has run the tests, as CI does

Everything is in one folder, INFINITY_CI_HOME: ``key`` signs and never leaves the machine that tests, ``signers`` names
the keys that are believed (the form of ssh-keygen's allowed signers), ``records`` holds a record and its signature for
each commit. The machine that packs needs the last two. The folder lies outside of any clone, since a commit must not
choose who is believed. Called by ``.ci/``; needs Python's standard library, git and ssh-keygen.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

if __package__:
    from deploy.pipeline.checkout import Checkout, Refused
else:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    from deploy.pipeline.checkout import Checkout, Refused

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = Path("/srv/infinity-ci")
# A signature counts for this use alone: the same key may sign other things.
NAMESPACE = "infinity-passed-commit"
SIGNER = "infinity-ci"
_FULL_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Records:
    """The records in the folder ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.key, self.signers = home / "key", home / "signers"

    def create(self) -> None:
        """Make the key where there is none, and believe it."""
        self.home.mkdir(parents=True, exist_ok=True)
        if not self.key.exists():
            _ssh_keygen("-q", "-t", "ed25519", "-N", "", "-C", SIGNER, "-f", str(self.key))
        if not self.signers.exists():
            kind, public = self.key.with_name("key.pub").read_text().split()[:2]
            self.signers.write_text(f'{SIGNER} namespaces="{NAMESPACE}" {kind} {public}\n')

    def write(self, checkout: Checkout, commit: str, tests: str) -> Path:
        """Record that ``commit``, which is checked out here and unchanged, has passed. Raises :class:`Refused`."""
        if checkout.commit().name != commit or checkout.changes():
            raise Refused("no record: the clone has changed since its tests began")
        if not self.key.exists():
            raise Refused(f"no record: there is no key in {self.home}; make one with `record.py create`")
        record = {
            "commit": commit,
            "tree": checkout.git("rev-parse", f"{commit}^{{tree}}").strip(),
            "tests": tests.strip("= \n"),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        return self._sign(commit, json.dumps(record, indent=2) + "\n")

    def check(self, checkout: Checkout, commit: str) -> dict[str, str]:
        """The record of ``commit``. Raises :class:`Refused` if there is none, or none that counts."""
        file = self._file(commit)
        signature = file.with_name(f"{file.name}.sig")
        if not file.exists() or not signature.exists():
            raise Refused(f"commit {commit[:12]} has no record of passed tests in {self.home / 'records'}; run .ci/run")
        said = file.read_bytes()
        self._check_signature(commit, said, signature)
        record = _read(said)
        if record.get("commit") != commit or record.get("tree") != _tree(checkout, commit):
            raise Refused(f"the record of {commit[:12]} is that of another commit")
        return record

    def _file(self, commit: str) -> Path:
        if not _FULL_NAME.fullmatch(commit):
            raise Refused(f"{commit!r} is not the full name of a commit")
        return self.home / "records" / f"{commit}.json"

    def _sign(self, commit: str, text: str) -> Path:
        file = self._file(commit)
        file.parent.mkdir(exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.write_text(text)
        drafted = draft.with_name(f"{draft.name}.sig")
        try:
            _ssh_keygen("-q", "-Y", "sign", "-f", str(self.key), "-n", NAMESPACE, str(draft))
            # The signature last: a record without one is none.
            draft.replace(file)
            drafted.replace(file.with_name(f"{file.name}.sig"))
        finally:
            draft.unlink(missing_ok=True)
            drafted.unlink(missing_ok=True)
        return file

    def _check_signature(self, commit: str, said: bytes, signature: Path) -> None:
        if not self.signers.exists():
            raise Refused(f"there is no {self.signers}, which names the keys that are believed")
        words = ["-Y", "verify", "-f", str(self.signers), "-I", SIGNER, "-n", NAMESPACE, "-s", str(signature)]
        done = _try_ssh_keygen(*words, read=said)
        if done.returncode != 0:
            why = (done.stdout + done.stderr).decode(errors="replace").strip()[-200:]
            raise Refused(f"the record of {commit[:12]} is not signed by a key in {self.signers}: {why}")


def _read(said: bytes) -> dict[str, str]:
    try:
        record = json.loads(said)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise Refused("a record that was signed is no JSON object")
    return record


def _tree(checkout: Checkout, commit: str) -> str:
    return checkout.git("rev-parse", "--verify", f"{commit}^{{tree}}").strip()


def _ssh_keygen(*words: str) -> None:
    done = _try_ssh_keygen(*words)
    if done.returncode != 0:
        raise Refused(f"ssh-keygen ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()[-300:]}")


def _try_ssh_keygen(*words: str, read: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["ssh-keygen", *words], check=False, capture_output=True, input=read)
    except FileNotFoundError:
        raise Refused("ssh-keygen is not on this machine (Debian's package openssh-client)") from None


def main(words: Sequence[str]) -> None:
    """Do what the command line asks for."""
    wanted = _options(words)
    home = wanted.home.resolve()
    if home.is_relative_to(ROOT):
        raise Refused(f"{home} lies within the clone: a commit could choose who is believed")
    records, checkout = Records(home), Checkout(ROOT)
    if wanted.command == "create":
        records.create()
        print(f"The key that signs: {records.key}\nThe keys that are believed: {records.signers}")
    elif wanted.command == "write":
        records.write(checkout, wanted.commit, wanted.tests)
    else:
        commit = checkout.commit(wanted.commit).name
        record = records.check(checkout, commit)
        print(f"{commit[:12]} passed at {record['at']}: {record['tests']}")


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="record.py", description="Records of commits that passed all tests.")
    home = Path(os.environ.get("INFINITY_CI_HOME") or HOME)
    parser.add_argument("--home", type=Path, default=home, help=f"the folder; default: INFINITY_CI_HOME or {HOME}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("create", help="this machine's key; harmless when it is there")
    write = commands.add_parser("write", help="record that the commit which is checked out has passed")
    write.add_argument("commit", help="its full name, as it was tested")
    write.add_argument("tests", help="what says so: the closing line of its tests, or their job")
    check = commands.add_parser("check", help="whether a commit has passed")
    check.add_argument("commit", nargs="?", default="HEAD")
    return parser.parse_args(words)


if __name__ == "__main__":
    main(sys.argv[1:])
