"""Developers hear of builds and releases: outcome, commit, author, duration, link; and no build waits for a chat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.notify.message import body_of
from deploy.pipeline.checkout import Commit
from deploy.pipeline.tell import of_build
from tests.deploy.chat import Chat, chat_at
from tests.deploy.clone import CLOSING, Clone

JENKINS = {"BUILD_URL": "https://jenkins.invalid/job/infinity/7/", "BRANCH_NAME": "main"}
GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "owner/infinity", "GITHUB_RUN_ID": "12",
    "GITHUB_REF_NAME": "main",
}  # fmt: skip


@pytest.fixture
def chat() -> Iterator[Chat]:
    with chat_at("127.0.0.1") as open_chat:
        yield open_chat


@pytest.mark.parametrize(("tests", "code", "outcome"), [("0", 0, "passed"), ("1", 1, "failed")])
def test_a_build_is_told_with_outcome_commit_author_duration_and_link(
    tmp_path: Path, chat: Chat, tests: str, code: int, outcome: str
) -> None:
    clone = Clone(tmp_path)
    clone.key()
    done = clone.run(".ci/run", TESTS=tests, BUILDS_WEBHOOK_URL=chat.url, **JENKINS)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (code, CLOSING)
    (told,) = chat.heard
    lines = told.splitlines()
    short = clone.head()[:12]
    assert lines[0] == f"Infinity: build {outcome}: {short}"
    assert lines[1:4] == [f"Commit: {short} All", "Author: Ada &amp; Co", "Branch: main"]
    assert lines[4].startswith("Took: ")
    assert lines[5:] == ["Tests: 1 passed in 0.01s", "https://jenkins.invalid/job/infinity/7/"]


def test_tests_that_never_ended_are_told_as_such(tmp_path: Path, chat: Chat) -> None:
    clone = Clone(tmp_path, "exit 2")
    assert clone.run(".ci/run", BUILDS_WEBHOOK_URL=chat.url, INFINITY_CI_HOME="").returncode == 1
    assert "Tests: none ran to their end" in chat.heard[0]


def test_a_chat_that_is_away_changes_neither_the_outcome_nor_the_last_line(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.key()
    done = clone.run(".ci/run", BUILDS_WEBHOOK_URL="http://127.0.0.1:1/hook")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, CLOSING)
    assert done.stdout.splitlines()[-2].startswith("the chat did not take the message")
    assert clone.run("deploy/pipeline/record.py", "check").returncode == 0


def test_what_is_tested_does_not_learn_the_address_of_the_chat(tmp_path: Path, chat: Chat) -> None:
    clone = Clone(tmp_path, f"env | grep -c BUILDS_WEBHOOK; echo '{CLOSING}'")
    assert clone.run(".ci/run", BUILDS_WEBHOOK_URL=chat.url, INFINITY_CI_HOME="").stdout.splitlines()[0] == "0"
    assert len(chat.heard) == 1


def test_a_release_is_told_with_the_commit_that_it_is_made_of(tmp_path: Path, chat: Chat) -> None:
    clone = Clone(tmp_path)
    said = f"staging: 1.0.0+1796000000.{clone.head()[:7]}"
    for words in (said, "production: 1.0.0+1796000000.fffffff", "production: 1.0"):
        done = clone.run("deploy/pipeline/tell.py", "release", words, BUILDS_WEBHOOK_URL=chat.url, **GITHUB)
        assert (done.returncode, done.stderr) == (0, "")
    link = "https://github.com/owner/infinity/actions/runs/12"
    assert chat.heard[0].splitlines()[:2] == [f"Infinity: {said}", f"Commit: {clone.head()[:12]} All"]
    assert chat.heard[1:] == [
        f"Infinity: production: 1.0.0+1796000000.fffffff\n{link}",
        f"Infinity: production: 1.0\n{link}",
    ]


@pytest.mark.parametrize("step", ["package", "staging", "production", "rollback"])
def test_a_step_that_fails_is_told_and_fails_as_before(tmp_path: Path, chat: Chat, step: str) -> None:
    clone = Clone(tmp_path)
    done = clone.run(f".ci/{step}", BUILDS_WEBHOOK_URL=chat.url, INFINITY_APT_HOME=str(tmp_path / "apt"), **JENKINS)
    assert done.returncode != 0
    (told,) = chat.heard
    assert told.splitlines()[0] == f"Infinity: .ci/{step} failed: {clone.head()[:12]}"
    assert told.splitlines()[-1] == JENKINS["BUILD_URL"]


def test_nothing_is_told_without_an_address_and_nonsense_is_refused(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    done = clone.run("deploy/pipeline/tell.py", "release", "production: 1.0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert clone.run("deploy/pipeline/tell.py", "build", "odd", "1").returncode == 1


def test_a_subject_mentions_nobody() -> None:
    commit = Commit("0" * 40, "Mallory", "<!channel> @everyone *now*")
    message = of_build(commit, "passed", 4_000, CLOSING, {})
    assert "<!channel>" not in str(body_of("https://hooks.slack.com/x", message))
    embed = body_of("https://discord.com/api/webhooks/1/x", message)
    assert embed["allowed_mentions"] == {"parse": []}
    assert ("Took", "1 h 6 min") in message.facts
