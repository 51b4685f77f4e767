"""Sets of roles, as they are stored and read, and who wrote a puzzle."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.core.model import Puzzle
from app.core.roles import HELD, as_words, columns_of, highest, is_author


@dataclass
class Person:
    name: str
    display_name: str


ANNA = Person("anna", "Anna Lovelace")
SMITH = Person("smith", "Smith, Jr and Sons")


@pytest.mark.parametrize(
    ("roles", "role", "words"),
    [
        ((), "team", ""),
        (("helper",), "helper", "helper"),
        (("writer", "helper"), "writer", "helper writer"),
        (("admin", "helper"), "admin", "helper admin"),
        (("admin", "writer", "helper"), "admin", "helper writer admin"),
    ],
)
def test_a_set_is_stored_with_its_highest_role_and_read_again(roles: tuple[str, ...], role: str, words: str) -> None:
    assert (highest(roles), as_words(roles)) == (role, words)
    assert columns_of(roles) == {"role": role, "roles": words}
    assert HELD[role, words] == frozenset(roles)


@pytest.mark.parametrize(
    ("role", "words", "roles"),
    [
        ("writer", "", {"writer"}),  # written by the release before
        ("team", "helper writer", set()),  # taken away by the release before
        ("helper", "helper writer", {"helper"}),
        ("admin", "helper writer", {"admin"}),
        ("team", "root team", set()),
        ("writer", "writer helper", {"writer"}),
        ("root", "root", set()),
    ],
)
def test_where_the_columns_contradict_each_other_the_role_counts(role: str, words: str, roles: set[str]) -> None:
    assert HELD[role, words] == roles


@pytest.mark.parametrize(
    "authors",
    [
        "anna", "ANNA", " Anna Lovelace ", "anna   lovelace", "Ben, Anna Lovelace", "Anna Lovelace & Ben",
        "Ben and anna", "Ben und Anna Lovelace", "Ben\nanna", "Ben; anna; Cy", "Ben/Anna Lovelace", "Ａｎｎａ Lovelace",
        "anna (pictures), Ben",
        "Text: anna", "Ben、anna",
    ],
)  # fmt: skip
def test_authors_name_an_account_by_either_name(authors: str) -> None:
    assert is_author(Puzzle("recOne", "one", "One", "recL1", authors=authors), ANNA)


@pytest.mark.parametrize(
    "authors", ["", "annabel", "Hanna", "anna banana", "Lovelace", "Anna Love lace", "Joanna, Ben", "anna@example.org"]
)
def test_part_of_another_name_names_nobody(authors: str) -> None:
    assert not is_author(Puzzle("recOne", "one", "One", "recL1", authors=authors), ANNA)


@pytest.mark.parametrize("authors", ["Smith, Jr and Sons", "Anna, smith, jr and sons", "Smith, Jr and Sons and Ben"])
def test_a_name_may_have_a_comma_or_an_and_of_its_own(authors: str) -> None:
    assert is_author(Puzzle("recOne", "one", "One", "recL1", authors=authors), SMITH)


def test_signs_of_patterns_in_a_name_are_only_signs() -> None:
    assert not is_author(Puzzle("recOne", "one", "One", "recL1", authors="Anybody"), Person(".*", "a.*|b"))
    assert is_author(Puzzle("recOne", "one", "One", "recL1", authors="C++ Team, Ben"), Person("cpp", "C++ Team"))
