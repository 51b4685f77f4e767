"""``hunt new``: a file to begin with."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from flask import Flask

from app.core.near_answers import is_signature
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import hunt


def test_a_new_hunt_has_no_fault_and_no_warning(app: Flask, tmp_path: Path) -> None:
    hunt(app, "new", str(tmp_path / "mine.json"))
    said = hunt(app, "check", str(tmp_path / "mine.json")).splitlines()
    # The tests' hashes are cheap.
    assert [line for line in said if "unusual cost 4" not in line] == ["No faults in 3 puzzles of mine.json."]


def test_a_new_hunt_can_be_played_to_its_end_with_the_answers_that_were_printed(
    app: Flask, clock: FixedClock, tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    said = hunt(app, "new", str(path))
    answers = dict(line.strip().split(": ") for line in said.splitlines() if line.startswith("  ") and ": " in line)
    assert list(answers) == ["First Letters", "A Picture", "The Meta"]
    hunt(app, "restock", "--from", str(path))
    for name, hours in (("starts_at", -1), ("ends_at", 24)):
        hunt(app, "set", name, (clock.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%MZ"))
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.register("Owls")
    assert team.get("/game/puzzle/the-meta").status_code == 404
    near = team.send_json("/game/puzzle/a-picture", {"answer": "ring"})
    assert near.json["verdict"] == "close"
    for slug, title in (("first-letters", "First Letters"), ("a-picture", "A Picture"), ("the-meta", "The Meta")):
        assert team.get(f"/game/puzzle/{slug}").status_code == 200
        assert team.send_json(f"/game/puzzle/{slug}", {"answer": answers[title]}).json["verdict"] == "correct"


def test_answers_of_a_new_hunt_are_hashed_afresh_with_signatures(app: Flask, tmp_path: Path) -> None:
    found = []
    for name in ("one.json", "two.json"):
        hunt(app, "new", str(tmp_path / name))
        found.append(json.loads((tmp_path / name).read_text())["tables"]["Puzzles"])
    assert all(is_signature(one["fields"]["Near"]) for one in found[0])
    assert found[0][0]["fields"]["Solution"] != found[1][0]["fields"]["Solution"]


def test_a_file_that_is_there_is_not_overwritten(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text("precious")
    assert "exists already" in hunt(app, "new", str(path), code=1)
    assert path.read_text() == "precious"
    assert "Error" in hunt(app, "new", str(tmp_path / "no" / "such" / "folder.json"), code=1)
