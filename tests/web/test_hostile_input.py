"""Generated hostile input at every route there is, the organisers' included: a clear refusal, never a fault of ours."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin, keys_by_access, path_of, rules
from tests.support.organisers import enter

# /readyz and /metrics say 503 and 404 of their own accord.
OWN_WORDS = ("/readyz", "/metrics")
MARKUP = "<script>alert(1)</script>\"'&lt;{{ 7*7 }}"
TEXT = st.text(max_size=40) | st.sampled_from(
    ["", "\0", "a\0b", "\ud800", "\udcff", MARKUP, "x" * 5000, "é" * 100, "9" * 400, "-1", "1e999", "NaN", "İ" * 70]
)
HUGE = st.sampled_from([0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**30])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | HUGE | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ODD_KINDS = ["", "text/plain", "application/xml", "multipart/form-data", "application/json; charset=x", "\x7f"]
KINDS = st.sampled_from(ODD_KINDS)
COOKIES = st.sampled_from(["", "session=x", "session=" + "e" * 3000, "session=\xff\xfe", "=;=;;", "session=.eJw.x.y"])
HEADERS = st.sampled_from(["*/*;q=x", "a" * 4000, ";;,,", "bytes=9-1", '"', "-1, , 10.0.0.1", "\xe2\x98\x83"])
# Fields that some route reads.
FIELDS = (
    "answer", "once", "pay", "question", "name", "display_name", "division", "affiliation", "emails", "password",
    "password_again", "current_password", "part", "remember", "next", "text", "title", "kind", "to", "team", "teams",
    "what", "which", "roles", "code", "amount", "reason", "act", "site_css", "home_text", "source", "file", "list",
    "packed", "puzzle", "tell", "revision", "again", "take_over", "switch", "message", "id", "seen", "answers", "near",
    "starts_at", "ends_at", "freeze_at", "time_zone", "scoring", "ranking", "xp", "hint_schedule", "visit",
)  # fmt: skip
QUERIES = ("after", "page", "print", "next", "division", "team", "puzzle", "from", "to", "kind", "q", "old", "new")
FEW = settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=True
)


class Site:
    """The demo hunt in play, with an admin and a team at it."""

    def __init__(self, app: Flask, clock: FixedClock) -> None:
        begin(app, clock)
        self.app = app
        self.admin = enter(app, "chief", "admin")
        self.team: PageClient = app.test_client()  # type: ignore[assignment]
        assert self.team.register("owls").status_code == 303
        self.open = {kind: key for kind, key, is_open in keys_by_access(self.team) if is_open}

    def paths(self, method: str) -> list[str]:
        """An address of every route, as whatever it names that exists."""
        return [path_of(rule, **self.open) for rule in rules(self.app, method)]


@pytest.fixture
def site(app: Flask, clock: FixedClock) -> Site:
    return Site(app, clock)


def ours(replies: dict[str, Any]) -> dict[str, Any]:
    """Those answers that are a fault of this site."""
    return {path: status for path, status in replies.items() if status >= 500 and path not in OWN_WORDS}


@FEW
@given(draw=st.data())
def test_no_form_breaks_any_post(site: Site, draw: Any) -> None:
    form = draw.draw(st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXT)))
    form = {name: text.encode("utf-8", "surrogatepass") for name, text in form.items()}
    for client in (site.team, site.admin):
        seen = {}
        for path in site.paths("POST"):
            if path != "/account/logout":
                headers = {"X-CSRFToken": client.token("/")}
                seen[path] = client.post(path, data=form, headers=headers).status_code
        assert ours(seen) == {}


@FEW
@given(body=ANY_JSON)
def test_no_json_breaks_any_post(site: Site, body: Any) -> None:
    bodies = (json.dumps(body), json.dumps(dict.fromkeys(FIELDS, body)))
    seen = {}
    for client in (site.team, site.admin):
        for path in site.paths("POST"):
            if path != "/account/logout":
                headers = {**JSON, "X-CSRFToken": client.token("/")}
                for sent in bodies:
                    reply = client.post(path, data=sent, headers=headers, content_type="application/json")
                    seen[path] = max(seen.get(path, 0), reply.status_code)
    assert ours(seen) == {}


@FEW
@given(body=st.binary(max_size=200), kind=KINDS)
def test_no_body_of_an_odd_kind_breaks_any_post(site: Site, body: bytes, kind: str) -> None:
    seen = {}
    for client in (site.team, site.admin):
        for path in site.paths("POST"):
            if path != "/account/logout":
                headers = {**JSON, "X-CSRFToken": client.token("/")}
                reply = client.post(path, data=body, headers=headers, content_type=kind)
                seen[path] = max(seen.get(path, 0), reply.status_code)
    assert ours(seen) == {}


@FEW
@given(draw=st.data())
def test_no_query_and_no_header_breaks_any_get(site: Site, draw: Any) -> None:
    texts = draw.draw(st.fixed_dictionaries({name: TEXT | HUGE.map(str) for name in QUERIES}))
    query = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}
    header = draw.draw(HEADERS)
    names = ("Accept", "Accept-Language", "Range", "If-None-Match", "If-Modified-Since", "X-Forwarded-For", "Referer")
    seen = {}
    for client in (site.team, site.admin, site.app.test_client()):
        for path in site.paths("GET"):
            reply = client.get(path, query_string=query, headers=dict.fromkeys(names, header))
            seen[path] = max(seen.get(path, 0), reply.status_code)
            reply.close()
    assert ours(seen) == {}


@FEW
@given(cookie=COOKIES)
def test_no_cookie_breaks_any_route(site: Site, cookie: str) -> None:
    seen = {}
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        for path in site.paths("GET" if method in ("HEAD", "OPTIONS") else method):
            visitor = site.app.test_client(use_cookies=False)
            reply = visitor.open(path, method=method, headers={"Cookie": cookie})
            seen[f"{method} {path}"] = reply.status_code
            reply.close()
    assert {path: status for path, status in seen.items() if status >= 500 and path.split()[1] not in OWN_WORDS} == {}


@pytest.mark.parametrize("value", ["%00%FF", "%ED%A0%80", "9" * 19, "9" * 400, "9" * 5000, "%3Cscript%3E", "x" * 3000])
def test_no_name_in_an_address_breaks_any_route(site: Site, value: str) -> None:
    seen = {}
    for method in ("GET", "POST"):
        for rule in rules(site.app, method):
            if not rule.arguments:
                continue
            path = re.sub(r"<[^>]*>", value, rule.rule)
            for client in (site.team, site.admin):
                headers = {**JSON, "X-CSRFToken": client.token("/")}
                reply = client.open(path, method=method, headers=headers)
                seen[f"{method} {rule.rule}"] = max(seen.get(f"{method} {rule.rule}", 0), reply.status_code)
                reply.close()
    assert {path: status for path, status in seen.items() if status >= 500} == {}
