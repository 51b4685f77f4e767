"""The organisers' desk in the middle of a hunt: something on every page, and where each page is."""

from __future__ import annotations

import copy
import json
import re
import time
from pathlib import Path
from typing import Any

from tests.content.writing.pictures import PNG
from tests.journeys import showcase
from tests.journeys.people import Organiser
from tests.support.client import PASSWORD, Visitor
from tests.support.environment import DEMO_HUNT
from tests.support.pages import parsed

PUZZLE = "postcard"
CSV = b"Title,Answer,Slug,Odd\nA,x,a,1\nB,y,a,2\n"
TEAMS = b"name,display_name,division\nbats,The Bats,teams\ncats,The Cats,solo\n"


class Desk(Visitor):
    """The admin at work, without a browser; every act must lead on."""

    def acts(self, path: str, file: tuple[str, str, bytes] | None = None, **form: Any) -> str:
        """Send a form; where it leads, or the page that it is answered with."""
        files = {file[0]: (file[1], file[2])} if file else None
        reply = self.send_form(path, form, files=files)
        assert reply.status_code in (200, 303), (path, reply.status_code, reply.text)
        return str(reply.headers.get("Location", reply.text))

    def fields_of(self, path: str, name: str) -> str:
        """The value of a field on a page."""
        box = parsed(self.get(path).text).select_one(f'[name="{name}"]')
        assert box is not None, (path, name)
        return str(box.get("value", ""))

    def checks(self, table: dict[str, Any]) -> str:
        """Upload a hunt and wait until it has been checked; the page of it."""
        place = self.acts("/admin/content/upload", ("file", "hunt.json", json.dumps(table).encode()))
        for _ in range(200):
            if self.get("/admin/content/progress").json()["state"] != "running":
                return place
            time.sleep(0.1)
        raise AssertionError("the upload is never checked")


def id_of(key: str) -> str:
    """The record of a puzzle of the demo hunt."""
    rows = json.loads(DEMO_HUNT.read_text())["tables"]["Puzzles"]
    return str(next(row["id"] for row in rows if row["fields"]["Slug"] == key))


def set_up(url: str, organiser: Organiser, folder: Path) -> dict[str, str]:
    """Play half a hunt. Answers a value for each argument of a route: ``AREA number``, else the argument's name."""
    showcase.furnish(url, organiser, folder)
    for name in (showcase.RIVAL, showcase.GUESTS):
        with Visitor(url) as team:
            assert team.login(name, PASSWORD).status_code == 303
            asked = f"Where is {showcase.LONG}?"
            assert "error" not in team.send_json("/game/puzzle/clocks/hints/ask", {"question": asked}).json()
            team.send_form("/game/puzzle/ropes/report", {"problem": f"{showcase.LONG} is <b>missing</b>."})
            team.guess("ropes", "nonsense")
    with Desk(url) as desk:
        assert desk.login("keeper", PASSWORD).status_code == 303
        return {
            **_people(desk, organiser),
            **_words(desk),
            **_content(desk, json.loads((folder / "showcase.json").read_text())),
            "version": "2", "switch": "puzzles", "record": id_of(PUZZLE), "table": "puzzles", "extension": "csv",
            "asked": id_of("ropes"), "long": id_of("manifest"), "name": _asset(desk),
        }  # fmt: skip


def _people(desk: Desk, organiser: Organiser) -> dict[str, str]:
    team = f"/admin/teams/{organiser.id_of(showcase.RIVAL)}"
    desk.acts(f"{team}/adjust", what="credits", amount="2", reason="a broken printer", once="one")
    desk.acts("/admin/hints/2/claim", seen=desk.fields_of("/admin/hints/2", "seen"))
    desk.acts("/admin/hints/3/answer", text="Look up.", mode="answer", seen=desk.fields_of("/admin/hints/3", "seen"))
    desk.acts("/admin/problems/1/settle", before="open", state="erratum", note=f"It is {showcase.LONG}.")
    guess = re.search(r"/admin/accept/(\d+)", desk.get(f"/admin/accept?puzzle={id_of('ropes')}").text)
    assert guess is not None
    for record in (id_of(PUZZLE), id_of("gauges")):
        test = desk.acts(f"/admin/tests/puzzle/{record}", knows="yes")
        desk.send_form(test, {"answer": "a wrong guess"})
        if record == id_of(PUZZLE):
            desk.acts(f"{test}/stop")
            desk.acts(f"{test}/review", fun="5", difficulty="2", minutes="7", comment=showcase.LONG)
    return {
        "teams number": team.rpartition("/")[2], "hints number": "1", "problems number": "2",
        "accept number": guess[1], "tests number": test.rpartition("/")[2],
    }  # fmt: skip


def _words(desk: Desk) -> dict[str, str]:
    news = {"title": f"Lunch, {showcase.LONG}", "body": showcase.EVERYTHING, "audience": "all", "news": "y"}
    draft = desk.acts("/admin/messages", act="draft", **news)
    popups = [_popup(desk, f"{number}. {showcase.LONG}") for number in range(2)]
    desk.acts(f"{popups[0]}/withdraw")
    return {"announcements number": draft.rpartition("/")[2], "broadcasts number": popups[1].rpartition("/")[2]}


def _popup(desk: Desk, text: str) -> str:
    form = {"body": text, "audience": "all", "popup": "y", "once": text[:9]}
    expected = parsed(desk.acts("/admin/messages", **form)).select_one('[name="expected"]')
    assert expected is not None
    return desk.acts("/admin/messages", **form, expected=str(expected["value"]))


def _content(desk: Desk, hunt: dict[str, Any]) -> dict[str, str]:
    live = f"/admin/write/live/puzzles/{id_of(PUZZLE)}"
    seen = desk.fields_of(f"{live}?field=Title", "seen.Title")
    desk.acts(live, field="Title", Title="A patched card", **{"seen.Title": seen})
    wrong = copy.deepcopy(hunt)
    wrong["tables"]["Puzzles"][0]["fields"]["Prereq"] = ["recNowhere"]
    refused = desk.checks(wrong)
    desk.acts("/admin/write/begin", choice="version", version="2")
    desk.acts("/admin/write/files", ("file", "Old map.png", PNG), table="Puzzles", record=id_of(PUZZLE))
    stored = re.search(r"/admin/write/files/([\w.-]+)", desk.get("/admin/write").text)
    assert stored is not None
    brought = desk.acts("/admin/write/import", ("file", "p.csv", CSV))
    return {
        "staged id": refused.rpartition("/")[2], "refused id": refused.rpartition("/")[2],
        "import id": brought.rpartition("/")[2], "files name": stored[1], "patches number": "1",
    }  # fmt: skip


def _asset(desk: Desk) -> str:
    found = re.search(r"/assets/([\w.-]+)", desk.get(f"/admin/content/2/puzzle/{id_of('quay-board')}").text)
    assert found is not None
    return found[1]
