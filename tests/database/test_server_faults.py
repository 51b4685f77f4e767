"""What is wrong with a database server, by what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.database.server_facts import ConnectionRefused, ServerFacts, is_near
from app.database.server_faults import Needs, faults, refusal, release

GOOD = ServerFacts()
FATAL, WARNING = True, False


def said(needs: Needs | None = None, direct: dict[str, Any] | None = None, **changes: Any) -> list[tuple[bool, str]]:
    usual = replace(GOOD, **changes)
    found = faults(usual, usual if direct is None else replace(GOOD, **direct), needs or Needs())
    return [(one.is_fatal, str(one)) for one in found]


def test_a_server_as_it_should_be_has_no_fault() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("changes", "is_fatal", "words"),
    [
        ({"version": 120_018}, FATAL, "PostgreSQL 12.18, and this program needs 13 or newer. Upgrade"),
        ({"version": 90_624}, FATAL, "needs 13 or newer"),
        ({"is_replica": True, "is_read_only": True}, FATAL, "a read-only copy"),
        ({"is_read_only": True}, FATAL, "default_transaction_read_only is on"),
        ({"encoding": "LATIN1"}, FATAL, "stores text as LATIN1"),
        ({"encoding": "SQL_ASCII"}, FATAL, "ENCODING 'UTF8'"),
        ({"locale": "tr_TR.UTF-8"}, WARNING, "I and i are different letters"),
        ({"locale": "az-Latn-AZ"}, WARNING, "I and i are different letters"),
        ({"collation_version": "2.31", "actual_collation": "2.36"}, WARNING, "REINDEX DATABASE"),
        ({"closed_tables": ["teams"]}, FATAL, "may not read and change teams. GRANT"),
        ({"closed_tables": list("abcde")}, FATAL, "a, b, c and 2 more tables"),
        ({"may_create": False, "has_tables": False}, FATAL, "there are none yet"),
        ({"may_create": False}, WARNING, "the next release with a migration"),
        ({"schema": None, "may_create": False}, WARNING, "of its search_path"),
        ({"foreign_tables": ["teams"]}, WARNING, "Another account owns teams"),
        ({"has_transactions": False}, FATAL, "pool_mode = transaction"),
        ({"is_pooled": True}, WARNING, "Set DATABASE_DIRECT_URL"),
        ({"server_limit": 5}, WARNING, "6 connections, WEB_PROCESSES times DB_POOL_SIZE"),
        ({"role_limit": 5}, WARNING, "the account's CONNECTION LIMIT leaves 5"),
        ({"database_limit": 0}, WARNING, "the database's CONNECTION LIMIT leaves 0"),
        ({"times_ms": {"statement_timeout": 0}}, WARNING, "statement_timeout is 0 ms and not 5000"),
        ({"times_ms": {"idle_session_timeout": 1000}}, WARNING, "idle_session_timeout = 0"),
        ({"times_ms": {"transaction_timeout": 1000}}, WARNING, "transaction_timeout = 0"),
        ({"is_near": False, "is_encrypted": False, "is_verified": False}, WARNING, "it is not encrypted"),
        ({"is_near": False, "is_verified": False}, WARNING, "nobody checks whose certificate"),
    ],
)
def test_each_fault_is_told_with_what_to_do(changes: dict[str, Any], is_fatal: bool, words: str) -> None:
    ((weight, text),) = said(**changes)
    assert weight is is_fatal
    assert words in text


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 130_000},
        {"locale": "C"},
        {"locale": "en_US.UTF-8"},
        {"locale": "trv_TW"},
        {"collation_version": "2.36", "actual_collation": "2.36"},
        {"collation_version": "2.36", "actual_collation": None},
        {"role_limit": 6},
        {"is_superuser": True, "role_limit": 1},
        {"is_near": True, "is_encrypted": False, "is_verified": False},
        {"times_ms": {"idle_session_timeout": 3_600_000, "transaction_timeout": 60_000, "statement_timeout": 5_000}},
    ],
)
def test_what_does_no_harm_is_not_told(changes: dict[str, Any]) -> None:
    assert said(**changes) == []


def test_many_processes_are_counted_and_a_pooler_holds_their_connections() -> None:
    needs = Needs(processes=20, pool_size=5)
    assert "101 connections" in said(needs)[0][1]
    assert said(replace(needs, is_direct=True), direct={}, is_pooled=True) == []


def test_a_direct_way_that_is_none_and_one_to_another_database_are_told() -> None:
    needs = Needs(is_direct=True)
    assert "leads through a pooler too" in said(needs, direct={"is_pooled": True}, is_pooled=True)[0][1]
    ((is_fatal, text),) = said(needs, direct={"started_at": "yesterday"}, is_pooled=True)
    assert is_fatal
    assert "two databases" in text


@pytest.mark.parametrize(
    ("text", "is_fatal", "words"),
    [
        ("SSL error: certificate verify failed", FATAL, "not trusted (certificate has expired)."),
        ('server certificate for "a" does not match host name "b"', FATAL, "for another host"),
        ("server does not support SSL, but SSL was required", FATAL, "does not speak TLS"),
        ('root certificate file "/x" does not exist', FATAL, "cannot be read"),
        ('no pg_hba.conf entry for host "::1", user "a", database "b", no encryption', FATAL, "encrypted connections"),
        ('no pg_hba.conf entry for host "::1", user "a", database "b", SSL off', FATAL, "encrypted connections"),
        ('no pg_hba.conf entry for host "::1", user "a", database "b"', WARNING, "lets nobody in"),
        ("unsupported startup parameter: options", FATAL, "ignore_startup_parameters"),
        ('password authentication failed for user "a"', WARNING, "does not take this name"),
        ('database "a" does not exist', WARNING, "no such database"),
        ("sorry, too many clients already", WARNING, "All connections"),
        ('could not translate host name "a" to address', WARNING, "no host of that name"),
        ("connection to server failed: Connection refused", WARNING, "Nobody listens"),
        ("FATAL: query_wait_timeout", WARNING, "pooler does not reach the server"),
        ("server login has been failing, try again later (server_login_retry)", WARNING, "pooler does not reach"),
        ("timeout expired", WARNING, "does not answer"),
        ("the database system is starting up", WARNING, "does not answer"),
    ],
)
def test_a_refused_connection_is_told_in_words_and_waited_for_if_it_may_heal(
    text: str, is_fatal: bool, words: str
) -> None:
    fault = refusal(ConnectionRefused(text, "certificate has expired" if "verify" in text else ""), "DATABASE_URL")
    assert fault.is_fatal is is_fatal
    assert str(fault).startswith("DATABASE_URL: ")
    assert words in str(fault)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("", True), ("localhost", True), ("pgbouncer", True), ("10.1.2.3", True), ("::1", True), ("db.internal", True),
     ("203.0.114.1", False), ("hunt.abc.eu-central-1.rds.amazonaws.com", False)],
)  # fmt: skip
def test_a_name_without_dots_and_a_private_address_are_near(host: str, expected: bool) -> None:
    assert is_near(host) is expected


def test_a_version_is_told_as_people_know_it() -> None:
    assert [release(number) for number in (150_018, 130_000, 170_002)] == ["15.18", "13", "17.2"]
