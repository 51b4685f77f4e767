"""A list of teams taken in: what is refused and how it is said, all or nothing, and links instead of passwords."""

from __future__ import annotations

import contextlib
import csv
import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.password_reset import LinkUsedUp, account_of_link, reset_password
from app.accounts.team_admin import export_csv
from app.accounts.team_import import ListHasFaults, ListUnreadable, import_teams, links_as_csv, links_of, look_through
from app.accounts.team_list import read_list
from app.core.model import Division
from tests.support.clock import FixedClock
from tests.support.world import World, at_once, small_content, world

HEAD = "name,display_name,division,affiliation,emails\n"


@pytest.fixture
def node(database: str, clock: FixedClock) -> Iterator[World]:
    with world(database, clock) as one:
        yield one


def faults(node: World, text: str | bytes) -> dict[int, tuple[str, ...]]:
    raw = text if isinstance(text, bytes) else text.encode()
    return {
        row.line: row.problems
        for row in look_through(node.database, node.clock, node.content, raw).rows
        if row.problems
    }


def take(node: World, text: str) -> Any:
    return import_teams(node.database, node.clock, node.content, text.encode(), "chief")


# --- what the file may be --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        (HEAD + "owls,Öwls,open,,\n").encode(),
        (HEAD + "owls,Öwls,open,,\n").encode("utf-8-sig"),
        (HEAD + "owls,Öwls,open,,\n").replace(",", ";").encode(),
        (HEAD + "owls,Öwls,open,,\n").replace(",", "\t").encode(),
        (HEAD + "owls,Öwls,open,,\n").replace("\n", "\r\n").encode(),
        (HEAD + "owls,Öwls,open,,\n").replace("\n", "\r").encode(),
        "Name,Display Name\nowls,Öwls".encode(),
        "Remark,display-name,NAME\n=1+1,Öwls,owls".encode(),
        "\n\n name , display_name \n\n owls , Öwls \n,\n\n".encode(),
        "sep=;\r\nname;display_name\r\nowls;Öwls\r\n".encode(),
        '\ufeff"sep=\t"\r\nname\tdisplay_name\r\nowls\tÖwls\r\n'.encode(),
        "  \nname;display_name\nowls;Öwls\n".encode(),
        "\r\rname;display_name\rowls;Öwls\r".encode(),
        "name|display_name\nowls|Öwls\n".encode(),
        '"remark, or two, or three";name;display_name\nx;owls;Öwls\n'.encode(),
        'name, display_name\n"owls", "Öwls"\n'.encode(),
        ",,,\n\t\nname;display_name\nowls;Öwls\n".encode(),
        ';;;\r\n"","",""\r\nname,display_name\r\nowls,Öwls\r\n'.encode(),
        "||\rname\tdisplay_name\rowls\tÖwls\r".encode(),
        "name;display_name;remark (one, two, three)\nowls;Öwls;\n".encode(),
        "name,display_name,a;b;c;d\nowls,Öwls,\n".encode(),
        "name ; display_name ; remark: a, b, c\nowls ; Öwls ; \n".encode(),
    ],
)
def test_a_list_is_read_however_a_spreadsheet_wrote_it(raw: bytes) -> None:
    ((row),) = read_list(raw)
    assert (row["name"], row["display_name"], row.problem) == ("owls", "Öwls", "")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "name the columns"),
        (b"name\n", "no team"),
        (b"remark,who\nowls,x\n", "one of them must be"),
        (b"name,name\nowls,x\n", "more than once"),
        ("name\nÖwls\n".encode("latin-1"), "Line 2 is not in UTF-8"),
        ("name\nÖwls\n".encode("utf-16"), "UTF-16"),
        (b"name\nowls\0\n", "zero bytes"),
        (b'name\n"owls"x\n', "is not CSV"),
        (b'name\n"owls\n', "is not CSV"),
        (b"\x89PNG\r\n\x1a\n\xff", "not in UTF-8"),
        (b"name\n" + b"owls\n" * 100_000, "5,000 teams at most"),
        (b"name\n" + b"a row that is rather long\n" * 100_000, "too large"),
        (b"name\n" + b"x" * 200_000, "is not CSV"),
    ],
)
def test_what_is_no_list_is_refused_in_words_and_soon(raw: bytes, words: str) -> None:
    before = time.process_time()
    with pytest.raises(ListUnreadable, match=words):
        read_list(raw)
    assert time.process_time() - before < 5


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: (HEAD + text).encode("utf-8", "surrogatepass")))
@settings(max_examples=150, deadline=None)
def test_nothing_breaks_the_reader(raw: bytes) -> None:
    with contextlib.suppress(ListUnreadable):
        assert read_list(raw)


def test_a_line_for_the_spreadsheet_moves_no_line_number() -> None:
    ((row),) = read_list(b"sep=;\r\nname;emails\r\nowls;a@example.org\r\n")
    assert row.line == 3


def test_a_row_longer_than_the_header_is_a_fault_of_that_row() -> None:
    good, bad = read_list(b"name,emails\nowls,a@example.org\nbats,a@example.org,b@example.org\n")
    assert good.problem == ""
    assert "3 cells" in bad.problem


@pytest.mark.parametrize(
    ("head", "read"),
    [
        ("name,email", ("name", "emails")),
        ("Team Name,E-Mail,School", ("name", "emails", "affiliation")),
        ("TEAM,Emails", ("name", "emails")),
        (" team ,e-mails", ("name", "emails")),
        ("\ufeffTeam,Email Address", ("name", "emails")),
        ("username,team name", ("", "name")),
        ("name,team", ("name", "")),
        ("name,Public Name,Bracket,Organization", ("name", "display_name", "division", "affiliation")),
        ("name,affiliation,school", ("name", "affiliation", "")),
        ("name,captain e-mail,email 2,mail", ("name", "emails", "emails", "emails")),
        ("name,display-name,phone", ("name", "display_name", "")),
    ],
)
def test_columns_are_read_by_the_words_that_others_use(head: str, read: tuple[str, ...]) -> None:
    assert read_list(f"{head}\nowls{',x' * (len(read) - 1)}\n".encode()).columns.targets == read


def test_addresses_of_several_columns_are_put_together() -> None:
    (row,) = read_list(b"team,email 1,email 2,email 3\nowls,a@example.org,,b@example.org\n")
    assert row["emails"] == "a@example.org b@example.org"


def test_looking_names_the_columns_that_are_not_read_and_those_of_another_name(node: World) -> None:
    look = look_through(
        node.database, node.clock, node.content, b"name,Email,phone,devision\nowls,a@example.org,1,open\n"
    )
    assert look.notes == (
        "The column “Email” is read as emails.",
        "The column “phone” is not read.",
        "The column “devision” is not read. Did you mean division?",
    )


def test_the_addresses_of_a_column_email_are_kept(node: World) -> None:
    node.in_force.put(small_content(divisions=(Division("open", "Open"),)))
    take(node, "name,email\nalpha team,a@example.org\n")
    ((emails,),) = node.all("SELECT emails FROM teams")
    assert "a@example.org" in str(emails)


# --- what the rows may be --------------------------------------------------------------------------------------------


def test_every_fault_of_every_row_is_said(node: World) -> None:
    node.add_team("Bats")
    text = HEAD + "ab,,open,,\nowls,Owls,nowhere,,nonsense\n bats ,New,open,,\nnew,THE BATS,open,,\nfine,Fine,open,,\n"
    found = faults(node, text)
    assert set(found) == {2, 3, 4, 5}
    assert "3–32" in found[2][0]
    assert len(found[2]) == 1
    assert len(found[3]) == 2
    assert "is taken" in found[4][0]
    assert "team name is taken" in found[5][0]


def test_twice_in_one_file_is_told_with_the_line_of_the_first(node: World) -> None:
    found = faults(node, HEAD + "owls,Owls,open,,\nＯＷＬＳ,Other,open,,\ncats,owls,open,,\n")
    assert "name stands in line 2" in found[3][0]
    assert "display name stands in line 2" in found[4][0]


def test_the_division_may_be_left_out_where_there_is_one(node: World) -> None:
    assert "division is missing" in faults(node, "name\nowls\n")[2][0]
    node.in_force.put(small_content(divisions=(Division("open", "Open"),)))
    assert faults(node, "name\nowls\n") == {}


def test_looking_changes_nothing(node: World) -> None:
    faults(node, HEAD + "owls,Owls,open,,\n")
    assert node.count("teams") + node.count("audit") + node.count("reset_links") == 0


# --- taking in -------------------------------------------------------------------------------------------------------


def test_all_are_taken_in_and_audited(node: World) -> None:
    done = take(node, HEAD + "owls,The Öwls,open,A school,a@example.org b@example.org\nbats,,quiet,,\n")
    assert done.count == 2
    assert node.all("SELECT name, display_name, division, password_hash FROM teams ORDER BY id") == [
        ("owls", "The Öwls", "open", None),
        ("bats", "bats", "quiet", None),
    ]
    assert node.all("SELECT action, subject FROM audit") == [("team.import", "2 teams")]


def test_one_fault_keeps_all_out(node: World) -> None:
    with pytest.raises(ListHasFaults) as refused:
        take(node, HEAD + "owls,Owls,open,,\nab,,open,,\n")
    assert refused.value.look.faults == 1
    assert node.count("teams") + node.count("audit") == 0


def test_of_two_who_take_in_the_same_list_one_does(node: World) -> None:
    text = HEAD + "".join(f"team{number},,open,,\n" for number in range(30))
    results = at_once([lambda: take(node, text)] * 3)
    assert [type(one) for one in results].count(ListHasFaults) == 2
    assert (node.count("teams"), node.count("reset_links"), node.count("audit")) == (30, 30, 1)


def test_each_team_gets_a_link_of_its_own_that_works_once(node: World) -> None:
    done = take(node, HEAD + "owls,Owls,open,,a@example.org\nbats,Bats,open,,\n")
    owls, bats = links_of(node.database, done.key, done.made_at)
    assert (owls.name, owls.emails, bats.name) == ("owls", ("a@example.org",), "bats")
    token = owls.path.rpartition("/")[2]
    assert account_of_link(node.database, node.clock, token).name == "owls"
    reset_password(
        node.database,
        node.clock,
        node.hasher,
        node.broadcaster,
        token,
        "correct horse battery",
        "correct horse battery",
        "192.0.2.1",
    )
    with pytest.raises(LinkUsedUp):
        account_of_link(node.database, node.clock, token)
    assert [one.name for one in links_of(node.database, done.key, done.made_at)] == ["bats"]


def test_the_links_last_two_weeks(node: World) -> None:
    done = take(node, HEAD + "owls,Owls,open,,\n")
    (owls,) = links_of(node.database, done.key, done.made_at)
    node.clock.advance(13 * 86400)
    account_of_link(node.database, node.clock, owls.path.rpartition("/")[2])
    node.clock.advance(86400)
    with pytest.raises(LinkUsedUp):
        account_of_link(node.database, node.clock, owls.path.rpartition("/")[2])


def test_without_the_key_there_are_no_links(node: World) -> None:
    done = take(node, HEAD + "owls,Owls,open,,\n")
    assert links_of(node.database, "another key", done.made_at) == ()
    assert done.key not in str(node.all("SELECT * FROM reset_links")) + str(node.all("SELECT * FROM audit"))


def test_the_list_of_links_is_no_formula_either(node: World) -> None:
    done = take(node, HEAD + '=abc,"=HYPERLINK(""x"")",open,,\n')
    text = "".join(links_as_csv(links_of(node.database, done.key, done.made_at), "https://hunt.example/"))
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["name"], row["display_name"]) == ("'=abc", '\'=HYPERLINK("x")')
    assert row["link"].startswith("https://hunt.example/account/reset/")


def test_an_export_can_be_taken_in_again_elsewhere(node: World) -> None:
    take(node, HEAD + '=abc,"-x, ""y""",open,+1,a@example.org\n')
    text = "".join(export_csv(node.database))
    before = node.all("SELECT name, display_name, affiliation FROM teams")
    with node.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM teams")
    take(node, text)
    assert node.all("SELECT name, display_name, affiliation FROM teams") == before == [("=abc", '-x, "y"', "+1")]


def test_two_thousand_teams_are_taken_in_within_seconds(node: World) -> None:
    text = HEAD + "".join(f"team{number},Team {number},open,,t{number}@example.org\n" for number in range(2_000))
    before = time.process_time()
    done = take(node, text)
    assert len(links_of(node.database, done.key, done.made_at)) == 2_000
    assert time.process_time() - before < 20
