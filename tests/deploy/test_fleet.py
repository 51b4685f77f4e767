"""What nodes share through a real PostgreSQL: the slot, and the versions that the fleet refuses."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from deploy.agent.fleet import Lonely, Postgres, SlotTaken, connection_environ, fleet_of, literal
from deploy.agent.machine import StepFailed


def test_only_one_node_has_the_slot_and_it_is_free_again_afterwards(postgres_database: str) -> None:
    one, other = Postgres(postgres_database), Postgres(postgres_database)
    with one.slot(), pytest.raises(SlotTaken), other.slot():
        pass
    with other.slot():
        pass


def test_the_slot_is_free_as_soon_as_its_holder_is_dead(postgres_database: str) -> None:
    one, other = Postgres(postgres_database), Postgres(postgres_database)
    slot = one.slot()
    slot.__enter__()
    (holder,) = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "psql"], check=True, capture_output=True, text=True
    ).stdout.split()
    os.kill(int(holder), signal.SIGKILL)
    for _ in range(100):
        try:
            with other.slot():
                break
        except SlotTaken:
            continue
    else:
        pytest.fail("the slot outlived its holder")
    slot.__exit__(None, None, None)


def test_a_refused_version_is_refused_by_every_node(postgres_database: str) -> None:
    one, other = Postgres(postgres_database), Postgres(postgres_database)
    assert not other.refuses("1.1")
    one.refuse("1.1", "web'1", "it said \\q; DROP TABLE teams;\nand 'died'")
    one.refuse("1.1", "web2", "again")
    assert other.refuses("1.1")
    assert not other.refuses("1.2")


def test_a_database_that_is_away_is_told_in_words() -> None:
    with pytest.raises(StepFailed, match="fleet's database"), Postgres("postgresql://x@127.0.0.1:1/x").slot():
        pass


def test_the_password_never_stands_on_a_command_line() -> None:
    environ = connection_environ("postgresql://hunt:p%40ss@db.example:5433/infinity?sslmode=require")
    assert environ["PGPASSWORD"] == "p@ss"
    assert (environ["PGHOST"], environ["PGPORT"], environ["PGDATABASE"]) == ("db.example", "5433", "infinity")
    assert environ["PGSSLMODE"] == "require"


def test_the_direct_address_goes_before_the_pooler_s() -> None:
    fleet = fleet_of({"DATABASE_URL": "postgresql://a@pooler/x", "DATABASE_DIRECT_URL": "postgresql://a@database/x"})
    assert isinstance(fleet, Postgres)
    assert fleet._environ["PGHOST"] == "database"
    assert isinstance(fleet_of({"DATABASE_URL": "sqlite:///x"}), Lonely)


@pytest.mark.parametrize(("text", "written"), [("it's", "E'it''s'"), ("a\\b", "E'a\\\\b'"), ("a\nb\0", "E'a b'")])
def test_texts_are_written_so_that_they_end_where_they_should(text: str, written: str) -> None:
    assert literal(text) == written
