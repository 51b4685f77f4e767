"""Three real nodes, from a bare Debian to a fleet that updates itself while people play.

Slow, and only run where INFINITY_SLOW_TIERS says so: `INFINITY_SLOW_TIERS=1 pytest tests/deploy/test_lab.py`. The tests
are one story in the order of this file, but each begins wherever the fleet stands.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator

import pytest

from deploy import lab as parts
from tests.deploy import builds, lab
from tests.deploy.apt import LACKING
from tests.deploy.lab import NODES, Site
from tests.deploy.load import Load, constant_load
from tests.deploy.tiers import SWITCH, on_a_machine, slow_tier

WANTED = [*LACKING, *(tool for tool in ("haproxy", "redis-server") if shutil.which(tool) is None)]
WANTED += parts.lacking() if os.environ.get(SWITCH) else []
# The first test waits for another lab on this machine to end, and may have to make the nodes' disk.
pytestmark = on_a_machine(slow_tier, "lab", 1800, WANTED)
BOOT_SECONDS = 10.0
PUZZLE = "gauges"


@pytest.fixture(scope="module")
def empty_site() -> Iterator[Site]:
    with lab.site() as made:
        yield made


@pytest.fixture(scope="module")
def boots(empty_site: Site) -> list[float]:
    """How long each of the nodes, switched on one after the other, took until visitors were sent to it, in seconds."""
    return [empty_site.boots() for _ in range(NODES)]


@pytest.fixture(scope="module")
def site(empty_site: Site, boots: list[float]) -> Site:
    assert len(boots) == NODES
    return empty_site


# --- from nothing ----------------------------------------------------------------------------------------------------


def test_a_bare_debian_has_visitors_ten_seconds_after_it_is_switched_on(site: Site, boots: list[float]) -> None:
    # The best of three: whatever else this machine begins to do meanwhile can only make it slower.
    assert min(boots) < BOOT_SECONDS, boots
    assert site.versions() == ["1.0"] * NODES


def test_a_node_is_what_it_was_told_to_be(site: Site) -> None:
    for node in site.nodes:
        assert "status: done" in node.answer("cloud-init", "status", "--wait")
        assert node.answer("systemctl", "list-units", "--failed", "--plain", "--no-legend") == ""
        assert node.answer("stat", "--format=%U:%G %a", "/etc/default/infinity") == "root:infinity 640"
        assert node.answer("systemctl", "is-enabled", "infinity.target", lab.TIMER).split() == ["enabled"] * 2
        assert node.answer("systemctl", "is-active", lab.TIMER) == "active"


def test_the_program_has_neither_rights_nor_files_that_it_does_not_need(site: Site) -> None:
    node = site.nodes[0]
    number = node.answer("systemctl", "show", "--property=MainPID", "--value", "infinity-web.service")
    status = node.answer("cat", f"/proc/{number}/status")
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert int(status.split("Uid:")[1].split()[0]) != 0
    inside = ["nsenter", "--target", number, "--mount", "--"]
    assert node.run(*inside, "touch", "/usr/lib/infinity/app/mine.py").returncode != 0
    assert node.run(*inside, "touch", "/var/lib/infinity/mine").returncode == 0


# --- people play -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def playing(site: Site) -> Iterator[Load]:
    site.take_timers_in_hand()
    with constant_load(site.gate.url, PUZZLE) as one:
        yield one


@pytest.fixture
def load(site: Site, playing: Load) -> Iterator[Load]:
    """People who play; whatever a test does, in the end the whole fleet serves what production has."""
    playing.goes_on()
    yield playing
    site.comes_to_rest()


@pytest.fixture
def moment(load: Load) -> float:
    """When the test began: what was lost before counts against somebody else."""
    return time.monotonic()


def assert_nothing_was_lost(load: Load, moment: float) -> None:
    load.goes_on()
    assert load.lost(moment) == [], load.told(moment)


def steps(told: list[str]) -> list[tuple[str, str]]:
    """Which node told that it begins, and which that it has ended, in their order."""
    return [
        (text.split(":")[0], "begins" if text.endswith("begins") else "ends") for text in told if "FAILED" not in text
    ]


def assert_one_at_a_time(told: list[str], nodes: int) -> None:
    said = steps(told)
    assert len(said) == 2 * nodes, told
    for (one, begins), (other, ends) in zip(said[::2], said[1::2], strict=True):
        assert (one, begins, ends) == (other, "begins", "ends"), told
    assert len({one for one, _ in said}) == nodes, told


def test_a_new_version_reaches_every_node_one_after_the_other_and_nobody_notices(
    site: Site, load: Load, moment: float
) -> None:
    site.chat.heard.clear()
    site.publish("1.1", builds.migrates)
    with site.timers():
        site.settles("1.1")
    assert_nothing_was_lost(load, moment)
    assert_one_at_a_time(site.chat.heard, NODES)
    assert [gap for at, gap in load.gaps if at >= moment], "no socket was sent away, so nothing was shown"


def test_what_production_goes_back_to_reaches_every_node_too(site: Site, load: Load, moment: float) -> None:
    with site.timers():
        site.publish("1.1", builds.migrates)
        site.settles("1.1")
        site.chat.heard.clear()
        assert site.repository.rollback() == "1.0"
        site.settles("1.0")
    assert_nothing_was_lost(load, moment)
    assert_one_at_a_time(site.chat.heard, NODES)


def test_a_build_that_is_never_ready_is_tried_by_one_node_and_refused_by_all(
    site: Site, load: Load, moment: float
) -> None:
    site.chat.heard.clear()
    before = site.versions()
    site.publish("2.0", builds.never_ready)
    with site.timers():
        site.refuses("2.0")
    assert site.versions() == before
    assert_nothing_was_lost(load, moment)
    assert_one_at_a_time(site.chat.heard, 1)
    assert "a bad build" in "\n".join(site.chat.heard) or "not ready with 2.0" in "\n".join(site.chat.heard)


def test_a_release_step_that_fails_changes_nothing(site: Site, load: Load, moment: float) -> None:
    site.chat.heard.clear()
    before, tables = site.versions(), site.tables()
    site.publish("3.0", builds.fails_to_migrate)
    with site.timers():
        site.refuses("3.0")
    assert (site.versions(), site.tables()) == (before, tables)
    assert_nothing_was_lost(load, moment)
    assert_one_at_a_time(site.chat.heard, 1)


# --- the agent is killed ---------------------------------------------------------------------------------------------

MOMENTS = {
    "downloads": ("apt-get .*download",),
    "drains": ("/run/infinity/drain",),
    "unpacks": ("dpkg-deb .*--fsys-tarfile",),
    "unpacks, and dpkg with it": ("dpkg-deb .*--fsys-tarfile", "all"),
    "runs the release step": ("flask .*db upgrade",),
    "restarts": ("systemctl restart infinity-web",),
    "waits for the new version": ("app.runtime",),
}


@pytest.mark.parametrize("doing", MOMENTS)
def test_an_agent_that_is_killed_while_it(doing: str, site: Site, playing: Load) -> None:
    playing.goes_on()
    moment, node, refused = time.monotonic(), site.nodes[0], site.refused()
    for _ in range(3):
        # There and back again: whichever of the two the node does not serve.
        wanted = next(version for version in ("1.0", "1.1") if version != site.version(node))
        site.publish(wanted, builds.migrates)
        if site.look_and_die(node, *MOMENTS[doing]):
            break
        # Some moments are so short that a busy machine does not see them.
    else:
        raise AssertionError(f"{doing} was never seen: {site.told()}")
    site.recovers(node, wanted)
    assert_nothing_was_lost(playing, moment)
    assert site.refused() == refused, "nobody but the killer is to blame"


def test_an_agent_that_is_killed_on_its_way_back_still_arrives(site: Site, playing: Load) -> None:
    playing.goes_on()
    moment, node = time.monotonic(), site.nodes[0]
    before = site.version(node)
    site.publish("4.0", builds.never_ready)
    assert site.look_and_die(node, "dpkg .*--force-downgrade"), site.told()
    site.recovers(node, before)
    assert "4.0" in site.refused()
    assert_nothing_was_lost(playing, moment)
