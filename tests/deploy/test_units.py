"""From the Procfile to systemd's units."""

from __future__ import annotations

import configparser

import pytest

from deploy.deb.procfile_units import NotAProcfile, read_procfile, units
from tests.support.environment import ROOT

OURS = (ROOT / "Procfile").read_text()


def unit(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return parser


def test_the_procfile_becomes_a_service_a_line_and_a_target() -> None:
    made = units(read_procfile(OURS), ["python", "flask"])
    alone, among_others = "infinity-web.service", "infinity-web@.service"
    assert set(made) == {alone, among_others, "infinity-release.service", "infinity.target"}
    web, release = unit(made["infinity-web.service"]), unit(made["infinity-release.service"])
    assert web["Service"]["ExecStart"] == "/usr/lib/infinity/venv/bin/python -m app.runtime"
    assert web["Service"]["Restart"] == "always"
    assert web["Unit"]["StartLimitIntervalSec"] == "0"
    assert int(web["Service"]["TimeoutStopSec"]) >= 36
    assert release["Service"]["Type"] == "oneshot"
    assert release["Service"]["ExecStart"] == "/usr/lib/infinity/venv/bin/flask --app wsgi db upgrade"


def test_one_of_several_processes_has_an_address_and_a_version_of_its_own() -> None:
    made = unit(units(read_procfile(OURS), ["python", "flask"])["infinity-web@.service"])
    service = made["Service"]
    assert service["ExecStart"].startswith("/usr/bin/env HOST=127.0.8.%i PORT=8000 AGENT_PORT=8001 WEB_PROCESSES=1 ")
    assert service["ExecStart"].endswith(" /usr/lib/infinity/venv/bin/python -m app.runtime")
    assert service["BindReadOnlyPaths"] == "/var/lib/infinity-box/current:/usr/lib/infinity"
    assert made["Unit"]["PartOf"] == made["Install"]["WantedBy"] == "infinity-box.target"
    assert service["NoNewPrivileges"] == "yes"


def test_nothing_starts_the_release_step_by_itself() -> None:
    made = units(read_procfile(OURS), ["python", "flask"])
    assert "Install" not in unit(made["infinity-release.service"])
    assert unit(made["infinity.target"])["Unit"]["Wants"] == "infinity-web.service"


def test_words_that_systemd_would_read_otherwise_are_quoted() -> None:
    made = units(read_procfile('clock: tick --every "one minute" 50% $HOME'), [])
    assert (
        unit(made["infinity-clock.service"])["Service"]["ExecStart"] == '/usr/bin/tick --every "one minute" 50%% $$HOME'
    )


@pytest.mark.parametrize("text", ["web python", "web:", "web: a\nweb: b", "WEB: a"])
def test_a_line_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(NotAProcfile, match="line"):
        read_procfile(text)
