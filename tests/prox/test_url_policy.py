"""Which addresses are never asked: the known ways to reach inside, a row each."""

from __future__ import annotations

import pytest

from app.core.fetch_result import AddressRefused
from app.prox.url_policy import Policy, Target, choose_address, is_public

USUAL = Policy(("i.imgur.com", "*.airtableusercontent.com", "pic.example"))
ANY = Policy(None)

# Names and forms that lead inside, or elsewhere than they seem to. All of them are refused before anything is asked,
# even by a policy that allows every public host.
INSIDE = (
    "https://127.0.0.1/a.png", "https://127.0.0.2/a.png", "https://127.255.255.254/", "https://localhost/a.png",
    "https://LOCALHOST/", "https://localhost./", "https://127.1/", "https://127.0.1/", "https://2130706433/",
    "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/",
    "https://0/", "https://0.0.0.0/", "https://00000177.00000000.0.1/", "https://127.0.0.1./", "https://127.0.0.01/",
    "https://4294967295/", "https://example.1/", "https://example.0x1/", "https://1.2.3.4.5/", "https://256.1.1.1/",
    "https://10.0.0.1/", "https://10.255.255.255/", "https://172.16.0.1/", "https://172.31.255.255/",
    "https://192.168.0.1/", "https://169.254.169.254/latest/meta-data", "https://169.254.170.2/", "https://100.64.0.1/",
    "https://192.0.0.192/", "https://168.63.129.16/", "https://192.88.99.1/", "https://[3fff::1]/",
    "https://192.0.2.1/", "https://198.18.0.1/", "https://198.51.100.1/",
    "https://203.0.113.1/", "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
    "https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[::ffff:10.0.0.1]/", "https://[::ffff:0:127.0.0.1]/",
    "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::7f00:1]/", "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/",
    "https://[fec0::1]/", "https://[fd00::1]/", "https://[fc00::1]/", "https://[ff02::1]/", "https://[100::1]/",
    "https://[2001:db8::1]/", "https://[::1", "https://[127.0.0.1]/", "https://[v1.fe80]/",
    "https://metadata/", "https://intranet/a.png", "https://router/", "https://a..b.example/", "https://-a.example/",
    "https://１２７.０.０.１/", "https://127。0。0。1/", "https://⑯⑨。②⑤④。⑯⑨。②⑤④/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://someone@pic.example/", "https://someone:secret@pic.example/", "https://pic.example@127.0.0.1/",
    "https://pic.example%40127.0.0.1/", "https://127.0.0.1%2epic.example/", "https://pic.example:80@127.0.0.1/",
    "https://pic.example\\@127.0.0.1/", "https://pic.example\\.evil.example/", "https:\\\\127.0.0.1/",
    "https://127.0.0.1#@pic.example/", "https://127.0.0.1?@pic.example/",
    "https://pic.example:22/", "https://pic.example:6379/", "https://pic.example:8443/", "https://pic.example:0/",
    "https://pic.example:/", "https://pic.example:99999/", "https://pic.example:-1/", "https://pic.example:4 43/",
    "https://pic.example:80/", "http://pic.example/", "http://pic.example:443/", "http://127.0.0.1:443/",
    "file:///etc/passwd", "file://pic.example/etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://pic.example/a",
    "dict://127.0.0.1:11211/stats", "ldap://pic.example/", "data:image/png;base64,AAAA", "javascript:alert(1)",
    "jar:https://pic.example!/", "unix:///var/run/docker.sock", "//pic.example/a.png", "/a.png", "a.png", "", "https:",
    "https:/pic.example/", "https://", "https:///a.png", "https://?", "https://#", "https://.", "https://..",
    "https:// /",
    "https://pic.example/a\r\nHost: 127.0.0.1", "https://pic.example\r\n.evil/", "https://pic.example/\x00",
    "https://pic.example/a b", "https://pic.example\t/", " https://pic.example/", "\x0bhttps://pic.example/",
    "https://pic.example\u2028/", "https://pic.exa\u00admple\\/", "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 140 + "example/", "https://pic.example/" + "a" * 3000,
)  # fmt: skip

# Public enough, but not among the hosts that may be asked.
ELSEWHERE = (
    "https://imgur.com.evil.example/", "https://evil-i.imgur.com/", "https://x.i.imgur.com/", "https://imgur.com/",
    "https://airtableusercontent.com/", "https://evilairtableusercontent.com/", "https://i.imgur.com.evil.example/",
    "https://і.imgur.com/", "https://93.184.215.14/", "https://[2606:4700::1111]/", "https://pic.example./",
)  # fmt: skip


def test_there_are_enough_rows() -> None:
    assert len(set(INSIDE)) >= 60
    assert len(set(INSIDE)) == len(INSIDE)


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("policy", [USUAL, ANY], ids=["named hosts", "any public host"])
def test_nothing_inside_may_be_asked(policy: Policy, address: str) -> None:
    with pytest.raises(AddressRefused):
        policy.judge(address)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_only_named_hosts_may_be_asked(address: str) -> None:
    with pytest.raises(AddressRefused):
        USUAL.judge(address)


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://i.imgur.com/a.png", Target("https", "i.imgur.com", 443, "/a.png")),
        ("HTTPS://I.Imgur.com:443/a.png#part", Target("https", "i.imgur.com", 443, "/a.png")),
        ("https://i.imgur.com", Target("https", "i.imgur.com", 443, "/")),
        ("https://pic.example/v3/u/1?x=1&y=é", Target("https", "pic.example", 443, "/v3/u/1?x=1&y=%C3%A9")),
        ("https://a.airtableusercontent.com/%20", Target("https", "a.airtableusercontent.com", 443, "/%20")),
    ],
)  # fmt: skip
def test_what_is_allowed_is_asked_in_one_form(address: str, target: Target) -> None:
    assert USUAL.judge(address) == target


def test_an_exact_private_host_may_be_plain_and_inside() -> None:
    policy = Policy((), ("127.0.0.1:8123", "[::1]:9000"))
    assert policy.judge("http://127.0.0.1:8123/a") == Target("http", "127.0.0.1", 8123, "/a", True)
    assert policy.judge("https://[::1]:9000/").host_header == "[::1]:9000"
    for other in ("http://127.0.0.1:8124/a", "http://127.0.0.1/", "http://localhost:8123/", "ftp://127.0.0.1:8123/"):
        with pytest.raises(AddressRefused):
            policy.judge(other)


PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:0:1::1", "::7f00:1", "nonsense", "",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_the_publics_is_never_connected_to(address: str) -> None:
    assert not is_public(address)
    target = Target("https", "pic.example", 443, "/")
    with pytest.raises(AddressRefused):
        choose_address(target, {address})
    # A name that answers with both: whichever comes first is luck, so neither is taken.
    with pytest.raises(AddressRefused):
        choose_address(target, {"93.184.215.14", address})


def test_the_publics_addresses_are_connected_to() -> None:
    target = Target("https", "pic.example", 443, "/")
    assert choose_address(target, {"2606:4700::1111", "93.184.215.14"}) == "93.184.215.14"
    assert choose_address(target, {"2606:4700::1111"}) == "2606:4700::1111"
    with pytest.raises(AddressRefused):
        choose_address(target, set())
