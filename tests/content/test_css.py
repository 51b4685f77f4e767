from __future__ import annotations

import re
import time

import pytest
import tinycss2
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.html.css import MAX_CSS, SITE_ANIMATIONS, SITE_FONTS, classes_in, clean_css, is_link
from tests.support.environment import ROOT

S = ".puzzle-sheet"


def css(text: str, scope: str = S) -> str:
    return re.sub(r"\s+", " ", clean_css(text, scope, {"dot.png": "/assets/1.png"}.get).css)


SCOPED = {
    "p": f"{S} p",
    "p, .a > b": f"{S} p, {S} .a > b",
    "*": f"{S} *",
    "body": S,
    "html": S,
    "HTML BODY": S,
    ":root": S,
    "html body p": f"{S} p",
    "body>p": f"{S} > p",
    "html > body > p + p": f"{S} > p + p",
    f"{S} p": f"{S} p",
    'html[data-theme="dark"] p': f'html[data-theme="dark"] {S} p',
    "body.wide": f"body.wide {S}",
    "td:nth-child(2n + 1)::before": f"{S} td:nth-child(2n + 1)::before",
    "a:not(.b, #c):hover": f"{S} a:not(.b, #c):hover",
    "a ~ b+c": f"{S} a ~ b + c",
}


@pytest.mark.parametrize("selector", SCOPED)
def test_a_selector_is_held_inside_the_box(selector: str) -> None:
    assert css(f"{selector} {{ color: red }}") == f"{SCOPED[selector]} {{ color: red; }}"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (":is(html, body)", S),
        (":where(:root) p", f"{S} p"),
        (":IS(:root, html > body) > p", f"{S} > p"),
        ("html :is(body) p", f"{S} p"),
        (":is(html.dark, body.dark) p", f":is(html.dark, body.dark) {S} p"),
        (":is(html, body.dark)", f":is(html, body.dark) {S}"),
        ("html:is(.dark) p", f"html:is(.dark) {S} p"),
        (":is(p, li)", f"{S} :is(p, li)"),
    ],
)
def test_the_page_means_the_box_inside_of_a_function_too(selector: str, expected: str) -> None:
    assert css(f"{selector} {{ color: red }}") == f"{expected} {{ color: red; }}"
    assert clean_css(f"{selector} {{ color: red }}", S).warnings == ()


@pytest.mark.parametrize(
    ("selector", "name"),
    [
        (":is(body, .x) p", "body"),
        ("p:where(html)", "html"),
        (".x body", "body"),
        ("p:is(.x :root)", ":root"),
        ("main p", "main"),
        ("p, HEADER", "header"),
        ("p:has(> button)", "button"),
        (":is(h1, h2)", "h1"),
        (":is(p, center)", "center"),
        ("@media print { nav { a: b } }", "nav"),
    ],
)
def test_an_element_that_no_text_has_is_warned_of(selector: str, name: str) -> None:
    rule = selector if "{" in selector else f"{selector} {{ color: red }}"
    (warning,) = clean_css(rule, S).warnings
    assert f"“{name}” selects nothing here" in warning


@pytest.mark.parametrize(
    "selector", ["p:is(html *)", "p:not(body)", "td:nth-child(n - 2)", "a:is(.b, #c)", "ruby > rt"]
)
def test_what_may_select_something_is_not_warned_of(selector: str) -> None:
    assert clean_css(f"{selector} {{ color: red }}", S).warnings == ()


def test_a_level_has_more_than_texts() -> None:
    assert clean_css("header, h1, button { color: red }", ".level-sheet").warnings == ()
    assert clean_css("ul body { color: red }", ".level-sheet").warnings


@pytest.mark.parametrize("declaration", ["margin 0", "*zoom: 1", "colour red"])
def test_a_declaration_that_is_none_is_named_as_such(declaration: str) -> None:
    (warning,) = clean_css(f"p {{ {declaration}; color: red }}", S).warnings
    assert "name: value" in warning


ESCAPES = (
    "p || td",
    "// a comment of another language\np",
    "p / b",
    ":is(p / b)",
    "+ footer",
    "~ *",
    "> p",
    "body + footer",
    "body ~ p",
    f"{S} + footer",
    f"{S} ~ *",
    "& + p",
    ":is(&) p",
    "p, & ~ a",
    "p,",
    ",",
    "p >",
    "p > > b",
    "*|p",
    "url(x)",
    "@p",
    "p;q",
)


@pytest.mark.parametrize("selector", ESCAPES)
def test_a_selector_that_could_reach_outside_is_left_out_with_a_warning(selector: str) -> None:
    sheet = clean_css(f"{selector} {{ color: red }}", S)
    assert sheet.css == ""
    assert sheet.warnings


def test_site_css_is_cleaned_but_not_scoped() -> None:
    assert css("body > p { color: red; position: fixed }", "") == "body > p { color: red; }"


UNWANTED = (
    "background: url(https://evil.example/x.png)",
    'background: url("//evil.example")',
    "background: u\\72l(https://evil.example)",
    "background: URL( 'http://evil.example' )",
    "background: image-set('https://evil.example' 1x)",
    "background: -webkit-image-set(url(https://evil.example) 1x)",
    "--x: url(https://evil.example)",
    "--x: { background: url(https://evil.example) }",
    "background: url(data:image/svg+xml;base64,AAAA)",
    "background: url(data:text/html,x)",
    "background: url('a' 'b')",
    "background: url(java\\script:alert)",
    "width: expression(alert(1))",
    "width: EXPRESSION(alert(1))",
    "behavior: url(#x)",
    "-moz-binding: url(data:image/png;base64,AA)",
    "position: fixed",
    "position: FIXED !important",
    "position: f\\69xed",
    "position: var(--x)",
    "position: -webkit-fixed",
    "content: attr(x url)",
    "background: src('https://evil.example')",
    "src: url(data:font/woff2;base64,AA)",
    "color: 'unclosed\n",
    "color: )",
)


@pytest.mark.parametrize("declaration", UNWANTED)
def test_an_unwanted_declaration_is_left_out_and_its_neighbours_stay(declaration: str) -> None:
    sheet = clean_css(f"p {{ margin: 0; {declaration}; }} i {{ color: red }}", S)
    assert "margin: 0" in sheet.css
    assert f"{S} i {{ color: red; }}" in sheet.css
    assert not re.search(r"evil|expression|binding|behavior|fixed|script|svg|html|attr|src|woff|unclosed", sheet.css)
    assert sheet.warnings


WANTED = (
    "background: url(data:image/png;base64,iVBORw0KGgo=);",
    "background: no-repeat url('data:image/webp;base64,AA') 0 0 / 2em;",
    "position: sticky !important;",
    "color: var(--accent, #fff);",
    "width: calc(100% - (2em + 1px));",
    '--x: "a"; grid-template-areas: "a b" "c d";',
    'content: "“";',
    "filter: blur(2px);",
)


@pytest.mark.parametrize("declaration", WANTED)
def test_ordinary_declarations_stay(declaration: str) -> None:
    sheet = clean_css(f"p {{ {declaration} }}", S)
    assert not sheet.warnings
    assert not sheet.faults
    for word in re.findall(r"[\w-]+", declaration):
        assert word in sheet.css


def test_an_asset_becomes_its_address_and_an_unknown_one_is_a_fault() -> None:
    sheet = clean_css(
        "p { background: url(asset:dot.png) } i { background: url('asset:no.png'); color: red }",
        S,
        {"dot.png": "/assets/1.png"}.get,
    )
    assert 'url("/assets/1.png")' in sheet.css
    assert f"{S} i {{ color: red; }}" in sheet.css
    assert sheet.faults == ("There is no asset named no.png. Add it to the file, or correct the name.",)


def test_media_and_supports_are_looked_into() -> None:
    text = "@media (min-width: 40em) { @supports (display: grid) { p { color: red; position: fixed } body + i {a:b} } }"
    assert css(text) == f"@media (min-width: 40em) {{ @supports (display: grid) {{ {S} p {{ color: red; }} }} }}"


def test_keyframes_stay_and_are_cleaned() -> None:
    text = "@keyframes turn { from { rotate: 0deg; position: fixed } 50%, to { rotate: 1turn } }"
    assert css(text) == "@keyframes turn { from { rotate: 0deg; }50%, to { rotate: 1turn; } }"


def test_a_font_may_come_along_but_not_from_elsewhere() -> None:
    assert "data:font/woff2" in css("@font-face { font-family: F; src: url(data:font/woff2;base64,AA) }")
    assert "src" not in css("@font-face { font-family: F; src: url(https://evil.example/f.woff2) }")


@pytest.mark.parametrize(
    "rule",
    [
        "@keyframes rise { from { top: 0 } }",
        "@keyframes 'sweep' { from { top: 0 } }",
        "@font-face { font-family: Georgia; src: url(data:font/woff2;base64,AA) }",
        "@font-face { font-family: 'SEGOE  UI'; font-family: Segoe UI; src: url(data:font/woff2;base64,AA) }",
    ],
)
def test_no_sheet_changes_the_fonts_and_animations_of_the_site(rule: str) -> None:
    assert css(rule) == ""
    assert "site" in clean_css(rule, S).warnings[0]
    assert css(rule, "") != ""


def test_all_fonts_and_animations_of_the_site_are_listed() -> None:
    own = "".join(path.read_text() for path in (ROOT / "app/static/css").glob("*.css"))
    assert set(re.findall(r"@keyframes ([\w-]+)", own)) == SITE_ANIMATIONS
    stacks = re.findall(r"--(?:sans|serif|mono): ([^;]+);", own)
    assert {name.strip(' "').lower() for stack in stacks for name in stack.split(",")} == SITE_FONTS


@pytest.mark.parametrize(
    "rule",
    [
        "@import 'x';",
        "@import url(https://evil.example);",
        "@namespace x 'y';",
        "@layer a { p { color: red } }",
        "@scope (html) { p { color: red } }",
        "@page { margin: 0 }",
        "@property --x { syntax: '*' }",
        "@unknown;",
        "non sense;",
        "}",
        "@media { { } }",
        "@font-face;",
        "p { q { color: red } }",
        "p { &:hover { color: red } }",
        "@media url(https://evil.example) { p { a: b } }",
    ],
)
def test_other_rules_are_left_out_with_a_warning_that_names_the_line(rule: str) -> None:
    sheet = clean_css(f"\n{rule}\ni {{ color: red }}", S)
    assert "evil" not in sheet.css
    assert "color: red" not in sheet.css.replace(f"{S} i {{ color: red; }}", "")
    assert any(warning.startswith("Line ") for warning in sheet.warnings)


@pytest.mark.parametrize(
    "text",
    [
        'p { content: "</style><script>alert(1)</script>" }',
        "p { --x: </style> }",
        "</style> { a: b }",
        ".\\<\\/style { a: b }",
        "p { font: </style }",
        "<!-- p { a: b } -->",
        'a[b="</style"] { c: d }',
        "@media </style { p { a: b } }",
        "p { background: url('data:image/png,</style>') }",
    ],
)
def test_no_sheet_can_end_its_own_element(text: str) -> None:
    for scope in (S, ""):
        assert not re.search(r"</|<!", clean_css(text, scope).css)


def test_charset_is_passed_over_in_silence() -> None:
    assert clean_css('@charset "utf-8";', S).warnings == ()


def test_a_sheet_over_the_bound_is_a_fault() -> None:
    sheet = clean_css("p{}" * MAX_CSS, S)
    assert sheet.css == ""
    assert "longer than" in sheet.faults[0]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 90_000,
        "a{b:" + "(" * 90_000,
        "@media x{" * 11_000,
        "[" * 90_000,
        "a{" * 45_000,
        ":not(" * 20_000 + "{a:b}",
    ],
)
def test_a_deep_sheet_neither_crashes_nor_hangs(text: str) -> None:
    # A second or two of a processor; what grows with the square of the length takes minutes.
    begun = time.process_time()
    sheet = clean_css(text[:MAX_CSS], S)
    assert time.process_time() - begun < 20
    assert sheet.faults or sheet.warnings


LONGER = ("url(", "fixed", "position:", "@media ", "/*", "</style", "body", "https://e", "{a:b}", ":is(")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*"abp.#:*&>+~,|{}()[];\"'\\/@!-<1 \n", *LONGER]), max_size=60).map("".join))
def test_whatever_comes_in_only_scoped_rules_come_out(text: str) -> None:
    cleaned = clean_css(text, S).css
    assert not re.search(r"</|<!", cleaned)
    assert not re.search(r"\.puzzle-sheet[^ ,]*\s*[+~]", cleaned)
    for rule in tinycss2.parse_stylesheet(cleaned, skip_whitespace=True, skip_comments=True):
        assert rule.type in ("qualified-rule", "at-rule")
        if rule.type == "qualified-rule":
            assert S in tinycss2.serialize(rule.prelude)


def test_links_and_sheets_are_told_apart() -> None:
    assert is_link(" https://example.org/a.css\n")
    assert is_link("http://example.org/a.css")
    assert not is_link("p { color: red }")
    assert not is_link("https://a b")


def test_class_names_are_found() -> None:
    assert classes_in(".a.b-c > .d_e { width: .5em }") == {"a", "b-c", "d_e"}


@pytest.mark.parametrize(
    "css",
    [
        "\ufeff.a { color: red }",
        ".a {\n\u00a0\u00a0color: red;\n}",
        "\u3000.a\u00a0{ color:\u202fred }",
        ".a{\u200bcolor: red}",
    ],
    ids=ascii,
)
def test_blanks_that_were_pasted_along_hide_no_rule(css: str) -> None:
    assert clean_css(css, ".puzzle-sheet").css == ".puzzle-sheet .a { color: red; }"
    assert classes_in(css) == {"a"}


def test_blanks_in_strings_stay_as_they_are() -> None:
    assert "'\\\\\u00a0\u3000'" in clean_css(".a{content:'\\\\\u00a0\u3000'}", ".s").css.replace('"', "'")
