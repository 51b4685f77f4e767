"""The start looks at the database server: real servers with certificates, accounts and databases that do not fit."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from flask import Flask

from app.database import server_check
from app.database.server_faults import ServerFault
from config import Config
from tests.deploy.pooler import Pooler, prepare_account
from tests.support.certificates import Authority, authority
from tests.support.environment import environment, settings
from tests.support.postgres import Cluster, postgres_cluster, private_folder, server_account
from tests.support.processes import wait_for_end
from tests.support.server import Node

pytestmark = pytest.mark.servers
Account = Callable[..., str]


def examined(url: str, **more: str) -> list[ServerFault]:
    return server_check.examine(Config.from_env(settings(url, more)))


def fatal(found: list[ServerFault]) -> list[str]:
    return [str(one) for one in found if one.is_fatal]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of this file's own: its settings are changed."""
    with postgres_cluster() as one:
        yield one


@pytest.fixture
def account(cluster: Cluster) -> Iterator[Account]:
    """Make an account without rights, and with a database of its own if wanted; answers its address."""
    made: list[str] = []

    def make(name: str, *, owns: bool = True, database: str = "") -> str:
        cluster.run(f"CREATE ROLE {name} LOGIN")
        made.append(name)
        if owns:
            cluster.run(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0")
        return cluster.url(database or name).replace("postgres@", f"{name}@")

    yield make
    for name in made:
        cluster.drop(name)
        cluster.run(f"DROP OWNED BY {name}")
        cluster.run(f"DROP ROLE {name}")


# --- what suits ------------------------------------------------------------------------------------------------------


def test_a_migrated_database_suits(postgres_database: str) -> None:
    assert examined(postgres_database) == []


def test_an_empty_database_of_a_plain_account_suits_whatever_its_collation(account: Account) -> None:
    assert examined(account("plain")) == []


def test_sqlite_has_no_server_to_look_at(sqlite_database: str) -> None:
    assert examined(sqlite_database) == []


# --- what does not ---------------------------------------------------------------------------------------------------


def test_a_database_that_has_no_place_for_other_scripts_is_refused(cluster: Cluster) -> None:
    cluster.run("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "stores text as LATIN1" in fatal(examined(cluster.url("narrow")))[0]


def test_limits_of_account_and_database_are_told(account: Account, cluster: Cluster) -> None:
    url = account("few")
    cluster.run("ALTER ROLE few CONNECTION LIMIT 3")
    cluster.run("ALTER DATABASE few CONNECTION LIMIT 4")
    found = [str(one) for one in examined(url)]
    assert fatal(examined(url)) == []
    assert len(found) == 2
    assert "the account's CONNECTION LIMIT leaves 3" in found[0]
    assert "the database's CONNECTION LIMIT leaves 4" in found[1]


def test_time_limits_of_an_account_give_way_to_the_programs_but_for_idle_sessions(
    account: Account, cluster: Cluster
) -> None:
    url = account("hasty")
    cluster.run("ALTER ROLE hasty SET statement_timeout = 100")
    assert examined(url) == []
    cluster.run("ALTER ROLE hasty SET idle_session_timeout = '5s'")
    assert "idle for 5000 ms" in str(examined(url)[0])


def test_an_account_that_may_only_read_is_refused(account: Account, cluster: Cluster) -> None:
    url = account("reader")
    cluster.run("ALTER ROLE reader SET default_transaction_read_only = on")
    assert "takes no writes" in fatal(examined(url))[0]


def test_an_account_that_may_make_no_tables_is_refused_while_there_are_none(account: Account, cluster: Cluster) -> None:
    account("owner")
    cluster.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "owner")
    assert (
        "may not make tables in the schema public" in fatal(examined(account("guest", owns=False, database="owner")))[0]
    )


def test_tables_that_others_own_or_that_are_closed_are_named(account: Account, cluster: Cluster) -> None:
    account("keeper")
    cluster.run("CREATE TABLE alembic_version (version_num text)", "keeper")
    cluster.run("CREATE TABLE teams (id int)", "keeper")
    url = account("helper", owns=False, database="keeper")
    (closed,) = fatal(examined(url))
    assert "may not read and change alembic_version, teams" in closed
    cluster.run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO helper", "keeper")
    found = examined(url)
    assert fatal(found) == []
    assert any("Another account owns alembic_version, teams" in str(one) for one in found)


def test_two_addresses_of_two_databases_are_refused(account: Account) -> None:
    one, other = account("one"), account("other")
    assert "lead to two databases" in fatal(examined(one, DATABASE_DIRECT_URL=other))[0]


# --- a pooler --------------------------------------------------------------------------------------------------------


@pytest.fixture
def pooled(cluster: Cluster) -> Iterator[Callable[..., Pooler]]:
    """Start the project's PgBouncer before a database, in another mode or with ``more`` environment if wanted."""
    folder = private_folder()
    started: list[Pooler] = []

    def start(mode: str = "transaction", **more: str) -> Pooler:
        prepare_account(cluster)
        cluster.run("CREATE DATABASE shared OWNER infinity TEMPLATE template0")
        one = Pooler(cluster, "shared", folder, more)
        ini = folder / "deploy" / "pgbouncer.ini"
        ini.write_text(ini.read_text().replace("pool_mode = transaction", f"pool_mode = {mode}"))
        one.start()
        started.append(one)
        return one

    yield start
    for one in started:
        one.process.terminate()
        wait_for_end(one.process, 10)
    cluster.drop("shared")
    shutil.rmtree(folder, ignore_errors=True)


def test_a_pooler_that_nobody_has_told_of_is_found(pooled: Callable[..., Pooler], cluster: Cluster) -> None:
    pool = pooled("transaction")
    (found,) = examined(pool.url)
    assert "Set DATABASE_DIRECT_URL" in str(found)
    assert examined(pool.url, DATABASE_DIRECT_URL=cluster.url("shared")) == []
    assert "leads through a pooler too" in str(examined(pool.url, DATABASE_DIRECT_URL=pool.url)[0])


def test_a_pooler_of_statements_is_refused(pooled: Callable[..., Pooler], cluster: Cluster) -> None:
    found = examined(pooled("statement").url, DATABASE_DIRECT_URL=cluster.url("shared"))
    assert "pools statements" in fatal(found)[0]


# --- TLS -------------------------------------------------------------------------------------------------------------


class Secured:
    """A server that speaks TLS with a certificate of ``ours``; ``theirs`` is an authority that has signed nothing."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster, self.folder = cluster, folder
        self.ours: Authority = authority(folder, "ours")
        self.theirs: Authority = authority(folder, "theirs")

    def show(self, hosts: list[str], days: int = 2) -> None:
        files = self.ours.sign(self.folder / "server", hosts, days=days)
        for name, file in zip(("ssl_cert_file", "ssl_key_file"), files, strict=True):
            # A folder of the server's own, which its account may read.
            place = self.cluster.folder / file.name
            shutil.copy(file, place)
            place.chmod(0o600)
            shutil.chown(place, server_account() or None)
            self.cluster.run(f"ALTER SYSTEM SET {name} = '{place}'")
        self.cluster.run("ALTER SYSTEM SET ssl = on")
        self.cluster.run("SELECT pg_reload_conf()")

    def url(self, mode: str, authority_file: Path | None = None, host: str = "127.0.0.1") -> str:
        query = f"?sslmode={mode}" + (f"&sslrootcert={authority_file}" if authority_file else "")
        return self.cluster.url().replace("127.0.0.1", host) + query


@pytest.fixture
def secured(cluster: Cluster, tmp_path: Path) -> Iterator[Secured]:
    yield Secured(cluster, tmp_path)
    cluster.run("ALTER SYSTEM SET ssl = off")
    cluster.run("SELECT pg_reload_conf()")


def eventually_refused(url: str) -> str:
    """A reload takes a moment; what the last look found."""
    for _ in range(100):
        found = fatal(examined(url))
        if found:
            return found[0]
    return ""


def test_a_certificate_of_a_trusted_authority_suits(secured: Secured) -> None:
    secured.show(["127.0.0.1"])
    url = secured.url("verify-full", secured.ours.file)
    assert any(examined(url) == [] for _ in range(100))


@pytest.mark.parametrize(
    ("hosts", "days", "is_trusted", "words"),
    [
        (["127.0.0.1"], 2, False, r"not trusted \(.*issuer certificate"),
        (["127.0.0.1"], -1, True, r"not trusted \(certificate has expired\)"),
        (["db.example.org"], 2, True, "for another host than the address names"),
    ],
)
def test_a_certificate_that_is_wrong_is_refused_with_the_reason(
    secured: Secured, hosts: list[str], days: int, is_trusted: bool, words: str
) -> None:
    secured.show(hosts, days)
    trusted = secured.ours if is_trusted else secured.theirs
    assert re.search(words, eventually_refused(secured.url("verify-full", trusted.file)))


def test_behind_a_pooler_a_certificate_that_is_wrong_is_told_by_the_way_around_it(
    secured: Secured, pooled: Callable[..., Pooler]
) -> None:
    secured.show(["127.0.0.1"])
    # The pooler's account reads it too.
    shutil.copy(secured.theirs.file, place := secured.cluster.folder / "theirs.crt")
    pool = pooled(DATABASE_TLS="verify-full", DATABASE_AUTHORITY=str(place))
    direct = secured.url("verify-full", secured.theirs.file).replace("/postgres?", "/shared?")
    config = Config.from_env(settings(pool.url, {"DATABASE_DIRECT_URL": direct}))
    told = server_check.refusal(config)
    assert re.search(r"^DATABASE_DIRECT_URL: .*not trusted \(.*issuer certificate", str(told))
    assert fatal(server_check.examine(config)) == [str(told)]


def test_a_server_without_tls_is_refused_where_the_address_demands_it(cluster: Cluster) -> None:
    assert "does not speak TLS" in eventually_refused(cluster.url() + "?sslmode=require")


def test_a_file_of_authorities_that_is_missing_is_named_as_the_reason(secured: Secured, tmp_path: Path) -> None:
    secured.show(["127.0.0.1"])
    assert "cannot be read" in eventually_refused(secured.url("verify-full", tmp_path / "missing.crt"))


def test_a_server_that_takes_encrypted_connections_alone_says_so(secured: Secured) -> None:
    secured.show(["127.0.0.1"])
    rules = secured.cluster.folder / "tables" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"hostnossl all all 127.0.0.1/32 reject\n{before}")
    secured.cluster.run("SELECT pg_reload_conf()")
    try:
        assert "encrypted connections alone" in eventually_refused(secured.url("disable"))
    finally:
        rules.write_text(before)


def test_the_pooler_checks_the_servers_certificate_where_it_is_told_to(
    secured: Secured, pooled: Callable[..., Pooler]
) -> None:
    secured.show(["127.0.0.1"])
    known = secured.cluster.folder / "authority.crt"
    shutil.copy(secured.ours.file, known)
    pool = pooled(DATABASE_TLS="verify-full", DATABASE_AUTHORITY=str(known))
    with contextlib.closing(psycopg2.connect(pool.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert cursor.fetchone() == (True,)
    secured.show(["db.example.org"])
    pool.restart()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(pool.url, connect_timeout=20)


# --- who is told -----------------------------------------------------------------------------------------------------


def test_the_program_does_not_start_on_a_server_that_does_not_suit(cluster: Cluster, tmp_path: Path) -> None:
    cluster.drop("slim")
    cluster.run("CREATE DATABASE slim ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    one = Node(environment(cluster.url("slim")), tmp_path)
    one.start(wait=False)
    assert wait_for_end(one.process, 90) == 1
    assert "Infinity cannot start. The database stores text as LATIN1" in one.said()
    assert "Traceback" not in one.said()


def test_the_program_says_why_there_is_no_connection_at_once_where_waiting_cannot_help(
    cluster: Cluster, tmp_path: Path
) -> None:
    one = Node(environment(cluster.url() + "?sslmode=require"), tmp_path)
    one.start(wait=False)
    assert wait_for_end(one.process, 90) == 1
    assert "does not speak TLS" in one.said()
    assert "trying again" not in one.said()


@pytest.fixture
def database(postgres_database: str) -> str:
    return postgres_database


def test_a_command_tells_operators(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(args=["hunt", "check-database"])
    assert (done.exit_code, done.output) == (0, "The database server suits the program.\n")
    told = [ServerFault("It is slow.", "Be patient."), ServerFault("It is old.", "Upgrade.", is_fatal=True)]
    monkeypatch.setattr(server_check, "examine", lambda _: told[:1])
    done = runner.invoke(args=["hunt", "check-database"])
    assert (done.exit_code, done.output) == (0, "Warning: It is slow. Be patient.\n")
    monkeypatch.setattr(server_check, "examine", lambda _: told)
    done = runner.invoke(args=["hunt", "check-database"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (1, "Fault: It is old. Upgrade.")
