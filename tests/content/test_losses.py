"""Nothing of a text vanishes, or comes to mean something else, without a warning that names it."""

from __future__ import annotations

import re
from collections import Counter

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.html.sanitise import Rendered, Renderer
from tests.support.records import parsed, warnings

ASSETS = {"pic.png": "/assets/p.png", "en.vtt": "/assets/v.vtt"}


def block(text: str, classes: frozenset[str] = frozenset()) -> Rendered:
    rendered = Renderer(ASSETS.get, lambda address, owner: f"/prox/{address.removeprefix('https://')}")
    return rendered.block(text, "recP", "s", classes)


def seen(html: str) -> str:
    """What a reader reads."""
    return "".join(html5lib.parseFragment(html, namespaceHTMLElements=False).itertext())


KEPT = {
    "clues that look like definitions": ("[Down]: Something (5)\n\n[Across]: Another (6)", "[Down]: Something (5)"),
    "a list by numbers in brackets": ("[3]: apples\n\n[4]: pears\n\nWhat remains?", "[4]: pears"),
    "a clue that is referred to": ("See [3].\n\n[3]: apples", "See [3].\n[3]: apples"),
    "a definition in a quotation": ("> [Down]: five", "[Down]: five"),
    "a definition given twice": ("[a]\n\n[a]: https://a.example\n\n[a]: https://b.example", "[a]: https://b.example"),
    "a note that nothing refers to": ("Hello\n\n[^1]: an unreferenced note", "[^1]: an unreferenced note"),
    "a note given twice": ("x[^1]\n\n[^1]: one\n\n[^1]: two", "[^1]: one"),
    "blanks for letters": ("Answer:\n\n_ _ _ _ _", "_ _ _ _ _"),
    "blanks below a line": ("Answer:\n_ _ _", "_ _ _"),
    "one long blank": ("Answer:\n\n________", "________"),
    "dashes for letters": ("- - - -", "- - - -"),
    "stars in a row": ("* * * * *", "* * * * *"),
    "Morse code": ("- -. .-", "- -. .-"),
    "a minus below a line": ("A\n-\nB", "A\n-\nB"),
    "words in angle brackets": ("I met <Smith> and <insert name>.", "I met <Smith> and <insert name>."),
    "a word in angle brackets on its own": ("<Smith>\nwas here", "<Smith>\nwas here"),
    "inline blanks": ("C_T and _ _ G", "C_T and _ _ G"),
}


@pytest.mark.parametrize("what", KEPT)
def test_text_that_looks_like_markup_is_shown(what: str) -> None:
    text, shown = KEPT[what]
    assert re.sub(r"\n+", "\n", shown) in re.sub(r"\n+", "\n", seen(block(text).html))


def test_definitions_that_are_used_stay_definitions() -> None:
    found = block("See [the rules] and [^1].\n\n[the rules]: https://a.example/r (All)\n\n[^1]: Note.")
    assert found.warnings == ()
    assert '<a href="https://a.example/r" title="All" rel="noopener">the rules</a>' in found.html


@pytest.mark.parametrize("rule", ["---", "***", "___", "* * *", "-----"])
def test_a_rule_across_the_page_is_still_one(rule: str) -> None:
    assert block(f"a\n\n{rule}\n\nb").html == "<p>a</p>\n<hr>\n<p>b</p>"


def test_the_numbers_of_clues_are_those_that_were_written() -> None:
    assert block("1. a\n4. b\n5. c\n9. d").html.count("value=") == 2
    assert '<li value="4">b</li>' in block("1. a\n4. b").html
    assert "value" not in block("1. a\n1. b\n1. c").html
    assert "value" not in block("3. a\n4. b").html


NAMED = {
    "<table><tr><td bgcolor=red>R</td></tr></table>": "bgcolor of td",
    "<font color=red>red</font>": "color of font",
    "<table border=1 cellpadding=3><tr><td>x</td></tr></table>": "border of table, cellpadding of table",
    "<a href=/game target=_blank>x</a>": "target of a",
    "<p data-x=1>x</p>": "data-x of p",
    "<a href='tel:123'>call</a>": "tel:",
    "<canvas></canvas>": "canvas",
    "<big>x</big>": "big",
    "<button>go</button>": "button",
    "<svg><text>hello</text></svg>": "“hello”",
    "<select><option>one</select>": "“one”",
    "<tr><td>a</td><td>b</td></tr>": "td, tr",
    "<p class='nope'>x</p>": "nope",
    "<p id='a b'>x</p>": "id=“a b”",
    "<p id=a>x</p><p id=a>y</p>": "id=“a”",
    "[go](#nowhere)": "#nowhere",
    "<img src=asset:pic.png alt=x usemap='#m'>": "#m",
    "<img src=asset:pic.png alt=x usemap=m>": "#m",
    "<table><tr><td headers=h>x</td></tr></table>": "headers=“h”",
    "<td width='9em'>x": "td",
    "<table><tr><td width='9em'>x</td></tr></table>": "width of td",
    "a <!-- a secret --> b": "a secret",
    "<!-- never closed\nand the rest": "“rest”",
    "| a |\n|---|\n| b | c |": "2 cells",
    "| a |\n|---|\n| + | - |": "2 cells",
    "2*3*4 = 24": "emphasis",
    "__A__ is for": "emphasis",
    "one\n\n    some <b>bold</b> text": "program code",
    "Roses are red\nViolets are blue": "line breaks",
    "a    b    c": "Several blanks",
    "# Music in F #": "heading",
    "## Two #": "heading",
    "- 5\n- 7": "list",
    "+ 3 apples": "list",
    "a **b **c **d": "**",
    "#\n\ntext": "empty heading",
    "text\n\n##": "empty heading",
    "It is over.\n---\nOr is it?": "right below a text",
    "a first line\nand a second\n===": "right below a text",
    "+\n+\n+": "empty entry",
    "*\n\nx": "empty entry",
    "- a\n-\n- c": "empty entry",
    ">_<": "quotation",
    ">:( angry": "quotation",
    ">= 5": "quotation",
    ">5 letters": "quotation",
    "```python title=secret\nx\n```": "“secret”",
    "<a href=https://a.example/?b=1>x</a>": "<a href=https://a.example/?b=1>",
    'a <b class="x"title="y">c</b>': '<b class="x"title="y">',
    "from Word<o:p></o:p>": "<o:p>",
    "an <my-grid size=3>old</my-grid> one": "</my-grid>",
    "see [this](https://a.example/a b)": "(https://a.example/a b)",
    "see [this] (https://a.example)": "(https://a.example)",
    "![x](asset:a pic.png)": "asset:a pic.png",
    "[clue](5)": "(5)",
    "[clue](3,4)": "(3,4)",
    "f[n](x)": "(x)",
    "[here]()": "no address",
    "[here](www.a.example/x)": "named www.a.example/x",
    "words [](https://a.example)": "no words",
}


@pytest.mark.parametrize("text", NAMED)
def test_what_is_taken_out_or_in_doubt_is_named(text: str) -> None:
    told = block(text).warnings
    assert any(NAMED[text] in warning for warning in told), told


@pytest.mark.parametrize(
    "text",
    [
        "Roses are red\nViolets are blue",
        "x " * 90 + "\na second paragraph, with a single line break before it",
        "the first of these two lines is as long as editors make them\nand the second shows that there was room for"
        " more than a word or two in it, had an editor done it",
        "the first line is full to the last, as an editor would have made it, and\nshort\nand so on",
    ],
)
def test_lines_that_no_editor_has_wrapped_are_warned_of(text: str) -> None:
    assert any("Single line breaks" in warning for warning in block(text).warnings)


QUIET = (
    "A *plain* text with **bold**, `code` and [a link](https://a.example).\n\n- one\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "le**t**ters, caf&eacute;s, R&D, 5 < 6, a\\*b, snake_case, <b>x</b>y",
    "A text that somebody has wrapped by hand, a little unevenly,\nas people do who write in a plain editor, is one"
    " paragraph to its\nreaders and to its writer.",
    "A line that an editor has wrapped at its usual width of more than sixty characters, and\nits end.",
    "a<br>\nb\\\nc  \nd",
    "\\*\\*not bold\\*\\* and \\~\\~not struck out\\~\\~",
    "1. a\n2. b\n\n> quoted\n\n# Head\n\n![x](asset:pic.png)",
    "```\n<b>  x   y</b>\n```",
    "```python\nx\n```",
    "## Head ##\n\n- 3 eggs\n- 5 apples",
    "Title\n-----\n\nText.\n\n---\n\n> quoted\n\n>quoted\n\n>**bold**\n\n> > deep",
    "{team} wins[^a]\n\n[^a]: note.",
    "`<b x=a=b>`, \\[x](https://a.example/a b), <insert name>, <Smith>, <https://a.example>, <i title='a>b'>x</i>",
    "[next](another-puzzle), [there](/page/rules), [![x](asset:pic.png)](https://a.example), list[1] (five)",
)


@pytest.mark.parametrize("text", QUIET)
def test_an_ordinary_text_has_no_warnings(text: str) -> None:
    assert block(text).warnings == ()


def test_image_maps_captions_anchors_alignment_and_percent_widths_are_kept() -> None:
    found = block(
        '<img src="asset:pic.png" alt="map" usemap="#m" width="50%"><map name="m"><area shape="rect" coords="0,0,5,5"'
        ' href="#x" alt="one"></map><a name="x"></a><video src="https://a.example/v.mp4"><track src="asset:en.vtt"'
        ' kind="captions" srclang="en" label="English" default></video><table align="center" width="60%"><tr'
        ' valign="top"><td align="right" width="10%">1</td></tr></table><center>m</center><tt>n</tt>'
    )
    assert found.warnings == found.faults == ()
    for piece in (
        'usemap="#s-m"', '<map name="s-m">',
        '<area href="#s-x" alt="one" shape="rect" coords="0,0,5,5" rel="noopener">',
        '<a id="s-x"></a>', '<track src="/assets/v.vtt" kind="captions" srclang="en" label="English" default="">',
        '<table class="block-center" width="60%">', '<tr class="valign-top">', '<td class="align-right" width="10%">',
        'width="50%"', '<div class="align-center">m</div>', '<span class="mono">n</span>',
    ):  # fmt: skip
        assert piece in found.html


def test_indented_html_is_never_shown_as_program_code() -> None:
    text = '<div class="grid">\n\n        On <time>Sunday</time> it was <b>mended</b>.\n\n    </div>\n<p>Then.</p>'
    for one in (
        text,
        "    <div>\n    <b>x</b>\n    </div>",
        "Before.\n\n    <table>\n      <tr><td>x</td></tr>\n    </table>",
    ):
        assert "&lt;" not in block(one).html
        assert "<pre" not in block(one).html


@pytest.mark.parametrize(
    "text",
    [
        "<div>\n<pre>  A\n\n\n    *B*\n\n  C\n</pre>\n</div>\n\n**after**",
        "<table><tr><td><pre>  A\n\n\n    *B*\n\n  C\n</pre></td></tr></table>\n\n**after**",
        "<details><summary>S</summary><PRE>  A\n\n\n    *B*\n\n  C\n</PRE>\n\n**after**\n\n</details>",
        "> <div><pre>  A\n>\n>\n>     *B*\n>\n>   C\n> </pre></div>\n\n**after**",
    ],
)
def test_empty_lines_and_blanks_of_preformatted_html_stay(text: str) -> None:
    found = block(text)
    assert found.warnings == ()
    assert "<pre>  A\n\n\n    *B*\n\n  C\n</pre>" in found.html
    assert "<strong>after</strong>" in found.html


def test_preformatted_html_that_never_ends_takes_no_other_text() -> None:
    assert "<em>b</em>" in block("<div><pre>a\n\n*b*\n\n<div><pre>c\n\nd").html


@pytest.mark.parametrize(("used", "given"), [("#m", 'id="m"'), ("m", 'name="m"'), ("#m", 'id="m" name="other"')])
def test_an_image_map_is_found_as_browsers_find_it(used: str, given: str) -> None:
    area = '<area shape="rect" coords="0,0,5,5" href="https://a.example/" alt="one">'
    found = block(f'<img src="asset:pic.png" alt="map" usemap="{used}"><map {given}>{area}</map>')
    assert found.warnings == ()
    assert 'usemap="#s-m"' in found.html


def test_code_stays_code() -> None:
    assert "<pre><code>x = 1" in block("Look:\n\n    x = 1").html


# --- Airtable's ways --------------------------------------------------------------------------------------------------

MENDED = {
    "**Across **and *Down *clues": "<strong>Across </strong>and <em>Down </em>clues",
    "a ** bold** b": "a <strong> bold</strong> b",
    "***both ***x": "<em><strong>both </strong></em>x",
    "_Down _clues": "<em>Down </em>clues",
    "~~struck~~ out": "<s>struck</s> out",
    "~~struck ~~out": "<s>struck </s>out",
    "**答えは「海」。**続く": "<strong>答えは「海」。</strong>続く",
    "日本**「海」**です": "日本<strong>「海」</strong>です",
    "**Note:**text": "<strong>Note:</strong>text",
    "**a** `**b **` c": "<strong>a</strong> <code>**b **</code> c",
}
LEFT = ("2 * 3 * 4", "a ** b ** c", "snake_case and other_name", "_ _ a _ _", "*.py and *.txt", "2 *3 *4", "5 ~ 6")


@pytest.mark.parametrize("text", MENDED)
def test_marks_with_their_blank_inside_are_understood(text: str) -> None:
    assert block(text).html == f"<p>{MENDED[text]}</p>"
    assert block(text).warnings == ()


@pytest.mark.parametrize("text", LEFT)
def test_signs_that_are_no_marks_stay_as_they_are(text: str) -> None:
    assert block(text).html == f"<p>{text}</p>"


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u2060", "\u00a0", "\u200b\u00a0", " \u200b"])
def test_blanks_that_nobody_sees_hide_no_heading_table_or_list(sign: str) -> None:
    assert block(f"{sign}# Heading").html == "<h2>Heading</h2>"
    assert "<table>" in block(f"{sign}| a | b |\n|---|---|\n| 1 | 2 |").html
    assert block(f"{sign}1.\u00a0first\n{sign}2.\u00a0second").html.startswith("<ol>")
    assert block(f"{sign}- a").html.startswith("<ul>")
    assert "\u200b# x" in seen(block("```\n\u200b# x\n```").html)


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_a_soft_break_ends_the_line(sign: str) -> None:
    cells = {"Puzzles": {"recP1": {"ContentText": f"one{sign}two", "CustomError": f"no{sign}yes"}}}
    found = parsed(cells).content.puzzle("recP1")
    assert found
    assert (found.body_html, found.error_html) == ("<p>one<br>\ntwo</p>", "no<br>\nyes")
    assert not [warning for warning in warnings(cells) if "recP1" in warning]


# --- whatever else there is -------------------------------------------------------------------------------------------

PIECES = [
    "alpha", "beta ", "gamma", "7", "é", "☺", "\n", "\n\n", "    ", "# ", "- ", "> ", "1. ", "5. ", "[^1]", "[^1]: ",
    "[x]: ", "[x]", "](", "https://a.example/", "**", "*", "__", "_ _ _", "---", "===", "`", "```\n", "| ", "|---|",
    "<b>",
    "</b>", "<div>", "</div>", "<Smith>", "<!--", "-->", "<td>", "<svg>", "</svg>", "<p class=x>", "\\", "&amp;", "~~",
]  # fmt: skip


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"alpha|beta|gamma|é|☺", text))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_written_is_shown_or_named(text: str) -> None:
    found = block(text)
    parts = html5lib.parseFragment(found.html, namespaceHTMLElements=False)
    attributes = " ".join(value for element in parts.iter() for value in element.attrib.values())
    lost = words(text) - words(seen(found.html) + attributes)
    assert not lost or found.warnings, (text, found.html)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab<>/!-=\"' \n&;#*_[]()`|:x", max_size=60))
def test_no_text_breaks_the_search_for_losses(text: str) -> None:
    assert isinstance(block(text).warnings, tuple)
