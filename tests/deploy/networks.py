"""Visitors from several IPv6 networks before a real gateway; ``python -m`` this in a network namespace of its own.

Prints what each was told, as JSON, for tests/deploy/test_gateway_shares.py. Outside of a namespace the loopback has
one IPv6 address only.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.deploy.gateway import Gateway, eventually, gateway
from tests.deploy.puppets import Puppet, puppets
from tests.support import processes

SHARE = 3
GATE = "2001:db8:0:ff::1"
# Two of one network of 64 bits, one of the next.
ONE, SAME, OTHER = "2001:db8:0:1::a", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:2::a"
SCHOOL, OUTSIDE = "2001:db8:0:7:1::1", "2001:db8:0:8::1"
HERE, THERE = "127.0.0.1", "127.0.0.2"
NODE = "127.0.0.9"
PATH = "/socket.io/?EIO=4&transport=websocket"


def set_up() -> None:
    """The loopback of this namespace, with addresses of several networks."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (GATE, ONE, SAME, OTHER, SCHOOL, OUTSIDE):
        subprocess.run(["ip", "-6", "addr", "add", f"{address}/128", "dev", "lo", "nodad"], check=True)


def status(port: int, source: str, path: str = PATH) -> int:
    target = HERE if "." in source else GATE
    line = http.client.HTTPConnection(target, port, timeout=60, source_address=(source, 0))
    with contextlib.closing(line):
        line.request("GET", path, headers={"Host": "hunt.example"})
        return line.getresponse().status


def while_held(gate: Gateway, node: Puppet, source: str, others: tuple[str, ...], count: int = SHARE) -> list[int]:
    """What the others get while one address holds so many sockets."""
    may_end = threading.Event()
    node.held, node.asked = may_end, []
    with ThreadPoolExecutor(count) as pool:
        slow = [pool.submit(status, gate.port, source) for _ in range(count)]
        try:
            eventually(lambda: len(node.asked) == count, what="all to be under way")
            node.held = None
            told = [status(gate.port, one) for one in others]
        finally:
            node.held = None
            may_end.set()
        assert [one.result() for one in slow] == [200] * count
    return told


def walk() -> dict[str, list[int]]:
    port, agent_port, bind = processes.free_port(), processes.free_port(), processes.free_port()
    # One door for both families, as Linux opens it by default.
    settings = {"SOCKETS_PER_ADDRESS": str(SHARE), "EXEMPT_ADDRESSES": "2001:db8:0:7::/64", "BIND": f":::{bind}"}
    with puppets([NODE], port, agent_port) as (node,), gateway(port, agent_port, bind, **settings) as gate:
        gate.join(NODE)
        return {
            "the same network": while_held(gate, node, ONE, (ONE, SAME)),
            "another network": while_held(gate, node, ONE, (OTHER, HERE)),
            "when they have ended": [status(gate.port, one) for one in (ONE, SAME)],
            "an exempt network": while_held(gate, node, SCHOOL, (SCHOOL, OUTSIDE), 2 * SHARE),
            "IPv4 through the same door": while_held(gate, node, HERE, (HERE, THERE, ONE)),
        }


if __name__ == "__main__":
    set_up()
    print(json.dumps(walk()))
