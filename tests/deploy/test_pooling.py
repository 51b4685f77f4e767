"""PgBouncer in between: what may be shared, what goes around it, and how many connections PostgreSQL ever sees."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2
import pytest
from sqlalchemy import create_engine, text

from app.database import engine as database_engine
from app.database.engine import Database, engine_options
from app.runtime.identity import application_name
from deploy.budget import Fleet, pooled_connections
from tests.deploy.gateway import eventually
from tests.deploy.pooler import Pooler, pooler
from tests.support.environment import ROOT, environment
from tests.support.postgres import Cluster

if TYPE_CHECKING:
    from tests.conftest import Shelves

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def shared(shelves: Shelves, postgres: Cluster) -> Iterator[Pooler]:
    with shelves["postgresql"].fresh() as url, pooler(postgres, url.rsplit("/", 1)[1]) as one:
        yield one


@pytest.fixture
def database(shared: Pooler) -> Iterator[Database]:
    """The program's own way to the database, through PgBouncer."""
    url = shared.url.replace("postgresql://", "postgresql+psycopg2://")
    engine = create_engine(url, **engine_options(url, 5, 5.0, application_name()))
    yield Database(engine)
    engine.dispose()


def setting(database: Database, name: str) -> str:
    with database.reading() as connection:
        return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def test_the_time_limits_of_the_program_hold_through_the_pooler(database: Database) -> None:
    limits = {
        "statement_timeout": database_engine.STATEMENT_TIMEOUT_MS,
        "lock_timeout": database_engine.LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": database_engine.IDLE_TRANSACTION_TIMEOUT_MS,
    }
    assert {name: setting(database, name) for name in limits} == {
        name: f"{milliseconds // 1000}s" for name, milliseconds in limits.items()
    }
    assert setting(database, "timezone") == "UTC"


def test_connections_carry_the_name_of_their_node(database: Database) -> None:
    with database.reading() as connection:
        query = text("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        assert connection.execute(query).scalar_one() == application_name()


def test_what_a_transaction_sets_for_itself_is_gone_with_it(database: Database, shared: Pooler) -> None:
    with database.writing() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(4217, 1)"))
    for _ in range(5):
        assert setting(database, "statement_timeout") == "5s"
    with closing(psycopg2.connect(shared.url)) as other, other.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()")
        assert cursor.fetchone() == (0,)


def test_a_view_frozen_for_a_backup_holds_through_the_pooler(database: Database) -> None:
    with database.frozen_view() as connection:
        before = connection.execute(text("SELECT txid_current_snapshot()::text")).scalar_one()
        with database.writing() as other:
            other.execute(text("UPDATE hunt_state SET settings_revision = settings_revision"))
        assert connection.execute(text("SELECT txid_current_snapshot()::text")).scalar_one() == before
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "repeatable read"


def test_nothing_in_the_program_outlives_its_transaction_in_the_session() -> None:
    # What would be left behind for whoever gets the connection next.
    leaves_behind = ("pg_advisory_lock(", "pg_try_advisory_lock(", "LISTEN ", "SET SESSION", "PREPARE ", "CREATE TEMP")
    sources = [*(ROOT / "app").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
    found = {(path.name, word) for path in sources for word in leaves_behind if word in path.read_text()}
    # Only on connections without a pooler: see the test after this one.
    assert found == {("prepared.py", "PREPARE ")}


def test_migrations_take_the_direct_way(shared: Pooler, postgres: Cluster) -> None:
    name = shared.url.rsplit("/", 1)[1]
    nowhere = "postgresql://infinity@127.0.0.1:1/nowhere"
    command = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    env = environment(nowhere, {"DATABASE_DIRECT_URL": postgres.url(name)})
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_three_hundred_clients_share_what_the_budget_allows(shared: Pooler, postgres: Cluster) -> None:
    most = pooled_connections()["max_db_connections"]
    seen, failed, is_over = [0], [], threading.Event()

    def ask() -> None:
        try:
            with closing(psycopg2.connect(shared.url)) as connection:
                for _ in range(4):
                    with connection, connection.cursor() as cursor:
                        cursor.execute("SELECT pg_sleep(0.02)")
        except psycopg2.Error as problem:
            failed.append(str(problem))

    def count() -> None:
        name = shared.url.rsplit("/", 1)[1]
        while not is_over.is_set():
            query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"
            seen.append(int(str(postgres.run(query)[0][0])))

    clients = [threading.Thread(target=ask) for _ in range(300)]
    counter = threading.Thread(target=count)
    for thread in (counter, *clients):
        thread.start()
    for client in clients:
        client.join()
    is_over.set()
    counter.join()
    assert failed == []
    assert 0 < max(seen) <= most


def test_nobody_waits_behind_a_forgotten_transaction_for_ever(shared: Pooler) -> None:
    with closing(psycopg2.connect(shared.url)) as forgetful, forgetful.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 300")
        eventually(
            lambda: not [row for row in shared.show("pools") if row["sv_active"] and row["database"] != "pgbouncer"]
        )
        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT 1")


# --- the budget ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fleet", "most", "fits"),
    [
        (Fleet(nodes=3, processes=1, pool=5, spare=1), 20 + 4 + 5, True),
        (Fleet(nodes=3, processes=4, pool=5, spare=1), 80 + 4 + 5, True),
        (Fleet(nodes=4, processes=4, pool=5, spare=1), 100 + 5 + 5, False),
        (Fleet(nodes=20, processes=4, pool=10, spare=1, pooled=40), 40 + 21 + 5, True),
        (Fleet(nodes=1, processes=1, pool=5, spare=0, pooled=40), 5 + 1 + 5, True),
        (Fleet(nodes=1, processes=1, pool=81, spare=0, limit=100), 81 + 1 + 5, True),
    ],
)
def test_the_budget_is_what_can_be_open_at_the_worst_moment(fleet: Fleet, most: int, fits: bool) -> None:
    assert fleet.most == most
    assert (fleet.room >= 0) is fits


def budget(*words: str) -> tuple[int, str]:
    command = [sys.executable, ROOT / "deploy" / "budget.py", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout


def test_the_calculator_says_whether_a_fleet_fits() -> None:
    assert budget() == (0, budget()[1])
    assert "It fits" in budget("--nodes", "10", "--processes", "4")[1]
    code, said = budget("--direct", "--nodes", "10", "--processes", "4")
    assert code == 1
    assert "does not fit: " in said
    code, said = budget("--nodes", "40", "--processes", "8")
    assert code == 1
    assert "max_client_conn" in said


def test_what_the_pooler_may_open_fits_into_the_database_with_every_place_taken() -> None:
    allowed = pooled_connections()
    fleet = Fleet(nodes=20, processes=4, pool=5, spare=0, limit=100, pooled=allowed["max_db_connections"])
    assert fleet.room >= 0, "twenty places are what the gateway has"
    assert fleet.asked_for <= allowed["max_client_conn"]
