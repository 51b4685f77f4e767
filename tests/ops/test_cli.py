"""``hunt hash``, ``audit``, ``backup`` and ``restore``."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import bcrypt
import pytest
from flask import Flask
from sqlalchemy import update

from app.core.near_answers import is_signature
from app.database.schema import Team
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT
from tests.support.hunts import begin, hunt
from tests.support.slips import is_within_one_slip
from tests.support.small_hunt import add_team


def hashed_lines(app: Flask, answers: bytes | str, *words: str, code: int = 0) -> list[str]:
    done = app.test_cli_runner().invoke(args=["hunt", "hash", *words], input=answers)
    assert done.exit_code == code, done.output
    return done.stdout.splitlines()


def test_each_answer_becomes_its_normal_form_and_a_hash_of_it(app: Flask) -> None:
    lines = hashed_lines(app, "Crème brûlée!\n\n ÖL 7\n")
    columns = [line.split("\t") for line in lines]
    assert [normal for normal, _ in columns] == ["cremebrulee", "ol7"]
    assert all(bcrypt.checkpw(normal.encode(), hashed.encode()) for normal, hashed in columns)


def test_near_adds_the_signature_on_the_same_line(app: Flask) -> None:
    (line,) = hashed_lines(app, "owls\n", "--near")
    _, _, signed = line.split("\t")
    assert is_signature(signed)

    def under(salt: str, form: str) -> str:
        return bcrypt.hashpw(form.encode(), salt.encode()).decode()

    assert is_within_one_slip(signed, "owl", under)
    assert not is_within_one_slip(signed, "cats", under)


def test_answers_in_other_scripts_have_the_forms_of_the_table(app: Flask) -> None:
    table = json.loads((Path(__file__).parents[1] / "core" / "answer_forms.json").read_text())
    forms = {raw: form for raw, form in table["forms"] if form and raw.isprintable()}
    assert len(forms) > 60
    lines = hashed_lines(app, "\n".join(forms).encode())
    assert [line.split("\t")[0] for line in lines] == list(forms.values())


def test_what_cannot_be_an_answer_is_named_by_its_line_and_the_others_are_hashed(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["hunt", "hash"], input="owl\n!!!\n\n" + "x" * 300 + "\nfox\n")
    assert done.exit_code == 1
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["owl", "fox"]
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["Line 2", "Line 4"]
    assert "x" * 10 not in done.stderr


def test_bytes_that_are_no_text_are_refused_in_a_sentence(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["hunt", "hash"], input=b"\xff\xfe\n")
    assert (done.exit_code, done.stderr) == (1, "Error: Line 1 is not text in UTF-8.\n")


def test_answers_never_reach_a_log_or_the_database(
    app: Flask, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    hashed_lines(app, "verysecretowl\n", "--near")
    hunt(app, "backup", str(tmp_path / "all.jsonl"))
    assert "verysecretowl" not in caplog.text
    assert "verysecretowl" not in (tmp_path / "all.jsonl").read_text()


def test_the_audit_is_quiet_when_totals_equal_ledgers_and_names_who_differs(app: Flask, clock: FixedClock) -> None:
    begin(app, clock)
    assert hunt(app, "audit") == "All totals equal their ledgers.\n"
    ports = app.extensions["infinity"]
    team = add_team(ports, "odd")
    with ports.database.writing() as connection:
        connection.execute(update(Team).where(Team.id == team).values(score=5))
    assert hunt(app, "audit", code=1) == f"odd (team {team}): points is 5, the ledger says 0\n"


def test_a_backup_goes_into_an_empty_database_or_by_force(app: Flask, clock: FixedClock, tmp_path: Path) -> None:
    path = str(tmp_path / "all.jsonl")
    hunt(app, "backup", path)
    begin(app, clock)
    assert hunt(app, "restore", path, code=1).startswith("Error: There is a hunt in this database already.")
    assert hunt(app, "restore", path, "--force").startswith("Restored ")
    assert hunt(app, "versions") == ""


def test_a_backup_is_restored_with_everything_in_it(app: Flask, clock: FixedClock, tmp_path: Path) -> None:
    begin(app, clock)
    before = hunt(app, "settings"), hunt(app, "versions")
    hunt(app, "backup", str(tmp_path / "all.jsonl"))
    hunt(app, "set", "xp", "on")
    hunt(app, "restore", str(tmp_path / "all.jsonl"), "--force")
    assert (hunt(app, "settings"), hunt(app, "versions")) == before


@pytest.mark.parametrize("path", ["/no/such/file", str(DEMO_HUNT)])
def test_what_is_no_backup_is_refused_in_a_sentence(app: Flask, path: str) -> None:
    said = hunt(app, "restore", path, "--force", code=1)
    assert said.startswith("Error: ")
    assert "Traceback" not in said


def test_a_place_that_cannot_be_written_is_refused_in_a_sentence(app: Flask) -> None:
    assert hunt(app, "backup", "/no/such/folder/all.jsonl", code=1).endswith("No such file or directory.\n")


def test_a_database_without_tables_is_said_to_be_so(tmp_path: Path, clock: FixedClock) -> None:
    from app import create_app
    from app.extensions import db
    from config import Config
    from tests.support.environment import settings

    bare = create_app(Config.from_env(settings(f"sqlite:///{tmp_path}/bare.db")), clock=clock)
    assert "db upgrade" in hunt(bare, "settings", code=1)
    with bare.app_context():
        db.engine.dispose()
