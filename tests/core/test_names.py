"""Which names a team may take, and which are taken for the same."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import names

FAMILY = "👩\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Team", "tEAM"),
        (" team ", "team"),
        ("ＴＥＡＭ", "team"),
        ("Straße", "STRASSE"),
        ("ﬁsh", "FISH"),
        ("e\u0301toile", "ÉTOILE"),
        ("\u00a0team\u3000", "team"),
        ("ΐ", "Ϊ́"),
    ],
)
def test_names_that_are_one_name(one, other):
    assert names.name_key(one) == names.name_key(other)
    assert names.display_key(one) == names.display_key(other)


@pytest.mark.parametrize(("one", "other"), [("team", "teams"), ("étoile", "etoile"), ("the team", "theteam")])
def test_names_that_differ(one, other):
    assert names.name_key(one) != names.name_key(other)
    assert names.display_key(one) != names.display_key(other)


def test_display_names_that_look_alike_are_one():
    assert names.display_key("A  B") == names.display_key("a\u00a0b") == names.display_key("A\u200d B\ufe0f")


@given(st.text(max_size=20))
def test_keys_are_stable(name):
    assert names.name_key(names.name_key(name)) == names.name_key(name)
    assert names.display_key(names.display_key(name)) == names.display_key(name)


@pytest.mark.parametrize("name", ["abc", "a" * 32, "  abc  ", "<b>x</b>", "東京隊", "O'Neill & co", "a b", "'; DROP"])
def test_ordinary_names_are_allowed(name):
    assert names.check_name(name) is None


@pytest.mark.parametrize("name", ["", "  ", "ab", " ab ", "a" * 33])
def test_a_name_has_3_to_32_characters(name):
    assert names.check_name(name) == "Use 3–32 characters."


@pytest.mark.parametrize(
    "name",
    [
        "a\nbc",
        "a\0bc",
        "abc\u202ecba",
        "ab\u200bc",
        "ab\u2066c",
        "abc\ud800d",
        "abc\ue000d",
        "ab\u3164c",
        "ab\u2028c",
        "\u2800" * 3,
        "a" + "\u0336" * 5 + "bc",
        "abc\U000e0041",
    ],
)
def test_names_that_deceive_the_eye_are_refused(name):
    assert names.check_name(name)
    assert names.check_display_name(name)
    assert names.check_affiliation(name)


def test_a_name_whose_key_would_burst_its_column_is_refused():
    assert names.check_name("ﷺ" * 32)
    assert names.check_display_name("ﷺ" * 60)
    assert names.check_display_name("ﬃ" * 60) is None
    assert names.check_name("ﬃ" * 32) is None
    assert len(names.name_key("ﬃ" * 32)) == names.KEY_CHARACTERS


@given(st.text(max_size=40))
def test_the_key_of_an_allowed_name_fits(name):
    if names.check_name(name) is None:
        assert 0 < len(names.name_key(name)) <= names.KEY_CHARACTERS


@pytest.mark.parametrize("name", ["x", "é", FAMILY, "a" * 60, "Ünïcörns 🦄", "!"])
def test_ordinary_display_names_are_allowed(name):
    assert names.check_display_name(name) is None


@pytest.mark.parametrize("name", ["", " \t", "a" * 61, "\u200d", "\u200c\u200d"])
def test_a_display_name_is_there_to_be_seen(name):
    assert names.check_display_name(name)


def test_an_affiliation_is_optional_and_has_at_most_100_characters():
    assert names.check_affiliation("") is None
    assert names.check_affiliation("a" * 100) is None
    assert names.check_affiliation("a" * 101)


def test_addresses_are_split_and_named_once():
    text = " a@x.org, b@x.org;c@x.org\n a@x.org ,, "
    assert names.split_emails(text) == ("a@x.org", "b@x.org", "c@x.org")
    assert names.split_emails(" ;, ") == ()


def test_a_team_has_at_most_ten_addresses():
    assert names.check_emails(tuple(f"{n}@x.org" for n in range(10))) is None
    assert names.check_emails(tuple(f"{n}@x.org" for n in range(11)))


def test_a_display_name_whose_key_would_burst_its_column_is_refused():
    assert names.check_display_name("ﷺ" * 60)
    assert names.check_display_name("ﷺ" * 10) is None


@given(st.text(max_size=80))
def test_the_key_of_an_allowed_display_name_fits(name):
    if names.check_display_name(name) is None:
        assert 0 < len(names.display_key(name)) <= names.DISPLAY_KEY_CHARACTERS


@pytest.mark.parametrize("check", [names.check_name, names.check_display_name, names.check_affiliation])
def test_a_mountain_of_marks_is_refused_at_once(check):
    # Putting these into order would take about half a minute of a processor.
    begun = time.process_time()
    assert check("a" + "\u0301" * 60_000 + "\u0323" * 60_000)
    assert time.process_time() - begun < 3


ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "sign", [ENGLAND, SCOTLAND, FAMILY, "🏳\ufe0f\u200d🌈", "❤\ufe0f\u200d🔥", "👍🏽", "1\ufe0f\u20e3"]
)
@pytest.mark.parametrize("check", [names.check_name, names.check_display_name, names.check_affiliation])
def test_emoji_that_are_made_of_several_signs_are_allowed(check, sign):
    assert check(f"The {sign} team") is None


@pytest.mark.parametrize(
    "name",
    ["abc\u200d", "a\U000e0067bc", "abc" + ENGLAND[:-1], "abc" + ENGLAND[1:], "\u034f\u034f\u034f", "\ufe0f" * 3],
)
def test_their_parts_alone_are_not(name):
    assert names.check_name(name)


def test_the_flags_of_two_regions_are_two_display_names():
    assert names.display_key(ENGLAND) != names.display_key(SCOTLAND)


@pytest.mark.parametrize("name", ["\u200d", "\u034f", "\u0301\u0302", "\ufe0f"])
def test_a_display_name_of_invisible_signs_is_refused(name):
    assert names.check_display_name(name)
