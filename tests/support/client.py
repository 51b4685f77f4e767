"""Two browsers without a screen, which check every page they fetch: one inside the process, one over the wire.

Both speak as a hunter would: they read the CSRF token from a page before they post, and offer the few sentences that
most tests begin with (register, log in, guess).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.pages import check_page, csrf_token, parsed
from tests.support.pool import watch_of

PASSWORD = "correct horse battery"
JSON = {"Accept": "application/json"}


class Hunter:
    """The sentences of a visitor. The class it is mixed into brings ``get`` and ``post``."""

    def token(self, path: str = "/account/login") -> str:
        """A CSRF token of this visitor's session, from the page at ``path``."""
        return csrf_token(self.get(path).text)  # type: ignore[attr-defined]

    def send_form(self, path: str, form: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """POST a form as a page would: with the token, and without following where it leads."""
        with_token = {"csrf_token": self.token(), **(form or {})}
        return self.post(path, data=with_token, **more)  # type: ignore[attr-defined]

    def send_json(self, path: str, form: Mapping[str, Any] | None = None) -> Any:
        """POST as the page's script does: JSON wanted, token in the header."""
        headers = {**JSON, "X-CSRFToken": self.token()}
        return self.post(path, data=dict(form or {}), headers=headers)  # type: ignore[attr-defined]

    def register(self, name: str, password: str = PASSWORD, **fields: Any) -> Any:
        """Register a team, which also logs in. The display name is the name unless given."""
        form = {"name": name, "display_name": name, "password": password, "password_again": password, **fields}
        if "division" not in form:
            form["division"] = self.first_division()
        return self.send_form("/account/register", form)

    def first_division(self) -> str:
        """The first division that the registration page offers; empty where it offers no choice."""
        page = parsed(self.get("/account/register").text)  # type: ignore[attr-defined]
        chosen = page.select_one('select[name="division"] option[value]:not([value=""]), input[name="division"][value]')
        return str(chosen["value"]) if chosen else ""

    def login(self, name: str, password: str = PASSWORD, **fields: Any) -> Any:
        """Log in."""
        return self.send_form("/account/login", {"name": name, "password": password, **fields})

    def logout(self) -> Any:
        """Log out."""
        return self.send_form("/account/logout")

    def guess(self, puzzle: str, answer: str, once: str = "") -> Any:
        """Send a guess as the page's script does; the reply is JSON."""
        return self.send_json(f"/game/puzzle/{puzzle}", {"answer": answer, "once": once})


class PageClient(Hunter, FlaskClient):
    """Flask's test client, checking every HTML page that comes by, and that its connection went back to the pool."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        watch = watch_of(self.application)
        with watch.all_back_after(f"a request {args[:1]}") if watch else contextlib.nullcontext():
            reply = super().open(*args, **kwargs)
        if (
            reply.mimetype == "text/html"
            and not reply.is_streamed
            and reply.get_data()
            and not is_redirect(reply.status_code)
        ):
            check_page(reply.text, reply.headers, reply.status_code, f"{reply.request.method} {reply.request.path}")
        return reply


class Visitor(Hunter, requests.Session):
    """A session against a real server, checking every HTML page that comes by."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        # A proxy from the developer's environment has no business on the loopback interface.
        self.trust_env = False

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs.setdefault("timeout", 30)
        # Like Flask's client: where a form leads is part of what a test asserts.
        kwargs["allow_redirects"] = kwargs.get("allow_redirects") is True and method != "POST"
        reply = super().request(method, urljoin(self.url, str(url)), *args, **kwargs)
        is_page = reply.headers.get("Content-Type", "").startswith("text/html")
        if is_page and reply.content and not is_redirect(reply.status_code) and method != "HEAD":
            check_page(reply.text, reply.headers, reply.status_code, f"{method!s} {url!s}")
        return reply


def is_redirect(status: int) -> bool:
    """Whether a browser would go elsewhere without showing this page."""
    return 300 <= status < 400
