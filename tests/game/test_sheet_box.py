"""Styles of levels and puzzles stay inside of their box, whatever they say: looked at in a real browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from PIL import Image, ImageChops

from app.content.html.css import LEVEL_SCOPE, PUZZLE_SCOPE, clean_css
from app.core.model import Content
from app.ports import Ports
from tests.support.accounts import in_play
from tests.support.client import PageClient
from tests.support.world import small_content

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.support.browser import Chromium

SITE, PAGE = "http://127.0.0.1:1", "/game/puzzle/one"
WIDE = "<tr>" + "<td>wide</td>" * 80 + "</tr>"
BODY = f'<p class="x">Text</p><table>{WIDE}</table>'
HUGE = "position: absolute; top: -3000px; left: -3000px; width: 9000px; height: 9000px; background: red; z-index: 9999"
HOSTILE = {
    "a shadow": "body { box-shadow: 0 0 0 3000px red !important }",
    "an outline": "html body { outline: 3000px solid red !important; outline-offset: 50px }",
    "a filter": "body { filter: drop-shadow(700px 0 red) drop-shadow(0 -300px red); backdrop-filter: invert(1) }",
    "a place": "body { position: relative !important; left: 700px; top: -400px; z-index: 9999 !important; color: red }",
    "an absolute box": f"p {{ {HUGE} }}",
    "containment off": "html[data-theme] body { contain: none !important; overflow: visible !important; isolation: auto"
    f" !important; position: static !important }} p::before {{ content: 'x'; {HUGE} }}",
    "a transform": "body { transform: translate(700px, -300px) scale(9) !important; background: red }",
    "a new property": "body { translate: 700px -300px; scale: 9; rotate: 45deg; background: red }",
    "margins": "body { margin: -900px -900px 0 -900px !important; padding: 900px; background: red; max-width: none }",
    "a size": "body { width: 9000px !important; min-width: 9000px; background: red; display: block; float: right }",
    "a grid place": "body { grid-area: 1 / 1 / 3 / 3; grid-column: 1 / -1; background: red; place-self: stretch }",
    "a sticky box": "p { position: sticky; top: 0; left: 0; margin: -2000px; padding: 2000px; color: red; z-index: 9 }",
    "text": "p { text-shadow: 700px 0 red, 0 -200px red; text-indent: 900px; font-size: 900px }",
    "a deep scope": f"{PUZZLE_SCOPE} {{ position: absolute; inset: -3000px; background: red }}",
    "a theme": "html.x, body[id], :root:not(.y) body { box-shadow: 0 0 0 3000px red !important; margin: -900px }",
}


def ports_with(app: Flask, css: str, level_css: str) -> Ports:
    world, content = in_play(app), small_content()
    one = replace(content.puzzles_by_key["one"], body_html=BODY, css=css)
    levels = tuple(replace(level, css=level_css) for level in content.levels)
    others = tuple(puzzle for puzzle in content.puzzles if puzzle.key != "one")
    world.in_force.put(Content(world.in_force.content.version + 1, levels, (one, *others), content.divisions))
    return world


@pytest.fixture
def team(app: Flask) -> PageClient:
    ports_with(app, "", "")
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    # The page after it has a welcome above everything.
    assert client.get(PAGE).status_code == 200
    return client


@pytest.fixture
def tab(chromium: Chromium, team: PageClient) -> Iterator[Page]:
    """A browser's page whose requests are answered by the program itself."""

    def answer(route: Route) -> None:
        reply = team.get(route.request.url.removeprefix(SITE))
        headers = {name: value for name, value in reply.headers.items() if name.lower() != "content-length"}
        content = reply.get_data()
        reply.close()
        route.fulfill(status=reply.status_code, headers=headers, body=content)

    page = chromium.open(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    page.route("**/*", answer)
    yield page
    chromium.end(page.context)


def around(page: Page, path: str) -> tuple[bytes, ...]:
    """Pictures of what stands around the box: the site's header, and the answer beside it where there is one."""
    page.goto(SITE + path)
    found = [page.locator("body > header, .site-header").first]
    found += [page.locator(".puzzle-side")] if "/puzzle/" in path else []
    return tuple(one.screenshot(animations="disabled", caret="hide") for one in found)


def differing(ones: tuple[bytes, ...], others: tuple[bytes, ...]) -> int:
    """How many dots differ by more than the smoothing of letters does from one drawing to the next."""
    found = 0
    for pair in zip(ones, others, strict=True):
        one, other = (Image.open(io.BytesIO(picture)).convert("L") for picture in pair)
        assert one.size == other.size
        found += sum(ImageChops.difference(one, other).histogram()[48:])
    return found


def is_on_top(page: Page, selector: str) -> bool:
    """Whether a click in the middle of the element hits it."""
    return bool(
        page.locator(selector).first.evaluate(
            "(one) => { const box = one.getBoundingClientRect();"
            " return one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)) }"
        )
    )


@pytest.mark.parametrize("where", ["puzzle", "level"])
def test_no_sheet_paints_or_stands_outside_of_its_box(app: Flask, tab: Page, where: str) -> None:
    pages = (PAGE, "/game/shallows") if where == "level" else (PAGE,)
    plain = {path: around(tab, path) for path in pages}
    for what, text in HOSTILE.items():
        css = clean_css(
            text.replace(PUZZLE_SCOPE, LEVEL_SCOPE if where == "level" else PUZZLE_SCOPE), "." + where + "-sheet"
        )
        assert css.css, what
        ports_with(app, css.css if where == "puzzle" else "", css.css if where == "level" else "")
        for path in pages:
            assert not differing(around(tab, path), plain[path]), (what, path)
            assert is_on_top(tab, "header a"), (what, path)
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), (what, path)
        tab.goto(SITE + PAGE)
        assert is_on_top(tab, ".puzzle-side input[name=answer]"), what


def test_an_ordinary_puzzle_scrolls_its_wide_table_and_prints_whole(app: Flask, tab: Page) -> None:
    ports_with(app, clean_css("p { color: red }", PUZZLE_SCOPE).css, "")
    tab.goto(SITE + PAGE)
    body = "document.querySelector('.puzzle-body')"
    assert tab.evaluate(f"getComputedStyle({body}.querySelector('p')).color") == "rgb(255, 0, 0)"
    assert tab.evaluate(f"({body}.scrollLeft = 99, {body}.scrollLeft)") > 0
    tab.emulate_media(media="print")
    tab.goto(f"{SITE}{PAGE}?print=1")
    assert tab.evaluate("getComputedStyle(document.querySelector('.sheet-box')).contain") == "none"
    assert is_on_top(tab, ".puzzle-body p")
