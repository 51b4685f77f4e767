"""``/deploy production`` in Slack: only Slack's requests, only who may, only after a yes, and all written down."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.apt.repository import Repository
from deploy.deployer.releases import Failed, Releases
from deploy.deployer.service import BUTTON, COMMAND, read_settings
from deploy.pipeline.checkout import Refused
from deploy.version import version_of
from tests.deploy import apt
from tests.deploy.clone import Clone
from tests.deploy.slack import ADA, BOB, EVE, NEW, OLD, SECRET, Slack, question_of
from tests.support.environment import ROOT


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[Slack]:
    made = Slack(tmp_path / "state")
    yield made
    made.close()


def events(slack: Slack) -> list[tuple[str, str]]:
    return [(line["event"], line.get("person", "")) for line in slack.audit()]


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", [EVE, "", "u0ada", "U0ADA,"])
def test_who_is_not_on_the_list_is_refused_and_written_down(slack: Slack, person: str) -> None:
    code, said = slack.deploy("production", person)
    assert (code, said["response_type"]) == (200, "ephemeral") if person else code == 400
    if person:
        assert "not on the list" in said["text"]
        assert [(line["event"], line["person"], line["asked"]) for line in slack.audit()] == [
            ("refused", person, "production")
        ]
    assert slack.is_quiet()


def test_the_same_id_in_another_workspace_is_somebody_else(slack: Slack) -> None:
    assert "not on the list" in slack.deploy("production", ADA, team_id="T0OTHER")[1]["text"]
    question = slack.asked()
    slack.press("deploy", question, team={"id": "T0OTHER"})
    assert "not on the list" in slack.heard()["text"]
    assert slack.releases.went == []


# --- question and answer ---------------------------------------------------------------------------------------------


def test_a_release_is_asked_back_with_its_commit_and_goes_only_after_a_yes(slack: Slack) -> None:
    code, said = slack.deploy("production")
    assert (code, said["response_type"]) == (200, "ephemeral")
    asked = slack.heard()
    assert asked["response_type"] == "ephemeral"
    assert asked["text"] == "Take 4567def00000 to production?"
    facts = [field["text"] for field in asked["blocks"][1]["fields"]]
    assert facts[:2] == [f"Version: {NEW}", f"Now in production: {OLD}"]
    assert facts[2:] == ["Commit: 4567def00000 Add *stars* &lt;@U1&gt;", "Author: Mallory &lt;!channel&gt;"]
    assert all(field["type"] == "plain_text" for field in asked["blocks"][1]["fields"])
    assert slack.releases.went == []
    assert slack.press("deploy", asked["blocks"][-1]["elements"][0]["value"]) == (200, None)
    begun, ended = slack.heard(), slack.heard()
    assert (begun["response_type"], begun["replace_original"]) == ("ephemeral", True)
    assert (ended["response_type"], ended["text"]) == (
        "in_channel", f"<@{ADA}> took `{NEW}` to production. Nodes follow within two minutes.",
    )  # fmt: skip
    assert slack.releases.went == [NEW]
    assert events(slack) == [("asked", ADA), ("confirmed", ADA), ("deployed", ADA)]
    line = slack.audit()[1]
    assert (line["version"], line["before"], line["channel"]) == (NEW, OLD, "")
    assert slack.audit_file.stat().st_mode & 0o077 == 0


def test_a_question_is_answered_once(slack: Slack) -> None:
    question = slack.asked()
    slack.press("deploy", question)
    slack.heard(), slack.heard()
    slack.press("deploy", question)
    assert "Ask again" in slack.heard()["text"]
    assert slack.releases.went == [NEW]


def test_a_question_is_answered_by_the_person_who_was_asked(slack: Slack) -> None:
    question = slack.asked(ADA)
    slack.press("deploy", question, BOB)
    assert "somebody else's" in slack.heard()["text"]
    slack.press("deploy", question, EVE)
    assert "not on the list" in slack.heard()["text"]
    assert slack.releases.went == []
    slack.press("deploy", question, ADA)
    slack.heard()
    assert "took" in slack.heard()["text"]


def test_a_question_waits_five_minutes(slack: Slack) -> None:
    question = slack.asked()
    slack.moment += 300
    slack.press("deploy", question)
    assert "too old" in slack.heard()["text"]
    assert slack.releases.went == []


def test_a_question_that_was_cancelled_is_gone(slack: Slack) -> None:
    question = slack.asked()
    slack.press("cancel", question)
    assert slack.heard()["text"] == "Nothing has happened."
    slack.press("deploy", question)
    assert "Ask again" in slack.heard()["text"]
    assert events(slack) == [("asked", ADA), ("cancelled", ADA)]


def test_only_the_last_question_to_a_person_counts(slack: Slack) -> None:
    first, second = slack.asked(), slack.asked()
    slack.press("deploy", first)
    assert "Ask again" in slack.heard()["text"]
    slack.press("deploy", second)
    slack.heard()
    assert "took" in slack.heard()["text"]


def test_what_was_confirmed_goes_even_if_staging_has_something_newer_by_then(slack: Slack) -> None:
    question = slack.asked()
    slack.releases.staging = "1.0.2+1796200000.89abcde"
    slack.press("deploy", question)
    slack.heard(), slack.heard()
    assert slack.releases.went == [NEW]


def test_a_yes_to_another_production_than_that_of_now_does_not_count(slack: Slack) -> None:
    question = slack.asked()
    slack.releases.production = "0.9"
    slack.press("deploy", question)
    assert "it's `0.9` now" in slack.heard()["text"]
    assert slack.releases.went == []


def test_of_two_people_at_once_one_deploys_and_the_other_is_told(slack: Slack) -> None:
    adas, bobs = slack.asked(ADA), slack.asked(BOB)
    on_the_way, go_on = threading.Event(), threading.Event()

    def going() -> None:
        on_the_way.set()
        assert go_on.wait(60)

    slack.releases.going = going
    slack.press("deploy", adas, ADA)
    assert slack.heard()["text"].startswith("Taking")
    assert on_the_way.wait(60)
    slack.press("deploy", bobs, BOB)
    assert "under way" in slack.heard()["text"]
    go_on.set()
    assert slack.heard()["text"].startswith(f"<@{ADA}> took")
    slack.press("deploy", bobs, BOB)
    assert "Production has changed since" in slack.heard()["text"]
    assert slack.releases.went == [NEW]


def test_a_failure_is_told_to_the_channel_without_secrets(slack: Slack) -> None:
    slack.releases.fails("aptly ended with 1: S3_TOKEN=hunter2 <!channel> ```")
    slack.press("deploy", slack.asked())
    slack.heard()
    told = slack.heard()
    assert told["response_type"] == "in_channel"
    assert "FAILED" in told["text"]
    assert "hunter2" not in told["text"] + slack.audit_file.read_text()
    assert "<!channel>" not in told["text"]
    assert told["text"].count("```") == 2
    assert events(slack)[-1] == ("failed", ADA)


def test_without_a_line_in_the_audit_nothing_is_deployed(slack: Slack) -> None:
    question = slack.asked()
    slack.audit_file.unlink()
    slack.audit_file.mkdir()
    slack.press("deploy", question)
    assert slack.heard()["text"].startswith("Something went wrong")
    assert slack.releases.went == []
    slack.audit_file.rmdir()


# --- what can be typed -----------------------------------------------------------------------------------------------


def test_an_older_release_can_be_named(slack: Slack) -> None:
    slack.releases.production = NEW
    slack.press("deploy", slack.asked(text=f"production {OLD}"))
    slack.heard(), slack.heard()
    assert slack.releases.went == [OLD]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "/deploy production"),
        ("help", "/deploy production"),
        ("staging", "/deploy production"),
        ("production now please", "/deploy production"),
        ("status", f"Staging: `{NEW}`\nProduction: `{OLD}`"),
        ("production --help", "There's no release `--help`."),
        ("production 9;reboot", "There's no release `9;reboot`."),
        ("production <!channel>", "There's no release `&lt;!channel&gt;`."),
        (f"production {OLD}", "Production has it already"),
    ],
)
def test_everything_else_is_answered_to_the_person_and_changes_nothing(slack: Slack, text: str, told: str) -> None:
    assert slack.deploy(text)[0] == 200
    reply = slack.heard()
    assert told in reply["text"]
    assert reply["response_type"] == "ephemeral"
    assert "blocks" not in reply
    assert slack.releases.went == []


def test_before_the_first_release_there_is_nothing_to_ask(slack: Slack) -> None:
    slack.releases.staging = slack.releases.production = ""
    slack.deploy("production")
    assert slack.heard()["text"] == "Nothing is in staging yet."


def test_replies_go_to_slack_alone(slack: Slack, capfd: pytest.CaptureFixture[str]) -> None:
    slack.deploy("status", response_url="http://127.0.0.1:1/steal")
    slack.deploy("status")
    assert slack.heard()["text"].startswith("Staging: ")
    assert slack.is_quiet()
    assert "is not Slack's" in capfd.readouterr().err


# --- what it runs with -----------------------------------------------------------------------------------------------

GOOD = {"SLACK_SIGNING_SECRET": SECRET, "SLACK_TEAM": "T0HUNT", "DEPLOYERS": "U0ADA, U0BOB", "INFINITY_APT_HOME": "/x"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_SIGNING_SECRET", ""), ("SLACK_SIGNING_SECRET", "short"), ("SLACK_TEAM", "hunt"), ("DEPLOYERS", ""),
        ("DEPLOYERS", "ada"), ("DEPLOYERS", "U0ADA,@bob"), ("INFINITY_APT_HOME", ""),
    ],
)  # fmt: skip
def test_settings_that_would_let_anybody_in_or_nobody_are_refused_by_name(name: str, value: str) -> None:
    assert read_settings(GOOD).deployers == ("U0ADA", "U0BOB")
    with pytest.raises(Refused, match=name):
        read_settings({**GOOD, name: value})


def test_the_program_refuses_to_start_without_its_settings() -> None:
    env = {"PATH": os.environ["PATH"]}
    words = [sys.executable, "-m", "deploy.deployer.service"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=ROOT, env=env)
    assert done.returncode == 1
    assert done.stderr.startswith("SLACK_SIGNING_SECRET is missing")


def test_the_step_is_that_of_the_clone_and_learns_none_of_the_services_secrets(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "production"
    script.write_text('#!/bin/sh\necho "production: $1"; env | grep -c "SLACK\\|DEPLOYERS" >&2; exit ${CODE:-0}\n')
    script.chmod(0o755)
    env = {**GOOD, "PATH": os.environ["PATH"]}
    assert Releases(tmp_path, env).to_production(NEW) == f"production: {NEW}\n"
    with pytest.raises(Failed, match=r"\.ci/production .* ended with 3: production: .*\n0"):
        Releases(tmp_path, {**env, "CODE": "3"}).to_production(NEW)


def test_what_the_repository_says_is_read(tmp_path: Path) -> None:
    (tmp_path / "deploy" / "apt").mkdir(parents=True)
    program = tmp_path / "deploy" / "apt" / "repository.py"
    releases = Releases(tmp_path, {"PATH": os.environ["PATH"]})
    program.write_text(f"print('staging: {NEW}\\nproduction: nothing yet\\nreleases: {OLD} {NEW}')")
    found = releases.channels()
    assert (found.staging, found.production, found.releases) == (NEW, "", (OLD, NEW))
    program.write_text("print('staging: nothing yet\\nproduction: nothing yet\\nreleases: none')")
    assert releases.channels().releases == ()
    program.write_text("raise SystemExit('another command is changing this repository')")
    with pytest.raises(Failed, match="another command is changing"):
        releases.channels()


def test_the_guide_installs_settings_that_only_root_reads_and_a_unit_whose_paths_are_the_guides(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    (block,) = (one for one in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL) if "infinity-deployer" in one)
    for folder in ("etc/default", "etc/systemd/system", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    for name, text in (("sudo", 'exec "$@"'), ("systemctl", f'echo "$@" >"{tmp_path}/systemctl"')):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    env = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    words = ["bash", "-euc", block.replace("/etc/", f"{tmp_path}/etc/")]
    subprocess.run(words, check=True, cwd=ROOT, env=env)
    settings = tmp_path / "etc/default/infinity-deployer"
    assert settings.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "systemctl").read_text() == "enable infinity-deployer\n"
    unit = (tmp_path / "etc/systemd/system/infinity-deployer.service").read_text()
    for path in (
        "/srv/infinity\n",
        "/etc/default/infinity-deployer\n",
        "ReadWritePaths=/srv/infinity /srv/infinity-apt\n",
    ):
        assert path in unit
    for address in (COMMAND, BUTTON, "127.0.0.1:8787", "/var/lib/infinity-deployer/audit.log"):
        assert address in guide
    named = set(re.findall(r"^([A-Z_]+)=", settings.read_text(), re.MULTILINE))
    assert set(GOOD) <= named


@apt.needs_apt
def test_a_yes_in_the_chat_takes_a_real_release_to_production_and_tags_it(
    slack: Slack, repository: Repository, tmp_path: Path
) -> None:
    clone = Clone(tmp_path)
    (clone.folder / "deploy" / "apt").mkdir()
    for name in ("repository.py", "aptly.conf.in"):
        shutil.copy(ROOT / "deploy" / "apt" / name, clone.folder / "deploy" / "apt")
    clone.commit("With the repository")
    version = f"{version_of()}+1796000000.{clone.head()[:7]}"
    (tmp_path / "packages").mkdir()
    apt.toy_package(tmp_path / "packages", version)
    home = {"INFINITY_APT_HOME": str(repository.home)}
    assert clone.run(".ci/staging", PACKAGES=str(tmp_path / "packages"), **home).returncode == 0
    slack.service.conversation._releases = Releases(clone.folder, {**os.environ, **home})
    slack.deploy("production")
    asked = slack.heard()
    assert asked["text"] == f"Take {clone.head()[:12]} to production?"
    slack.press("deploy", question_of(asked))
    assert slack.heard()["text"].startswith("Taking")
    assert slack.heard()["text"].startswith(f"<@{ADA}> took `{version}`")
    assert repository.current("production") == version
    assert clone.git("tag", "--list").split() == [f"v{version_of()}"]
    slack.deploy("production")
    assert "Production has it already" in slack.heard()["text"]


def test_no_node_gets_the_service_or_its_secrets() -> None:
    packed = (ROOT / "deploy" / "deb" / "build.py").read_text()
    assert "deployer" not in packed
    assert "deploy" not in (ROOT / ".dockerignore").read_text()
