"""A new secret of the server: what the old one signed is still read, and nothing is signed with it any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, session
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError

from app.prox.tokens import Claim, Signer, TokenUnknown

OLD, NEW = "the old secret of the tests " + "o" * 20, "the new secret of the tests " + "n" * 20


def signed(app: Flask) -> tuple[str, str]:
    """A session's cookie and a form's token, as this server signs them."""
    with app.test_request_context():
        token = generate_csrf()
        serializer = app.session_interface.get_signing_serializer(app)
        return serializer.dumps({"csrf_token": session["csrf_token"]}), token


def is_read(app: Flask, cookie: str, token: str) -> bool:
    with app.test_request_context(headers={"Cookie": f"session={cookie}"}):
        try:
            validate_csrf(token)
        except ValidationError:
            return False
        return "csrf_token" in session


def test_sessions_and_forms_outlive_a_new_secret(make_app: Callable[..., Flask]) -> None:
    old, both = make_app(SECRET_KEY=OLD), make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=OLD)
    new = make_app(SECRET_KEY=NEW)
    assert is_read(both, *signed(old))
    assert is_read(both, *signed(both))
    assert is_read(new, *signed(both))
    assert not is_read(old, *signed(both))
    assert not is_read(new, *signed(old))


def test_addresses_of_pictures_outlive_a_new_secret() -> None:
    claim, old, both = Claim("recOne", "https://i.imgur.com/x.png"), Signer(b"old"), Signer(b"new", b"old")
    assert both.claim(old.token(claim)) == claim
    assert both.token(claim) == Signer(b"new").token(claim)
    with pytest.raises(TokenUnknown):
        old.claim(both.token(claim))
