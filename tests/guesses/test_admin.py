"""The organisers' pages about guesses: accepting an answer, making hashes."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.guesses.submission import NewGuess, submit
from app.ports import Ports
from tests.support.accounts import rows
from tests.support.client import PageClient
from tests.support.organisers import add_account, audited, enter


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


@pytest.fixture
def owls(world: Ports) -> int:
    return add_account(world, "owls")


def page(reply: Any) -> BeautifulSoup:
    return BeautifulSoup(reply.text, "html5lib")


# --- accepting an answer ---------------------------------------------------------------------------------------------


def say(world: Ports, team: int, text: str) -> None:
    content = world.in_force.content
    submit(world.for_guess, content, NewGuess(team, content.puzzle("one"), text, "", ""))  # type: ignore[arg-type]


def test_a_fair_answer_is_found_weighed_and_accepted(admin: PageClient, world: Ports, owls: int) -> None:
    bats = add_account(world, "bats")
    for team, text in ((owls, "Barn Owl"), (bats, "barn-owl"), (bats, "hen"), (owls, "owl")):
        say(world, team, text)
    listed = page(admin.get("/admin/accept?puzzle=one"))
    assert [cell.get_text() for cell in listed.select("tbody th")] == ["Barn Owl", "hen"]
    review = str(listed.select_one("tbody a")["href"])
    assert "1 team gains" in admin.get(review).text
    assert rows(world, "SELECT count(*) FROM solves") == [(1,)]
    reply = admin.send_form(review)
    assert (reply.status_code, reply.location) == (303, "/admin/accept?puzzle=recOne")
    assert rows(world, "SELECT team_id FROM solves ORDER BY id") == [(owls,), (bats,)]
    assert [cell.get_text() for cell in page(admin.get("/admin/accept?puzzle=one")).select("tbody th")] == ["hen"]
    assert [action for _, action, _ in audited(world)] == ["accept answer", "accepted solve"]


def test_a_right_guess_cannot_be_looked_at_there(admin: PageClient, world: Ports, owls: int) -> None:
    say(world, owls, "owl")
    ((number,),) = rows(world, "SELECT id FROM guesses")
    assert admin.get(f"/admin/accept/{number}").status_code == 404
    assert admin.get(f"/admin/accept/{10**30}").status_code == 404
    assert "owl" not in [cell.get_text() for cell in page(admin.get("/admin/accept?puzzle=one")).select("tbody th")]


def test_a_guess_that_a_corrected_answer_has_made_right_is_not_shown(
    admin: PageClient, world: Ports, owls: int
) -> None:
    from dataclasses import replace

    from tests.support.world import hashed

    say(world, owls, "hen")
    content = world.in_force.content
    puzzles = tuple(replace(one, answers=(hashed("hen"),)) if one.id == "recOne" else one for one in content.puzzles)
    world.in_force.put(replace(content, puzzles=puzzles))
    say(world, add_account(world, "bats"), "hen")
    assert page(admin.get("/admin/accept?puzzle=one")).select("tbody th") == []


# --- hashes ----------------------------------------------------------------------------------------------------------


def test_a_writer_makes_hashes_that_fit(app: Flask, world: Ports) -> None:
    import bcrypt

    from app.core.near_answers import is_signature
    from tests.support.slips import is_within_one_slip

    writer = enter(app, "writer", "writer")
    reply = writer.send_form("/admin/hashes", {"answers": "Crème Brûlée!\n\n!!", "near": "yes"})
    assert reply.status_code == 200
    found = page(reply)
    assert found.select_one("tbody th").get_text() == "cremebrulee"
    hashed, near = (code.get_text() for code in found.select("tbody code"))
    assert bcrypt.checkpw(b"cremebrulee", hashed.encode())
    assert is_signature(near)
    assert is_within_one_slip(
        near, "cremebrule", lambda salt, form: bcrypt.hashpw(form.encode(), salt.encode()).decode()
    )
    assert "Enter at least one letter or number." in found.get_text()
    assert "Brûlée!" not in reply.text


def test_what_is_hashed_is_neither_stored_nor_logged(
    app: Flask, world: Ports, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    enter(app, "writer", "writer").send_form("/admin/hashes", {"answers": "xylophonequartz"})
    assert "xylophone" not in caplog.text
    assert audited(world) == []
    assert rows(world, "SELECT count(*) FROM log WHERE kind <> 'login'") == [(0,)]


@pytest.mark.parametrize("form", [{"answers": ""}, {"answers": "a\n" * 11}, {"answers": "a" * 61, "near": "yes"}, {}])
def test_nothing_and_too_much_are_refused(app: Flask, world: Ports, form: dict[str, str]) -> None:
    assert enter(app, "writer", "writer").send_form("/admin/hashes", form).status_code == 400


def test_a_helper_makes_no_hashes(app: Flask, world: Ports) -> None:
    assert enter(app, "helper", "helper").get("/admin/hashes").status_code == 403
