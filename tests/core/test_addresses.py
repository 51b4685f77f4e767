"""Which client addresses count as one."""

from __future__ import annotations

import pytest

from app.core.addresses import LONGEST, counted_address, is_own_machine

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


def test_loopback_is_this_machine_in_all_its_spellings() -> None:
    assert all(map(is_own_machine, ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_own_machine, ("192.0.2.7", "::2", "128.0.0.1", "::ffff:192.0.2.7", "", "localhost")))
