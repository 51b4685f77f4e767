"""The migrations: they make exactly the tables of the models, once, however many nodes start together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from app.database.schema import Base
from app.extensions import db
from tests.support.environment import ROOT, environment
from tests.support.postgres import Cluster
from tests.support.server import node

UPGRADE = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "wsgi", "db", "upgrade"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that has never been migrated."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    yield cluster.create("never_migrated")
    cluster.drop("never_migrated")


def upgrades(url: str, count: int = 1) -> list[tuple[int, str]]:
    """Exit codes and output of so many ``flask db upgrade`` at once."""
    started = [
        subprocess.Popen(UPGRADE, cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(count)
    ]
    return [(one.wait(60), one.communicate()[0].decode()) for one in started]


def asked(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_the_migrations_make_the_tables_of_the_models(make_app: Callable[..., Flask]) -> None:
    with make_app().app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_nodes_that_start_together_migrate_once(empty_database: str) -> None:
    done = upgrades(empty_database, 3)
    assert [code for code, _ in done] == [0, 0, 0], done
    assert asked(empty_database, "SELECT id, settings_revision, content_version, last_event FROM hunt_state") == [
        (1, 0, None, 0)
    ]


def test_a_migration_that_fails_leaves_nothing_behind(empty_database: str) -> None:
    engine = sa.create_engine(empty_database.replace("postgresql://", "postgresql+psycopg2://"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE unlocks (in_the_way INTEGER)"))
    ((code, _said),) = upgrades(empty_database)
    assert code != 0
    assert sa.inspect(engine).get_table_names() == ["unlocks"]


def test_a_release_that_comes_back_after_a_later_one_serves_with_what_that_has_added(empty_database: str) -> None:
    assert upgrades(empty_database)[0][0] == 0
    # What a later release leaves behind: its step, in the database alone.
    engine = sa.create_engine(empty_database.replace("postgresql://", "postgresql+psycopg2://"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'later'"))
    assert [code for code, _ in upgrades(empty_database)] == [0]
    assert asked(empty_database, "SELECT version_num FROM alembic_version") == [("later",)]
    with node(empty_database) as one:
        assert one.is_ready()
