"""Roles, bans and admins: what is audited, and the last admin who cannot be removed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from app.accounts import roles
from app.accounts.login import AccountBanned, WrongLogin, log_in
from app.accounts.roles import LastAdmin, RoleUnknown
from app.accounts.team_admin import TeamSearch, search_teams
from app.core.roles import highest
from app.errors import FieldsRefused, TeamUnknown
from tests.support.accounts import HERE, add_team
from tests.support.client import PASSWORD
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world

Removal = Callable[[World, int], None]
REMOVALS: dict[str, Removal] = {
    "demote": lambda node, team: roles.set_roles(node.database, node.clock, node.broadcaster, team, (), "Chief", HERE),
    "ban": lambda node, team: roles.ban(node.database, node.clock, node.broadcaster, team, "Chief", HERE),
}


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def audited(node: World) -> list[tuple[str, ...]]:
    return node.all("SELECT actor, action, subject, address FROM audit ORDER BY id")


def standing(node: World) -> int:
    return node.count("teams", "role = 'admin' AND NOT is_banned")


@pytest.mark.parametrize("role", ["helper", "writer", "admin"])
def test_an_account_is_given_a_role(node: World, role: str) -> None:
    team = add_team(node)
    roles.set_roles(node.database, node.clock, node.broadcaster, team, {role}, "Chief", HERE)
    assert node.row(team).role == role
    assert audited(node) == [("Chief", "team.role", "Owls", HERE)]
    assert f'"before": "team", "after": "{role}"' in node.all("SELECT details FROM audit")[0][0].__str__().replace(
        "'", '"'
    )


def test_the_same_role_again_is_no_act(node: World) -> None:
    roles.set_roles(node.database, node.clock, node.broadcaster, add_team(node), (), "Chief")
    assert node.count("audit") == 0


def test_an_account_is_given_several_roles_and_loses_one_of_them(node: World) -> None:
    team = add_team(node)
    roles.set_roles(node.database, node.clock, node.broadcaster, team, {"writer", "helper"}, "Chief", HERE)
    assert (node.row(team).role, node.row(team).roles) == ("writer", "helper writer")
    assert log_in(node.for_login, "Owls", PASSWORD, HERE).roles == {"helper", "writer"}
    roles.set_roles(node.database, node.clock, node.broadcaster, team, ["helper"], "Chief", HERE)
    assert log_in(node.for_login, "Owls", PASSWORD, HERE).roles == {"helper"}
    assert node.ears.heard == [(f"team:{team}", "look_again", {})] * 2
    details = [row[0] for row in node.all("SELECT details FROM audit ORDER BY id")]
    assert [json.loads(one) if isinstance(one, str) else one for one in details] == [
        {"before": "team", "after": "helper writer"}, {"before": "helper writer", "after": "helper"},
    ]  # fmt: skip


def test_a_role_that_the_release_before_took_away_is_gone(node: World) -> None:
    team = add_team(node, role="writer", roles="helper writer")
    node.change("UPDATE teams SET role = 'team' WHERE name = 'Owls'")
    assert log_in(node.for_login, "Owls", PASSWORD, HERE).roles == set()
    roles.set_roles(node.database, node.clock, node.broadcaster, team, {"helper"}, "Chief")
    assert log_in(node.for_login, "Owls", PASSWORD, HERE).roles == {"helper"}


@pytest.mark.parametrize(
    ("role", "names"),
    [("helper", ["Both", "Chief", "Helper"]), ("writer", ["Both", "Writer"]), ("admin", ["Chief"]), ("team", ["Owls"])],
)
def test_accounts_are_found_by_any_role_they_have(node: World, role: str, names: list[str]) -> None:
    add_team(node)
    for name, held in {"Both": "helper writer", "Chief": "helper admin", "Helper": "helper", "Writer": ""}.items():
        add_team(node, name, role=highest(held.split() or ["writer"]), roles=held)
    # The set contradicts the role: the release before has written it.
    add_team(node, "Old", role="admin", roles="helper writer", is_banned=True)
    found, count = search_teams(node.database, TeamSearch(role=role, is_banned=False))
    assert ([one.name for one in found], count) == (names, len(names))


@pytest.mark.parametrize("role", ["", "Admin", "root", "admin\0", "team"])
def test_a_role_that_is_none_is_refused(node: World, role: str) -> None:
    team = add_team(node)
    with pytest.raises(RoleUnknown):
        roles.set_roles(node.database, node.clock, node.broadcaster, team, {role}, "Chief")
    assert node.row(team).role == "team"


def test_a_ban_ends_the_sessions_and_closes_the_login(node: World) -> None:
    team = add_team(node)
    roles.ban(node.database, node.clock, node.broadcaster, team, "Chief", HERE)
    assert (node.row(team).is_banned, node.row(team).epoch) == (True, 1)
    with pytest.raises(AccountBanned):
        log_in(node.for_login, "Owls", PASSWORD, HERE)
    roles.unban(node.database, node.clock, node.broadcaster, team, "Chief", HERE)
    assert log_in(node.for_login, "Owls", PASSWORD, HERE).epoch == 2
    assert audited(node) == [("Chief", "team.ban", "Owls", HERE), ("Chief", "team.unban", "Owls", HERE)]


def test_banning_twice_is_one_act(node: World) -> None:
    team = add_team(node)
    roles.ban(node.database, node.clock, node.broadcaster, team, "Chief")
    roles.ban(node.database, node.clock, node.broadcaster, team, "Chief")
    assert (node.row(team).epoch, node.count("audit")) == (1, 1)


def test_nobody_cannot_be_changed(node: World) -> None:
    for act in (
        *REMOVALS.values(),
        lambda node, team: roles.unban(node.database, node.clock, node.broadcaster, team, "Chief"),
    ):
        with pytest.raises(TeamUnknown):
            act(node, 4711)
    assert node.count("audit") == 0


# --- the last admin --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", REMOVALS)
def test_the_last_admin_cannot_be_removed(node: World, how: str) -> None:
    chief = add_team(node, "Chief", role="admin")
    add_team(node, "Banned", role="admin", is_banned=True)
    add_team(node, "Writer", role="writer")
    with pytest.raises(LastAdmin):
        REMOVALS[how](node, chief)
    assert (standing(node), node.count("audit"), node.row(chief).epoch) == (1, 0, 0)


@pytest.mark.parametrize("how", REMOVALS)
def test_one_of_two_admins_can_be_removed(node: World, how: str) -> None:
    add_team(node, "Chief", role="admin")
    REMOVALS[how](node, add_team(node, "Deputy", role="admin"))
    assert standing(node) == 1


@pytest.mark.parametrize("how", REMOVALS)
def test_an_admin_who_is_banned_is_not_the_last_one(node: World, how: str) -> None:
    add_team(node, "Chief", role="admin")
    REMOVALS[how](node, add_team(node, "Banned", role="admin", is_banned=True))
    assert standing(node) == 1


@pytest.mark.parametrize("how", REMOVALS)
@pytest.mark.parametrize("other", REMOVALS)
def test_admins_who_remove_each_other_at_once_leave_one(database: str, clock: FixedClock, how: str, other: str) -> None:
    with world(database, clock) as one, world(database, clock) as two:
        for turn in range(3):
            chiefs = [add_team(one, f"Chief {turn} {number}", role="admin") for number in range(2)]
            for old in one.all("SELECT id FROM teams WHERE role = 'admin' AND NOT is_banned"):
                if old[0] not in chiefs:
                    roles.set_roles(one.database, one.clock, one.broadcaster, old[0], (), "test")
            results = at_once(
                [lambda to=chiefs[1]: REMOVALS[how](one, to), lambda to=chiefs[0]: REMOVALS[other](two, to)]
            )
            assert sorted(type(result).__name__ for result in results) == ["LastAdmin", "NoneType"]
            assert standing(one) == 1


# --- the first admin -------------------------------------------------------------------------------------------------


def test_of_many_nodes_that_start_at_once_one_makes_the_first_admin(database: str, clock: FixedClock) -> None:
    def start(one: World) -> Callable[[], int]:
        return lambda: roles.create_or_promote_admin(
            one.database, one.in_force, one.clock, one.hasher, "keeper", PASSWORD, "environment", is_first_alone=True
        )

    with world(database, clock) as one, world(database, clock) as two, world(database, clock) as three:
        made = at_once([start(node) for node in (one, two, three)])
        assert sorted(made)[:2] == [0, 0], made
        assert standing(one) == 1
        assert one.count("audit") == 1


def test_an_admin_is_created_with_a_password(node: World) -> None:
    made = roles.create_or_promote_admin(node.database, node.in_force, node.clock, node.hasher, " Chief ", PASSWORD)
    row = node.row(made)
    assert (row.name, row.display_name, row.role, row.division) == ("Chief", "Chief", "admin", "open")
    assert log_in(node.for_login, "chief", PASSWORD, HERE).id == made
    assert audited(node) == [("command line", "team.admin", "Chief", "")]
    assert PASSWORD not in str(node.all("SELECT * FROM audit"))


def test_a_team_is_promoted_and_whoever_knew_the_old_password_is_out(node: World) -> None:
    team = add_team(node, is_banned=True)
    assert (
        roles.create_or_promote_admin(node.database, node.in_force, node.clock, node.hasher, "OWLS", "another password")
        == team
    )
    assert (node.row(team).role, node.row(team).is_banned, node.row(team).epoch) == ("admin", False, 1)
    with pytest.raises(WrongLogin):
        log_in(node.for_login, "Owls", PASSWORD, HERE)
    assert log_in(node.for_login, "Owls", "another password", HERE).role == "admin"


def test_a_writer_who_becomes_an_admin_stays_a_writer(node: World) -> None:
    team = add_team(node, role="writer")
    roles.create_or_promote_admin(node.database, node.in_force, node.clock, node.hasher, "Owls", "")
    assert log_in(node.for_login, "Owls", PASSWORD, HERE).roles == {"writer", "admin"}
    roles.create_or_promote_admin(node.database, node.in_force, node.clock, node.hasher, "Chief", PASSWORD)
    roles.set_roles(node.database, node.clock, node.broadcaster, team, {"writer"}, "Chief")
    assert (node.row(team).role, node.row(team).roles) == ("writer", "writer")


def test_a_team_that_has_a_password_may_keep_it(node: World) -> None:
    team = add_team(node)
    roles.create_or_promote_admin(node.database, node.in_force, node.clock, node.hasher, "Owls", "")
    assert log_in(node.for_login, "Owls", PASSWORD, HERE).id == team
    assert node.row(team).role == "admin"


@pytest.mark.parametrize(
    ("name", "password"),
    [("Chief", ""), ("Chief", "short"), ("Owls", ""), ("Owls", "short"), ("x", PASSWORD), ("\0", "")],
)
def test_an_admin_without_a_proper_name_and_password_is_refused(node: World, name: str, password: str) -> None:
    add_team(node, password=None)
    with pytest.raises(FieldsRefused):
        roles.create_or_promote_admin(node.database, node.in_force, node.clock, node.hasher, name, password)
    assert (node.count("teams"), standing(node), node.count("audit")) == (1, 0, 0)


def test_a_team_that_is_shown_as_the_admin_is_called_does_not_prevent_the_admin(node: World) -> None:
    add_team(node, display_name="Admin", display_key="admin")
    made = roles.create_or_promote_admin(node.database, node.in_force, node.clock, node.hasher, "admin", PASSWORD)
    assert node.row(made).display_name == "admin (staff)"
