"""Logging in: words and work that tell nothing, the limit on failures under a burst, bans, hashes from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts import login_failure_queries
from app.accounts.login import AccountBanned, TooManyFailures, WrongLogin, log_in
from app.database import teams
from app.database.teams import Account
from app.errors import HashingBusy
from tests.support.accounts import HERE, THERE, MeasuringHasher, add_team, measured, password_hash
from tests.support.client import PASSWORD
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, later_than, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def enter(node: World, name: str = "Owls", password: str = PASSWORD, address: str = HERE) -> Account:
    return log_in(node.for_login, name, password, address)


def fail(node: World, name: str = "Owls", address: str = HERE, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(WrongLogin):
            enter(node, name, "wrong password", address)


def wait_for(node: World, name: str = "Owls", password: str = PASSWORD, address: str = HERE) -> int:
    with pytest.raises(TooManyFailures) as refused:
        enter(node, name, password, address)
    return refused.value.retry_after


# --- who gets in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Owls", " owls ", "ＯＷＬＳ"])
def test_name_and_password_open_the_account_in_any_spelling_of_the_name(node: World, name: str) -> None:
    team = add_team(node)
    found = enter(node, name)
    assert (found.id, found.epoch) == (team, 0)
    assert node.all("SELECT kind, team_id, address FROM log") == [("login", team, HERE)]


@pytest.mark.parametrize(
    "password", ["", "correct horse", PASSWORD + " ", PASSWORD.upper(), "x" * 5000, "\0", "\ud800"]
)
def test_another_password_does_not(node: World, password: str) -> None:
    add_team(node)
    with pytest.raises(WrongLogin):
        enter(node, password=password)
    assert node.count("log") == 0


def test_a_password_longer_than_bcrypt_reads_counts_to_its_end(node: World) -> None:
    add_team(node, password="é" * 50 + "end")
    assert enter(node, password="é" * 50 + "end")
    with pytest.raises(WrongLogin):
        enter(node, password="é" * 50 + "and")


@pytest.mark.parametrize("name", ["Owls", "nobody", "", "ab", "a\0bc", "abc\ud800", "x" * 100_000])
def test_an_account_without_a_password_is_as_closed_as_none(node: World, name: str) -> None:
    add_team(node, password=None)
    with pytest.raises(WrongLogin) as refused:
        enter(node, name)
    assert str(refused.value) == ""


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
def test_an_imported_hash_works_and_is_upgraded_at_the_login(node: World, prefix: str) -> None:
    team = node.add_team("Owls", password_hash=password_hash(cost=4, prefix=prefix))
    ports, hasher = measured(node, cost=6)
    log_in(ports.for_login, "Owls", PASSWORD, HERE)
    assert (hasher.made_at, node.row(team).password_hash[:7]) == ([6], "$2b$06$")
    log_in(ports.for_login, "Owls", PASSWORD, HERE)
    assert hasher.made_at == [6]
    assert node.row(team).epoch == 0


def test_a_failed_login_upgrades_nothing(node: World) -> None:
    add_team(node)
    ports, hasher = measured(node)
    with pytest.raises(WrongLogin):
        log_in(ports.for_login, "Owls", "wrong password", HERE)
    assert hasher.made_at == []


def test_an_upgrade_does_not_undo_a_password_that_was_changed_meanwhile(node: World) -> None:
    team = add_team(node)
    with node.database.writing() as connection:
        teams.upgrade_hash(connection, team, "$2b$04$another", "$2b$12$new")
    assert enter(node).id == team


def test_a_banned_team_is_told_so_only_after_the_right_password(node: World) -> None:
    add_team(node, is_banned=True)
    with pytest.raises(AccountBanned):
        enter(node)
    fail(node)
    assert node.count("log") == 0


# --- what cannot be told apart ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        (password_hash(cost=7), "Owls"),
        (password_hash(cost=4, prefix="2y"), "Owls"),
        (password_hash(cost=6, prefix="2a"), "Owls"),
        (None, "Owls"),
        ("no hash at all", "Owls"),
        (None, "nobody"),
        (None, "\0"),
    ],
    ids=["ours", "cost 4", "cost 6", "no password", "no hash", "no account", "no name"],
)
def test_failing_costs_the_same_work_whatever_is_stored(
    sqlite_database: str, clock: FixedClock, stored: str | None, name: str
) -> None:
    with world(sqlite_database, clock) as node:
        node.add_team("Owls", password_hash=stored)
        ports, hasher = measured(node, cost=7)
        with pytest.raises(WrongLogin):
            log_in(ports.for_login, name, "wrong password", HERE)
        assert hasher.work == 2**7
        assert node.count("login_failures") == 1


def test_what_was_typed_as_a_name_is_not_kept_in_clear(node: World) -> None:
    fail(node, "my secret password")
    (kept,) = node.all("SELECT name_key, address FROM login_failures")
    assert len(kept[0]) == 64
    assert "secret" not in kept[0]
    assert kept[1] == HERE


# --- the limit -------------------------------------------------------------------------------------------------------


def test_after_ten_failures_the_name_is_closed_to_this_address_for_a_minute(node: World) -> None:
    add_team(node)
    add_team(node, "Larks")
    fail(node, times=10)
    assert wait_for(node) == 60
    assert enter(node, "Larks")
    assert enter(node, address=THERE)
    node.clock.advance(59.5)
    assert wait_for(node) == 1
    node.clock.advance(0.5)
    assert enter(node)


def test_the_window_slides(node: World) -> None:
    add_team(node)
    for _ in range(10):
        fail(node)
        node.clock.advance(3)
    assert wait_for(node) == 30
    node.clock.advance(30)
    fail(node)
    assert wait_for(node) == 3


def test_the_limit_is_one_for_all_spellings_of_a_name(node: World) -> None:
    for spelling in ("Owls", "OWLS", " owls", "ｏwls", "oWls") * 2:
        fail(node, spelling)
    assert wait_for(node, "owlS") == 60


def test_a_refused_login_is_not_hashed_and_does_not_lengthen_the_wait(node: World) -> None:
    add_team(node)
    fail(node, times=10)
    node.clock.advance(20)
    node.hasher.checks.clear()
    assert [wait_for(node) for _ in range(5)] == [40] * 5
    assert node.hasher.checks == []
    assert node.count("login_failures") == 10


def test_after_a_hundred_failures_the_address_is_closed_whatever_the_name(node: World) -> None:
    add_team(node)
    for number in range(100):
        fail(node, f"name {number}")
    assert wait_for(node, "a name never tried") == 60
    assert wait_for(node) == 60
    assert enter(node, address=THERE)


def test_a_whole_school_logs_in_from_one_address(node: World) -> None:
    add_team(node)
    fail(node, times=9)
    for _ in range(120):
        enter(node)
    assert node.count("login_failures") == 9
    assert enter(node)


def test_a_clock_that_was_put_back_locks_nobody_out_for_long(node: World) -> None:
    add_team(node)
    fail(node, times=10)
    node.clock.advance(-3600)
    assert enter(node)


def test_of_a_burst_no_more_than_ten_are_told_that_they_are_wrong(database: str, clock: FixedClock) -> None:
    with world(database, clock) as one, world(database, clock) as other:
        add_team(one)
        nodes = (one, other)
        results = at_once([lambda n=n: enter(nodes[n % 2], password=f"guess number {n}") for n in range(24)])
        assert Counter(type(result) for result in results) == {WrongLogin: 10, TooManyFailures: 14}
        assert one.count("login_failures") == 10


class Overtaken(MeasuringHasher):
    """While a password is being checked, ten others fail."""

    node: World

    def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
        for number in range(10):
            enter_failure(self.node, number)
        return super().check(lane, secret, hashed)


def enter_failure(node: World, number: int) -> None:
    (fingerprint,) = {row[0] for row in node.all("SELECT name_key FROM login_failures")}
    with node.database.writing() as connection:
        login_failure_queries.add(connection, HERE, fingerprint, later_than(node.clock.now(), -number))


@pytest.mark.parametrize("password", [PASSWORD, "wrong password"])
def test_the_eleventh_is_not_told_whether_it_was_right(node: World, password: str) -> None:
    add_team(node)
    fail(node)
    hasher = Overtaken(4)
    hasher.node = node
    with pytest.raises(TooManyFailures) as refused:
        log_in(replace(node.ports, hasher=hasher).for_login, "Owls", password, HERE)
    assert refused.value.retry_after == 51
    assert node.count("login_failures") == 11
    assert node.count("log") == 0


def test_when_hashing_is_busy_nothing_is_counted(node: World) -> None:
    add_team(node)
    node.hasher.problem = HashingBusy()
    with pytest.raises(HashingBusy):
        enter(node)
    assert node.count("login_failures") == 0


def test_failures_that_no_longer_count_are_swept(node: World) -> None:
    fail(node, times=2)
    node.clock.advance(30)
    fail(node)
    node.clock.advance(30)
    with node.database.writing() as connection:
        assert login_failure_queries.sweep(connection, node.clock.now()) == 2
    assert node.count("login_failures") == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(), max_size=40), password=st.text(st.characters(), max_size=100))
def test_no_junk_breaks_a_login(node: World, name: str, password: str) -> None:
    with pytest.raises((WrongLogin, TooManyFailures)):
        log_in(node.for_login, name, password, HERE)


# --- what an address is ----------------------------------------------------------------------------------------------


def test_an_ipv6_network_of_64_bits_fails_as_one_address(node: World) -> None:
    add_team(node)
    for number in range(10):
        fail(node, address=f"2001:db8:1:2::{number:x}")
    assert wait_for(node, address="2001:db8:1:2:ffff:ffff:ffff:ffff") == 60
    assert enter(node, address="2001:db8:1:3::1").name == "Owls"


def test_an_ipv4_address_in_ipv6_clothes_is_the_same_address(node: World) -> None:
    add_team(node)
    fail(node, address=f"::ffff:{HERE}", times=10)
    assert wait_for(node, address=HERE) == 60


# --- who is in already -----------------------------------------------------------------------------------------------


def test_strangers_at_a_shared_address_do_not_lock_out_who_is_logged_in(node: World) -> None:
    team = add_team(node)
    fail(node, times=10)
    assert wait_for(node) == 60
    assert log_in(node.for_login, "Owls", PASSWORD, HERE, team).id == team
    for number in range(9):
        fail(node, f"Nobody {number}", times=10)
    assert wait_for(node, "Larks") == 60, "a hundred failures close the address"
    assert log_in(node.for_login, "Owls", PASSWORD, HERE, team).id == team


def test_a_session_opens_no_other_account(node: World) -> None:
    add_team(node)
    larks = add_team(node, "Larks")
    fail(node, times=10)
    with pytest.raises(TooManyFailures):
        log_in(node.for_login, "Owls", PASSWORD, HERE, larks)


def test_a_session_has_ten_tries_a_minute_too(node: World) -> None:
    team = add_team(node)
    for _ in range(10):
        with pytest.raises(WrongLogin):
            log_in(node.for_login, "Owls", "wrong password", HERE, team)
    with pytest.raises(TooManyFailures):
        log_in(node.for_login, "Owls", PASSWORD, HERE, team)
    assert wait_for(node) == 60, "and they count against the name"
