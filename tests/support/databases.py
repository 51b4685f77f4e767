"""Fresh, migrated, empty databases: one template per kind, made by the real migrations, copied for every test."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2

from tests.support.environment import ROOT, environment
from tests.support.postgres import Cluster

TEMPLATE = "template_infinity"
MOST_USES = 200
ENDED = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
SCHEMA = """
SELECT md5(concat(
  (SELECT string_agg(concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.atttypmod, a.attnotnull,
     a.attgenerated, pg_get_expr(d.adbin, d.adrelid), CASE c.relkind WHEN 'i' THEN pg_get_indexdef(c.oid) END),
     ',' ORDER BY c.relname, a.attnum)
   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT string_agg(pg_get_constraintdef(oid), ',' ORDER BY conname) FROM pg_constraint
   WHERE connamespace = 'public'::regnamespace),
  (SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal),
  (SELECT string_agg(proname, ',' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
  (SELECT string_agg(s.setconfig::text, ',') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
   WHERE d.datname = current_database())))
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
# The foreign keys are not asked: every table is emptied.
EMPTIED = """
SET session_replication_role = replica;
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'
  LOOP EXECUTE format('DELETE FROM public.%%I', found.name); END LOOP;
  FOR found IN SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public'
  LOOP EXECUTE format('ALTER SEQUENCE public.%%I RESTART', found.name); END LOOP;
END $$
"""


class MigrationFailed(AssertionError):
    """``flask db upgrade`` did not end well on an empty database."""


def migrate(database_url: str) -> None:
    """Bring a database up to date by the command an operator would use, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(database_url), capture_output=True, text=True, timeout=110, check=False
    )
    if done.returncode != 0:
        raise MigrationFailed(f"{done.stdout}\n{done.stderr}")


class SqliteShelf:
    """Hands out SQLite files, each a copy of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of an empty, migrated database for the length of a ``with``."""
        if not self._template.exists():
            making = self._folder / "making.db"
            migrate(f"sqlite:///{making}")
            making.rename(self._template)
        path = self._folder / f"test{next(self._numbers)}.db"
        shutil.copyfile(self._template, path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for leftover in self._folder.glob(f"{path.name}*"):
                leftover.unlink()


class PostgresShelf:
    """Hands out PostgreSQL databases, each a copy of one migrated database.

    A copy costs about a second on a busy machine and emptying one a few milliseconds, so copies are used again. Each
    test gets a name of its own: a thread that outlives its test cannot write into the database of the next.
    """

    def __init__(self, cluster: Callable[[], Cluster]) -> None:
        self._cluster = cluster
        self._schema = ""
        self._rows: list[tuple[str, str]] = []
        self._free: list[tuple[str, int]] = []
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of an empty, migrated database for the length of a ``with``."""
        cluster = self._cluster()
        if not self._schema:
            cluster.drop(TEMPLATE)
            migrate(cluster.create(TEMPLATE))
            self._rows = rows(cluster, TEMPLATE)
            self._schema = schema(cluster, TEMPLATE)
        name, uses = f"test{next(self._numbers)}", 1
        if self._free:
            used, uses = self._free.pop()
            cluster.run(f'ALTER DATABASE "{used}" RENAME TO "{name}"')
        else:
            cluster.create(name, TEMPLATE)
        try:
            yield cluster.url(name)
        finally:
            # Dead rows make a database slower, so none is used for ever.
            if uses < MOST_USES and is_emptied(cluster, name, self._schema, self._rows):
                self._free.append((name, uses + 1))
            else:
                cluster.drop(name)


def schema(cluster: Cluster, database: str) -> str:
    """Tables, columns, indexes, constraints, triggers, functions and settings of a database, as one text."""
    return str(cluster.run(SCHEMA, database)[0][0])


def rows(cluster: Cluster, database: str) -> list[tuple[str, str]]:
    """What the migrations have written: table and row, as JSON."""
    tables = [str(name) for (name,) in cluster.run(TABLES, database)]
    return [
        (table, str(row))
        for table in tables
        for (row,) in cluster.run(f'SELECT row_to_json("{table}")::text FROM "{table}"', database)
    ]


def is_emptied(cluster: Cluster, database: str, expected: str, first: list[tuple[str, str]]) -> bool:
    """Put a database back to its first rows and its sequences to their start; False if its schema has changed."""
    again = [
        f'INSERT INTO "{table}" SELECT * FROM json_populate_record(NULL::"{table}", %s::json)' for table, _ in first
    ]
    try:
        cluster.run(ENDED, "postgres", (database,))
        if schema(cluster, database) != expected:
            return False
        cluster.run(";".join([EMPTIED, *again]), database, tuple(row for _, row in first))
    except psycopg2.Error:
        return False
    return True
