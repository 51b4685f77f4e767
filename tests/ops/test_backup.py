"""Backups: everything there, on either kind of database; all of it or nothing; never over a hunt by mistake."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.content.serialise import to_json
from app.database import hunt_state
from app.database.schema import Base, ContentVersion
from app.ops.backup import BackupUnreadable, NotEmpty, back_up, restore
from app.ports import Ports
from app.settings.service import change_setting
from tests.support.clock import NOON, FixedClock
from tests.support.small_hunt import CONTENT, FIRST, add_team, ports_on, solve, stock


@pytest.fixture
def ports(database: str, clock: FixedClock) -> Iterator[Ports]:
    with ports_on(database, clock) as ports:
        play(ports)
        yield ports


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, shelves: Any, clock: FixedClock) -> Iterator[Ports]:
    """An empty database, of the same and of the other kind."""
    with shelves[request.param].fresh() as url, ports_on(url, clock) as ports:
        yield ports


def play(ports: Ports) -> None:
    stock(ports)
    with ports.database.writing() as connection:
        row = {"id": 1, "made_at": NOON, "source": "a file", "compiled": to_json(CONTENT)}
        row |= {"records": "∞", "warnings": [{"a": 1}]}
        connection.execute(insert(ContentVersion).values(**row))
    change_setting(ports.database, ports.in_force, ports.clock, "xp", "on", "ada")
    solve(ports, add_team(ports, "one", emails=["a@example.org"], is_banned=True), FIRST, NOON)


def everything(ports: Ports) -> dict[str, list[Any]]:
    with ports.database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in Base.metadata.sorted_tables
            if table.name != "hunt_state"
        }


def test_what_is_restored_is_what_was_backed_up(ports: Ports, target: Ports, tmp_path: Path) -> None:
    written = back_up(ports.database, ports.clock, tmp_path / "hunt.jsonl")
    assert restore(target.database, target.in_force, tmp_path / "hunt.jsonl") == written
    assert everything(target) == everything(ports)
    assert target.in_force.settings.xp
    assert hunt_state.read_versions(target.database)[1] == 1


def test_new_rows_after_a_restore_get_new_numbers(ports: Ports, target: Ports, tmp_path: Path) -> None:
    back_up(ports.database, ports.clock, tmp_path / "hunt.jsonl")
    restore(target.database, target.in_force, tmp_path / "hunt.jsonl")
    assert add_team(target, "two") == 2


def test_a_hunt_is_replaced_only_by_force(ports: Ports, target: Ports, tmp_path: Path) -> None:
    back_up(ports.database, ports.clock, tmp_path / "hunt.jsonl")
    stock(target)
    add_team(target, "already here")
    before = everything(target)
    with pytest.raises(NotEmpty):
        restore(target.database, target.in_force, tmp_path / "hunt.jsonl")
    assert everything(target) == before
    restore(target.database, target.in_force, tmp_path / "hunt.jsonl", is_forced=True)
    assert everything(target) == everything(ports)


def test_a_running_node_notices_a_restore(ports: Ports, tmp_path: Path) -> None:
    back_up(ports.database, ports.clock, tmp_path / "hunt.jsonl")
    change_setting(ports.database, ports.in_force, ports.clock, "xp", "off", "ada")
    seen = ports.in_force.settings_revision
    restore(ports.database, ports.in_force, tmp_path / "hunt.jsonl", is_forced=True)
    assert ports.in_force.settings_revision > seen
    assert ports.in_force.settings.xp


def test_the_file_is_for_its_owner_only(ports: Ports, tmp_path: Path) -> None:
    back_up(ports.database, ports.clock, tmp_path / "hunt.jsonl")
    assert stat.S_IMODE((tmp_path / "hunt.jsonl").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["hunt.jsonl"]


def damaged(lines: list[str], how: str) -> list[str]:
    return {
        "empty": [],
        "cut off": lines[:-1],
        "cut off in a line": [*lines[:-2], lines[-2][:20]],
        "a line gone": [*lines[:2], *lines[3:]],
        "not JSON": [lines[0], "nonsense", *lines[1:]],
        "not an object": [lines[0], "[1]", *lines[1:]],
        "nested": [lines[0], "[" * 100_000, *lines[1:]],
        "another kind of file": ['{"format": 1, "tables": {}}'],
        "another format": ['{"infinity_backup": 99}', *lines[1:]],
        "unknown table": [lines[0], '{"t": "sqlite_master", "r": {}}', *lines[1:]],
        "unknown column": [lines[0], '{"t": "teams", "r": {"is_admin": true}}', *lines[1:]],
        "a time that is none": [
            lines[0],
            '{"t": "settings", "r": {"name": "a", "value": "", "changed_at": 5}}',
            *lines[1:],
        ],
        "a row too few": [lines[0], '{"t": "teams", "r": {"id": 1}}', *lines[1:]],
        "a text for a number": [lines[0], '{"t": "puzzle_tallies", "r": {"puzzle_id": "x", "solves": {}}}', *lines[1:]],
        "twice": [lines[0], *lines[1:-1], *lines[1:-1], json.dumps({"end": 2 * (len(lines) - 2)})],
        "no columns": [lines[0], '{"t": "teams", "r": 5}', *lines[1:]],
    }[how]


DAMAGES = (
    "empty", "cut off", "cut off in a line", "a line gone", "not JSON", "not an object", "nested",
    "another kind of file", "another format", "unknown table", "unknown column", "a time that is none",
    "a row too few", "a text for a number", "twice", "no columns",
)  # fmt: skip


def test_a_damaged_backup_is_refused_in_words_and_changes_nothing(ports: Ports, tmp_path: Path) -> None:
    path = tmp_path / "hunt.jsonl"
    back_up(ports.database, ports.clock, path)
    lines, before = path.read_text().splitlines(), everything(ports)
    for how in DAMAGES:
        path.write_text("\n".join(damaged(lines, how)) + "\n")
        with pytest.raises(BackupUnreadable):
            restore(ports.database, ports.in_force, path, is_forced=True)
        assert everything(ports) == before, how


def test_a_file_that_is_not_text_is_refused(ports: Ports, tmp_path: Path) -> None:
    (tmp_path / "hunt.jsonl").write_bytes(b"\xff\xfe\x00\x01" * 100)
    with pytest.raises(BackupUnreadable):
        restore(ports.database, ports.in_force, tmp_path / "hunt.jsonl", is_forced=True)


def test_a_backup_is_of_one_moment_while_teams_play_on(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ops import backup_queries

    true_rows = backup_queries._rows

    def slowly(connection: Any) -> Iterator[Any]:
        for number, row in enumerate(true_rows(connection)):
            if number == 0:
                add_team(ports, "came in the middle")
            yield row

    monkeypatch.setattr(backup_queries, "_rows", slowly)
    back_up(ports.database, ports.clock, tmp_path / "hunt.jsonl")
    assert "came in the middle" not in (tmp_path / "hunt.jsonl").read_text()


def test_a_backup_that_fails_leaves_the_older_one_alone(
    ports: Ports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ops import backup_queries

    path = tmp_path / "hunt.jsonl"
    back_up(ports.database, ports.clock, path)
    before = path.read_text()

    def broken(connection: Any) -> Iterator[Any]:
        yield "teams", {"id": 1}
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_queries, "_rows", broken)
    with pytest.raises(OSError, match="No space"):
        back_up(ports.database, ports.clock, path)
    assert path.read_text() == before
    assert [one.name for one in tmp_path.iterdir()] == ["hunt.jsonl"]
