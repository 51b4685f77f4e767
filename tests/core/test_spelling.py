from __future__ import annotations

import pytest

from app.core.spelling import folded, nearest, read_names

KNOWN = ("Title", "Prereq", "PrereqCount", "Unlocked", "UnlockAt", "ContentText", "Solution", "Value")


@pytest.mark.parametrize(
    "typed", ["UnlockAt", "unlock at", " Unlock_At ", "UNLOCK-AT", "\ufeffUnlockAt\u200b", "ＵnlockAt"]
)
def test_case_blanks_and_hyphens_do_not_matter(typed: str) -> None:
    assert folded(typed) == "unlockat"
    assert read_names({typed: 1}, KNOWN).values == {"UnlockAt": 1}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Prereqs", "Prereq"), ("Prerequisites", "Prereq"), ("Solutions", "Solution"), ("Answer", "Solution"),
        ("Points", "Value"), ("Titel", "Title"), ("Content", "ContentText"), ("Unlock", "Unlocked"), ("Qqqq", None),
    ],
)  # fmt: skip
def test_the_nearest_known_name_is_the_one_that_was_probably_meant(typed: str, meant: str | None) -> None:
    assert nearest(typed, KNOWN) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Success", "CustomSuccess"), ("Error", "CustomError"), ("Near Answers", "Close1"), ("Acess", "Access")],
)
def test_no_likeness_beats_a_known_meaning(typed: str, meant: str) -> None:
    assert nearest(typed, ("Access", "CustomSuccess", "CustomError", "Near", "Close1", "Close5Hint")) == meant


def test_a_name_that_means_two_things_or_one_that_is_there_is_not_read() -> None:
    twice = read_names({"title": "a", "TITLE": "b"}, KNOWN)
    assert (twice.values, twice.unread) == ({}, {"title": "a", "TITLE": "b"})
    beside = read_names({"Title": "a", "title": "b"}, KNOWN)
    assert (beside.values, beside.unread) == ({"Title": "a"}, {"title": "b"})


def test_an_empty_field_gives_way_and_an_empty_unknown_one_is_nothing() -> None:
    found = read_names({"Title": "", "title": "b", "Notes": "", "Done": False}, KNOWN)
    assert (found.values, found.aliases, found.unread) == ({"Title": "b"}, {"title": "Title"}, {})
