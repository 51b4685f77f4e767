"""The catalogues: nothing untranslated, nothing out of date, and `make words` notices both."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import words

# A tag, an address, a header or a value that is filled in: no words of the language.
NO_WORDS = re.compile(r"<[^<>]*>|https?://\S*|Authorization: Bearer|%\(\w+\)s|\{\w+\}")
FINE, BLANK = "\u202f", "\u00a0"
UNSET_FRENCH = re.compile(
    rf"[^{FINE}][;!?»](?![!?;])|«(?!{FINE})|[^\s{BLANK}]:(?=\s|$)|[ {FINE}]:(?=\s|$)|\s…$|\w'\w|\"|“|”"
)
UNSET_GERMAN = re.compile(r"“[^„“]*”|”|\"|»|«|„[^“]*$|\s[;:!?]|\w'\w")
# Who speaks formally says Sie, Ihr, Ihnen inside a sentence; “sie” at its beginning is somebody else.
FORMAL_GERMAN = re.compile(r"(?<=[a-zäöüß,–] )(?:Sie|Ihnen|Ihre[mnrs]?|Ihr)\b")
FAMILIAR_FRENCH = re.compile(r"\b(?:tu|toi|ton|tes)\b|\bt’", re.I)


def translated(code: str) -> list[tuple[str, str]]:
    """Each text and what it is in this language, a pair for each form."""
    pairs = []
    for message in words.catalogue(code):
        english = [message.id] if isinstance(message.id, str) else list(message.id)
        told = [message.string] if isinstance(message.string, str) else list(message.string)
        pairs += zip(english, told, strict=True) if message.id else []
    return pairs


def values(text: str) -> set[str]:
    """What is filled in, but for a count: “one puzzle” needs none."""
    return set(re.findall(r"%\(\w+\)s|\{\w+\}", text)) - {"%(num)s", "%(count)s", "{count}"}


def signs(code: str, unset: re.Pattern[str]) -> list[str]:
    return [told for _, told in translated(code) if unset.search(NO_WORDS.sub("x", told))]


def test_every_text_is_translated_and_every_file_is_up_to_date() -> None:
    texts = words.collect()
    for code in words.languages():
        made = words.renewed(code, texts)
        assert list(words.complaints(made)) == []
        for path, content in words.files(code, made).items():
            assert path.read_bytes() == content, f"{path.name} is out of date: make words"


def test_texts_are_found_wherever_they_are_said() -> None:
    found = {message.id: {name.split("/")[1] for name, _ in message.locations} for message in words.collect()}
    assert "templates" in found["Skip to content"]
    assert "core" in found["You can’t skip a meta."]
    assert "static" in found["Connecting"]
    assert ("%(number)s point", "%(number)s points") in found


def test_what_is_missing_or_would_break_is_told() -> None:
    made = Catalog(locale="de")
    made.add("Save", "Speichern")
    made.add("Log out", "")
    made.add("%(count)s owls", "%(zahl)s Eulen", flags=["python-format"])
    found = list(words.complaints(made))
    assert found[0] == "not translated: 'Log out'"
    assert len(found) == 2


def test_a_text_that_nobody_says_any_more_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(words.FOLDER, tmp_path / "translations")
    monkeypatch.setattr(words, "FOLDER", tmp_path / "translations")
    old = words.catalogue("de")
    old.add("Nobody says this", "Das sagt niemand")
    words.po_file("de").write_bytes(words.as_po(old))
    texts = Catalog()
    texts.add("Save", locations=[("app/x.py", None)])
    made = words.renewed("de", texts)
    assert [message.id for message in made if message.id] == ["Save"]
    assert made.get("Save").string == "Speichern"


# --- the signs and forms of each language ----------------------------------------------------------------------------


@pytest.mark.parametrize("code", words.languages())
def test_every_form_fills_in_the_values_that_its_english_has(code: str) -> None:
    assert [pair for pair in translated(code) if values(pair[0]) != values(pair[1])] == []


@pytest.mark.parametrize("code", words.languages())
def test_a_translation_has_the_tags_of_its_english(code: str) -> None:
    tags = re.compile(r"</?\w+[^<>]*>")
    assert [
        told for english, told in translated(code) if sorted(tags.findall(english)) != sorted(tags.findall(told))
    ] == []


def test_french_has_its_quotes_and_the_spaces_before_its_signs() -> None:
    assert signs("fr", UNSET_FRENCH) == []


def test_german_has_its_quotes_and_no_space_before_a_sign() -> None:
    assert signs("de", UNSET_GERMAN) == []


def test_german_says_du_and_ihr_and_french_says_vous() -> None:
    assert signs("de", FORMAL_GERMAN) == []
    assert signs("fr", FAMILIAR_FRENCH) == []


def test_no_page_joins_two_texts_with_a_colon_of_its_own() -> None:
    own = re.compile(r"(?:\}\}|</\w+>|visually-hidden\">): (?=\{\{|\{%|<)")
    sentences = re.compile(r"\{%-? ?trans\b.*?endtrans ?-?%\}", re.DOTALL)
    pages = sorted((words.ROOT / "app/templates").rglob("*.html"))
    assert [page.name for page in pages if own.search(sentences.sub("", page.read_text()))] == []
