"""A team's own account: the profile that others see, and changing the password."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.login import TooManyFailures, WrongLogin, log_in
from app.accounts.password_reset import LinkUsedUp, account_of_link, make_reset_link
from app.accounts.profile import NOT_THE_PRESENT_ONE, TAKEN, Profile, change_password, save_profile
from app.errors import FieldsRefused
from tests.support.accounts import HERE, THERE, add_team
from tests.support.client import PASSWORD
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, later_than, world

NEW = "another password"


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def change(node: World, team: int, current: str = PASSWORD, new: str = NEW, again: str = NEW) -> int:
    return change_password(node.for_login, node.broadcaster, team, current, new, again, HERE)


def refusal(node: World, team: int, *typed: str) -> dict[str, str]:
    with pytest.raises(FieldsRefused) as refused:
        change(node, team, *typed)
    return refused.value.fields


def test_a_division_is_changed_until_the_start_and_not_after(node: World) -> None:
    team, starts_at = add_team(node), later_than(node.clock.now(), 60)
    node.settle(starts_at=starts_at)
    save_profile(node.for_hunt, team, Profile("Owls", division="quiet"), HERE)
    assert node.row(team).division == "quiet"
    assert (f"team:{team}", "look_again", {}) in node.ears.heard
    with pytest.raises(FieldsRefused) as unknown:
        save_profile(node.for_hunt, team, Profile("Owls", division="nowhere"), HERE)
    node.clock.set_wall(starts_at)
    with pytest.raises(FieldsRefused) as late:
        save_profile(node.for_hunt, team, Profile("Owls", division="open"), HERE)
    assert (list(unknown.value.fields), list(late.value.fields)) == (["division"], ["division"])
    save_profile(node.for_hunt, team, Profile("Owls of late"), HERE)
    assert (node.row(team).division, node.row(team).display_name) == ("quiet", "Owls of late")


def test_a_profile_is_stored_and_logged(node: World) -> None:
    team = add_team(node)
    save_profile(node.for_hunt, team, Profile(" New ∞ Owls ", " Here ", "a@example.org b@example.org"), HERE)
    row = node.row(team)
    assert (row.display_name, row.display_key, row.affiliation) == ("New ∞ Owls", "new ∞ owls", "Here")
    assert row.emails == ["a@example.org", "b@example.org"]
    assert (row.name, row.epoch) == ("Owls", 0)
    assert node.all("SELECT kind, team_id, address FROM log") == [("profile", team, HERE)]


def test_a_team_may_keep_its_display_name_or_write_it_in_other_letters(node: World) -> None:
    team = add_team(node)
    save_profile(node.for_hunt, team, Profile("THE OWLS"), HERE)
    assert node.row(team).display_name == "THE OWLS"


def test_a_display_name_of_another_team_is_refused(node: World) -> None:
    team = add_team(node)
    add_team(node, "Larks")
    with pytest.raises(FieldsRefused) as refused:
        save_profile(node.for_hunt, team, Profile("the larks"), HERE)
    assert refused.value.fields == {"display_name": TAKEN["display_name"]}
    assert node.row(team).display_name == "The Owls"


def test_of_many_teams_that_want_a_display_name_at_once_one_gets_it(node: World) -> None:
    flock = [add_team(node, f"Owls{number}") for number in range(6)]
    results = at_once([lambda team=team: save_profile(node.for_hunt, team, Profile("Owls"), HERE) for team in flock])
    assert results.count(None) == 1
    assert [lost.fields for lost in results if lost] == [{"display_name": TAKEN["display_name"]}] * 5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.tuples(*[st.text(st.characters(), max_size=130)] * 3))
def test_no_junk_breaks_a_profile_and_what_is_refused_changes_nothing(node: World, typed: tuple[str, ...]) -> None:
    if not node.count("teams"):
        add_team(node)
    before = node.all("SELECT * FROM teams")
    team = int(node.all("SELECT id FROM teams")[0][0])
    try:
        save_profile(node.for_hunt, team, Profile(*typed), HERE)
    except FieldsRefused:
        assert node.all("SELECT * FROM teams") == before


def test_a_new_password_counts_from_now_on_and_the_old_one_no_more(node: World) -> None:
    team = add_team(node)
    change(node, team)
    assert log_in(node.for_login, "Owls", NEW, HERE).id == team
    with pytest.raises(WrongLogin):
        log_in(node.for_login, "Owls", PASSWORD, HERE)


def test_changing_the_password_ends_all_sessions_and_spoils_open_links(node: World) -> None:
    team = add_team(node)
    token = make_reset_link(node.database, node.clock, team, "test").rsplit("/", 1)[1]
    assert change(node, team) == 1
    assert node.row(team).epoch == 1
    with pytest.raises(LinkUsedUp):
        account_of_link(node.database, node.clock, token)
    assert node.all("SELECT kind, address FROM log") == [("password", HERE)]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (("wrong password", NEW, NEW), "current_password"),
        (("", NEW, NEW), "current_password"),
        ((PASSWORD, "short", "short"), "password"),
        ((PASSWORD, NEW, "something else"), "password_again"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(node: World, typed: tuple[str, str, str], field: str) -> None:
    team = add_team(node)
    before = node.row(team)
    assert list(refusal(node, team, *typed)) == [field]
    assert node.row(team) == before
    assert node.count("log") == 0


def test_an_open_page_gives_no_more_tries_than_the_login(node: World) -> None:
    team = add_team(node)
    for _ in range(10):
        assert refusal(node, team, "wrong password") == {"current_password": NOT_THE_PRESENT_ONE}
    with pytest.raises(TooManyFailures):
        change(node, team)
    with pytest.raises(TooManyFailures):
        log_in(node.for_login, "Owls", PASSWORD, HERE)
    assert log_in(node.for_login, "Owls", PASSWORD, THERE).id == team


def test_strangers_who_fail_from_the_same_address_do_not_keep_a_team_from_its_password(node: World) -> None:
    team = add_team(node)
    for _ in range(10):
        with pytest.raises(WrongLogin):
            log_in(node.for_login, "Owls", "wrong password", HERE)
    assert change(node, team) == 1


def test_of_two_changes_at_once_one_wins(node: World) -> None:
    team = add_team(node)
    results = at_once([lambda n=n: change(node, team, PASSWORD, f"password {n}", f"password {n}") for n in range(4)])
    assert sorted(map(type, results), key=str) == sorted([int, *[FieldsRefused] * 3], key=str)
    assert log_in(node.for_login, "Owls", f"password {[type(one) for one in results].index(int)}", HERE).epoch == 1


def test_a_team_that_is_gone_changes_nothing(node: World) -> None:
    assert refusal(node, 4711) == {"current_password": NOT_THE_PRESENT_ONE}
