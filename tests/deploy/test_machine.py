"""What the agent does to its machine, before a systemctl that says what the test wants."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from deploy.agent.machine import CouldNotBegin, Machine, StepFailed


@pytest.mark.parametrize(
    ("statuses", "fault", "starts"),
    [("219 0", None, 2), ("219 219", CouldNotBegin, 2), ("1 0", StepFailed, 1), ("0", None, 1)],
)
def test_only_a_release_step_that_systemd_could_not_begin_is_tried_again(
    statuses: str, fault: type[StepFailed] | None, starts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, systemctl = tmp_path / "tried", tmp_path / "systemctl"
    systemctl.write_text(
        f'#!/bin/sh\nif [ "$1" = start ]; then echo >>{tried}; fi\nverb=$1\nset -- {statuses}\n'
        f'shift $(($(wc -l <{tried}) - 1))\nif [ "$verb" = show ]; then echo "$1"; else exit "$1"; fi\n'
    )
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(fault) if fault else contextlib.nullcontext() as caught:
        Machine(tmp_path, "").release()
    assert len(tried.read_text().splitlines()) == starts
    assert caught is None or caught.type is fault
