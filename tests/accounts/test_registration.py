"""Registering a team: what is refused and how, names that are one name, races, and what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import bcrypt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.divisions import NO_DIVISION, NONE_OPEN
from app.accounts.password_rules import prepared
from app.accounts.profile import TAKEN, Profile
from app.accounts.registration import Registration, register
from app.core.hunt_settings import HuntSettings
from app.core.model import Division
from app.errors import FieldsRefused, HashingBusy
from tests.support.accounts import HERE, form, measured
from tests.support.client import PASSWORD
from tests.support.clock import FixedClock
from tests.support.world import CountingHasher, World, at_once, small_content, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def enter(node: World, registration: Registration) -> int:
    return register(node.for_login, HuntSettings(), node.content, registration, HERE)


def refusal(node: World, registration: Registration) -> dict[str, str]:
    with pytest.raises(FieldsRefused) as refused:
        enter(node, registration)
    return refused.value.fields


def test_a_team_is_stored_as_it_was_typed_without_blanks_around(node: World) -> None:
    team = enter(node, form("  Night Owls ", display_name=" Ｎight ∞ Owls ", affiliation=" A school "))
    row = node.row(team)
    assert (row.name, row.name_key) == ("Night Owls", "night owls")
    assert (row.display_name, row.display_key, row.affiliation) == ("Ｎight ∞ Owls", "night ∞ owls", "A school")
    assert (row.division, row.role, row.is_banned, row.epoch, row.created_at) == (
        "open", "team", False, 0, node.clock.now(),
    )  # fmt: skip


def test_the_password_is_hashed_at_the_cost_in_force(node: World) -> None:
    ports, hasher = measured(node, cost=5)
    team = register(ports.for_login, HuntSettings(), node.content, form(), HERE)
    stored = node.row(team).password_hash
    assert hasher.made_at == [5]
    assert stored.startswith("$2b$05$")
    assert bcrypt.checkpw(PASSWORD.encode(), stored.encode())


def test_a_password_beyond_what_bcrypt_reads_counts_to_its_end(node: World) -> None:
    long = "a" * 72 + "end"
    stored = node.row(enter(node, form(password=long, password_again=long))).password_hash.encode()
    assert bcrypt.checkpw(prepared(long), stored)
    assert not bcrypt.checkpw(prepared("a" * 72 + "nd"), stored)


def test_a_registration_is_logged_with_its_address(node: World) -> None:
    team = enter(node, form())
    assert node.all("SELECT kind, team_id, address FROM log") == [("registration", team, HERE)]


REFUSED = [
    ({"name": "ab"}, "name", "Use 3–32 characters."),
    ({"name": "a" * 33}, "name", "Use 3–32 characters."),
    ({"name": "a\0bc"}, "name", "Control characters"),
    ({"name": "abc\ud800"}, "name", "Control characters"),
    ({"display_name": ""}, "display_name", "Use 1–60 characters."),
    ({"display_name": "a" * 61}, "display_name", "Use 1–60 characters."),
    ({"display_name": "ﷺ" * 60}, "display_name", "characters that stand for many letters"),
    ({"affiliation": "a" * 101}, "affiliation", "at most 100"),
    ({"affiliation": "a\0"}, "affiliation", "Control characters"),
    ({"emails": "nobody"}, "emails", "“nobody” isn’t an email address."),
    ({"emails": "a@example.org, b@@example.org"}, "emails", "“b@@example.org” isn’t"),
    ({"emails": "a@" + "x" * 300 + ".org"}, "emails", "…” isn’t an email address."),
    ({"emails": "<script>@example.org"}, "emails", "isn’t an email address."),
    ({"emails": "a\0@example.org"}, "emails", "isn’t an email address."),
    ({"emails": " ".join(f"a{n}@example.org" for n in range(11))}, "emails", "Up to 10"),
    ({"emails": "a" * 100_000}, "emails", "Up to 10"),
    ({"division": "none"}, "division", NO_DIVISION),
    ({"division": ""}, "division", NO_DIVISION),
    ({"division": "closed"}, "division", NO_DIVISION),
    ({"password": "seven77", "password_again": "seven77"}, "password", "at least 8 characters"),
    ({"password": "x" * 2001, "password_again": "x" * 2001}, "password", "at most 2,000"),
    ({"password_again": "something else"}, "password_again", "don’t match"),
]


@pytest.mark.parametrize(("changes", "field", "words"), REFUSED)
def test_bad_input_gets_a_message_at_its_field_and_stores_nothing(
    sqlite_database: str, clock: FixedClock, changes: dict[str, str], field: str, words: str
) -> None:
    divisions = (Division("open", "Open"), Division("quiet", "Quiet"), Division("closed", "Closed", is_public=False))
    with world(sqlite_database, clock, small_content(divisions=divisions)) as node:
        found = refusal(node, form(**({"display_name": "Night owls"} | changes)))
        assert list(found) == [field]
        assert words in found[field]
        assert (node.count("teams"), node.count("log"), node.hasher.checks) == (0, 0, [])


def test_everything_that_is_wrong_is_said_at_once(node: World) -> None:
    wrong = Registration("", Profile("", "a" * 101, "@"), "none", "short", "other")
    assert set(refusal(node, wrong)) == {"name", "display_name", "affiliation", "emails", "division", "password"}


def test_ten_addresses_are_kept_once_each_in_order(node: World) -> None:
    typed = "b@example.org;a@EXAMPLE.org\n" + ", ".join(f"c{n}@example.org" for n in range(8)) + " b@example.org"
    assert node.row(enter(node, form(emails=typed))).emails == [
        "b@example.org", "a@example.org", *(f"c{n}@example.org" for n in range(8)),
    ]  # fmt: skip


def test_where_there_is_one_public_division_it_need_not_be_chosen(node: World) -> None:
    content = small_content(divisions=(Division("all", "All"), Division("old", "Old", is_public=False)))
    team = register(node.for_login, HuntSettings(), content, form(division=""), HERE)
    assert node.row(team).division == "all"


def test_without_a_public_division_nobody_can_register(node: World) -> None:
    content = small_content(divisions=(Division("old", "Old", is_public=False),))
    with pytest.raises(FieldsRefused) as refused:
        register(node.for_login, HuntSettings(), content, form(division="old"), HERE)
    assert refused.value.fields == {"division": NONE_OPEN}


@pytest.mark.parametrize("name", ["Owls", " oWLS ", "ＯＷＬＳ"])
def test_a_name_is_unique_in_all_its_spellings(node: World, name: str) -> None:
    enter(node, form("owls"))
    assert refusal(node, form(name, display_name="Somebody else")) == {"name": TAKEN["name"]}


@pytest.mark.parametrize("shown", ["THE OWLS", "the  owls", "Ｔhe Owls"])
def test_a_display_name_is_unique_without_regard_to_case(node: World, shown: str) -> None:
    enter(node, form("owls"))
    assert refusal(node, form("others", display_name=shown)) == {"display_name": TAKEN["display_name"]}


def test_both_names_taken_are_both_said_and_nothing_is_hashed_for_it(node: World) -> None:
    enter(node, form("owls"))
    ports, hasher = measured(node)
    with pytest.raises(FieldsRefused) as refused:
        register(ports.for_login, HuntSettings(), node.content, form("owls"), HERE)
    assert refused.value.fields == TAKEN
    assert hasher.made_at == []


@pytest.mark.parametrize("field", ["name", "display_name"])
def test_of_many_who_want_a_name_at_once_one_gets_it(database: str, clock: FixedClock, field: str) -> None:
    with world(database, clock) as one, world(database, clock) as other:
        forms = [form(display_name=f"Number {n}") for n in range(8)]
        if field == "display_name":
            forms = [form(f"owls{n}", display_name="Owls") for n in range(8)]
        nodes = (one, other)
        results = at_once([lambda n=n: enter(nodes[n % 2], forms[n]) for n in range(8)])
        assert sum(isinstance(result, int) for result in results) == 1
        losers = [result for result in results if not isinstance(result, int)]
        assert [loser.fields for loser in losers] == [{field: TAKEN[field]}] * 7
        assert (one.count("teams"), one.count("log")) == (1, 1)


def test_a_full_hashing_queue_stores_nothing(node: World) -> None:
    class Full(CountingHasher):
        def make(self, lane: str, secret: bytes, cost: int) -> str:
            raise HashingBusy

    with pytest.raises(HashingBusy):
        register(replace(node.for_login, hasher=Full()), HuntSettings(), node.content, form(), HERE)
    assert node.count("teams") == 0


JUNK = st.text(st.characters(), max_size=60) | st.sampled_from(
    ["", "\0", "\ud800", "a@b.org", "open", "ﷺ" * 60, PASSWORD]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.tuples(*[JUNK] * 7))
def test_no_junk_breaks_a_registration_and_what_is_refused_leaves_nothing(node: World, typed: tuple[str, ...]) -> None:
    before = node.count("teams")
    name, shown, affiliation, emails, division, password, again = typed
    try:
        enter(node, Registration(name, Profile(shown, affiliation, emails), division, password, again))
    except FieldsRefused:
        assert node.count("teams") == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=JUNK, shown=JUNK, affiliation=JUNK)
def test_whatever_names_are_allowed_the_database_takes(node: World, name: str, shown: str, affiliation: str) -> None:
    try:
        team = enter(node, form(name, display_name=shown, affiliation=affiliation))
    except FieldsRefused:
        return
    assert node.row(team).name == node.row(team).name.strip()
