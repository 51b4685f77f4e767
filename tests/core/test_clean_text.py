"""What plain text may hold."""

from __future__ import annotations

import pytest

from app.core.clean_text import (
    clean_text,
    emoji_split,
    has_control_signs,
    has_visible,
    is_plain,
    is_storable,
    one_line,
    storable,
)

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
CODER = "\U0001f469\u200d\U0001f4bb"
RAINBOW = "\U0001f3f3\ufe0f\u200d\U0001f308"


@pytest.mark.parametrize(
    "sign", ["\r\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"], ids=ascii
)
def test_every_sign_that_breaks_a_line_keeps_two_words_apart(sign: str) -> None:
    assert clean_text(f"one{sign}two") == "one\ntwo"
    assert one_line(clean_text(f"one{sign}two")) == "one two"
    assert not has_control_signs(f"one{sign}two")


def test_the_separator_of_units_is_a_space() -> None:
    assert clean_text("one\x1ftwo") == "one two"


@pytest.mark.parametrize("sign", ["\0", "\x07", "\x1b", "\x7f", "\x9b", "\ud83d", "\uffff"], ids=ascii)
def test_controls_and_broken_characters_are_taken_out_and_told(sign: str) -> None:
    assert clean_text(f"a{sign}b") == "ab"
    assert has_control_signs(f"a{sign}b")


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud83d", "é\ude00", "\udcff" * 3], ids=ascii)
def test_what_no_database_takes_is_known_and_removed(text: str) -> None:
    assert not is_storable(text)
    assert is_storable(storable(text))


@pytest.mark.parametrize("text", ["", "plain", "\x07\x1b\v\r\n", "é", "😀", "\ufffd", "\u202e"], ids=ascii)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert is_storable(text)
    assert storable(text) is text


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "\u200d\ufe0f", "\u2060\u00ad", "\u3164", "\u2800\u115f", "\u034f", "\u0301"], ids=ascii
)
def test_a_text_of_invisible_signs_shows_nothing(text: str) -> None:
    assert not has_visible(text)


@pytest.mark.parametrize("text", ["a", "-", "…", "字", ENGLAND, CODER, "\u200ba", "€", "\u0915\u094d"], ids=ascii)
def test_a_text_with_one_sign_to_see_shows_something(text: str) -> None:
    assert has_visible(text)


@pytest.mark.parametrize("text", [ENGLAND, CODER, RAINBOW, f"Team {CODER}{ENGLAND}!", "❤\ufe0f\u200d🔥"], ids=ascii)
def test_joined_emoji_and_flags_of_regions_are_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "text",
    [
        "a\u200db", "\u200d", "a\u200d😀", "😀\u200d", "a\u200bb", "\u202eevil", "a\u2066b", "\ufeff", "x\U000e0067",
        "\U0001f3f4\U000e0067\U000e0062", "\U0001f3f4" + "\U000e0067" * 9 + "\U000e007f", "\U0001f3f4\U000e007f",
        "a\nb", "\x1b", "\ud83d",
    ],
    ids=ascii,
)  # fmt: skip
def test_joiners_and_tags_elsewhere_and_signs_that_turn_the_direction_are_not(text: str) -> None:
    assert not is_plain(text)


def test_flags_of_two_regions_are_told_apart() -> None:
    scotland = ENGLAND.replace("\U000e0065\U000e006e\U000e0067", "\U000e0073\U000e0063\U000e0074")
    assert emoji_split(ENGLAND) != emoji_split(scotland)
