"""A line that is lost in the middle of an upload or of saving, and a node that is killed during an import."""

from __future__ import annotations

import base64
import socket
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Route, expect

from tests.content.imports.test_real_exports import FILES
from tests.content.writing.pictures import PNG
from tests.journeys.people import Organiser, log_in
from tests.journeys.test_writing import DROP
from tests.support.client import PASSWORD, Visitor
from tests.support.server import node
from tests.support.sockets import wait_until

if TYPE_CHECKING:
    from tests.conftest import Shelves
    from tests.support.browser import Window
    from tests.support.server import Node

LOST = "ERR_CONNECTION_RESET|ERR_FAILED|ERR_INTERNET_DISCONNECTED"
BOUNDARY = "line"


@pytest.fixture
def writer(desk: Window) -> Page:
    page = desk.open()
    log_in(page, "keeper")
    desk.complaints(page).expect(LOST)
    return page


def lose(route: Route) -> None:
    route.abort("connectionreset")


def test_a_picture_whose_line_was_lost_is_said_and_can_be_added_again(writer: Page, organiser: Organiser) -> None:
    writer.goto("/admin/write/puzzles/new")
    words = writer.get_by_label("Puzzle", exact=True)
    words.fill("Look closely:")
    words.press("End")
    expect(writer.locator("form[data-ready]")).to_be_visible()
    writer.route("**/admin/write/files", lose)
    picture = ["#write-ContentText", base64.b64encode(PNG).decode()]
    writer.evaluate(DROP, picture)
    said = writer.locator("[data-saved-words]")
    expect(said).to_have_text("Old map.png was not sent: the connection was lost. Add it again when it’s back.")
    expect(words).to_have_value("Look closely:")
    assert organiser.counts("site_assets", "1 = 1") == 0
    writer.unroute("**/admin/write/files")
    writer.evaluate(DROP, picture)
    expect(words).to_have_value("Look closely:\n\n![Old map](asset:old-map.png)\n")
    assert organiser.counts("site_assets", "1 = 1") == 1


def test_a_new_puzzle_whose_line_was_lost_while_saving_is_offered_again(writer: Page, organiser: Organiser) -> None:
    writer.goto("/admin/write")
    writer.get_by_role("button", name="Begin with an empty hunt").click()
    writer.goto("/admin/write/puzzles/new")
    expect(writer.locator("form[data-ready]")).to_be_visible()
    writer.route("**/admin/write/puzzles/new", lose)
    writer.get_by_label("Title", exact=True).fill("The Weir")
    writer.get_by_label("Puzzle", exact=True).fill("A night’s work")
    writer.get_by_role("button", name="Save", exact=True).click()
    writer.wait_for_url("chrome-error://**")
    assert organiser.counts("site_records", "table_name = 'Puzzles'") == 0
    writer.unroute("**/admin/write/puzzles/new")
    writer.goto("/admin/write/levels")
    writer.get_by_role("link", name="Level 1", exact=True).click()
    expect(writer.locator("form[data-ready]")).to_be_visible()
    writer.goto("/admin/write/puzzles/new")
    writer.get_by_role("button", name="Bring it back").click()
    expect(writer.get_by_label("Puzzle", exact=True)).to_have_value("A night’s work")
    writer.get_by_role("button", name="Save", exact=True).click()
    expect(writer.locator(".flashes")).to_contain_text("Saved.")
    assert organiser.counts("site_records", "table_name = 'Puzzles'") == 1
    writer.goto("/admin/write/puzzles/new")
    expect(writer.locator("form[data-ready]")).to_be_visible()
    expect(writer.locator("[data-local-draft]")).to_be_hidden()


def test_an_import_whose_line_was_lost_leaves_nothing_and_can_be_sent_again(writer: Page) -> None:
    writer.goto("/admin/write/import")
    writer.route("**/admin/write/import", lose)
    writer.get_by_label("File", exact=True).set_input_files(FILES / "gph-site-dump.zip")
    writer.get_by_role("button", name="Check").click()
    writer.wait_for_url("chrome-error://**")
    writer.unroute("**/admin/write/import")
    writer.goto("/admin/write/import")
    expect(writer.get_by_role("link", name="Go to the import")).to_have_count(0)
    writer.get_by_label("File", exact=True).set_input_files(FILES / "gph-site-dump.zip")
    writer.get_by_role("button", name="Check").click()
    expect(writer.get_by_text("No errors.")).to_be_visible()
    writer.get_by_role("button", name="Discard").click()


def half_sent(site: Node, client: Visitor, path: str, fields: dict[str, str], name: str, body: bytes) -> bytes:
    """Send half of a form with a file, then hang up; what the server said."""
    fields = {"csrf_token": client.token("/admin/write/import"), **fields}
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'
        for key, text in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    whole = "".join([*parts, head]).encode() + body + f"\r\n--{BOUNDARY}--\r\n".encode()
    cookies = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nCookie: {cookies}\r\nContent-Length: {len(whole)}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nAccept: application/json\r\n\r\n"
    ).encode()
    with socket.create_connection((site.host, site.port), timeout=30) as line:
        line.sendall(request + whole[: -len(body) // 2])
        line.shutdown(socket.SHUT_WR)
        return line.recv(4096)


@pytest.mark.parametrize(
    ("path", "fields", "name", "body"),
    [
        ("/admin/write/import", {"act": "fill", "replace": "yes"}, "p.csv", b"Title,Level\n" + b"A,L\n" * 9_000),
        ("/admin/write/import", {"act": "check"}, "h.zip", (FILES / "ctfd-3.8.7.zip").read_bytes()),
        ("/admin/write/files", {}, "map.png", PNG),
        ("/admin/write/begin", {"choice": "upload", "replace": "yes"}, "h.json", b'{"format": 1, "tables": {}}'),
    ],
    ids=["spreadsheet", "zip", "picture", "JSON"],
)  # fmt: skip
def test_half_of_an_upload_stores_nothing(
    site: Node, organiser: Organiser, path: str, fields: dict[str, str], name: str, body: bytes
) -> None:
    client = Visitor(site.url)
    client.login("keeper")
    tables = ("site_records", "site_assets", "snapshots", "audit")
    before = [organiser.counts(table, "1 = 1") for table in tables]
    said = half_sent(site, client, path, fields, name, body)
    assert said == b"" or said.startswith(b"HTTP/1.1 400")
    assert [organiser.counts(table, "1 = 1") for table in tables] == before
    assert client.get("/admin/write").status_code == 200


def test_an_import_whose_node_was_killed_can_be_begun_again(shelves: Shelves) -> None:
    slow = {"ADMIN_NAME": "keeper", "ADMIN_PASSWORD": PASSWORD, "ANSWER_COST": "12"}
    raw = ("Title,Level,Answer\n" + "".join(f"P{number},L,answer{number}\n" for number in range(400))).encode()
    with shelves["sqlite"].fresh() as url, node(url, slow) as one:
        client = Visitor(one.url)
        client.login("keeper")
        path = client.send_form("/admin/write/import", {"act": "fill"}, files={"file": ("p.csv", raw)}).headers[
            "Location"
        ]
        assert "data-restock" in client.get(path).text
        one.kill()
        one.start()
        again = Visitor(one.url)
        again.login("keeper")
        # Another node may still work on it, so it counts as running for a while; nobody has to wait for that.
        refused = again.send_form(
            "/admin/write/import", {"act": "fill"}, files={"file": ("q.csv", b"Title,Answer\nQ,x\n")}
        )
        assert (refused.status_code, "cancel it" in refused.text) == (400, True)
        again.send_form(path, {"act": "cancel"})
        assert "Cancelled. Nothing was changed." in again.get(path).text
        done = again.send_form(
            "/admin/write/import", {"act": "fill"}, files={"file": ("q.csv", b"Title,Answer\nQ,x\n")}
        )
        filled = done.headers["Location"]
        wait_until(lambda: "The tables are filled." in again.get(filled).text, 60)
