"""Sizes, smaller copies and the way to the original, put into sanitised HTML."""

from __future__ import annotations

import base64

import pytest

from app.content.html.image_sizes import Shown, furnish, furnish_html
from app.core.model import Attachment, Content, Hint, Level, Puzzle
from app.prox.media_type import drawing_size

PLAIN = Shown("/prox/x?v=1", 40, 30)
WIDE = Shown("/prox/x?v=1", 2000, 1000, (("/prox/s", 800),))


def turned(html: str, shown: Shown = PLAIN) -> str:
    return furnish_html(html, {"/prox/x": shown})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('<img src="/prox/x" alt="a">', '<img src="/prox/x?v=1" alt="a" width="40" height="30">'),
        ('<img alt="a > b" src="/prox/x">', '<img alt="a > b" src="/prox/x?v=1" width="40" height="30">'),
        ('<img src="/prox/x" alt="" width="20">', '<img src="/prox/x?v=1" alt="" width="20" height="15">'),
        ('<img src="/prox/x" alt="" height="60">', '<img src="/prox/x?v=1" alt="" height="60" width="80">'),
        (
            '<img src="/prox/x" alt="" width="7" height="7">',
            '<img src="/prox/x?v=1" alt="" width="7" height="7">',
        ),
        ('<img src="/prox/y" alt="">', '<img src="/prox/y" alt="">'),
        ("<p>no picture</p>", "<p>no picture</p>"),
    ],
)
def test_a_picture_has_both_its_measures(given: str, expected: str) -> None:
    assert turned(given) == expected


def test_a_picture_with_copies_is_a_link_to_its_original() -> None:
    done = turned('<p><img src="/prox/x" alt="a"></p>', WIDE)
    assert done.startswith('<p><a href="/prox/x?v=1"><img ')
    assert 'srcset="/prox/s 800w, /prox/x?v=1 2000w" sizes="(min-width' in done
    assert turned('<img src="/prox/x" alt="">', WIDE).startswith('<a href="/prox/x?v=1" aria-label="The original')


def test_no_link_is_put_into_a_link() -> None:
    assert turned('<a href="/b"><img src="/prox/x" alt="a"></a>', WIDE).count("<a ") == 1
    assert turned('<a href="/b">b</a><img src="/prox/x" alt="a">', WIDE).count("<a ") == 2


def test_every_text_of_a_content_is_furnished_its_assets_too() -> None:
    drawing = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 34"/>').decode()
    assets = {"d.svg": f"data:image/svg+xml;base64,{drawing}"}
    from app.content.assets import read_asset

    path = read_asset(assets["d.svg"]).path
    tag = f'<img src="{path}" alt="a">'
    puzzle = Puzzle("recP", "p", "P", "recL", body_html=tag, hints=(Hint("recH", 1, tag),))
    puzzle = Puzzle(
        puzzle.id, "p", "P", "recL", body_html=tag, hints=puzzle.hints, attachments=(Attachment("/prox/x", "x", ""),)
    )
    done = furnish(Content(1, (Level("recL", "l", "L"),), (puzzle,), (), assets=assets), {"/prox/x": WIDE}).puzzles[0]
    assert 'width="12" height="34"' in done.body_html
    assert 'width="12" height="34"' in done.hints[0].html
    assert (done.attachments[0].width, done.attachments[0].height) == (2000, 1000)
    assert done.attachments[0].srcset == WIDE.srcset


def test_a_picture_with_an_image_map_is_in_no_link() -> None:
    assert "<a " not in turned('<img src="/prox/x" alt="" usemap="#m">', WIDE)


def test_a_width_in_per_cent_stays_and_gets_no_height() -> None:
    done = turned('<img src="/prox/x" alt="" width="50%">', WIDE)
    assert 'width="50%"' in done
    assert " height=" not in done
    assert 'sizes="50vw"' in done


@pytest.mark.parametrize(
    ("svg", "size"),
    [
        (b'<svg width="10" height="20">', (10, 20)),
        (b'<?xml version="1.0"?><svg width="10.4px" height="20px" viewBox="0 0 1 1">', (10, 20)),
        (b'<svg viewBox="0 0 300,200">', (300, 200)),
        (b'<svg width="100%" viewBox="-5 -5 30 20">', (30, 20)),
        (b'<svg width="0" height="20">', None),
        (b'<svg width="1.2.3" height="4">', None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_a_drawings_size_is_what_its_root_says(svg: bytes, size: tuple[int, int] | None) -> None:
    assert drawing_size(svg) == size
