"""Sentences that remember how they were made: plain English for everybody, another language for whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.core.text import IDENTIFIERS, Text, counted, sentence

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Pirate:
    """A catalogue of a language that everybody can read."""

    TEXTS = {
        "You have %(have)s.": "Ye have %(have)s, arr.",
        "the %(what)s": "th' %(what)s",
        "from %(at)s": "since %(at)s",
    }

    def gettext(self, message: str) -> str:
        return self.TEXTS.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "%(count)s piece o' eight" if n == 1 else "%(count)s pieces o' eight"


def told(text: Text) -> str:
    return text.told(Pirate(), lambda value: f"<{value}>")


def test_a_sentence_is_the_english_text_to_everybody_who_does_not_ask() -> None:
    made = sentence("You have %(have)s.", have="owls")
    assert made == "You have owls."
    assert {made: 1}["You have owls."] == 1  # type: ignore[index]
    assert made.count("o") == 2
    assert f"{made}!" == "You have owls.!"


def test_it_can_be_told_in_another_language_with_the_same_values() -> None:
    assert told(sentence("You have %(have)s.", have="owls")) == "Ye have owls, arr."


def test_what_no_catalogue_knows_stays_english() -> None:
    assert told(sentence("Nobody knows %(what)s.", what="it")) == "Nobody knows it."


@pytest.mark.parametrize(("count", "english", "other"), [
    (0, "0 coins", "<0> pieces o' eight"),
    (1, "1 coin", "<1> piece o' eight"),
    (2_000, "2,000 coins", "<2000> pieces o' eight"),
])  # fmt: skip
def test_so_many_are_counted_as_each_language_does(count: int, english: str, other: str) -> None:
    made = counted("%(count)s coin", "%(count)s coins", count)
    assert (made, told(made)) == (english, other)


def test_a_sentence_within_a_sentence_is_told_too() -> None:
    inner = sentence("the %(what)s", what="owl")
    outer = sentence("You have %(have)s.", have=inner)
    assert (outer, told(outer)) == ("You have the owl.", "Ye have th' owl, arr.")


def test_numbers_and_times_are_written_by_whoever_knows_the_reader() -> None:
    made = sentence("from %(at)s", at=NOON)
    assert made == "from 21 November 2026, 12:00"
    assert told(made) == f"since <{NOON}>"


def test_an_error_that_carries_a_sentence_hands_it_on_whole() -> None:
    error = ValueError(sentence("You have %(have)s.", have="owls"))
    found = str(error)
    assert isinstance(found, Text)
    assert told(found) == "Ye have owls, arr."


@pytest.mark.parametrize("value", ["100 %", "%(have)s", "%s", "{have}", "", "\0", "<b>"])
def test_values_are_never_read_as_patterns(value: str) -> None:
    made = sentence("You have %(have)s.", have=value)
    assert (made, told(made)) == (f"You have {value}.", f"Ye have {value}, arr.")


def test_a_percent_sign_of_its_own_is_written_twice() -> None:
    assert sentence("100 %% of %(what)s", what="owls") == "100 % of owls"


@pytest.mark.parametrize("name", sorted(IDENTIFIERS))
def test_a_number_that_names_a_thing_is_written_as_it_is(name: str) -> None:
    found = sentence(f"Line %({name})s of %(count)s", **{name: 1194, "count": 1194})
    assert found == "Line 1194 of 1,194"
    assert told(found) == "Line 1194 of <1194>"
