#!/usr/bin/python3
"""Keep this node's infinity package up to date, one node of the fleet at a time, and never lose a visitor over it.

Started every minute by infinity-agent.timer, as root; only the standard library. One run:

    lock → mend what a killed run left → look for a version → refused by the fleet? → download → the fleet's slot
    → drain → install → release step → restart → ready with the new version, or back again → undrain

The slot is an advisory lock on a direct connection to the database: when an agent dies, the connection and the slot go
with it. A version that installed and then failed is written down for the whole fleet, which refuses it from then on; a
fault of this node alone (a killed dpkg, a full disk) blames nobody. What has been begun is noted on disk before it is
done, so a run that is killed anywhere is finished, or undone, by the next.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

if __package__:
    from deploy.agent.fleet import Fleet, SlotTaken, fleet_of
    from deploy.agent.machine import CouldNotBegin, Machine, StepFailed
    from deploy.notify.slack import say, without_secrets
else:  # installed: the files lie side by side
    from fleet import Fleet, SlotTaken, fleet_of
    from machine import CouldNotBegin, Machine, StepFailed
    from slack import say, without_secrets

READY_SECONDS = 20.0
LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Places:
    """Where the agent keeps things. ``state`` survives a restart of the machine, ``run`` does not."""

    state: Path = Path("/var/lib/infinity-agent")
    run: Path = Path("/run/infinity-agent")
    drain: Path = Path("/run/infinity/drain")

    @property
    def journal(self) -> Path:
        """What has been begun: there while an upgrade is under way."""
        return self.state / "upgrading.json"

    @property
    def no_restart(self) -> Path:
        """While this is there, the package's own script restarts nothing."""
        return self.run / "no-restart"


@dataclass(frozen=True)
class Begun:
    """An upgrade under way: from which version, to which, and whether it is on its way back."""

    old: str
    new: str
    is_going_back: bool = False


class NotReady(Exception):
    """The node does not answer /readyz with the version that it should run. The text says what it answered."""


class Agent:
    """One run of the agent on one node."""

    def __init__(self, machine: Machine, fleet: Fleet, places: Places, settings: Mapping[str, str]) -> None:
        self._machine, self._fleet, self._places = machine, fleet, places
        self._node = machine.name()
        self._ready_url = settings.get("READY_URL", "http://127.0.0.1:8000/readyz")
        self._webhook = settings.get("WEBHOOK_URL", "")
        self._drain_seconds = float(settings.get("DRAIN_SECONDS", "4"))
        self._settle_seconds = float(settings.get("SETTLE_SECONDS", "0"))
        self._ready_seconds = float(settings.get("READY_SECONDS", str(READY_SECONDS)))

    def run(self) -> str:
        """Do what there is to do, and say what it was."""
        with self._alone() as is_alone:
            if not is_alone:
                return "another run is under way on this node"
            begun = self._read_journal()
            if begun is not None:
                return self._with_slot(lambda: self._finish(begun))
            self._clear_marks()
            return self._look()

    def _look(self) -> str:
        self._machine.refresh()
        old, new = self._machine.installed(), self._machine.candidate()
        if not old or not new:
            return f"nothing new; {old or 'nothing'} is installed"
        if old == new:
            return f"nothing new; {old} is installed{self._keep(old)}"
        if self._fleet.refuses(new):
            return f"{new} has failed on a node before and is refused"
        self._machine.download(new)
        return self._with_slot(lambda: self._upgrade(Begun(old, new)))

    def _keep(self, version: str) -> str:
        """Keep a copy of what runs here while the repository has it: after a roll-back there it may have it no more."""
        try:
            self._machine.download(version)
        except StepFailed as problem:
            return f", but no copy of it could be kept: {problem}"
        return ""

    def _with_slot(self, act: object) -> str:
        try:
            with self._fleet.slot():
                return act()  # type: ignore[operator, no-any-return]
        except SlotTaken:
            return "another node has the slot"

    # --- an upgrade ---------------------------------------------------------------------------------------------------

    def _upgrade(self, begun: Begun) -> str:
        # Asked again under the slot: another node may have found out meanwhile.
        if self._fleet.refuses(begun.new):
            return f"{begun.new} has failed on a node before and is refused"
        self._tell(f"update from {begun.old} to {begun.new} begins")
        self._write_journal(begun)
        self._drain()
        try:
            self._machine.install(begun.new)
        except StepFailed as problem:
            return self._go_back(begun, f"it could not be installed here: {problem}", is_to_blame=False)
        return self._put_in_force(begun)

    def _put_in_force(self, begun: Begun) -> str:
        started = self._machine.seconds()
        try:
            self._machine.release()
            self._machine.restart()
            self._wait_until_ready(begun.new)
        except (StepFailed, NotReady) as problem:
            return self._go_back(begun, str(problem), is_to_blame=not isinstance(problem, CouldNotBegin))
        self._end()
        took = self._machine.seconds() - started
        return self._tell(f"updated from {begun.old} to {begun.new}; release, restart and ready took {took:.1f} s")

    def _go_back(self, begun: Begun, why: str, *, is_to_blame: bool) -> str:
        self._write_journal(Begun(begun.old, begun.new, is_going_back=True))
        if is_to_blame:
            self._fleet.refuse(begun.new, self._node, without_secrets(why))
        self._tell(f"update to {begun.new} FAILED: {why}; going back to {begun.old}")
        return self._return_to(begun)

    def _return_to(self, begun: Begun) -> str:
        self._machine.install_kept(begun.old)
        self._machine.restart()
        self._wait_until_ready(begun.old)
        self._end()
        return self._tell(f"back at {begun.old}; {begun.new} was not taken")

    def _finish(self, begun: Begun) -> str:
        """Go on where a killed run stopped."""
        self._places.no_restart.touch()
        if begun.is_going_back:
            return self._return_to(begun)
        if not self._machine.is_whole():
            # dpkg died in the middle; only a copy of the package heals that, `apt-get install` of the same does not.
            self._machine.install_kept(begun.new)
        if self._machine.installed() == begun.new:
            return self._put_in_force(begun)
        self._end()
        return self._tell(f"an update to {begun.new} was cut off before it began; {begun.old} serves on")

    # --- the node -----------------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        self._places.drain.parent.mkdir(parents=True, exist_ok=True)
        self._places.drain.touch()
        self._places.no_restart.touch()
        self._machine.pause(self._drain_seconds)

    def _end(self) -> None:
        self._clear_marks()
        self._places.journal.unlink(missing_ok=True)
        # The slot is kept until the balancer has seen this node again: two nodes away at once are one too many.
        self._machine.pause(self._settle_seconds)

    def _clear_marks(self) -> None:
        # Left by a run that was killed, the one would keep visitors away for ever, the other restarts.
        self._places.drain.unlink(missing_ok=True)
        self._places.no_restart.unlink(missing_ok=True)

    def _wait_until_ready(self, version: str) -> None:
        deadline = self._machine.seconds() + self._ready_seconds
        while True:
            seen = self._machine.ready_version(self._ready_url)
            if seen == version:
                return
            if self._machine.seconds() > deadline:
                raise NotReady(f"not ready with {version} within {self._ready_seconds:.0f} s; /readyz said {seen!r}")
            self._machine.pause(LOOK_SECONDS)

    def _tell(self, text: str) -> str:
        say(self._webhook, f"{self._node}: {text}")
        return text

    # --- what is kept on disk -----------------------------------------------------------------------------------------

    def _read_journal(self) -> Begun | None:
        try:
            return Begun(**json.loads(self._places.journal.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            # A journal that was cut off in the writing was written before anything was done.
            self._places.journal.unlink(missing_ok=True)
            return None

    def _write_journal(self, begun: Begun) -> None:
        draft = self._places.journal.with_suffix(".new")
        with draft.open("w") as file:
            json.dump(asdict(begun), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._places.journal)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        for folder in (self._places.state, self._places.run):
            folder.mkdir(parents=True, exist_ok=True)
        with (self._places.run / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


def read_settings(*files: Path) -> dict[str, str]:
    """``NAME=value`` lines of the files that exist; a later file wins."""
    found: dict[str, str] = {}
    for file in files:
        if file.exists():
            lines = (line.strip() for line in file.read_text().splitlines())
            pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
            found |= {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    return found


def main() -> int:
    """One run, told on standard output, which systemd keeps."""
    settings = read_settings(Path("/etc/default/infinity"), Path("/etc/default/infinity-agent"))
    places = Places(drain=Path(settings.get("DRAIN_FILE", str(Places.drain))))
    machine = Machine(places.state, settings.get("SOURCES_LIST", "/etc/apt/sources.list.d/infinity.list"))
    try:
        print(Agent(machine, fleet_of(settings), places, settings).run())
    except (StepFailed, NotReady, OSError) as problem:
        print(f"this run came to nothing; the next tries again: {without_secrets(str(problem))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
