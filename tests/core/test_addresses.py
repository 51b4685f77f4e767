"""Which client addresses count as one."""

from __future__ import annotations

import pytest

from app.core.addresses import LONGEST, counted_address

COUNTED = {
    "192.0.2.7": "192.0.2.7",
    "::ffff:192.0.2.7": "192.0.2.7",
    "::FFFF:c000:0207": "192.0.2.7",
    "2001:db8:1:2::1": "2001:db8:1:2::/64",
    "2001:0DB8:0001:0002:ffff:ffff:ffff:ffff": "2001:db8:1:2::/64",
    "2001:db8:1:3::1": "2001:db8:1:3::/64",
    "::1": "::/64",
    "fe80::1%eth0": "fe80::/64",
    " 192.0.2.7 ": "192.0.2.7",
    "": "",
    "unix:": "unix:",
    "x" * 300: "x" * LONGEST,
}


@pytest.mark.parametrize("address", COUNTED)
def test_an_address_counts_as_its_network(address: str) -> None:
    assert counted_address(address) == COUNTED[address]
    assert counted_address(counted_address(address)) == COUNTED[address]
    assert len(COUNTED[address]) <= LONGEST
