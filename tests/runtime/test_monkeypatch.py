"""Under green threads, in a process of its own: what waits lets others run, and hashing stops nobody."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import Any

import pytest

from app.runtime import monkeypatch
from tests.support.environment import ROOT, environment
from tests.support.postgres import Cluster


@pytest.fixture(scope="module")
def said(postgres: Cluster) -> dict[str, Any]:
    """What the child observed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.green_program", postgres.url()],
        cwd=ROOT,
        env=environment(postgres.url()),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "nothing is said about eventlet's age"
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_two_queries_wait_at_the_same_time(said: dict[str, Any]) -> None:
    assert said["queries"] == 2


def test_two_calls_to_the_outside_wait_at_the_same_time(said: dict[str, Any]) -> None:
    assert said["calls"] == [200, 200]


def test_hashing_at_full_cost_stops_nobody(said: dict[str, Any]) -> None:
    # On the hub no other green thread would run before the hash is done.
    assert len(said["turns_during_hashes"]) == 3
    assert min(said["turns_during_hashes"]) > 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a thread a niceness of its own")
def test_hashing_gives_way_to_pages(said: dict[str, Any]) -> None:
    mine, offloaded, afterwards = said["niceness"]
    assert offloaded == min(mine + monkeypatch.NICENESS, 19)
    assert afterwards == mine, "the thread that serves has kept its own"


def test_too_many_hashes_are_refused(said: dict[str, Any]) -> None:
    assert said["refusals"] == 12 - 1 - 4


def test_a_request_ended_while_it_waits_for_a_hash_blocks_nobody(said: dict[str, Any]) -> None:
    assert said["survives_a_kill"] is True


def test_later_work_has_its_own_thread(said: dict[str, Any]) -> None:
    assert said["later"] == ["later"]


def test_the_program_patches_before_it_imports_anything_else() -> None:
    body = ast.parse((ROOT / "app/runtime/__main__.py").read_text()).body
    assert [ast.unparse(one) for one in body[1:3]] == ["from app.runtime import monkeypatch", "monkeypatch.patch()"]
    for name in ("__init__.py", "runtime/__init__.py"):
        tree = ast.parse((ROOT / "app" / name).read_text())
        at_top = [one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
        assert {one.module for one in at_top if isinstance(one, ast.ImportFrom)} <= {"__future__", "typing"}
        assert not any(isinstance(one, ast.Import) for one in at_top)
