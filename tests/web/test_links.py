"""Web addresses in plain text become links; everything else stays text, whatever it tries."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from app.web.links import linked


def links(text: str) -> list[str]:
    found = BeautifulSoup(str(linked(text)), "html5lib")
    assert found.get_text() == text
    assert {tuple(link["rel"]) for link in found.select("a")} <= {("noopener", "nofollow")}
    assert {link.get_text() == link["href"] for link in found.select("a")} <= {True}
    assert {tag.name for tag in found.body.find_all(True)} <= {"a"}
    return [str(link["href"]) for link in found.select("a")]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("See https://example.org/a?b=1&c=2#d.", ["https://example.org/a?b=1&c=2#d"]),
        ("http://example.org", ["http://example.org"]),
        ("HTTPS://EXAMPLE.ORG/", ["HTTPS://EXAMPLE.ORG/"]),
        ("(https://en.wikipedia.org/wiki/Owl_(bird))", ["https://en.wikipedia.org/wiki/Owl_(bird)"]),
        ("“https://example.org/x”, and then?", ["https://example.org/x"]),
        ("https://a.example/, https://b.example/;", ["https://a.example/", "https://b.example/"]),
        ("<https://example.org/a>", ["https://example.org/a"]),
        ('"https://example.org/a"onmouseover=alert(1)', ["https://example.org/a"]),
        ("https://example.org/Schrödinger's_cat!?", ["https://example.org/Schrödinger's_cat"]),
        ("https://日本.example/鳥。", ["https://日本.example/鳥"]),
        ("https://[::1]/x]", ["https://[::1]/x"]),
        ("line\nhttps://example.org/a\nline", ["https://example.org/a"]),
        ("https://example.org/\u202egpj.exe", ["https://example.org/"]),
        ("javascript:alert(1) data:text/html,x ftp://example.org //example.org www.example.org", []),
        (
            "https://a.example,https://b.example;http://c.example|https://d.example",
            ["https://a.example", "https://b.example", "http://c.example", "https://d.example"],
        ),
        (
            "https://web.archive.example/2026/https://a.example/",
            ["https://web.archive.example/2026/https://a.example/"],
        ),
        ("https://example.org/\xadx", ["https://example.org/"]),
        ("https://bank.example@evil.example/ http://user:word@evil.example", []),
        (
            "https://example.org/@owls https://example.org/?to=a@b.example",
            ["https://example.org/@owls", "https://example.org/?to=a@b.example"],
        ),
        ("xhttp://example.org", []),
        ("http:// https:///x http://.", []),
        ("<script>alert(1)</script> <a href='javascript:x'>", []),
        ("", []),
    ],
)
def test_only_http_and_https_become_links(text: str, addresses: list[str]) -> None:
    assert links(text) == addresses
