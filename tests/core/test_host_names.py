"""Host names in the form that headers take."""

from __future__ import annotations

import pytest

from app.core.host_names import HostInvalid, ascii_host


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("example.org", "example.org"),
        ("Example.ORG", "example.org"),
        ("例え.example", "xn--r8jz45g.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("例え。example", "xn--r8jz45g.example"),
        ("xn--r8jz45g.example", "xn--r8jz45g.example"),
        ("ｅｘａｍｐｌｅ.org", "example.org"),
        ("💩.example", "xn--ls8h.example"),
        ("Ⱥ.example", "xn--cgj.example"),
        ("my_host-1", "my_host-1"),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
    ],
)
def test_a_host_is_written_in_ascii(host: str, meant: str) -> None:
    assert ascii_host(host) == meant


@pytest.mark.parametrize(
    "host",
    [
        "", ".", "example.org.",
        "a..b", "a;sandbox", "a b", "a,b", "a'b", 'a"b', "a\tb", "a\nb", "a/b", "a\\b", "a*b", "*.example.org",
        "-a.example", "a-.example", "a%20b", "a@b", "evil.com／.example", "a；b", "straße.example", "a\u200db.example",
        "x" * 64, ".".join(["x" * 50] * 6), "\ud83d.example", "\0", "::1;sandbox", "[::1]", "fe80::1%eth0",
        "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.01", "1.2.3.256", "1.2.3.4.5", "a.1", "a.0x", "1:2",
        ":::",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_host_or_not_for_certain_is_refused(host: str) -> None:
    with pytest.raises(HostInvalid):
        ascii_host(host)
