"""Looking for teams, changing one, giving all of them out, on both databases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest

from app.accounts.profile import Profile
from app.accounts.team_admin import (
    TeamChanged,
    TeamEdit,
    TeamSearch,
    disarmed,
    edit_team,
    export_csv,
    export_json,
    find_team,
    search_teams,
)
from app.database.team_lists import find_by_words
from app.errors import FieldsRefused, TeamUnknown
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, world


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def found(node: World, words: str = "", **more: object) -> list[str]:
    lines, count = search_teams(node.database, TeamSearch(words, **more))  # type: ignore[arg-type]
    assert count == len(lines)
    return [line.name for line in lines]


def edit(display_name: str = "The Owls", division: str = "open", **more: str) -> TeamEdit:
    return TeamEdit(Profile(display_name, **more), division)


# --- looking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["OWL", " owls ", "The Ow", "nest@example", "NEST@", "ＯＷＬ"])
def test_a_team_is_found_by_a_piece_of_its_names_and_addresses(node: World, words: str) -> None:
    node.add_team("Owls", emails=["nest@example.org"])
    node.add_team("Bats", emails=["cave@example.org"])
    assert found(node, words) == ["Owls"]


def test_an_address_with_letters_beyond_ascii_is_found(node: World) -> None:
    node.add_team("Owls", emails=["jürgen@example.org"])
    assert found(node, "JÜRG") == ["Owls"]


@pytest.mark.parametrize(
    "words", ["%", "_", "\\", "'", '"', "[", "\0", "/", "x" * 100_000, "\ud800", "e\u0301" * 9_000]
)
def test_signs_that_mean_something_to_a_database_are_only_signs(node: World, words: str) -> None:
    node.add_team("Owls")
    assert found(node, words) in ([], ["Owls"])
    if words in ("%", "_", "\\"):
        assert found(node, words) == []


def test_the_filters_narrow_each_other(node: World) -> None:
    node.add_team("Owls", division="quiet")
    node.add_team("Bats", is_banned=True)
    node.add_team("Cats", role="helper")
    assert found(node, division="quiet") == ["Owls"]
    assert found(node, is_banned=True) == ["Bats"]
    assert found(node, role="helper") == ["Cats"]
    assert found(node, "owls", is_banned=True) == []


def test_a_long_list_comes_in_pages(node: World) -> None:
    for number in range(53):
        node.add_team(f"T{number:02}")
    first, count = search_teams(node.database, TeamSearch())
    second, _ = search_teams(node.database, TeamSearch(), 2)
    assert (len(first), len(second), count) == (50, 3, 53)
    assert {line.name for line in first} & {line.name for line in second} == set()
    assert search_teams(node.database, TeamSearch(), 10**30)[0] == ()


def test_all_that_is_known_of_a_team_is_in_one_place(node: World) -> None:
    owls = node.add_team("Owls")
    submit(node.ports.for_guess, node.content, NewGuess(owls, node.puzzle("one"), "hen", "", "192.0.2.1"))
    submit(node.ports.for_guess, node.content, NewGuess(owls, node.puzzle("one"), "owl", "", "192.0.2.1"))
    seen = find_team(node.database, owls)
    assert (seen.team.score, seen.team.solved) == (40, 1)
    assert [solve.puzzle_id for solve in seen.solves] == ["recOne"]
    assert [(line.kind, line.amount) for line in seen.ledger] == [("points", 40)]
    assert {(line.kind, line.text) for line in seen.doings} == {("guess, wrong", "hen"), ("guess, correct", "")}


@pytest.mark.parametrize("number", [0, -1, 99, 10**30])
def test_there_is_no_such_team(node: World, number: int) -> None:
    with pytest.raises(TeamUnknown):
        find_team(node.database, number)


def test_an_organiser_names_a_team_by_either_of_its_names(node: World) -> None:
    owls = node.add_team("Owls")
    node.add_team("Owlsome")
    for words in ("owls", " THE OWLS "):
        one = find_by_words(node.database, words)
        assert one is not None
        assert one.id == owls
    assert find_by_words(node.database, "owl") is None
    assert find_by_words(node.database, "") is None


# --- changing --------------------------------------------------------------------------------------------------------


def test_a_change_is_stored_and_audited_without_the_addresses(node: World) -> None:
    owls = node.add_team("Owls")
    edit_team(
        node.for_hunt, owls, edit("Night Owls", emails="a@example.org"), find_team(node.database, owls).seen, "chief"
    )
    assert find_team(node.database, owls).team.display_name == "Night Owls"
    ((action, subject, details),) = node.all("SELECT action, subject, details FROM audit")
    assert (action, subject) == ("team.edit", "Owls")
    assert "Night Owls" in str(details)
    assert "example.org" not in str(details)


def test_the_second_of_two_who_save_the_same_team_is_told_what_is_stored(node: World) -> None:
    owls = node.add_team("Owls")
    seen = find_team(node.database, owls).seen
    edit_team(node.for_hunt, owls, edit("First"), seen, "one")
    with pytest.raises(TeamChanged) as told:
        edit_team(node.for_hunt, owls, edit("Second"), seen, "two")
    assert told.value.team.display_name == "First"
    assert node.count("audit") == 1


def test_of_many_who_save_at_the_same_moment_one_does(node: World) -> None:
    owls = node.add_team("Owls")
    seen = find_team(node.database, owls).seen
    acts = [
        lambda name=f"Name {number}": edit_team(node.for_hunt, owls, edit(name), seen, "x")  # type: ignore[misc]
        for number in range(5)
    ]
    results = at_once(acts)
    assert [type(one) for one in results].count(TeamChanged) == 4
    assert node.count("audit") == 1


def test_points_earned_meanwhile_are_no_conflict(node: World) -> None:
    owls = node.add_team("Owls")
    seen = find_team(node.database, owls).seen
    submit(node.ports.for_guess, node.content, NewGuess(owls, node.puzzle("one"), "owl", "", ""))
    edit_team(node.for_hunt, owls, edit("Night Owls"), seen, "one")


def test_what_is_wrong_is_said_at_its_field(node: World) -> None:
    owls, _ = node.add_team("Owls"), node.add_team("Bats")
    seen = find_team(node.database, owls).seen
    with pytest.raises(FieldsRefused) as refused:
        edit_team(node.for_hunt, owls, edit("", "nowhere", emails="nonsense"), seen, "x")
    assert set(refused.value.fields) == {"display_name", "division", "emails"}
    with pytest.raises(FieldsRefused) as refused:
        edit_team(node.for_hunt, owls, edit("THE BATS"), seen, "x")
    assert set(refused.value.fields) == {"display_name"}


def test_another_division_moves_the_open_pages(node: World) -> None:
    owls = node.add_team("Owls")
    edit_team(node.for_hunt, owls, edit(division="quiet"), find_team(node.database, owls).seen, "x")
    assert (f"team:{owls}", "look_again", {}) in node.ears.heard


# --- giving out ------------------------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=x", " =1", "＝1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_disarmed(text: str) -> None:
    assert disarmed(text) == f"'{text}"


def test_the_export_is_csv_that_no_spreadsheet_computes(node: World) -> None:
    node.add_team(
        "=cmd", display_name='=HYPERLINK("http://x")', affiliation="Ä, B", emails=["a@example.org", "b@c.org"]
    )
    text = "".join(export_csv(node.database))
    assert text.startswith("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["name"], row["display_name"]) == ("'=cmd", '\'=HYPERLINK("http://x")')
    assert (row["affiliation"], row["emails"], row["score"]) == ("Ä, B", "a@example.org b@c.org", "0")


def test_the_export_holds_no_password(node: World) -> None:
    node.add_team("Owls", password_hash="$2b$04$" + "x" * 53)
    both = "".join(export_csv(node.database)) + export_json(node.database)
    assert "$2b$" not in both
    assert json.loads(export_json(node.database))["teams"][0]["name"] == "Owls"
