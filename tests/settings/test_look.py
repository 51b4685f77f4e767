"""The hunt's own look: shown with the next click of everybody once it is saved, and to nobody before."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import text

from app.core.hunt_settings import PICTURES, read_settings
from app.ops.backup import back_up, restore
from app.ports import Ports
from tests.settings.look_files import SQUARE_SVG, moving, picture, svg
from tests.settings.test_admin import HOSTILE, fields_of
from tests.support.accounts import in_play, set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import hunt
from tests.support.organisers import audited, enter
from tests.support.small_hunt import ports_on

PAGE = "/admin/customization"
FIELDS = ("csrf_token", 'logo.file; filename="x.png"')
BLUE, ORANGE = "#1f5fbf", "#e67e22"


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


@pytest.fixture
def admin(app: Flask, world: Ports) -> PageClient:
    return enter(app, "keeper", "admin")


@pytest.fixture
def team(app: Flask, world: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("owls")
    return client


def sent(client: PageClient, act: str = "save", **fields: Any) -> Any:
    """The form as a browser sends it; bytes are a file."""
    form: dict[str, Any] = {name: text for name, text in fields_of(client, PAGE).items() if ".file" not in name}
    form.pop("meant.accent", None)
    for name, value in fields.items():
        if isinstance(value, bytes):
            form[f"{name}.file"] = (io.BytesIO(value), "picture.png")
        else:
            form[name] = value
    return client.post(PAGE, data=form | {"act": act}, content_type="multipart/form-data")


def head(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html5lib")


def link(html: str, selector: str, attribute: str = "href") -> str:
    found = head(html).select_one(selector)
    return str(found[attribute]) if found else ""


def test_a_hunt_that_chose_nothing_shows_nothing_of_it(team: PageClient) -> None:
    for path in ("/", "/game", "/game/puzzle/one"):
        html = team.get(path).text
        assert "/look/" not in html
        assert "look.css" not in html
        assert "img/logo.svg" in html
        assert 'class="art' in html
        assert "og:image" not in html


def test_what_is_saved_shows_with_the_next_click_on_every_node(
    make_app: Callable[..., Flask], admin: PageClient, team: PageClient, world: Ports
) -> None:
    node = make_app()
    in_play(node)
    other_node: PageClient = node.test_client()  # type: ignore[assignment]
    other_node.login("owls")
    pages = [(client, path) for client in (team, other_node) for path in ("/", "/game", "/game/puzzle/one")]
    for client, path in pages * 2:
        client.get(path)
    files = {"logo": picture(), "icon": picture(size=(256, 256)), "social_card": picture(size=(1200, 630))}
    assert sent(admin, accent=BLUE.upper(), artwork=picture("JPEG"), **files).status_code == 303
    settings = world.in_force.settings
    for client, path in pages:
        html = client.get(path).text
        assert link(html, ".brand img", "src") == f"/look/{settings.logo}"
        assert link(html, 'link[rel="icon"]') == link(html, 'link[rel="apple-touch-icon"]') == f"/look/{settings.icon}"
        assert link(html, 'meta[property="og:image"]', "content") == f"http://localhost/look/{settings.social_card}"
        assert link(html, 'meta[name="twitter:card"]', "content") == "summary_large_image"
        sheet = client.get(link(html, 'link[href^="/style/look.css"]'))
        assert f"--accent: {BLUE};" in sheet.text
        assert f"/look/{settings.artwork}" in sheet.text
        assert "immutable" in sheet.headers["Cache-Control"]
    assert audited(world) == [("keeper", "setting", name) for name in ("accent", *PICTURES)]


def test_a_picture_is_served_for_ever_and_can_do_nothing(app: Flask, admin: PageClient, world: Ports) -> None:
    sent(admin, logo=SQUARE_SVG)
    reply = app.test_client().get(f"/look/{world.in_force.settings.logo}")
    assert (reply.data, reply.mimetype) == (SQUARE_SVG, "image/svg+xml")
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in reply.headers
    for name in ("x", f"{'0' * 24}-1x1.png", "..%2fx"):
        assert app.test_client().get(f"/look/{name}").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["accent=red", "accent=fff", "accent=1F5FBF", "accent=1f5fbf00", "artwork=x", "artwork=%22);}", "accent=%EF%BC%91"],
)
def test_the_style_sheet_of_the_look_is_made_of_nothing_else(app: Flask, query: str) -> None:
    assert app.test_client().get(f"/style/look.css?{query}").status_code == 404


def test_a_picture_is_removed_by_choosing_the_built_in(admin: PageClient, team: PageClient, world: Ports) -> None:
    sent(admin, logo=picture(), artwork=picture(), accent=BLUE)
    assert sent(admin, logo="", artwork="on", accent="").status_code == 303
    assert (world.in_force.settings.logo, world.in_force.settings.artwork) == ("", "on")
    html = team.get("/").text
    assert "img/logo.svg" in html
    assert "/look/" not in html


def test_artwork_can_be_off(admin: PageClient, team: PageClient) -> None:
    sent(admin, artwork="off")
    html = team.get("/").text
    assert 'class="art' not in html
    assert 'data-toggle="art"' not in html


def test_the_preview_shows_real_pieces_and_changes_nothing(admin: PageClient, team: PageClient, world: Ports) -> None:
    before = team.get("/").text.count("/look/")
    reply = sent(
        admin, "preview", hunt_name="Unsaved & new", accent=BLUE, logo=picture(), site_css="h1 { color: blue }"
    )
    assert reply.status_code == 200
    frames = head(reply.text).select("iframe")
    assert [frame["sandbox"] for frame in frames] == [["allow-same-origin"]] * 4
    schemes = []
    for frame in frames:
        page = head(str(frame["srcdoc"]))
        schemes.append(str(page.html["data-theme"]) if page.html else "")
        assert page.select_one("h1").get_text() == "Unsaved & new"  # type: ignore[union-attr]
        assert page.body is not None
        assert page.body.has_attr("inert")
        assert not page.select("script")
        for piece in ("header.top", ".button", ".card", ".card-solved", "p > a", ".result-correct .found-answer"):
            assert page.select_one(piece), piece
        assert str(page.select_one(".brand img")["src"]).startswith("/look/")  # type: ignore[index]
        sheets = [str(one["href"]) for one in page.select('link[rel="stylesheet"]')]
        assert any("accent=1f5fbf" in sheet for sheet in sheets)
        own = admin.get(next(sheet for sheet in sheets if sheet.startswith("/look/")))
        assert (own.mimetype, "color: blue" in own.text) == ("text/css", True)
    assert schemes == ["light", "light", "dark", "dark"]
    assert audited(world) == []
    assert world.in_force.settings == read_settings({})
    assert team.get("/").text.count("/look/") == before
    # What was typed and sent stands in the form, ready to be saved.
    form = head(reply.text).select_one("#set-logo option[selected]")
    assert form is not None
    assert sent(admin, logo=str(form["value"])).status_code == 303


def test_the_preview_stands_there_before_anything_is_typed(admin: PageClient) -> None:
    assert len(head(admin.get(PAGE).text).select("iframe[srcdoc]")) == 4


@pytest.mark.parametrize("act", ["save", "preview"])
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("accent", ORANGE, "The nearest colour that works is #a95600"),
        ("accent", "#8a6d00", "links on"),
        ("accent", "red", "six digits"),
        ("accent", "#fff", "six digits"),
        ("accent", "#FFFFFF00", "six digits"),
        ("accent", "#１２３４５６", "six digits"),
        ("accent", HOSTILE, "six digits"),
        ("artwork", "own", "must be a picture"),
        ("logo", "javascript:alert(1)", "must be a picture"),
        ("logo", "../../etc/passwd", "must be a picture"),
        ("logo", moving("GIF"), "must be a PNG, JPEG, WebP or SVG picture"),
        ("logo", svg("<script/>"), "can’t be used"),
        ("icon", picture(), "must be square"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    admin: PageClient, world: Ports, act: str, field: str, value: Any, words: str
) -> None:
    reply = sent(admin, act, tagline="kept", **{field: value})
    assert reply.status_code == 400
    error = head(reply.text).select_one(f"#set-{field}-error")
    assert error is not None
    assert words in error.get_text()
    assert 'value="kept"' in reply.text
    assert audited(world) == []


def test_the_nearest_colour_is_taken_by_ticking_it(admin: PageClient, world: Ports) -> None:
    assert sent(admin, accent=ORANGE, **{"meant.accent": "#a95600"}).status_code == 303
    assert world.in_force.settings.accent == "#a95600"


def test_good_pictures_of_a_refused_form_need_not_be_sent_again(admin: PageClient, world: Ports) -> None:
    reply = sent(admin, accent="red", logo=picture())
    chosen = head(reply.text).select_one("#set-logo option[selected]")
    assert chosen is not None
    assert sent(admin, logo=str(chosen["value"])).status_code == 303
    assert world.in_force.settings.logo == chosen["value"]


def test_a_file_of_fifty_megabytes_is_refused(admin: PageClient, world: Ports) -> None:
    for megabytes, status in ((50, 413), (9, 400)):
        before, after = (f"--x\r\nContent-Disposition: form-data; name={words}\r\n\r\n".encode() for words in FIELDS)
        token = before + admin.token().encode() + b"\r\n"
        body = token + after + b"\x89PNG" + bytes(megabytes * 1024 * 1024) + b"\r\n--x--\r\n"
        assert admin.post(PAGE, data=body, content_type="multipart/form-data; boundary=x").status_code == status
    assert audited(world) == []


def test_the_second_of_two_organisers_is_told_before_anything_is_overwritten(
    app: Flask, admin: PageClient, world: Ports
) -> None:
    second = enter(app, "second", "admin")
    form = {name: value for name, value in fields_of(second, PAGE).items() if ".file" not in name}
    sent(admin, accent=BLUE)
    reply = second.post(PAGE, data=form | {"accent": "#1c6b42"})
    assert reply.status_code == 409
    assert BLUE in reply.text
    assert world.in_force.settings.accent == BLUE


def test_others_than_admins_may_not(app: Flask, world: Ports) -> None:
    writer = enter(app, "writer", "writer")
    assert writer.get(PAGE).status_code == 403
    assert writer.send_form(PAGE, {"accent": BLUE}).status_code == 403


def test_what_nobody_saved_goes_after_a_day_and_must_be_sent_again(
    admin: PageClient, world: Ports, clock: FixedClock
) -> None:
    reply = sent(admin, "preview", logo=picture())
    name = str(head(reply.text).select_one("#set-logo option[selected]")["value"])  # type: ignore[index]
    sent(admin, icon=SQUARE_SVG)
    clock.advance(25 * 3600)
    enter_again = admin.login("keeper")
    assert enter_again.status_code == 303
    sent(admin, "preview", artwork=picture())
    with world.database.reading() as connection:
        names = set(connection.execute(text("SELECT name FROM look_files")).scalars())
    assert name not in names
    assert world.in_force.settings.icon in names
    reply = sent(admin, logo=name)
    assert (reply.status_code, "must be sent again" in reply.text) == (400, True)


def test_an_accent_that_a_newer_version_finds_too_light_does_not_stop_the_site() -> None:
    assert read_settings({"accent": ORANGE}).accent == "#a95600"
    assert read_settings({"accent": "rubbish"}).accent == ""


def test_the_command_line_takes_a_file(app: Flask, world: Ports, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(picture())
    (tmp_path / "logo.gif").write_bytes(picture("GIF"))
    said = hunt(app, "set", "logo", str(tmp_path / "logo.png"))
    assert world.in_force.settings.logo in said
    assert f"logo = {world.in_force.settings.logo}\n" in hunt(app, "settings")
    assert "must be a PNG" in hunt(app, "set", "logo", str(tmp_path / "logo.gif"), code=1)
    assert "cannot be read" in hunt(app, "set", "logo", str(tmp_path / "none.png"), code=1)
    assert "#a95600" in hunt(app, "set", "accent", ORANGE, code=1)
    hunt(app, "set", "artwork", "off")
    hunt(app, "set", "logo", "")
    assert (world.in_force.settings.logo, world.in_force.settings.artwork) == ("", "off")


def test_a_backup_holds_the_pictures(
    admin: PageClient, world: Ports, shelves: Any, clock: FixedClock, tmp_path: Path
) -> None:
    sent(admin, logo=picture())
    back_up(world.database, world.clock, tmp_path / "hunt.jsonl")
    with shelves["sqlite"].fresh() as url, ports_on(url, clock) as target:
        restore(target.database, target.in_force, tmp_path / "hunt.jsonl")
        assert target.in_force.settings.logo == world.in_force.settings.logo
        with target.database.reading() as connection:
            name = connection.execute(text("SELECT name FROM look_files")).scalar_one()
    assert name == world.in_force.settings.logo


def test_the_page_for_a_database_that_is_away_names_nothing_of_it(
    app: Flask, admin: PageClient, world: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(admin, logo=picture(), accent=BLUE, icon=SQUARE_SVG)
    set_now(world, hunt_name="Name")

    def away(*_: Any) -> Any:
        raise OSError

    monkeypatch.setattr(type(world.database), "ask", away)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    reply = app.test_client().get("/")
    assert reply.status_code >= 500
    assert "/look/" not in reply.text
    assert "look.css" not in reply.text
    # Made of its address alone.
    assert app.test_client().get("/style/look.css?accent=1f5fbf").status_code == 200
