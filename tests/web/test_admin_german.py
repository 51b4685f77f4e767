"""Organisers whose team reads German: every page of theirs, with something on it, and what their acts answer."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from app.database.schema import Guess
from app.guesses.submission import NewGuess, submit
from app.hints import requests
from app.ports import Ports
from tests.accounts.test_admin import HEAD
from tests.accounts.test_admin import upload as upload_list
from tests.content.test_admin import bring
from tests.support.client import PageClient
from tests.support.demo_hunt import world as world
from tests.support.environment import DEMO_HUNT
from tests.support.organisers import add_account


@pytest.fixture
def owls(world: Ports) -> int:
    """A team that has guessed and asked."""
    number = add_account(world, "owls", division=world.in_force.content.divisions[0].code)
    submit(world.for_guess, world.in_force.content, NewGuess(number, postcard(world), "hen", "", ""))
    requests.ask(world.for_hunt, number, postcard(world), "Wo fangen wir an?")
    return number


@pytest.fixture
def keeper(app: Flask, world: Ports, owls: int) -> PageClient:
    """An admin who reads German, in a hunt in which of everything there is something."""
    add_account(world, "keeper", "admin", language="de")
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.login("keeper").status_code == 303
    story = {"title": "Titel", "body": "Text.", "kind": "erratum", "audience": "all", "revision": "0"}
    alert = {"kind": "alert", "text": "Mahlzeit!", "audience": "all"}
    for path, form in (
        ("/admin/announcements/new", story), ("/admin/announcements/new", story), ("/admin/broadcasts", alert),
        ("/admin/announcements/1/publish", {"revision": "0"}),
        (f"/admin/teams/{owls}/adjust", {"what": "points", "amount": "7", "reason": "Glück", "once": "a"}),
        (f"/admin/teams/{owls}/solves/give", {"which": postcard(world).id, "reason": "Glück"}),
    ):  # fmt: skip
        assert client.send_form(path, form).status_code == 303, path
    demo = json.loads(DEMO_HUNT.read_text())
    demo["tables"]["Puzzles"][0]["fields"]["Title"] = "Neu"
    bring(client, world, json.dumps(demo).encode())
    return client


def postcard(ports: Ports) -> Any:
    puzzle = ports.in_force.content.puzzle("postcard")
    assert puzzle is not None
    return puzzle


def words_on(reply: Any) -> str:
    """Everything that the page shows or reads out, but for what organisers, writers and teams wrote."""
    page = BeautifulSoup(reply.text, "html5lib")
    for own in page.select("script, style, bdi, .written, .brand, #zones"):
        own.decompose()
    read_out = [str(tag.get(name, "")) for tag in page.find_all(True) for name in ("aria-label", "title", "alt")]
    return re.sub(r"\s+", " ", " · ".join([page.get_text(" "), *read_out]))


# Of each page: its heading, and English words that were on it (its heading and buttons among them).
PAGES = {
    "/admin/": ("Überblick", "Dashboard|Quick links|Who needs us|Guesses and solves|Everything|running"),
    "/admin/hints": ("Hinweispult", "Hint desk|Waiting|Answered|Done|longest waiting|nobody yet|Messages"),
    "/admin/hints/1": ("Neu", "Claim it|Send the answer|Other actions|Refund|Close|Plain text|asked by|open"),
    "/admin/log": ("Log", "Filter by|Verdict|Show|What teams did|Details|guess|hint request|wrong|close|any"),
    "/admin/log?team=nobody&since=x": ("Log", "Nothing of that kind|was left out|No team has"),
    "/admin/audit": ("Prüfprotokoll", "Audit|Who|On what|Details|Address|newest first"),
    "/admin/lockdown": ("Sperre und Zeitplan", "Lockdown|Schedule|Switches|Close|Yes|Save|Default|empty"),
    "/admin/settings": ("Einstellungen", "Settings|Kind of|in use|Use|Save|Default|Points|Ranking|off"),
    "/admin/customization": ("Aussehen", "Look|Tagline|Name of|Save|Preview|Default"),
    "/admin/teams": ("Teams", "Find|Role|Helper|Writer|active|Download|accounts|Team name"),
    "/admin/teams/{team}": ("", "Fix|Give|Take|Ban|See as|Change|Ledger|Reason|username|Save this|choose"),
    "/admin/teams/import": ("Teams importieren", "Import|Choose|Look through|first line|required"),
    "/admin/teams/import/links": ("Links neuer Teams", "Links of|No links|download"),
    "/admin/accept?puzzle=postcard": ("Antwort gelten lassen", "Accept|Show|Common|Who would|Times|Guess"),
    "/admin/accept/{guess}": ("", "Accept|team gains|teams gain|First tried|nothing|the solve"),
    "/admin/cheating": ("Auffälligkeiten", "Suspicious|Solved within|Several teams|rare|None"),
    "/admin/messages": (
        "Nachrichten",
        "Messages|New message|Preview|Sent|alert|Pop|Reload|News|draft|Erratum|everybody|Title|Save|Everyone",
    ),
    "/admin/announcements/1": ("Titel", "published|revision|Preview|Show in|Correct|Withdraw|Seen"),
    "/admin/announcements/2": ("Titel", "draft|Preview|Publish|Publishes|Delete|Deletes|Save|Edit"),
    "/admin/broadcasts/1": ("Nachricht 1", "Message|sent|Send|Seen by|not yet|alert|Sends|Correct|Withdraw"),
    "/admin/content": ("Inhalt", "Content|Restock|Upload|Compare|Export|Warnings|Made|Make live|Actions"),
    "/admin/content/1": ("Version 1", "Export|Make live|points|hints|meta|Made"),
    "/admin/content/1/rollback": ("Version 1 live stellen?", "Make|Yes|No|Changed|goes live|Puzzle|Put|Removed"),
    "/admin/content/compare?old=1&new=2": ("Von Version 1 zu 2", "From|to|Changed|Puzzle"),
    "/admin/content/1/puzzle/{puzzle}": ("A Card from the Edge", "Preview|Test-solve|An answer|Next|Solution|Judged"),
    "/admin/hashes": ("Antwort-Hashes", "Answer hashes|Create hashes|Answers|At most|For the fields|Takes"),
    "/admin/status": ("Zustand", "Status|Parts|Database|not set up|Processes|Jobs|Open pages|None"),
}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_in_german(keeper: PageClient, world: Ports, owls: int, path: str) -> None:
    heading, english = PAGES[path]
    with world.database.reading() as connection:
        guess = connection.execute(select(Guess.id)).scalars().first()
    reply = keeper.get(path.format(team=owls, puzzle=postcard(world).id, guess=guess))
    assert reply.status_code == 200
    page = BeautifulSoup(reply.text, "html5lib")
    assert page.html["lang"] == "de"
    assert heading in page.h1.get_text()
    assert re.findall(rf"(?<!\w)(?:{english})(?!\w)", words_on(reply)) == []


def flashed(client: PageClient, path: str, **form: str) -> str:
    """What the page says after this form."""
    reply = client.send_form(path, form)
    return words_on(client.get(reply.location) if reply.status_code == 303 else reply)


def test_what_an_act_answers_is_in_german(keeper: PageClient, owls: int) -> None:
    assert "Punkte: vorher 27, jetzt 30." in flashed(
        keeper, f"/admin/teams/{owls}/adjust", what="points", amount="3", reason="Glück", once="b"
    )
    assert "Rätsel: jetzt geschlossen." in flashed(keeper, "/admin/lockdown/puzzles", to="closed")
    assert "Gespeichert: XP und Spezialfähigkeiten." in flashed(keeper, "/admin/settings", xp="on")
    assert "Alle, auch Besucher" in flashed(keeper, "/admin/broadcasts/review")
    # The act is kept in English, for whoever reads it later.
    assert "Glück" in keeper.get("/admin/audit").text


def test_what_is_refused_is_said_in_german(keeper: PageClient, world: Ports, owls: int) -> None:
    assert "muss on oder off sein" in flashed(keeper, "/admin/settings", xp="perhaps")
    assert "Die Zahl muss von 1 bis" in flashed(
        keeper, f"/admin/teams/{owls}/adjust", what="points", amount="x", reason="Glück", once="c"
    )
    assert "1 bis 2000 Zeichen" in flashed(keeper, "/admin/broadcasts/review", kind="alert", text="", audience="all")
    assert "Der Titel muss" in flashed(keeper, "/admin/announcements/new", title="", body="x", kind="announcement")
    assert "Jemand anders hat" in flashed(keeper, "/admin/announcements/2/publish", revision="9")
    assert "Buchstaben" in flashed(keeper, f"/admin/content/1/puzzle/{postcard(world).id}", answer="")
    assert "Teile des Stils" in flashed(keeper, "/admin/customization", site_css="@import 'x';")


def take(client: PageClient, text: str) -> Any:
    return upload_list(client, text.encode())


def test_a_list_of_teams_is_looked_through_and_taken_in_in_german(keeper: PageClient) -> None:
    assert "Diese Zeile hat 6 Zellen, es gibt aber 5 Spalten." in words_on(take(keeper, f"{HEAD}bats,Bats,solo,,,\n"))
    assert "Es gibt keine Kategorie „nowhere“." in words_on(take(keeper, f"{HEAD}bats,Bats,nowhere,,\n"))
    look = take(keeper, f"{HEAD}bats,Bats,solo,,\n")
    assert "Bereit: 1 Team" in words_on(look)
    packed = str(BeautifulSoup(look.text, "html5lib").select_one('input[name="packed"]')["value"])
    assert "1 Team wurde importiert" in flashed(keeper, "/admin/teams/import", packed=packed)
