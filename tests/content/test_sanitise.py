from __future__ import annotations

import re
import time

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.html.sanitise import Rendered, Renderer, render_markdown

ASSETS = {"cape.svg": "/assets/c.svg", "list.pdf": "/assets/l.pdf"}


def renderer() -> Renderer:
    return Renderer(ASSETS.get, lambda address, owner: f"/prox/{owner}/{address.removeprefix('https://')}")


def block(text: str, **more: object) -> Rendered:
    return renderer().block(text, "recP", **more)  # type: ignore[arg-type]


def html(text: str) -> str:
    return block(text).html


WRITTEN = {
    "**Bold** and *lean*": "<p><strong>Bold</strong> and <em>lean</em></p>",
    "": "",
    " \n\t\n": "",
    "a<br>b": "<p>a<br>b</p>",
    "x^2^ 1 < 2 & 3": "<p>x^2^ 1 &lt; 2 &amp; 3</p>",
    "- a\n- b": "<ul>\n<li>a</li>\n<li>b</li>\n</ul>",
    "3. c": '<ol start="3">\n<li>c</li>\n</ol>',
    "Dear {team},": "<p>Dear {team},</p>",
    "`<b>`": "<p><code>&lt;b&gt;</code></p>",
    "> q": "<blockquote>\n<p>q</p>\n</blockquote>",
    "a\x00b\x07c\ud800d": "<p>abcd</p>",
    "a\r\nb\rc": "<p>a\nb\nc</p>",
    "<p>old</p>\n\n    <p>indented</p>": "<p>old</p>\n\n    <p>indented</p>",
    "<div>\n\n**bold**\n\n</div>": "<div>\n<p><strong>bold</strong></p>\n</div>",
    "<table><td colspan=2 rowspan='3'>x": '<table><tbody><tr><td colspan="2" rowspan="3">x</td></tr></tbody></table>',
}


@pytest.mark.parametrize("text", WRITTEN)
def test_texts_become_html(text: str) -> None:
    assert html(text) == WRITTEN[text]


def test_cells_of_a_table_are_aligned_by_class() -> None:
    rendered = block("| a | b |\n|:-:|--:|\n| 1 | 2 |")
    assert rendered.warnings == ()
    found = rendered.html
    assert '<th class="align-center">a</th>' in found
    assert '<td class="align-right">2</td>' in found
    assert "style" not in found


def test_a_column_of_bold_first_cells_names_the_rows() -> None:
    named = block("| | A |\n|---|---|\n| **12** | x |\n| **1 *b*** | y |").html
    assert '<th scope="row"><strong>12</strong></th>' in named
    assert named.count('scope="row"') == 2
    for cells in ("**12** | x |\n| 13 | y |", "**1** and **2** | x |", "12 | **x** |"):
        assert "scope" not in block(f"| | A |\n|---|---|\n| {cells}").html, cells


def test_footnotes_of_two_texts_do_not_meet_on_a_page() -> None:
    text = "One[^1] two[^1] three^[inline].\n\n[^1]: Note."
    one, other = block(text, scope="recA-body").html, block(text, scope="recB-body").html
    ids = re.findall(r' id="([^"]+)"', one + other)
    assert len(ids) == len(set(ids)) == 10
    for target in re.findall(r'href="#([^"]+)"', one):
        assert f' id="{target}"' in one
    assert 'aria-label="Back to the text"' in one


def test_ids_are_prefixed_and_given_once() -> None:
    found = block('<p id="a">1</p><p id="a">2</p><p id="9 x">3</p><a href="#a">4</a>', scope="s").html
    assert found == '<p id="s-a">1</p><p>2</p><p>3</p><a href="#s-a" rel="noopener">4</a>'


HEADINGS = {
    "# a\n## b\n# c": "232",
    "## a\n### b": "23",
    "### a\n# b\n#### c": "223",
    "# a\n#### b\n## c": "233",
    "<h1>a</h1><h2 class=wide>b</h2>": "23",
    "# a\n## b\n### c\n#### d\n##### e\n###### f": "234566",
}


@pytest.mark.parametrize("text", HEADINGS)
def test_headings_begin_at_two_and_skip_nothing(text: str) -> None:
    found = html(text)
    assert "".join(re.findall(r"<h(\d)", found)) == HEADINGS[text]
    assert re.findall(r"<h(\d)", found) == re.findall(r"</h(\d)", found)


def test_a_link_keeps_its_address_and_learns_no_target() -> None:
    found = html(
        '[a](https://example.org/?a=1&b=2 "t") <a href="/game" target="_blank" onclick="x()">b</a> <mailto:a@b.example>'
    )
    assert '<a href="https://example.org/?a=1&amp;b=2" title="t" rel="noopener">a</a>' in found
    assert '<a href="/game" rel="noopener">b</a>' in found
    assert 'href="mailto:a@b.example"' in found


def test_a_picture_goes_through_the_seam_with_its_owner() -> None:
    assert 'src="/prox/recP/i.imgur.com/x.png"' in html("![a](https://i.imgur.com/x.png)")


def test_an_asset_becomes_its_address_in_pictures_and_links() -> None:
    found = html("![A cape](asset:cape.svg) [list](asset:list.pdf)")
    assert re.search(r'<img [^>]*src="/assets/c\.svg"', found)
    assert '<a href="/assets/l.pdf" rel="noopener">list</a>' in found


def test_an_unknown_asset_is_a_fault_with_its_name() -> None:
    found = block("![a](asset:no.png)")
    assert found.faults == ("There is no asset named no.png. Add it to the file, or correct the name.",)
    assert "img" not in found.html


@pytest.mark.parametrize(
    "address", ["http://a.example/x.png", "//a.example/x.png", "x.png", "data:image/png;base64,AA"]
)
def test_a_picture_from_elsewhere_is_left_out_with_a_warning(address: str) -> None:
    found = block(f'<img src="{address}" alt="x">')
    assert "<img" not in found.html
    assert any("picture" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "text", ["![](asset:cape.svg)", '<img src="asset:cape.svg">', '<img src="asset:cape.svg" alt=" ">']
)
def test_a_picture_without_words_is_warned_about(text: str) -> None:
    found = block(text)
    assert "people who cannot see it" in found.warnings[0]
    assert " alt=" in found.html


def test_a_picture_that_says_it_is_decoration_is_not_warned_about() -> None:
    assert block('<img src="asset:cape.svg" role="presentation">').warnings == ()


def test_recordings_get_controls() -> None:
    found = html('<audio src="https://a.example/a.mp3" autoplay></audio>')
    assert 'controls=""' in found
    assert "autoplay" not in found
    assert "/prox/recP/a.example/a.mp3" in found


def test_only_known_classes_stay() -> None:
    found = block('<p class="wide button mine">x</p>', classes=frozenset({"mine"})).html
    assert found == '<p class="wide mine">x</p>'


HOSTILE = (
    "<script>alert(1)</script>",
    "<ScRiPt src=https://evil.example/x.js></sCrIpT>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<img src='asset:cape.svg' alt=x onerror=alert(1) onload=alert(2) usemap=#m>",
    "<a href=/game onclick=alert(1) style='x'>x</a><td onmouseover=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "<a href='&#x6a;avascript:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<iframe src=https://evil.example></iframe>",
    "<form action=/account/logout><input name=password><button>x</button></form>",
    "<style>body{display:none}</style>",
    "<p style='position:fixed'>x</p>",
    "<base href=https://evil.example><meta http-equiv=refresh content='0;url=//evil'><link rel=stylesheet href=//evil>",
    "<object data=x></object><embed src=x><applet>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<p title='\"><script>alert(1)</script>'>x</p>",
    "`a`<xmp><script>alert(1)</script></xmp>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "![x](https://a.example/\"onerror=alert(1)//)",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "x[^<script>]\n\n[^<script>]: <script>alert(1)</script>",
    "<p id='x' class='wide' data-x='y' slot='z' is='w' contenteditable>x</p>",
    "<a href=x ping=//evil.example download>x</a>",
    "<template><script>alert(1)</script></template>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<h1 onclick=x>a</h1>",
    "<img src='asset:cape.svg' alt='<h1 onclick=alert(1)>' srcset='//evil.example 2x'>",
)  # fmt: skip
ALLOWED_ATTRIBUTES = re.compile(
    r"class|dir|id|lang|title|aria-label|href|rel|src|alt|width|height|role|loading|decoding|controls|preload|colspan"
    r"|rowspan|scope|start|type|open|poster|cite|datetime|value|reversed|span|headers|abbr|loop|aria-hidden"
)
FORBIDDEN_TAGS = {
    "script",
    "style",
    "iframe",
    "form",
    "input",
    "button",
    "object",
    "embed",
    "svg",
    "math",
    "base",
    "meta",
    "link",
}


def assert_harmless(found: str) -> None:
    """Parsed as a browser would, there is nothing but allowed elements, attributes and addresses."""
    fragment = html5lib.parseFragment(found, namespaceHTMLElements=False)
    for element in fragment.iter():
        if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag not in FORBIDDEN_TAGS
        for name, value in element.attrib.items():
            assert ALLOWED_ATTRIBUTES.fullmatch(str(name)), name
            if name in ("href", "cite"):
                assert re.match(r"\s*(https?:|mailto:|(?![a-z][a-z0-9+.-]*:))", value, re.I), value
            if name in ("src", "poster"):
                assert value.startswith(("/prox/", "/assets/"))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markup_becomes_harmless(text: str) -> None:
    for one in (text, f"before {text} after", f"<div>{text}</div>", f"- {text}", f"# {text}"):
        found = html(one)
        assert_harmless(found)
        assert "<h1" not in found


PIECES = [
    "<",
    ">",
    "</",
    "script",
    "img src=",
    "asset:cape.svg",
    "onerror=",
    "javascript:",
    '"',
    "'",
    "`",
    "\n",
    "\n\n",
    "- ",
]
PIECES += [
    "|",
    "---",
    "[^1]",
    "[^1]: ",
    "](",
    "![",
    "<a href=",
    "#",
    "<h1>",
    "<svg>",
    "<p ",
    "&#",
    "x",
    "\\",
    "<!--",
    "-->",
    "<td>",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_mixture_becomes_harmless(text: str) -> None:
    found = html(text)
    assert_harmless(found)
    assert "<h1" not in found


def test_what_was_taken_out_is_said() -> None:
    found = block("<form><input></form><p style='x' onclick='y'>t</p>")
    assert "form, input" in found.warnings[0]
    assert "CustomCSS" in found.warnings[1]


def test_code_that_speaks_of_tags_is_not_warned_about() -> None:
    assert block("Write `<script>` or:\n\n    <form style='x'>\n").warnings == ()


def test_a_message_of_one_paragraph_stands_without_its_tags() -> None:
    assert renderer().line("So *close*!").html == "So <em>close</em>!"
    assert renderer().line("One.\n\nTwo.").html == "<p>One.</p>\n<p>Two.</p>"
    assert renderer().line("- a").html.startswith("<ul>")


SLOW = {
    "brackets": "[" * 40_000,
    "stars": "*a_ " * 10_000,
    "pictures": "![" * 20_000,
    "notes": "^[" * 8_000 + "x" + "]" * 8_000,
    "divisions": "<div>" * 8_000,
    "quotes": ">" * 40_000,
    "links": "[a](" * 10_000,
    "tags": "<a " * 13_000,
    "handlers": "<a " + " on" * 13_000,
    "spaces": "<a" + " " * 39_000,
    "comments": "<!--" * 10_000,
    "headings": "# a\n" * 10_000,
    "images": "<img>" * 8_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_a_text_made_to_be_slow_is_not_very(name: str) -> None:
    begun = time.process_time()
    assert_harmless(html(SLOW[name])[:1000])
    assert time.process_time() - begun < 10


def test_staff_texts_are_rendered_by_the_same_rules() -> None:
    assert render_markdown("# Hi\n\n*you*<script>x</script>") == "<h2>Hi</h2>\n<p><em>you</em></p>"


def test_the_same_text_is_always_rendered_to_the_same_html() -> None:
    text = "![a](https://example.org/a.png)\n\n<video src='https://example.org/b.mp4'></video>"
    assert len({Renderer().block(text).html for _ in range(40)}) == 1
