"""Which texts are the same answer, which are none, and which hashes can be checked."""

import json
import unicodedata
from pathlib import Path

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.answers import (
    InvalidAnswer,
    checked,
    comparable,
    cost_of,
    digest,
    former_form,
    is_answer_hash,
    normalise,
)

SALT = "abcdefghijklmnopqrstuu"
TAIL = "x" * 31


# The same table is read by tests/static/words.test.mjs.
TABLE = json.loads((Path(__file__).parent / "answer_forms.json").read_text())
TRADE_SIGNS = set("\u2120\u2122\U0001f16a\U0001f16b\U0001f16c")
SCRIPTS = "aeßøłıΣςϊἄЙёשׁלُمआदिल़क्กำりかがｶﾞ한ᄒ\u1161\u11ab〇二1٣²①½\u0301\u0308\u3099\ufe0f\u20e3\u200dʻ-.,' 🎈"
texts = st.text() | st.text(alphabet=SCRIPTS, max_size=12)
# A text of digits alone may be a number, where a sign and a point count.
words = texts.filter(lambda raw: not normalise(raw).strip("-").replace(".", "").isdecimal())


@pytest.mark.parametrize(("raw", "expected"), TABLE["forms"])
def test_an_answer_is_compared_by_its_letters_and_digits(raw, expected):
    assert normalise(raw) == expected


@pytest.mark.parametrize(("answer", "guess"), TABLE["same"])
def test_another_spelling_of_the_answer_is_the_answer(answer, guess):
    assert normalise(answer) == normalise(guess)


@pytest.mark.parametrize(("answer", "guess"), TABLE["different"])
def test_another_word_is_not_the_answer(answer, guess):
    assert normalise(answer) != normalise(guess)


@given(texts)
def test_the_form_of_a_text_is_composed(raw):
    assert unicodedata.is_normalized("NFC", normalise(raw))


@given(texts, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_the_unicode_form_of_a_text_does_not_matter(raw, form):
    if form.startswith("NFK"):
        raw = "".join(sign for sign in raw if sign not in TRADE_SIGNS)
    assert normalise(unicodedata.normalize(form, raw)) == normalise(raw)


@given(texts, st.sampled_from([str.upper, str.lower, str.title, str.casefold, str.swapcase]))
def test_case_does_not_matter_in_any_script(raw, change):
    # Upper case makes a letter of the iota below a Greek vowel; NFKD makes a mark of it.
    if "\u0345" not in unicodedata.normalize("NFD", raw):
        assert normalise(change(raw)) == normalise(raw)


@given(words, st.lists(st.sampled_from(" !?.,;:-–'’\"()[]/_&★🎈\u00a0\u200b\u200d\u3000\t\n"), min_size=1))
def test_blanks_and_punctuation_do_not_matter_in_any_script(raw, signs):
    between = "".join(signs)
    assert normalise(between.join(["", *raw, ""])) == normalise(raw)


@given(st.from_regex(r"\A[a-z0-9]+\Z"))
def test_lower_case_letters_and_digits_of_ascii_stay_as_they_are(raw):
    assert normalise(raw) == raw


@given(st.decimals(-(10**6), 10**6, places=2))
def test_a_number_keeps_its_sign_and_its_point_however_it_is_written(number):
    assert normalise(f" {number}!") == normalise(str(number)) == str(number)
    assert normalise(f"{number:,}") == str(number)
    assert normalise(str(number).replace(".", ",").replace("-", "\N{MINUS SIGN}")) == str(number)


@given(st.from_regex(r"\A[A-Za-z0-9 !]+\Z"))
def test_letters_of_ascii_have_the_form_of_older_versions(raw):
    assert former_form(raw) == normalise(raw)


@pytest.mark.parametrize(("raw", "form"), [("Straße", "straße"), ("かぎ", "かき"), ("1.5", "15"), ("Łódź", "łodz")])
def test_the_form_of_older_versions_stays(raw, form):
    assert former_form(raw) == form


@given(texts)
def test_normalising_twice_changes_nothing(raw):
    once = normalise(raw)
    assert normalise(once) == once


def test_every_single_character_has_a_stable_form():
    for code in range(0x110000):
        once = normalise(chr(code))
        assert normalise(once) == once


@given(st.text(alphabet="aeiou\u0301\u0308 .-'", max_size=30))
def test_marks_blanks_and_case_never_matter(raw):
    assert normalise(raw.upper()) == normalise(raw)
    assert normalise(f" {raw}!") == normalise(raw)


@pytest.mark.parametrize(
    "raw", ["", "   ", "!?", "\u0301", "a" * 73, "x" * 201, " " * 201, "東" * 25, "한" * 25, "🎈", "\u0301" * 3]
)
def test_a_text_that_can_be_no_answer_is_refused(raw):
    with pytest.raises(InvalidAnswer):
        checked(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a" * 72, "a" * 72),
        ("-" * 199 + "a", "a"),
        ("東" * 24, "東" * 24),
        ("한" * 24, "한" * 24),
        ("대한민국임시정부수립", "대한민국임시정부수립"),
        ("ß" * 36, "ss" * 36),
        ("é" * 72, "e" * 72),
    ],
)
def test_a_text_at_the_limit_is_an_answer(raw, expected):
    assert checked(raw) == expected


def test_a_very_long_guess_is_refused_without_naming_it():
    with pytest.raises(InvalidAnswer) as refusal:
        checked("secret" * 1400)
    assert "secret" not in str(refusal.value)


def test_a_digest_depends_on_secret_scope_and_text_and_holds_none_of_them():
    known = digest(b"key", "p1", "lantern")
    others = {digest(b"kez", "p1", "lantern"), digest(b"key", "p2", "lantern"), digest(b"key", "p1", "lanterns")}
    assert known not in others
    assert len(others) == 3
    assert len(known) == 64
    assert int(known, 16)
    assert digest(b"key", "p1", "lantern") == known


def test_scope_and_text_cannot_be_shifted_into_each_other():
    assert digest(b"key", "ab", "c") != digest(b"key", "a", "bc")
    assert digest(b"key", "a\0", "b") != digest(b"key", "a", "\0b")


def test_a_digest_without_a_secret_is_refused():
    with pytest.raises(ValueError):
        digest(b"", "p1", "lantern")


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
@pytest.mark.parametrize("cost", ["04", "10", "19", "31"])
def test_hashes_of_every_known_prefix_and_cost_are_accepted(prefix, cost):
    assert is_answer_hash(f"{prefix}{cost}${SALT}{TAIL}")
    assert cost_of(f"{prefix}{cost}${SALT}{TAIL}") == int(cost)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lantern",
        f"$2x$10${SALT}{TAIL}",
        f"$2$10${SALT}{TAIL}",
        f"$2b$03${SALT}{TAIL}",
        f"$2b$32${SALT}{TAIL}",
        f"$2b$4${SALT}{TAIL}",
        f"$2b$10${SALT}{TAIL}x",
        f"$2b$10${SALT}{TAIL[1:]}",
        f"$2b$10${SALT}{TAIL}\n",
        f" $2b$10${SALT}{TAIL}",
        f"$2b$10${SALT[:-1]}a{TAIL}",
        f"$2b$10${SALT}{TAIL[:-1]}é",
        f"$2b$1٠${SALT}{TAIL}",
    ],
)
def test_anything_else_is_no_hash(text):
    assert not is_answer_hash(text)
    assert cost_of(text) is None


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_a_hash_made_under_any_prefix_is_verified(prefix):
    made = prefix + bcrypt.hashpw(b"lantern", bcrypt.gensalt(4)).decode()[4:]
    assert is_answer_hash(made)
    assert bcrypt.checkpw(b"lantern", comparable(made))
    assert not bcrypt.checkpw(b"lamp", comparable(made))


@given(st.from_regex(r"\A\$2[aby]\$0[45]\$[./A-Za-z0-9]{53}\Z"))
def test_whatever_is_accepted_bcrypt_can_check(text):
    if is_answer_hash(text):
        assert bcrypt.checkpw(b"x", comparable(text)) in (True, False)
    else:
        with pytest.raises(ValueError):
            bcrypt.checkpw(b"x", comparable(text))


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_letters_take_a_shorter_way_to_the_same_form(raw: str) -> None:
    # A sign that is no ASCII and no letter sends the same text the long way round.
    assert normalise(raw) == normalise(raw + "\N{MIDDLE DOT}")
