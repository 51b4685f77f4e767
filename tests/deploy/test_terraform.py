"""The Terraform files: in form, valid, their own tests, and the same sums and user-data as the program's own tools."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.budget import Fleet
from tests.support.environment import ROOT

TERRAFORM = shutil.which("terraform")
PROVIDER = "terraform-provider-aws*"
NOT_SEARCHED = ("/proc", "/sys", "/dev")
pytestmark = [
    pytest.mark.skipif(TERRAFORM is None, reason="this machine lacks: terraform"),
    pytest.mark.xdist_group("terraform"),
]


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Terraform's own configuration, which names the folder of this machine that holds the provider."""
    pruned = ["(", *" -o ".join(f"-path {path}" for path in NOT_SEARCHED).split(), ")", "-prune"]
    words = ["find", "/", *pruned, "-o", "-type", "f", "-name", PROVIDER, "-print", "-quit"]
    found = subprocess.run(words, check=False, capture_output=True, text=True).stdout.strip()
    if not found:
        pytest.skip("this machine lacks: the aws provider of terraform")
    # …/HOST/NAMESPACE/aws/VERSION/SYSTEM/FILE
    config = tmp_path_factory.mktemp("terraform") / "terraform.rc"
    folder = Path(found).parents[5]
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder}"\n  }}\n}}\n')
    return config


def terraform(folder: Path, *words: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One call of terraform, which looks at nothing but ``folder`` and ``config``."""
    named = {
        "TF_CLI_CONFIG_FILE": str(config or folder / "none.rc"),
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
    }
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))} | named
    (folder / "none.rc").touch()
    command = [str(TERRAFORM), f"-chdir={folder}", *words, "-no-color"]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=env)


@pytest.fixture(scope="module")
def checkout(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of deploy/, initialised; answers its folder terraform/."""
    deploy = tmp_path_factory.mktemp("checkout") / "deploy"
    shutil.copytree(ROOT / "deploy", deploy, ignore=shutil.ignore_patterns("__pycache__", ".terraform*"))
    done = terraform(deploy / "terraform", "init", "-backend=false", config=mirror)
    assert done.returncode == 0, done.stderr
    return deploy / "terraform"


def test_the_files_are_in_form(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "deploy" / "terraform", tmp_path / "terraform")
    done = terraform(tmp_path / "terraform", "fmt", "-check", "-recursive", "-diff")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_files_are_valid_and_a_misspelt_name_is_found(checkout: Path, mirror: Path) -> None:
    done = terraform(checkout, "validate", config=mirror)
    assert done.returncode == 0, done.stdout + done.stderr
    fleet = checkout / "fleet.tf"
    text = fleet.read_text()
    try:
        fleet.write_text(text.replace("  max_size  ", "  max_sizes "))
        assert (
            'An argument named "max_sizes" is not expected here'
            in terraform(checkout, "validate", config=mirror).stderr
        )
    finally:
        fleet.write_text(text)


@pytest.mark.slow
def test_the_plan_is_what_it_should_be(checkout: Path, mirror: Path) -> None:
    done = terraform(checkout, "test", config=mirror)
    assert done.returncode == 0, done.stdout + done.stderr
    runs = (ROOT / "deploy/terraform/tests/fleet.tftest.hcl").read_text().count('\nrun "')
    assert f"Success! {runs} passed, 0 failed." in done.stdout


# --- the same sums ---------------------------------------------------------------------------------------------------

FLEETS = [
    Fleet(nodes=3, processes=4, pool=5, limit=100, pooled=40),
    Fleet(nodes=3, processes=4, pool=5, limit=150),
    Fleet(nodes=6, processes=2, pool=5, limit=150),
    Fleet(nodes=2, processes=1, pool=1, limit=100, spare=3),
    Fleet(nodes=2, processes=1, pool=5, limit=100, pooled=40),
    Fleet(nodes=12, processes=4, pool=5, limit=100, pooled=40),
    Fleet(nodes=15, processes=1, pool=4, limit=95),
]


def applied(folder: Path, main: str) -> subprocess.CompletedProcess[str]:
    """A module that needs no provider, applied; its state stays in ``folder``."""
    (folder / "main.tf").write_text(main)
    done = terraform(folder, "init")
    assert done.returncode == 0, done.stderr
    return terraform(folder, "apply", "-auto-approve")


@pytest.fixture
def budget(tmp_path: Path) -> Callable[[list[Fleet]], subprocess.CompletedProcess[str]]:
    """Have terraform reckon for all of these fleets."""
    shutil.copytree(ROOT / "deploy/terraform/budget", tmp_path / "budget")

    def reckon(fleets: list[Fleet]) -> subprocess.CompletedProcess[str]:
        (tmp_path / "fleets.json").write_text(json.dumps([vars(fleet) for fleet in fleets]))
        arguments = "".join(f"  {name} = each.value.{name}\n" for name in vars(fleets[0]))
        return applied(
            tmp_path,
            'module "budget" {\n  source = "./budget"\n'
            '  for_each = { for at, fleet in jsondecode(file("fleets.json")) : at => fleet }\n'
            f"{arguments}}}\n"
            'output "sums" {\n  value = { for at, sum in module.budget : at => [sum.most, sum.room] }\n}\n',
        )

    return reckon


def test_terraform_and_the_program_make_the_same_sum(
    budget: Callable[[list[Fleet]], subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    fitting = [fleet for fleet in FLEETS if fleet.room >= 0]
    assert any(fleet.room == 0 for fleet in fitting)
    done = budget(fitting)
    assert done.returncode == 0, done.stdout + done.stderr
    sums = json.loads(terraform(tmp_path, "output", "-json", "sums").stdout)
    assert [sums[str(at)] for at in range(len(fitting))] == [[fleet.most, fleet.room] for fleet in fitting]


def test_terraform_refuses_the_fleets_that_the_program_refuses(
    budget: Callable[[list[Fleet]], subprocess.CompletedProcess[str]],
) -> None:
    too_large = [Fleet(nodes=15, processes=1, pool=4, limit=94), Fleet(nodes=20, processes=2, pool=5, limit=150)]
    assert all(fleet.room < 0 for fleet in too_large)
    done = budget(too_large)
    assert done.returncode == 1
    assert [f"{-fleet.room} too many" in done.stderr for fleet in too_large] == [True, True]


# --- the same user-data ----------------------------------------------------------------------------------------------


def test_terraform_and_render_make_the_same_user_data(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("__pycache__", ".terraform*"))
    texts = {"key": "a key\n", "settings": "SECRET_KEY=a ${odd} $secret\n", "agent-settings": "WEBHOOK_URL=\n"}
    words = ["--repository", "https://p.example.org"]
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        words += [f"--{name}", str(tmp_path / name)]
    command = [sys.executable, ROOT / "deploy/cloud-init/render.py", *words]
    ours = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    fleet = (ROOT / "deploy/terraform/fleet.tf").read_text()
    call = fleet[fleet.index("templatefile(") : fleet.index("\n  })\n", fleet.index("templatefile(")) + 5]
    for theirs, given in {
        "${path.module}/../": "deploy/",
        "var.repository_key_file": '"key"',
        "${local.keyring}": "/usr/share/keyrings/infinity.asc",
        "${local.repository}": "https://p.example.org",
        'join("", [for name, value in local.settings : "${name}=${value}\\n"])': 'file("settings")',
        'join("", [for name, value in local.agent_settings : "${name}=${value}\\n"])': 'file("agent-settings")',
    }.items():
        assert theirs in call, theirs
        call = call.replace(theirs, given)
    done = applied(tmp_path, f'output "user_data" {{\n  value = {call}\n}}\n')
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(terraform(tmp_path, "output", "-json", "user_data").stdout) == ours
