"""What a new node is told: valid for cloud-init, no key that it would overlook, nothing that settings could break."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.environment import ROOT

READER = YAML(typ="safe")
FOLDER = ROOT / "deploy" / "cloud-init"
CLOUD_INIT = shutil.which("cloud-init")
# cloud-init's own schema lets unknown names pass without a word (`runcmds`, `package_updates`), so here is a list.
KEYS = {
    "write_files", "package_update", "package_upgrade", "package_reboot_if_required", "packages", "runcmd",
}  # fmt: skip
FILE_KEYS = {"path", "permissions", "encoding", "content"}
SECRET = "an ${odd} secret: 'quoted' #and\\slashed"
SETTINGS = f"# of the hunt\nSECRET_KEY={SECRET}\nDATABASE_URL=postgresql://infinity:p%40ss@db/infinity\n"
AGENT_SETTINGS = "WEBHOOK_URL=https://chat.example.org/hook\n"


def render(folder: Path, settings: str = SETTINGS, *more: str) -> subprocess.CompletedProcess[str]:
    texts = {"key": "-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "settings": settings, "agent-settings": AGENT_SETTINGS}
    words = ["--repository", "https://packages.example.org/", *more]
    for name, text in texts.items():
        (folder / name).write_text(text)
        words += [f"--{name}", str(folder / name)]
    program = [sys.executable, str(FOLDER / "render.py")]
    return subprocess.run([*program, *words], check=False, capture_output=True, text=True)


@pytest.fixture
def user_data(tmp_path: Path) -> str:
    done = render(tmp_path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files_of(user_data: str) -> dict[str, str]:
    entries = READER.load(user_data)["write_files"]
    return {entry["path"]: base64.b64decode(entry["content"], validate=True).decode() for entry in entries}


@pytest.mark.skipif(CLOUD_INIT is None, reason="this machine lacks: cloud-init")
def test_cloud_init_finds_nothing_wrong(user_data: str, tmp_path: Path) -> None:
    file = tmp_path / "user-data.yaml"
    for text, code in ((user_data, 0), (user_data.replace("package_update: true", "package_update: [soon]"), 1)):
        file.write_text(text)
        done = subprocess.run(
            [CLOUD_INIT, "schema", "--config-file", file], check=False, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr


def test_every_key_is_one_that_cloud_init_knows(user_data: str) -> None:
    assert user_data.startswith("#cloud-config\n")
    said = READER.load(user_data)
    assert set(said) == KEYS
    assert all(set(entry) == FILE_KEYS and entry["encoding"] == "b64" for entry in said["write_files"])
    assert said["packages"] == ["infinity", "infinity-agent"]


def test_the_first_boot_upgrades_the_system_before_it_installs_and_is_not_cut_off_by_a_restart(user_data: str) -> None:
    said = READER.load(user_data)
    assert said["package_update"] is True
    assert said["package_upgrade"] is True
    assert said["package_reboot_if_required"] is False


def test_a_node_gets_key_source_pin_and_settings_as_they_are(user_data: str) -> None:
    files = files_of(user_data)
    assert files["/usr/share/keyrings/infinity.asc"].startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")
    assert files["/etc/apt/sources.list.d/infinity.list"] == (
        "deb [signed-by=/usr/share/keyrings/infinity.asc] https://packages.example.org/production bookworm main\n"
    )
    assert files["/etc/apt/preferences.d/infinity.pref"] == (ROOT / "deploy/apt/infinity.pref").read_text()
    assert files["/etc/default/infinity"] == SETTINGS
    assert files["/etc/default/infinity-agent"] == AGENT_SETTINGS


def test_settings_are_for_root_alone_until_the_package_says_otherwise(user_data: str) -> None:
    modes = {entry["path"]: entry["permissions"] for entry in READER.load(user_data)["write_files"]}
    assert {path: mode for path, mode in modes.items() if path.startswith("/etc/default/")} == {
        "/etc/default/infinity": "0640",
        "/etc/default/infinity-agent": "0640",
    }
    assert SECRET not in user_data


def test_a_node_of_staging_follows_staging(tmp_path: Path) -> None:
    sources = files_of(render(tmp_path, SETTINGS, "--channel", "staging").stdout)[
        "/etc/apt/sources.list.d/infinity.list"
    ]
    assert sources.split()[2:] == ["https://packages.example.org/staging", "bookworm", "main"]


def test_the_file_is_for_its_owner_alone_even_where_another_lay_before(tmp_path: Path, user_data: str) -> None:
    out = tmp_path / "user-data.yaml"
    out.write_text("older")
    out.chmod(0o644)
    done = render(tmp_path, SETTINGS, "--out", str(out))
    assert (done.returncode, done.stdout, out.read_text()) == (0, "", user_data)
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_line_that_is_no_setting_is_refused_without_being_shown(tmp_path: Path) -> None:
    done = render(tmp_path, "SECRET_KEY=x\nrm -rf hunter2\n")
    assert done.returncode == 1
    assert done.stderr == "line 2 of the settings is no NAME=value\n"
    assert done.stdout == ""


@pytest.mark.parametrize("line", ["TRUSTED_PROXIES=1", "SMTP_URL=smtp://mail", "NOTIFY_WEBHOOK_URL=https://chat"])
def test_settings_with_which_no_node_would_start_are_refused(tmp_path: Path, line: str) -> None:
    done = render(tmp_path, f"{SETTINGS}{line}\nSITE_URL=\n")
    assert (done.returncode, done.stderr) == (1, "the settings lack SITE_URL, the site's public address\n")
    assert render(tmp_path, f"{SETTINGS}{line}\nSITE_URL=https://hunt.example\n").returncode == 0


def test_the_keys_and_units_that_it_names_are_those_of_the_packages(user_data: str) -> None:
    (command,) = READER.load(user_data)["runcmd"]
    assert command[:3] == ["systemctl", "enable", "--now"]
    assert command[3] == "infinity.target"
    assert (ROOT / "deploy" / "agent" / command[4]).exists()
