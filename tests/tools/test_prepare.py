"""What `make` does before anything else, and that the pins can be trusted."""

from __future__ import annotations

import importlib.util
import re
import stat
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.environment import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt")


@pytest.fixture
def prepare(tmp_path: Path) -> ModuleType:
    """tools/prepare.py, working in a folder of the test's own."""
    spec = importlib.util.spec_from_file_location("prepare", ROOT / "tools" / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT, module.VENV, module.PYTHON = tmp_path, tmp_path / ".venv", tmp_path / ".venv" / "bin" / "python"
    return module


def test_a_new_clone_gets_a_secret_of_its_own_that_nobody_else_can_read(prepare: ModuleType, tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    prepare.write_secret(first)
    prepare.write_secret(second)
    assert re.fullmatch(r"SECRET_KEY=[0-9a-f]{64}\n", first.read_text())
    assert first.read_text() != second.read_text()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


@pytest.mark.parametrize("line", ["SECRET_KEY=mine", "export SECRET_KEY=mine", "  SECRET_KEY=mine"])
def test_a_secret_that_is_there_is_never_touched(prepare: ModuleType, tmp_path: Path, line: str) -> None:
    env = tmp_path / ".env"
    env.write_text(line)
    prepare.write_secret(env)
    assert env.read_text() == line


def test_other_settings_stay_when_the_secret_is_added(prepare: ModuleType, tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("PORT=5001")
    prepare.write_secret(env)
    assert env.read_text().startswith("PORT=5001\nSECRET_KEY=")


def test_a_broken_environment_is_made_anew_once_and_filled_again_when_the_pins_change(
    prepare: ModuleType, tmp_path: Path
) -> None:
    prepare.PYTHON.parent.mkdir(parents=True)
    prepare.PYTHON.symlink_to("/nowhere/python3")
    assert not prepare.has_pip()
    pins = tmp_path / "requirements.txt"
    pins.write_text("# nothing\n")
    prepare.install(pins)
    assert prepare.has_pip()
    commands = []
    prepare.run = lambda command, **_: commands.append(command) or True
    prepare.install(pins)
    assert commands == []
    pins.write_text("# nothing else\n")
    prepare.install(pins)
    assert any("install" in command for command in commands)


def test_a_python_without_venv_is_told_what_to_install(prepare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "has_ensurepip", lambda: False)
    monkeypatch.setattr(prepare.shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        prepare.make_environment()


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_exact_and_has_the_hashes_of_its_files(name: str) -> None:
    entries = re.sub(r"\\\n", " ", (ROOT / name).read_text()).splitlines()
    pins = [entry for entry in entries if entry.strip() and not entry.lstrip().startswith("#")]
    assert len(pins) > 20
    assert [
        pin for pin in pins if not re.match(r"[a-z0-9.-]+(\[[a-z]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", pin)
    ] == []


def test_tests_run_with_the_versions_that_are_served() -> None:
    served, tested = (
        set(re.findall(r"^([a-z0-9.-]+)\S*?==(\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS
    )
    assert served <= tested


def test_make_alone_explains_itself() -> None:
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True).stdout
    for target in ("run", "test", "check", "bench", "lock", "fmt", "clean"):
        assert re.search(rf"^  make {target}\b", said, re.MULTILINE), target


def test_an_unsuitable_python_is_refused_in_words() -> None:
    done = subprocess.run(
        ["make", "-s", "environment", "PYTHON="], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode != 0
    assert "Python 3.11" in done.stderr
