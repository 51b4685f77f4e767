"""The catalogues: nothing untranslated, nothing out of date, and `make words` notices both."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import words


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
