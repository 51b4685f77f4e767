"""Only a commit that passed is packed: the record is signed, is this commit's, and by a key that is believed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.deploy.clone import CLOSING, Clone

needs_keys = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="this machine lacks: ssh-keygen")
pytestmark = needs_keys


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path)
    made.key()
    return made


def record_of(clone: Clone, commit: str) -> Path:
    return clone.ci / "records" / f"{commit}.json"


def signature_of(clone: Clone, commit: str) -> Path:
    return clone.ci / "records" / f"{commit}.json.sig"


def refusal(clone: Clone) -> str:
    """Why .ci/package packs nothing."""
    done = clone.run(".ci/package")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_commit_that_passed_gets_a_record_and_is_packed(clone: Clone) -> None:
    done = clone.run(".ci/run")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, CLOSING)
    record = json.loads(record_of(clone, clone.head()).read_text())
    assert record["commit"] == clone.head()
    assert record["tests"] == "1 passed in 0.01s"
    packed = clone.run(".ci/package")
    # Past the question; there is no environment here to build with.
    assert packed.stdout == "made\n"
    assert f"{clone.head()[:12]} passed at {record['at']}: 1 passed" in packed.stderr


def test_a_commit_without_a_record_is_not_packed(clone: Clone) -> None:
    assert "has no record of passed tests" in refusal(clone)
    assert clone.run(".ci/run").returncode == 0
    clone.commit("One more")
    assert "has no record of passed tests" in refusal(clone)


@pytest.mark.parametrize("failing", ["CHECK", "TESTS"])
def test_a_commit_that_failed_gets_no_record(clone: Clone, failing: str) -> None:
    done = clone.run(".ci/run", **{failing: "1"})
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, CLOSING)
    assert not record_of(clone, clone.head()).exists()
    assert "has no record" in refusal(clone)


def test_a_clone_with_changes_gets_no_record_and_is_told_at_once(clone: Clone) -> None:
    (clone.folder / "late.py").touch()
    done = clone.run(".ci/run")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, CLOSING)
    assert "no record will be written" in done.stderr
    assert not record_of(clone, clone.head()).exists()


def test_an_account_whose_git_shows_no_new_files_hides_none(clone: Clone) -> None:
    clone.git("config", "status.showUntrackedFiles", "no")
    (clone.folder / "late.py").touch()
    assert "no record will be written" in clone.run(".ci/run").stderr
    done = clone.run("deploy/pipeline/record.py", "write", clone.head(), "x")
    assert "the clone has changed" in done.stderr
    assert "late.py" in refusal(clone)


def test_what_git_ignores_is_not_packed_either(clone: Clone) -> None:
    assert clone.run(".ci/run").returncode == 0
    (clone.folder / "app" / "__pycache__").mkdir(parents=True)
    (clone.folder / "app" / "__pycache__" / "x.pyc").touch()
    assert clone.run(".ci/package").stdout == "made\n"
    (clone.folder / "app" / "teams.db").touch()
    assert "app/teams.db" in refusal(clone)


@pytest.mark.parametrize(
    "testing", ["touch late.py", "git -c user.name=N -c user.email=n@x.y commit -qm N --allow-empty"]
)
def test_a_clone_that_changes_while_its_tests_run_gets_no_record_and_fails(tmp_path: Path, testing: str) -> None:
    clone = Clone(tmp_path, f"{testing}; echo '{CLOSING}'")
    clone.key()
    done = clone.run(".ci/run")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == ["no record: the clone has changed since its tests began", CLOSING]
    assert not (clone.ci / "records").exists()


def test_a_machine_without_a_key_says_so_and_fails(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    done = clone.run(".ci/run")
    assert done.returncode == 1
    assert "there is no key in" in done.stdout.splitlines()[-2]
    assert done.stdout.splitlines()[-1] == CLOSING


def test_without_a_folder_of_records_nothing_is_recorded_and_nothing_said(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    done = clone.run(".ci/run", INFINITY_CI_HOME="")
    assert (done.returncode, done.stderr) == (0, "")
    assert not clone.ci.exists()


def test_what_is_tested_does_not_learn_where_the_key_is(tmp_path: Path) -> None:
    clone = Clone(tmp_path, f"env | grep -c INFINITY_CI_HOME; echo '{CLOSING}'")
    clone.key()
    assert clone.run(".ci/run").stdout.splitlines()[0] == "0"


def test_a_record_of_another_commit_does_not_count(clone: Clone) -> None:
    assert clone.run(".ci/run").returncode == 0
    passed, other = clone.head(), clone.commit("Worse")
    for of in (record_of, signature_of):
        shutil.copy(of(clone, passed), of(clone, other))
    assert "is that of another commit" in refusal(clone)


def test_a_record_that_was_changed_does_not_count(clone: Clone) -> None:
    assert clone.run(".ci/run").returncode == 0
    passed, other = clone.head(), clone.commit("Worse")
    record_of(clone, other).write_text(record_of(clone, passed).read_text().replace(passed, other))
    assert "has no record" in refusal(clone)
    shutil.copy(signature_of(clone, passed), signature_of(clone, other))
    assert "is not signed by a key in" in refusal(clone)
    signature_of(clone, other).write_text("no signature")
    assert "is not signed by a key in" in refusal(clone)


def test_a_record_signed_by_a_key_that_is_not_believed_does_not_count(clone: Clone, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    assert clone.run("deploy/pipeline/record.py", "create", INFINITY_CI_HOME=str(stranger)).returncode == 0
    assert clone.run(".ci/run", INFINITY_CI_HOME=str(stranger)).returncode == 0
    shutil.copytree(stranger / "records", clone.ci / "records")
    assert "is not signed by a key in" in refusal(clone)


def test_a_signature_for_another_use_of_the_key_does_not_count(clone: Clone) -> None:
    assert clone.run(".ci/run").returncode == 0
    signers = clone.ci / "signers"
    signers.write_text(signers.read_text().replace("infinity-passed-commit", "git"))
    assert "is not signed by a key in" in refusal(clone)


def test_the_packing_machine_needs_no_key_but_the_list_of_those_that_are_believed(clone: Clone) -> None:
    assert clone.run(".ci/run").returncode == 0
    (clone.ci / "key").unlink()
    assert clone.run(".ci/package").stdout == "made\n"
    (clone.ci / "signers").unlink()
    assert "names the keys that are believed" in refusal(clone)


def test_a_machine_that_did_not_test_records_the_commit_that_it_is_told_and_no_other(clone: Clone) -> None:
    tested = clone.head()
    done = clone.run("deploy/pipeline/record.py", "write", tested, "https://jenkins.invalid/job/7/")
    assert done.returncode == 0
    assert "passed at" in clone.run("deploy/pipeline/record.py", "check").stdout
    clone.commit("Later")
    for name in (tested, "HEAD", "../../escape"):
        done = clone.run("deploy/pipeline/record.py", "write", name, "x")
        assert (done.returncode, done.stdout) == (1, "")
    assert len(list((clone.ci / "records").iterdir())) == 2


def test_the_key_is_for_its_owner_alone_and_made_once(clone: Clone) -> None:
    key = clone.ci / "key"
    before = key.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    clone.key()
    assert key.read_bytes() == before


def test_a_trial_is_packed_by_a_word_that_says_so_and_bears_it_in_its_version(clone: Clone) -> None:
    (clone.folder / ".venv" / "bin").mkdir(parents=True)
    python = clone.folder / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    done = clone.run(".ci/package", "--untested")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("UNTESTED: ")
    assert done.stdout.split()[-1].endswith(f".{clone.git('log', '-1', '--format=%h').strip()}~untested")
    assert clone.run(".ci/package", "--force").returncode == 2


def test_changes_that_no_commit_holds_are_packed_under_no_word(clone: Clone) -> None:
    (clone.folder / "late.py").touch()
    assert clone.run(".ci/package", "--untested").returncode == 1


def test_a_folder_of_records_within_the_clone_is_refused(clone: Clone) -> None:
    """A commit could bring a list of its own, with whom to believe."""
    shutil.copytree(clone.ci, clone.folder / "build" / "ci")
    for words in (("create",), ("check",)):
        done = clone.run("deploy/pipeline/record.py", *words, INFINITY_CI_HOME=str(clone.folder / "build" / "ci"))
        assert done.returncode == 1
        assert "lies within the clone" in done.stderr
