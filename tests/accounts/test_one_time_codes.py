"""Codes of authenticators and recovery codes: which are right, at which moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.accounts.one_time_codes import (
    address_of,
    code_digits,
    matching_step,
    recovery_code_of,
    recovery_digest,
    secret_of,
)

# The secret and the codes of RFC 6238, appendix B, cut to six digits.
SECRET = secret_of(b"12345678901234567890")
RFC = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC)
def test_a_code_is_right_in_its_step_and_one_before_and_after(seconds: int, code: str) -> None:
    step = seconds // 30
    assert [matching_step(SECRET, code, at(30 * (step + off))) for off in (-2, -1, 0, 1, 2)] == [
        None, step, step, step, None,
    ]  # fmt: skip
    assert matching_step(SECRET, code, at(30 * step + 29)) == step


@pytest.mark.parametrize("code", ["287 082", " 287082\n", "287-082", "２８７０８２"])
def test_a_code_may_be_typed_as_people_type(code: str) -> None:
    assert matching_step(SECRET, code, at(59)) == 1


@pytest.mark.parametrize("code", ["", "28708", "2870820", "287083", "abcdef", "28708x", "٢٨٧٠٨٢", "2" * 100_000, "\0"])
def test_anything_else_is_wrong(code: str) -> None:
    assert matching_step(SECRET, code, at(59)) is None


def test_a_recovery_code_is_read_however_it_is_grouped() -> None:
    code = recovery_code_of(bytes(range(10)))
    assert (len(code), code_digits(code)) == (19, "")
    assert recovery_digest(code) == recovery_digest(f" {code.lower().replace('-', ' ')} ")
    assert recovery_digest(code) != recovery_digest(recovery_code_of(bytes(range(1, 11))))
    assert recovery_digest("\ud800" * 1000)


def test_the_address_names_account_and_hunt() -> None:
    address = address_of(SECRET, "Anna & Co", "Hunt: 2027?")
    assert address.startswith("otpauth://totp/")
    assert (f"secret={SECRET}" in address, "Anna%20%26%20Co" in address) == (True, True)
