"""A backslash that Markdown takes for a mark is named in a warning, unless it was written as one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.content.test_losses import block, seen

LOST = {
    "ears": (r"/\_/\ ", r"/\_/\ "),
    "a bunny": (r"(\_/)", r"(\_/)"),
    "a shrug": ("¯\\_(ツ)_/¯", "¯\\_"),
    "rays": (r"\|/", r"\|/"),
    "a roof at the end of a line": ("/\\\n--", "/\\"),
    "crossed": (r"\\ // \\", r"\\"),
    "a formula": (r"\(x^2\)", r"\(x^2\)"),
    "a displayed formula": (r"\[ \frac{a}{b} \]", r"\["),
    "a row of TeX": ("a & b \\\\\nc & d", "\\\\"),
    "thin space": (r"a\,b", r"a\,b"),
    "a set": (r"\{1, 2\}", r"\{1,"),
    "a path": (r"C:\_temp\new", r"C:\_temp\new"),
    "a share": (r"\\server\share", r"\\server\share"),
    "an escaped slash": (r"a\/b", r"a\/b"),
    "a string of a program": (r"say \"hi\"", r"\"hi\""),
    "a price": (r"\$5", r"\$5"),
    "in a heading": (r"# A \/ B", r"\/"),
    "in a cell": ("| a |\n|---|\n| \\/ |", "\\/"),
    "in a list": ("- \\% of", "\\%"),
}


@pytest.mark.parametrize("what", LOST)
def test_a_backslash_that_vanishes_is_named(what: str) -> None:
    text, sample = LOST[what]
    told = [one for one in block(text).warnings if "backslash is not shown" in one]
    assert len(told) == 1
    assert sample.strip() in told[0]


MEANT = (
    r"snake\_case, \[note\], 5 \* 3, a\+b, R\&D, \<b\>, \!, \~, \=, \`x\`",
    r"\*\*not bold\*\* \_\_\_\_ \*\*\*",
    "1\\. one\n\n\\# no heading\n\n\\- 5\n\n\\+ 7\n\n\\> no quotation",
    r"[a]\(b\), [\^1], [x]\: y, me\@x.example, http\://x.example",
    "| a \\| b |\n|---|\n| \\_ |",
    "one\\\ntwo\n\nthree \\\nfour",
    r"a\\b and \\ alone",
    r"\o/ \alpha C:\new",
    "`\\_/` and\n\n```\n/\\_/\\\n```\n\n    /\\_/\\",
    "<p>/\\_/\\</p>",
    "[Down]: a/b \\x (5)\n\n_ _ _ \n\n- - - -",
    r"(\*) a note, 3\* 4",
)


@pytest.mark.parametrize("text", MEANT)
def test_a_backslash_that_is_shown_or_meant_as_a_mark_is_not_named(text: str) -> None:
    assert not [one for one in block(text).warnings if "backslash" in one and "not shown" in one]


@pytest.mark.parametrize("text", ["/\\_/\\ x", "(\\_/)", "\\(x^2\\)", "a\\,b", "\\{1, 2\\}", "a\\/b", "\\$5", "\\% of"])
def test_two_as_the_warning_advises_show_one(text: str) -> None:
    assert seen(block(re.sub(r"\\(?=[!-/:-@\[-`{-~])", r"\\\\", text)).html) == f"{text}"


STROKES = [
    "/\\",
    "\\/",
    "\\_/",
    "/\\_/\\",
    "(\\_/)",
    "\\|/",
    "\\\\//",
    "/\\/\\",
    "\\(",
    "\\,",
    "\\;",
    "\\^/",
    "\\%",
    "\\'",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.sampled_from(STROKES), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=4))
def test_no_drawing_loses_a_backslash_in_silence(lines: list[str]) -> None:
    found = block("\n".join(lines))
    is_whole = seen(found.html).count("\\") == sum(line.count("\\") for line in lines)
    assert is_whole or any("backslash is not shown" in one for one in found.warnings), found.html


# As programs export Markdown: each sign that could be a mark is escaped, wherever it stands.
PROSE = st.lists(
    st.sampled_from(["word", "two", "7", "é", "\\*", "\\_", "\\[", "\\]", "\\#", "\\`", "\\~", "\\+", "\\!", "\\.",
                     "\\-", "\\>", "\\<", "\\&", "\\\\", ", ", " ", ". "]), max_size=20,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(PROSE)
def test_text_that_a_program_has_escaped_is_never_doubted(text: str) -> None:
    assert not [one for one in block(f"So {text} it").warnings if "backslash is not shown" in one]


def test_notes_beside_a_drawing_are_counted_once() -> None:
    found = block("/\\_/ [^1] \\, ^[at once] and [^1]\n\n[^1]: note")
    assert len(found.warnings) == 1
    assert found.html.count("footnote-backref") == 3


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["/\\_", "\\,", "[^1]", "^[x]", "[^1]: ", "\n\n", "[a]", "[a]: /x", " "]), max_size=12))
def test_notes_and_links_beside_drawings_break_nothing(pieces: list[str]) -> None:
    assert isinstance(block("".join(pieces)).warnings, tuple)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="\\/_|()[]{}*-.,:^@ \nax1`<>&", max_size=40))
def test_no_text_breaks_the_search_for_backslashes(text: str) -> None:
    assert isinstance(block(text).warnings, tuple)
