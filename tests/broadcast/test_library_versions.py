"""The libraries whose private methods are overridden are installed in the versions that this was written for."""

from __future__ import annotations

import re
from importlib.metadata import version
from types import ModuleType

import pytest

from app.broadcast import redis_manager
from app.runtime import websocket_limits
from tests.support.source import ROOT

CASES = [
    (module, library, wanted)
    for module in (redis_manager, websocket_limits)
    for library, wanted in module.WRITTEN_FOR.items()
]


@pytest.mark.parametrize(("module", "library", "wanted"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_the_installed_version_is_the_one_written_for(module: ModuleType, library: str, wanted: str) -> None:
    installed = version(library)
    assert installed.startswith(f"{wanted}."), (
        f"{module.__name__} overrides private methods of {library} {wanted}, but {installed} is installed: "
        "compare them with the new version, then change WRITTEN_FOR and requirements*.in"
    )


@pytest.mark.parametrize(("library", "wanted"), [case[1:] for case in CASES])
def test_the_requirements_allow_no_other_minor_version(library: str, wanted: str) -> None:
    requirements = "".join((ROOT / name).read_text() for name in ("requirements.in", "requirements-dev.in"))
    asked = re.findall(rf"^{library}(?:\[client\])?([~>=<,.0-9]+)$", requirements, re.MULTILINE)
    major, minor = wanted.split(".")
    assert asked
    assert all(one.startswith(f"~={wanted}.") or one.endswith(f",<{major}.{int(minor) + 1}") for one in asked), asked
