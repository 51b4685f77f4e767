"""The agent on a machine and in a fleet that only pretend: every outcome, and a kill before and after every step."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.agent.agent import Agent, Places, read_settings
from deploy.agent.fleet import SlotTaken
from deploy.agent.machine import CouldNotBegin, StepFailed
from deploy.deb.build import AGENT_MODULES

OLD, NEW = "1.0", "1.1"


class Killed(BaseException):
    """The power is cut: nothing of the agent's own may catch this."""


@dataclass
class PretendMachine:
    """A node in memory. ``fails`` names steps that end badly; ``kill_at`` the step at which the power is cut."""

    places: Places
    on_disk: str = OLD
    serving: str = OLD
    offered: str = NEW
    half_done: bool = False
    fails: set[str] = field(default_factory=set)
    never_ready: set[str] = field(default_factory=set)
    kill_at: tuple[str, str] | None = None
    steps: list[str] = field(default_factory=list)
    now: float = 0.0
    drained_while_restarting: list[bool] = field(default_factory=list)

    def name(self) -> str:
        return "web1"

    def seconds(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def refresh(self) -> None:
        self._step("refresh")

    def installed(self) -> str:
        return self.on_disk

    def is_whole(self) -> bool:
        return not self.half_done

    def candidate(self) -> str:
        return self.offered

    def download(self, version: str) -> None:
        self._step("download")

    def install(self, version: str) -> None:
        self.half_done = True
        with contextlib.suppress(StepFailed):
            self._step("install")
            self.on_disk, self.half_done = version, False
            return
        self.half_done = False
        raise StepFailed("the disk is full")

    def install_kept(self, version: str) -> None:
        self._step(f"put back {version}")
        self.on_disk, self.half_done = version, False

    def release(self) -> None:
        self._step("release")

    def restart(self) -> None:
        self.drained_while_restarting.append(self.places.drain.exists())
        self._step("restart")
        self.serving = "" if self.on_disk in self.never_ready else self.on_disk

    def ready_version(self, url: str) -> str:
        return self.serving

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if self.kill_at == ("before", name):
            self.kill_at = None
            raise Killed
        if name in self.fails:
            raise StepFailed(f"{name} went wrong")


@dataclass
class PretendFleet:
    """A fleet in memory."""

    is_taken: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    held: int = 0
    is_held: bool = False

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        if self.is_taken:
            raise SlotTaken
        self.held += 1
        self.is_held = True
        yield
        self.is_held = False

    def refuses(self, version: str) -> bool:
        return version in self.refused

    def refuse(self, version: str, node: str, why: str) -> None:
        self.refused[version] = f"{node}: {why}"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "state", tmp_path / "run", tmp_path / "hunt" / "drain")


@pytest.fixture
def machine(places: Places) -> PretendMachine:
    return PretendMachine(places)


@pytest.fixture
def fleet() -> PretendFleet:
    return PretendFleet()


def run(machine: PretendMachine, fleet: PretendFleet) -> str:
    return Agent(machine, fleet, machine.places, {}).run()  # type: ignore[arg-type]


def is_at_rest(machine: PretendMachine, version: str) -> bool:
    places = machine.places
    marks = [mark for mark in (places.drain, places.no_restart, places.journal) if mark.exists()]
    return not marks and machine.on_disk == machine.serving == version and not machine.half_done


def test_a_new_version_is_installed_released_and_served(machine: PretendMachine, fleet: PretendFleet) -> None:
    assert "updated from 1.0 to 1.1" in run(machine, fleet)
    assert machine.steps == ["refresh", "download", "install", "release", "restart"]
    assert machine.drained_while_restarting == [True]
    assert is_at_rest(machine, NEW)


def test_nothing_happens_where_nothing_is_new(machine: PretendMachine, fleet: PretendFleet) -> None:
    machine.offered = OLD
    assert "nothing new" in run(machine, fleet)
    assert (machine.steps, fleet.held) == (["refresh", "download"], 0)


def test_a_copy_that_cannot_be_kept_is_told_and_stops_nothing(machine: PretendMachine, fleet: PretendFleet) -> None:
    machine.offered, machine.fails = OLD, {"download"}
    assert "no copy of it could be kept: download went wrong" in run(machine, fleet)
    assert is_at_rest(machine, OLD)


def test_the_slot_is_kept_until_the_balancer_has_seen_the_node_again(places: Places, fleet: PretendFleet) -> None:
    machine = PretendMachine(places)
    away: list[tuple[bool, bool]] = []

    def pause(seconds: float) -> None:
        machine.now += seconds
        if seconds == 17:
            away.append((places.drain.exists(), fleet.is_held))

    machine.pause = pause  # type: ignore[method-assign]
    Agent(machine, fleet, places, {"SETTLE_SECONDS": "17"}).run()  # type: ignore[arg-type]
    assert away == [(False, True)]


def test_a_node_waits_while_another_has_the_slot(machine: PretendMachine, fleet: PretendFleet) -> None:
    fleet.is_taken = True
    assert run(machine, fleet) == "another node has the slot"
    assert is_at_rest(machine, OLD)
    fleet.is_taken = False
    run(machine, fleet)
    assert is_at_rest(machine, NEW)


@pytest.mark.parametrize("step", ["release", "restart"])
def test_a_version_that_installed_and_then_failed_is_refused_by_the_fleet(
    machine: PretendMachine, fleet: PretendFleet, step: str, tmp_path: Path
) -> None:
    machine.fails = {step}
    if step == "restart":
        # The way back restarts too, and must go well.
        machine.fails, machine.never_ready = set(), {NEW}
    assert "back at 1.0" in run(machine, fleet)
    assert is_at_rest(machine, OLD)
    assert "web1" in fleet.refused[NEW]
    other = PretendMachine(Places(tmp_path / "2", tmp_path / "2r", tmp_path / "2d" / "drain"))
    assert "is refused" in run(other, fleet)
    assert other.steps == ["refresh"]


def test_a_fault_of_this_node_blames_nobody(machine: PretendMachine, fleet: PretendFleet) -> None:
    machine.fails = {"install"}
    assert "back at 1.0" in run(machine, fleet)
    assert fleet.refused == {}
    machine.fails = set()
    run(machine, fleet)
    assert is_at_rest(machine, NEW)


def test_a_release_step_that_never_came_to_run_blames_nobody(
    machine: PretendMachine, fleet: PretendFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def release() -> None:
        raise CouldNotBegin("status 219")

    monkeypatch.setattr(machine, "release", release)
    assert "back at 1.0" in run(machine, fleet)
    assert (fleet.refused, is_at_rest(machine, OLD)) == ({}, True)


def test_the_repository_may_lead_back_to_an_older_version(machine: PretendMachine, fleet: PretendFleet) -> None:
    machine.offered = "0.9"
    run(machine, fleet)
    assert is_at_rest(machine, "0.9")


@pytest.mark.parametrize("step", ["refresh", "download", "install", "release", "restart"])
def test_a_killed_run_is_finished_by_the_next(machine: PretendMachine, fleet: PretendFleet, step: str) -> None:
    machine.kill_at = ("before", step)
    with pytest.raises(Killed):
        run(machine, fleet)
    # One run to mend, at most one more to go on; what a timer does by itself.
    run(machine, fleet)
    run(machine, fleet)
    assert is_at_rest(machine, NEW)
    assert fleet.refused == {}


@pytest.mark.parametrize("step", ["put back 1.0", "restart"])
def test_a_run_killed_on_its_way_back_still_gets_back(machine: PretendMachine, fleet: PretendFleet, step: str) -> None:
    machine.fails, machine.kill_at = {"release"}, ("before", step)
    with pytest.raises(Killed):
        run(machine, fleet)
    assert fleet.refused
    run(machine, fleet)
    assert is_at_rest(machine, OLD)
    assert "is refused" in run(machine, fleet)


def test_a_run_killed_while_draining_lets_visitors_in_again(machine: PretendMachine, fleet: PretendFleet) -> None:
    def cut(seconds: float) -> None:
        raise Killed

    machine.pause = cut  # type: ignore[method-assign]
    with pytest.raises(Killed):
        run(machine, fleet)
    assert machine.places.drain.exists()
    del machine.pause
    machine.offered = OLD
    run(machine, fleet)
    assert is_at_rest(machine, OLD)


def test_a_journal_that_was_cut_off_in_the_writing_is_no_obstacle(machine: PretendMachine, fleet: PretendFleet) -> None:
    machine.places.state.mkdir(parents=True)
    machine.places.journal.write_text('{"old": "1.')
    run(machine, fleet)
    assert is_at_rest(machine, NEW)


def test_two_runs_on_one_node_do_not_meet(machine: PretendMachine, fleet: PretendFleet) -> None:
    agent = Agent(machine, fleet, machine.places, {})  # type: ignore[arg-type]
    with agent._alone() as is_alone:
        assert is_alone
        assert run(machine, fleet) == "another run is under way on this node"
    assert machine.steps == []


def test_settings_are_read_as_systemd_reads_them(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    first.write_text("# a remark\nDATABASE_URL='postgresql://x'\nPORT=1\n\nnonsense\n")
    second.write_text("PORT=2\n")
    assert read_settings(first, second, tmp_path / "three") == {"DATABASE_URL": "postgresql://x", "PORT": "2"}


def test_what_the_package_installs_side_by_side_finds_its_neighbours(tmp_path: Path) -> None:
    for module in AGENT_MODULES:
        shutil.copy(module, tmp_path)
    code = "import sys; sys.path[:0] = [sys.argv[1]]; import agent; print(agent.say('', 'x'))"
    words = [sys.executable, "-I", "-c", code, str(tmp_path)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "False\n", done.stderr
