"""Encryption: what is read, by whom, and that neither a purpose, a bit nor an old release spoils it."""

from __future__ import annotations

import pytest

from app.encryption import DecryptionFailed, Encryption

NEW, OLD, OTHER = b"a new secret of the tests, long enough", b"a secret of the tests, long enough for anybody", b"other"
# Written by the last release before Fernet, under OLD.
FIRST_FORMAT = (
    "w8zReAGL5DjBMvMm/zuNo1n8rVfijpZcnAKT2Ay4Pd2DXr0MxVd6F4meVFw/sFYYd494w36CVNgurZ49XF+mF9Pc7JwXZOkjSnhx"
    "3Y76pJOgbTieviEp5LOZ46pTXcGifwl46ok="
)


@pytest.mark.parametrize("text", ["", "x", "Öwl\n" * 1_000, "\ud800"])
def test_what_is_encrypted_is_read_under_the_same_secret_alone(text: str) -> None:
    encryption = Encryption([NEW])
    token = encryption.encrypt("mail", text)
    assert encryption.decrypt("mail", token) == text
    assert token != encryption.encrypt("mail", text)
    for wrong in (token[:-4] + "AAAA", "AAAA", "", "!", "ö", "AAAA" + token, "A" * 100):
        with pytest.raises(DecryptionFailed):
            encryption.decrypt("mail", wrong)
    with pytest.raises(DecryptionFailed):
        Encryption([OTHER]).decrypt("mail", token)


def test_a_token_of_one_purpose_is_none_of_another() -> None:
    encryption = Encryption([NEW])
    with pytest.raises(DecryptionFailed):
        encryption.decrypt("hook", encryption.encrypt("mail", "x"))


def test_a_text_is_unreadable_without_the_secret() -> None:
    assert "hunter2" not in Encryption([NEW]).encrypt("mail", "hunter2")


def test_after_a_rotation_old_texts_are_read_and_new_ones_are_not_written_with_the_old_secret() -> None:
    token = Encryption([OLD]).encrypt("mail", "x")
    rotated = Encryption([NEW, OTHER, OLD])
    assert rotated.decrypt("mail", token) == "x"
    with pytest.raises(DecryptionFailed):
        Encryption([OTHER, OLD]).decrypt("mail", rotated.encrypt("mail", "y"))


@pytest.mark.parametrize("secrets", [[OLD], [NEW, OLD]])
def test_what_an_older_release_wrote_is_read(secrets: list[bytes]) -> None:
    assert Encryption(secrets).decrypt("hook", FIRST_FORMAT) == "https://chat.example/hooks/abc?x=Öwl"


def test_what_an_older_release_wrote_is_not_read_under_another_secret_or_changed() -> None:
    for encryption, text in ((Encryption([NEW]), FIRST_FORMAT), (Encryption([OLD]), FIRST_FORMAT[:-4] + "AAA=")):
        with pytest.raises(DecryptionFailed):
            encryption.decrypt("hook", text)
