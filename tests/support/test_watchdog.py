"""A test that blocks in C ends by its limit, under its own name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.environment import ROOT

CONFTEST = """
from tests.support import watchdog
from tests.support.watchdog import pytest_runtest_protocol

watchdog.GRACE_SECONDS = 1.0
"""
# At cost 31 a hash takes days.
TESTS = """
import bcrypt

def test_before():
    pass

def test_blocks():
    bcrypt.hashpw(b"owl", b"$2b$31$abcdefghijklmnopqrstuu")

def test_after():
    pass
"""


@pytest.fixture
def hanging(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\ntimeout = 1\ntimeout_method = signal\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_hanging.py").write_text(TESTS)
    return tmp_path


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of this folder; kill them if nothing ends them within a minute and a half."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    environ = {**clean, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=90, check=False)


def test_the_other_tests_go_on(hanging: Path) -> None:
    done = run(hanging, "-n", "1")
    assert done.returncode == 1, done.stdout
    assert "crashed while running 'test_hanging.py::test_blocks'" in done.stdout
    assert "1 failed, 2 passed" in done.stdout


def test_without_other_processes_the_run_ends_and_shows_where_it_was(hanging: Path) -> None:
    done = run(hanging)
    assert done.returncode == 1, done.stdout
    assert "in test_blocks" in done.stderr
