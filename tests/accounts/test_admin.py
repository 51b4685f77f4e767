"""The organisers' pages about teams: who gets in, what is asked before, what is refused, what the audit says."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.ports import Ports
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.organisers import add_account, audited, enter

HOSTILE = """<script>alert(1)</script>"'&lt;{{ 7*7 }}"""
HEAD = "name,display_name,division,affiliation,emails\n"


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


@pytest.fixture
def owls(world: Ports) -> int:
    return add_account(world, "owls")


def page(reply: Any) -> BeautifulSoup:
    return BeautifulSoup(reply.text, "html5lib")


def seen_in(client: PageClient, number: int) -> str:
    return str(page(client.get(f"/admin/teams/{number}")).select_one('input[name="seen"]')["value"])


def edit(client: PageClient, number: int, **typed: str) -> Any:
    form = {"display_name": "The owls", "affiliation": "", "emails": "", "division": "open", "seen": "", **typed}
    return client.send_form(f"/admin/teams/{number}", form)


def upload(client: PageClient, raw: bytes) -> Any:
    return send_parts(client, "/admin/teams/import/look", {'name="list"; filename="teams.csv"': raw})


def send_parts(client: PageClient, path: str, parts: dict[str, bytes]) -> Any:
    """Send a form as browsers send files, spelt out here: the test client would leave a large one open on the disk."""
    token = {'name="csrf_token"': client.token("/admin/teams/import").encode()}
    body = b"".join(
        b"--edge\r\nContent-Disposition: form-data; " + about.encode() + b"\r\n\r\n" + content + b"\r\n"
        for about, content in (token | parts).items()
    )
    return client.post(path, data=body + b"--edge--\r\n", content_type="multipart/form-data; boundary=edge")


# --- who gets in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["helper", "writer"])
def test_teams_are_for_admins(app: Flask, world: Ports, owls: int, role: str) -> None:
    staff = enter(app, "aide", role)
    for path in (
        "/admin/teams",
        f"/admin/teams/{owls}",
        "/admin/teams/export.csv",
        "/admin/teams/import",
        "/admin/accept",
    ):
        assert staff.get(path).status_code == 403
    assert staff.send_form(f"/admin/teams/{owls}/ban").status_code == 403
    assert rows(world, "SELECT is_banned FROM teams WHERE name = 'owls'")[0][0] in (0, False)


# --- looking ---------------------------------------------------------------------------------------------------------


def test_a_search_finds_and_keeps_what_was_typed(admin: PageClient, owls: int) -> None:
    reply = admin.get("/admin/teams", query_string={"words": "OWL", "division": "open"})
    assert [link["href"] for link in page(reply).select("tbody a")] == [f"/admin/teams/{owls}"]
    assert page(reply).select_one("#filter-words")["value"] == "OWL"


@pytest.mark.parametrize(
    "query",
    [
        f"words={'%00'}x",
        "page=-1",
        "page=999999999999999999999",
        "page=x",
        "role=%27",
        "standing=x",
        "words=%25&division=%F0%9F",
    ],
)
def test_a_search_survives_anything(admin: PageClient, query: str) -> None:
    assert admin.get(f"/admin/teams?{query}").status_code == 200


def test_hostile_names_are_shown_as_text(admin: PageClient, world: Ports) -> None:
    number = add_account(world, "evil", display_name=HOSTILE, display_key="evil", affiliation=HOSTILE)
    assert page(admin.get(f"/admin/teams/{number}")).select_one("h1").get_text() == HOSTILE
    assert HOSTILE in page(admin.get("/admin/teams")).get_text()


@pytest.mark.parametrize("number", ["0", "99", str(10**30)])
def test_no_such_team_is_a_404(admin: PageClient, number: str) -> None:
    assert admin.get(f"/admin/teams/{number}").status_code == 404
    for act in ("", "/ban", "/unban", "/roles", "/reset-link", "/clear-guesses", "/adjust", "/solves/give"):
        form = {
            "roles": "helper",
            "what": "points",
            "amount": "1",
            "reason": "x",
            "which": "recOne",
            "display_name": "x",
            "division": "open",
        }
        assert admin.send_form(f"/admin/teams/{number}{act}", form).status_code == 404, act


def test_the_exports_are_files(admin: PageClient, world: Ports) -> None:
    add_account(world, "sum", display_name="=SUM(A1)")
    reply = admin.get("/admin/teams/export.csv")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="teams.csv"'
    assert "'=SUM(A1)" in reply.text
    assert "=SUM(A1)" in admin.get("/admin/teams/export.json").json["teams"][1]["display_name"]
    assert "$2b$" not in reply.text


# --- saving ----------------------------------------------------------------------------------------------------------


def test_an_edit_is_saved_and_audited(admin: PageClient, world: Ports, owls: int) -> None:
    reply = edit(admin, owls, display_name="Night Owls", emails="a@example.org", seen=seen_in(admin, owls))
    assert (reply.status_code, reply.location) == (303, f"/admin/teams/{owls}")
    assert page(admin.get(f"/admin/teams/{owls}")).select_one("h1").get_text() == "Night Owls"
    assert audited(world) == [("keeper", "team.edit", "owls")]


def test_the_second_of_two_admins_is_told_with_both_values(app: Flask, admin: PageClient, owls: int) -> None:
    other, seen = enter(app, "second", "admin"), seen_in(admin, owls)
    edit(admin, owls, display_name="First Name", seen=seen)
    reply = edit(other, owls, display_name="Second Name", seen=seen)
    assert reply.status_code == 409
    cells = [cell.get_text() for cell in page(reply).select("[role=alert] tbody td")]
    assert cells == ["First Name", "Second Name"]
    assert page(reply).select_one("#display_name")["value"] == "Second Name"
    again = edit(
        other, owls, display_name="Second Name", seen=str(page(reply).select_one('input[name="seen"]')["value"])
    )
    assert again.status_code == 303


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(admin: PageClient, owls: int) -> None:
    reply = edit(admin, owls, display_name="", emails=HOSTILE, division="nowhere", seen=seen_in(admin, owls))
    assert reply.status_code == 400
    assert page(reply).title.get_text().startswith("Error: ")
    assert page(reply).select_one("#division-error")
    assert page(reply).select_one("#emails").get_text().strip() == HOSTILE


# --- acts ------------------------------------------------------------------------------------------------------------


def test_each_act_leads_back_and_is_audited(admin: PageClient, world: Ports, owls: int) -> None:
    acts = {
        "/adjust": {"what": "credits", "amount": "3", "reason": "a broken puzzle"},
        "/solves/give": {"which": "recOne", "reason": "a broken puzzle"},
        "/solves/take": {"which": "recOne", "reason": "a broken puzzle"},
        "/clear-guesses": {},
        "/roles": {"roles": "helper"},
        "/ban": {},
        "/unban": {},
    }
    for path, form in acts.items():
        reply = admin.send_form(f"/admin/teams/{owls}{path}", form)
        assert (reply.status_code, reply.location) == (303, f"/admin/teams/{owls}"), path
        assert page(admin.get(f"/admin/teams/{owls}")).select(".flashes .note")
    assert [action for _, action, _ in audited(world)] == [
        "team.credits", "team.give_solve", "team.take_solve", "clear guesses", "team.role", "team.ban", "team.unban",
    ]  # fmt: skip


@pytest.mark.parametrize("amount", ["", "x", "1.5", "1e3", "0", "９", "9" * 30, "--1", "1 000 000"])
def test_a_number_that_is_none_is_refused_in_words(admin: PageClient, world: Ports, owls: int, amount: str) -> None:
    reply = admin.send_form(f"/admin/teams/{owls}/adjust", {"what": "points", "amount": amount, "reason": "x"})
    assert reply.status_code == 400
    assert "Nothing was changed" in reply.text
    assert audited(world) == []


def test_a_minus_typed_on_a_phone_counts(admin: PageClient, world: Ports, owls: int) -> None:
    admin.send_form(f"/admin/teams/{owls}/adjust", {"what": "points", "amount": "−5", "reason": "x"})
    assert rows(world, "SELECT amount FROM ledger") == [(-5,)]


def test_a_solve_that_is_there_or_is_not_there_is_a_conflict(admin: PageClient, owls: int) -> None:
    form = {"which": "recOne", "reason": "x"}
    assert admin.send_form(f"/admin/teams/{owls}/solves/take", form).status_code == 409
    admin.send_form(f"/admin/teams/{owls}/solves/give", form)
    assert admin.send_form(f"/admin/teams/{owls}/solves/give", form).status_code == 409
    assert admin.send_form(f"/admin/teams/{owls}/solves/give", {"which": "nothing", "reason": "x"}).status_code == 400


def test_a_banned_team_is_out_at_once(app: Flask, admin: PageClient, owls: int) -> None:
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.login("owls")
    admin.send_form(f"/admin/teams/{owls}/ban")
    assert team.get("/account").status_code == 403


def test_the_last_admin_stays(admin: PageClient, world: Ports) -> None:
    ((number,),) = rows(world, "SELECT id FROM teams WHERE name = 'keeper'")
    assert admin.send_form(f"/admin/teams/{number}/roles").status_code == 409
    assert admin.send_form(f"/admin/teams/{number}/ban").status_code == 409


def test_roles_are_ticked_and_shown(admin: PageClient, world: Ports, owls: int) -> None:
    path = f"/admin/teams/{owls}"
    assert admin.send_form(f"{path}/roles", {"roles": ["helper", "writer"]}).location == path
    ticked = [box["value"] for box in page(admin.get(path)).select('input[name="roles"][checked]')]
    assert ticked == ["helper", "writer"]
    assert "Helper, Writer" in page(admin.get("/admin/teams")).get_text()
    assert admin.get("/admin/teams/export.json").json["teams"][1]["roles"] == "helper writer"
    admin.send_form(f"{path}/roles")
    assert rows(world, "SELECT role, roles FROM teams WHERE name = 'owls'") == [("team", "")]
    for wrong in ("root", "team", "helper writer"):
        reply = admin.send_form(f"{path}/roles", {"roles": ["helper", wrong]})
        assert (reply.status_code, "no such role" in reply.text) == (400, True)


def test_an_admin_who_gives_up_the_role_is_led_to_what_is_left(app: Flask, admin: PageClient, world: Ports) -> None:
    enter(app, "second", "admin")
    ((number,),) = rows(world, "SELECT id FROM teams WHERE name = 'keeper'")
    reply = admin.send_form(f"/admin/teams/{number}/roles", {"roles": "helper"})
    assert (reply.status_code, reply.location) == (303, "/admin/")
    assert admin.get("/admin/", follow_redirects=True).request.path == "/admin/hints"


def test_a_reset_link_is_shown_once_and_works(app: Flask, admin: PageClient, owls: int) -> None:
    admin.send_form(f"/admin/teams/{owls}/reset-link")
    link = page(admin.get(f"/admin/teams/{owls}")).select_one("#reset-link")["value"]
    assert page(admin.get(f"/admin/teams/{owls}")).select_one("#reset-link") is None
    assert app.test_client().get(str(link)[str(link).index("/account") :]).status_code == 200


# --- a list of teams -------------------------------------------------------------------------------------------------


def test_a_list_is_looked_through_taken_in_and_its_links_downloaded_once(admin: PageClient, world: Ports) -> None:
    look = upload(admin, (HEAD + "bats,Bäts,open,,b@example.org\ncats,,quiet,,\n").encode("utf-8-sig"))
    assert look.status_code == 200
    assert rows(world, "SELECT count(*) FROM teams") == [(1,)]
    packed = page(look).select_one('input[name="packed"]')["value"]
    done = admin.send_form("/admin/teams/import", {"packed": packed})
    assert (done.status_code, done.location) == (303, "/admin/teams/import/links")
    assert "2 teams were imported" in admin.get("/admin/teams/import/links").text
    file = admin.send_form("/admin/teams/import/links")
    assert file.headers["Content-Disposition"].startswith("attachment")
    lines = file.text.removeprefix("\ufeff").splitlines()
    assert lines[1].startswith("bats,Bäts,b@example.org,http://localhost/account/reset/")
    assert admin.get(lines[1].rpartition("localhost")[2]).status_code == 200
    assert admin.send_form("/admin/teams/import/links").status_code == 409
    assert ("keeper", "team.import", "2 teams") in audited(world)


def test_looking_through_a_list_names_the_columns_that_are_not_read(admin: PageClient, world: Ports) -> None:
    text = upload(admin, b"team,email,division,phone\nbats,b@example.org,open,1\n").text
    assert "The column “phone” is not read." in text
    assert "The column “email” is read as emails." in text


def test_a_list_with_a_fault_offers_nothing_to_press(admin: PageClient, world: Ports) -> None:
    look = upload(admin, (HEAD + f'bats,,open,,\nab,"{HOSTILE.replace(chr(34), chr(34) * 2)}",open,,\n').encode())
    assert look.status_code == 400
    assert page(look).select_one('input[name="packed"]') is None
    assert "3–32 characters" in page(look).select_one("tbody tr").get_text()
    assert rows(world, "SELECT count(*) FROM teams") == [(1,)]


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", "name\nÖ\n".encode("latin-1"), b"name\n" + b"x\n" * 100_000])
def test_what_is_no_list_is_refused_in_words(admin: PageClient, raw: bytes) -> None:
    reply = upload(admin, raw)
    assert reply.status_code == 400
    assert page(reply).select_one("[role=alert]")


def test_a_file_of_one_megabyte_is_read_and_a_larger_one_is_not(admin: PageClient) -> None:
    assert upload(admin, HEAD.encode() + b"x" * 900_000).status_code == 400
    assert upload(admin, b"x" * 3_000_000).status_code == 413


def test_a_long_list_goes_through_both_steps(admin: PageClient, world: Ports) -> None:
    text = HEAD + "".join(
        f"team{number},Team {number},open,{'x' * 90},t{number}@example.org\n" for number in range(3_000)
    )
    packed = str(page(upload(admin, text.encode())).select_one('input[name="packed"]')["value"])
    assert len(packed) > 300_000
    assert send_parts(admin, "/admin/teams/import", {'name="packed"': packed.encode()}).status_code == 303
    assert rows(world, "SELECT count(*) FROM teams") == [(3_001,)]


@pytest.mark.parametrize("packed", ["", "x", "====", "bmFtZQ=="])
def test_a_packed_file_that_was_tampered_with_is_refused(admin: PageClient, world: Ports, packed: str) -> None:
    assert admin.send_form("/admin/teams/import", {"packed": packed}).status_code == 400
    assert rows(world, "SELECT count(*) FROM teams") == [(1,)]
