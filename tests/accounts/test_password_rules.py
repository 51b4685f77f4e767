"""What bcrypt is given for a password, and which passwords are allowed."""

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.password_rules import needs_upgrade, prepared, problem

SALT = bcrypt.gensalt(4)


@pytest.mark.parametrize("password", ["", "seven77", "é" * 7, "e\u0301" * 7])
def test_a_password_of_less_than_eight_characters_is_refused(password):
    assert problem(password) == "Use at least 8 characters."


@pytest.mark.parametrize("password", ["eight888", " " * 8, "é" * 8, "東" * 8, "x" * 10_000, "\0" * 8])
def test_a_password_of_eight_characters_or_more_is_allowed(password):
    assert problem(password) is None


@pytest.mark.parametrize("password", ["short", "a" * 72, "é" * 36, "东" * 24, "with\0nul byte"])
def test_up_to_72_bytes_the_password_itself_is_hashed(password):
    assert prepared(password) == password.encode()


@pytest.mark.parametrize("password", ["a" * 73, "é" * 37, "a" * 71 + "é", "x" * 100_000])
def test_a_longer_password_is_replaced_by_a_digest_of_all_of_it(password):
    assert len(prepared(password)) == 44
    assert prepared(password) != prepared(password + "a")
    assert prepared(password) != prepared("b" + password[1:])


def test_what_comes_after_72_bytes_decides_about_a_login():
    stored = bcrypt.hashpw(prepared("a" * 72 + "right"), SALT)
    assert bcrypt.checkpw(prepared("a" * 72 + "right"), stored)
    assert not bcrypt.checkpw(prepared("a" * 72 + "wrong"), stored)
    assert not bcrypt.checkpw(prepared("a" * 72), stored)


def test_a_letter_with_its_mark_is_the_same_from_every_keyboard():
    assert prepared("cafe\u0301 noir") == prepared("café noir")


def test_case_and_blanks_are_kept():
    assert len({prepared("Password"), prepared("password"), prepared(" password")}) == 3


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet=st.characters(), max_size=120))
def test_bcrypt_accepts_whatever_is_typed(password):
    assert bcrypt.checkpw(prepared(password), bcrypt.hashpw(prepared(password), SALT))


@pytest.mark.parametrize(("made_at", "expected"), [("04", True), ("11", True), ("12", False), ("13", False)])
def test_a_hash_of_lower_cost_is_to_be_upgraded(made_at, expected):
    assert needs_upgrade(f"$2y${made_at}$" + "." * 53, 12) is expected


def test_something_that_is_no_hash_is_to_be_replaced():
    assert needs_upgrade("plain", 12)
