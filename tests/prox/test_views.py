"""``/prox/TOKEN``: who gets a picture, once fetched from where, and how it is sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import text

from app.prox.client import PictureCache
from app.prox.tokens import Claim, Signer, TokenUnknown
from tests.prox.hunts import restock, tokens_in
from tests.prox.origin import MP4, Origin, picture, png, says
from tests.support.client import PageClient
from tests.support.hunts import hunt
from tests.support.world import at_once

MakeApp = Callable[..., Flask]


@pytest.fixture
def site(make_app: MakeApp, origin: Origin, tmp_path: Path) -> Flask:
    return keep_on(make_app(PROX_PRIVATE_HOSTS=origin.host), tmp_path)


def keep_on(app: Flask, folder: Path) -> Flask:
    """The app with its pictures in a folder of the test's own."""
    from app.prox.disk_cache import Disk

    app.extensions["picture_cache"] = PictureCache(Disk(folder / "pictures"))
    return app


def team(app: Flask, name: str = "owls") -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register(name).status_code == 303
    return client


def got(client: PageClient, path: str, **more: Any) -> Any:
    """The whole answer, and the file behind it let go, as a server does."""
    reply = client.get(path, **more)
    reply.get_data()
    reply.close()
    return reply


def shown(client: PageClient, key: str = "one") -> str:
    """The address of the picture on a puzzle's page."""
    (path,) = tokens_in(client.get(f"/game/puzzle/{key}").text)
    return path


def test_a_picture_of_somebody_elses_shows_on_the_page(site: Flask, origin: Origin, tmp_path: Path) -> None:
    address = origin.shows("/map.png", png(40, 30))
    restock(site, tmp_path, first=f"![a map]({address})")
    client = team(site)
    page = BeautifulSoup(client.get("/game/puzzle/one").text, "html5lib")
    (tag,) = page.select(".puzzle-body img")
    assert str(tag["src"]).startswith("/prox/")
    assert (tag["width"], tag["height"], tag["alt"]) == ("40", "30", "a map")
    assert "127.0.0.1" not in str(tag)
    reply = client.get(str(tag["src"]))
    assert (reply.status_code, reply.data, reply.mimetype) == (200, png(40, 30), "image/png")


def test_it_is_sent_so_that_it_can_do_nothing_but_be_seen(site: Flask, origin: Origin, tmp_path: Path) -> None:
    restock(site, tmp_path, first=f"![a map]({origin.shows('/map.png', png())})")
    client = team(site)
    reply = client.get(shown(client))
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert reply.headers["Content-Disposition"].startswith("inline")
    assert "Set-Cookie" not in reply.headers
    again = client.get(shown(client), headers={"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_pages_may_show_pictures_of_this_host_alone(site: Flask, origin: Origin, tmp_path: Path) -> None:
    restock(site, tmp_path)
    policy = team(site).get("/game").headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in policy
    assert "media-src 'self';" in policy


def test_a_picture_of_a_locked_puzzle_is_the_404_of_an_unknown_one(site: Flask, origin: Origin, tmp_path: Path) -> None:
    address = origin.shows("/secret.png", png())
    restock(site, tmp_path, second=f"![a secret]({address})")
    client, ahead, visitor = team(site), team(site, "ahead"), site.test_client()
    assert ahead.guess("one", "owl").json["verdict"] == "correct"
    path = shown(ahead, "two")
    assert ahead.get(path).status_code == 200
    for nobody in (client, visitor):
        locked, unknown = nobody.get(path), nobody.get("/prox/no-such-token")
        assert (locked.status_code, unknown.status_code) == (404, 404)
        assert "<h1>Page not found</h1>" in locked.text
        assert "<h1>Page not found</h1>" in unknown.text
    client.guess("one", "owl")
    assert client.get(path).status_code == 200


def test_before_the_start_and_in_a_lockdown_pictures_are_closed_too(
    site: Flask, origin: Origin, tmp_path: Path
) -> None:
    restock(site, tmp_path, first=f"![a map]({origin.shows('/map.png', png())})")
    client = team(site)
    path = shown(client)
    hunt(site, "set", "lockdown_puzzles", "on")
    assert client.get(path).status_code == 404
    hunt(site, "set", "lockdown_puzzles", "off")
    hunt(site, "set", "starts_at", "2099-01-01T00:00Z")
    assert client.get(path).status_code == 404
    hunt(site, "set", "starts_at", "2001-01-01T00:00Z")
    assert client.get(path).status_code == 200


def test_a_picture_of_an_open_page_is_open(site: Flask, origin: Origin, tmp_path: Path) -> None:
    restock(site, tmp_path, page=f"![a map]({origin.shows('/map.png', png())})")
    visitor = site.test_client()
    (path,) = tokens_in(visitor.get("/page/rules").text)
    assert visitor.get(path).data == png()


def test_an_announcements_picture_comes_by_way_of_this_site(site: Flask, tmp_path: Path) -> None:
    restock(site, tmp_path)
    body = tmp_path / "news.md"
    body.write_text("![a map](https://i.imgur.com/map.png)")
    hunt(site, "announce", "News", "--body", str(body))
    page = site.test_client().get("/announcements").text + site.test_client().get("/announcements/1").text
    assert tokens_in(page)
    assert 'src="https://i.imgur.com' not in page


def test_the_address_is_the_same_after_every_restock_and_on_every_node(
    site: Flask, make_app: MakeApp, origin: Origin, tmp_path: Path
) -> None:
    address = origin.shows("/map.png", png())
    restock(site, tmp_path, first=f"![a map]({address})")
    before = shown(team(site))
    restock(site, tmp_path, first=f"Now with words. ![a map]({address})")
    other = keep_on(make_app(PROX_PRIVATE_HOSTS=origin.host), tmp_path / "other")
    assert shown(team(other, "others")) == before
    assert origin.asked == ["/map.png"]


def test_a_second_node_sends_what_the_first_fetched_though_the_origin_is_gone(
    site: Flask, make_app: MakeApp, origin: Origin, tmp_path: Path
) -> None:
    restock(site, tmp_path, first=f"![a map]({origin.shows('/map.png', png())})")
    origin.pages.clear()
    other = keep_on(make_app(PROX_PRIVATE_HOSTS=origin.host), tmp_path / "other")
    client = team(other, "others")
    assert client.get(shown(client)).data == png()
    assert origin.asked == ["/map.png"]


def test_an_attachment_is_copied_and_known_by_its_id(site: Flask, origin: Origin, tmp_path: Path) -> None:
    one = {"id": "att1", "url": origin.shows("/v3/aaa", png(50, 40)), "filename": "Die Türme.png", "type": "image/png"}
    restock(site, tmp_path, attachments=[one])
    client = team(site)
    path = shown(client)
    (tag,) = BeautifulSoup(client.get("/game/puzzle/one").text, "html5lib").select(".pictures img")
    assert (tag["width"], tag["height"]) == ("50", "40")
    reply = client.get(path)
    assert reply.data == png(50, 40)
    assert reply.headers["Content-Disposition"] == "inline; filename*=UTF-8''Die%20T%C3%BCrme.png"
    # Two hours later the address is another one, and nothing answers at the old one.
    origin.pages.clear()
    restock(site, tmp_path, first="New words.", attachments=[{**one, "url": origin.url("/v3/bbb")}])
    assert shown(client) == path
    assert client.get(path).data == png(50, 40)
    assert origin.asked == ["/v3/aaa"]


@pytest.mark.parametrize("form", ["JPEG", "GIF", "WEBP", "AVIF"])
def test_pictures_of_all_kinds_are_sent_as_they_are(site: Flask, origin: Origin, tmp_path: Path, form: str) -> None:
    content = picture(form)
    restock(site, tmp_path, first=f"![a map]({origin.shows('/map', content, Content_Type='text/html')})")
    client = team(site)
    reply = client.get(shown(client))
    assert (reply.data, reply.mimetype) == (content, f"image/{form.lower()}")


def test_a_recording_is_sent_in_the_ranges_that_are_asked_for(site: Flask, origin: Origin, tmp_path: Path) -> None:
    address = origin.shows("/film", MP4)
    restock(site, tmp_path, first=f'<video src="{address}"></video>')
    client = team(site)
    path = shown(client)
    whole = got(client, path)
    assert (whole.status_code, whole.mimetype, len(whole.data)) == (200, "video/mp4", len(MP4))
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = got(client, path, headers={"Range": "bytes=1000000-1000099"})
    assert (part.status_code, len(part.data)) == (206, 100)
    assert part.headers["Content-Range"] == f"bytes 1000000-1000099/{len(MP4)}"
    tail = got(client, path, headers={"Range": "bytes=-10"})
    assert (tail.status_code, tail.data) == (206, MP4[-10:])
    assert got(client, path, headers={"Range": f"bytes={len(MP4)}-"}).status_code == 416
    assert client.head(path).headers["Content-Length"] == str(len(MP4))
    assert got(client, path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "content", [b"<!doctype html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b""]
)
def test_a_document_dressed_as_a_picture_is_named_at_the_restock_and_never_sent(
    site: Flask, origin: Origin, tmp_path: Path, content: bytes
) -> None:
    address = origin.shows("/a.png", content, Content_Type="image/png")
    said = restock(site, tmp_path, first=f"![a map]({address})")
    assert "Warning: Puzzles › “One” (recP1): The picture" in said
    assert "no PNG, JPEG" in said
    client = team(site)
    reply = client.get(shown(client))
    assert reply.status_code == 503
    assert content not in reply.data or not content


def test_a_picture_that_cannot_be_had_is_tried_again_later(
    site: Flask, origin: Origin, tmp_path: Path, clock: Any
) -> None:
    address = origin.url("/map.png")
    said = restock(site, tmp_path, first=f"![a map]({address})")
    assert "status 404" in said
    assert "Version 1 is in force" in said
    client = team(site)
    path = shown(client)
    reply = client.get(path)
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "30")
    assert len(origin.asked) == 1
    origin.shows("/map.png", png())
    clock.advance(31)
    assert client.get(path).data == png()


def test_a_damaged_or_missing_disk_is_healed_from_the_database(site: Flask, origin: Origin, tmp_path: Path) -> None:
    restock(site, tmp_path, first=f"![a map]({origin.shows('/map.png', png())})")
    client = team(site)
    path = shown(client)
    client.get(path)
    (file,) = [one for one in (tmp_path / "pictures").rglob("*") if one.is_file()]
    file.unlink()
    assert client.get(path).data == png()
    site.extensions["picture_cache"].disk._folder = Path("/proc/nowhere")
    assert client.get(path).data == png()
    assert origin.asked == ["/map.png"]


def test_a_picture_that_changed_has_another_address_on_the_page(
    site: Flask, origin: Origin, tmp_path: Path, clock: Any
) -> None:
    address = origin.shows("/map.png", png(40, 30))
    restock(site, tmp_path, first=f"![a map]({address})")
    client = team(site)
    before = BeautifulSoup(client.get("/game/puzzle/one").text, "html5lib").select_one(".puzzle-body img")
    origin.shows("/map.png", png(60, 30))
    clock.advance(2 * 86_400)
    restock(site, tmp_path, first=f"![a map]({address})")
    after = BeautifulSoup(client.get("/game/puzzle/one").text, "html5lib").select_one(".puzzle-body img")
    assert before is not None
    assert after is not None
    assert (before["width"], after["width"]) == ("40", "60")
    assert before["src"] != after["src"]


def test_an_old_copy_stays_when_the_origin_fails(site: Flask, origin: Origin, tmp_path: Path, clock: Any) -> None:
    address = origin.shows("/map.png", png())
    restock(site, tmp_path, first=f"![a map]({address})")
    client = team(site)
    path = shown(client)
    origin.pages["/map.png"] = says(b"gone", 500)
    clock.advance(2 * 86_400)
    said = restock(site, tmp_path, first=f"New words. ![a map]({address})")
    assert "could not be fetched again" in said
    assert client.get(path).data == png()


def test_many_who_ask_at_once_cause_one_fetch(site: Flask, make_app: MakeApp, origin: Origin, tmp_path: Path) -> None:
    restock(site, tmp_path, first=f"![a map]({origin.url('/map.png')})")
    first = team(site)
    path = shown(first)
    apps = [site, keep_on(make_app(PROX_PRIVATE_HOSTS=origin.host), tmp_path / "other")]
    clients = [team(apps[number % 2], f"team{number}") for number in range(6)]
    for client in clients:
        client.get("/game")
    with apps[0].app_context(), apps[0].extensions["infinity"].database.writing() as connection:
        connection.execute(text("UPDATE pictures SET problem = '', tried_at = NULL"))
    origin.asked.clear()
    slow = says(png())

    def slowly(asked: Any) -> None:
        time.sleep(0.5)
        slow(asked)

    origin.pages["/map.png"] = slowly
    replies = at_once([lambda client=client: client.get(path).data for client in clients])  # type: ignore[misc]
    assert replies == [png()] * 6
    assert origin.asked == ["/map.png"]


def test_a_wide_picture_has_smaller_copies_and_its_original_one_click_away(
    site: Flask, origin: Origin, tmp_path: Path
) -> None:
    wide = picture("JPEG", 2400, 1200)
    address = origin.shows("/wide.jpg", wide)
    attached = {"id": "att9", "url": address, "filename": "wide.jpg", "type": "image/jpeg"}
    restock(site, tmp_path, first=f"![wide]({address})", attachments=[attached])
    client = team(site)
    page = BeautifulSoup(client.get("/game/puzzle/one").text, "html5lib")
    for tag in page.select(".puzzle-body img, .pictures img"):
        assert (tag["width"], tag["height"]) == ("2400", "1200")
        link = tag.find_parent("a")
        assert link is not None
        assert client.get(str(link["href"])).data == wide
        candidates = [one.split() for one in str(tag["srcset"]).split(", ")]
        assert [width for _, width in candidates] == ["800w", "1600w", "2400w"]
        small = client.get(candidates[0][0])
        assert (small.mimetype, len(small.data) < len(wide)) == ("image/webp", True)
        assert client.get(candidates[2][0]).data == wide
    assert len(page.select(".puzzle-body img, .pictures img")) == 2


# --- tokens ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def signer() -> Signer:
    return Signer(b"x" * 32)


def test_a_token_says_what_it_was_made_for(signer: Signer) -> None:
    claim = Claim("recP1", "https://pic.example/ä.png?x=1&y=2")
    assert signer.claim(signer.token(claim)) == claim
    assert signer.token(claim) == Signer(b"x" * 32).token(claim)


def test_no_changed_token_is_taken(signer: Signer) -> None:
    token = signer.token(Claim("recP1", "https://pic.example/a.png"))
    other = Signer(b"y" * 32).token(Claim("recP1", "https://pic.example/a.png"))
    changed = [
        token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in range(len(token) - 1)
    ]
    for wrong in (
        other,
        "",
        ".",
        "..",
        token[:-2],
        token + "x" * 9,
        "x" * 9_000,
        "é",
        "\0",
        token.split(".")[0],
        *changed,
    ):
        with pytest.raises(TokenUnknown):
            signer.claim(wrong)


@pytest.mark.parametrize(
    "path", ["/prox/", "/prox/x", "/prox/../etc/passwd", "/prox/%2e%2e", "/prox/a/b", "/prox/https:"]
)
def test_an_address_that_was_not_signed_is_a_404(site: Flask, path: str, tmp_path: Path) -> None:
    restock(site, tmp_path)
    assert site.test_client().get(path).status_code == 404


def test_no_thread_is_left_after_a_restock(site: Flask, origin: Origin, tmp_path: Path) -> None:
    texts = " ".join(f"![{n}]({origin.shows(f'/{n}.png', png())})" for n in range(9))
    before = {thread for thread in threading.enumerate() if thread.name == "fetching ahead"}
    restock(site, tmp_path, first=texts)
    assert {thread for thread in threading.enumerate() if thread.name == "fetching ahead"} == before
    assert sorted(origin.asked) == sorted(f"/{n}.png" for n in range(9))
