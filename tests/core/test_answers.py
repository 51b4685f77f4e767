"""Which texts are the same answer, which are none, and which hashes can be checked."""

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.answers import InvalidAnswer, checked, comparable, cost_of, digest, is_answer_hash, normalise

SALT = "abcdefghijklmnopqrstuu"
TAIL = "x" * 31


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Answer", "answer"),
        ("  crème  Brûlée! ", "cremebrulee"),
        ("cre\u0300me", "creme"),
        ("İSTANBUL", "istanbul"),
        ("ﬁve ½ ² Ⅷ", "five122viii"),
        ("ＦＵＬＬ　ＷＩＤＴＨ", "fullwidth"),
        ("Straße", "straße"),
        ("ΟΔΟΣ", "οδος"),
        ("Ёлка-7", "елка7"),
        ("東京 タワー", "東京タワー"),
        ("٣ و", "٣و"),
        ("a\u200bb\u202ec\x00d", "abcd"),
        ("\ud800x", "x"),
        ("½⁄", "12"),
        ("★☆ 🎈", ""),
        ("\u0301\u0301", ""),
        ("<b>bold</b>", "bboldb"),
        ("snake_case", "snakecase"),
    ],
)
def test_an_answer_is_compared_by_its_letters_and_digits(raw, expected):
    assert normalise(raw) == expected


@given(st.text())
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


@pytest.mark.parametrize("raw", ["", "   ", "!?", "\u0301", "a" * 73, "x" * 201, " " * 201, "東" * 25, "한" * 9])
def test_a_text_that_can_be_no_answer_is_refused(raw):
    with pytest.raises(InvalidAnswer):
        checked(raw)


@pytest.mark.parametrize(
    ("raw", "expected"), [("a" * 72, "a" * 72), ("-" * 199 + "a", "a"), ("東" * 24, "東" * 24), ("é" * 72, "e" * 72)]
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
