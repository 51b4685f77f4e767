"""What must be so before a site can be made here. Each check gives its faults in words, and what to do about them."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import http.server
import ipaddress
import os
import re
import secrets
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.onebox import versions
from deploy.onebox.listeners import listeners

GIGABYTE = 1_000_000_000
# What the packages, two versions and an empty hunt take; after the first time only a new version has to fit.
LEAST_DISK, LEAST_DISK_LATER = 1.5 * GIGABYTE, 0.4 * GIGABYTE
LEAST_MEMORY = 0.8 * GIGABYTE
DEBIAN = {"12": "3.11"}
DISKS = ("/", "/var/lib/postgresql", "/var/lib/infinity", "/var/lib/infinity-box", "/var/backups/infinity")
ACME_PORT = 8402
CHALLENGE = "/.well-known/acme-challenge/"
# Port → the units that may have it. The last two are each web process's, on a loopback address of its own.
PORTS = {
    80: "infinity-gateway.service",
    443: "infinity-gateway.service",
    8000: "infinity-web@",
    8001: "infinity-web@",
}
ANSWER_SECONDS = 3


def machine_faults(*, is_first: bool) -> list[str]:
    """Debian's release, systemd, memory and disk."""
    return [*_system_faults(), *_memory_faults(), *_disk_faults(LEAST_DISK if is_first else LEAST_DISK_LATER)]


def _system_faults() -> Iterator[str]:
    lines = Path("/etc/os-release").read_text().splitlines()
    said = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
    if said.get("ID") != "debian" or said.get("VERSION_ID") not in DEBIAN:
        wanted = " or ".join(DEBIAN)
        yield f"this is {said.get('PRETTY_NAME', 'an unknown system')}; Debian {wanted} is needed"
    if not Path("/run/systemd/system").is_dir():
        yield "systemd does not run here: a container is no machine for this; docs/deploy.md has a way for containers"
    if Path("/usr/lib/infinity-agent/agent.py").exists():
        yield "infinity-agent is installed, so this machine belongs to a fleet: remove it, or take another machine"


def memory_bytes(name: str = "MemTotal") -> int:
    """A figure of /proc/meminfo."""
    found = re.search(rf"^{name}:\s+([0-9]+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _memory_faults() -> Iterator[str]:
    if memory_bytes() < LEAST_MEMORY:
        has, least = gigabytes(memory_bytes()), gigabytes(LEAST_MEMORY)
        yield f"this machine has {has} of memory; {least} is the least, and 2 GB are better"


def _disk_faults(least: float) -> Iterator[str]:
    seen: set[int] = set()
    for name in DISKS:
        place = Path(name)
        while not place.exists():
            place = place.parent
        if place.stat().st_dev not in seen:
            seen.add(place.stat().st_dev)
            free, _ = versions.size_of_disk(place)
            if free < least:
                least_free = f"{gigabytes(least)} is the least: make room, or take a larger disk"
                yield f"the disk of {place} has {gigabytes(free)} free; {least_free}"


def gigabytes(size: float) -> str:
    """A size for people."""
    return f"{size / GIGABYTE:.1f} GB"


def port_faults() -> list[str]:
    """Ports that somebody else has; only addresses that would be in the way count."""
    return [
        f"port {one.port} is taken by {one}: {_way_out(one.unit)}"
        for one in listeners(*PORTS)
        if not one.unit.startswith(PORTS[one.port]) and (one.port < 1024 or one.address in ("0.0.0.0", "::"))
    ]


def _way_out(unit: str) -> str:
    return f"stop it with: systemctl disable --now {unit}" if unit else "stop it first"


# --- the name --------------------------------------------------------------------------------------------------------


def is_name(text: str) -> bool:
    """Whether this can be the site's host name: ASCII as DNS has it, with a dot, and no address."""
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    return len(text) <= 253 and bool(re.fullmatch(rf"({label}\.)+[a-z][a-z0-9-]*[a-z0-9]", text))


def name_faults(name: str) -> list[str]:
    """Whether each address of the name leads to this machine, as a certificate authority will find out."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)}
    except socket.gaierror as why:
        what_to_do = f"at your DNS provider, set an A record to {here()}, wait a little, and run this again"
        return [f"{name} has no address ({why.strerror}): {what_to_do}"]
    wrong = sorted(address for address in found if not is_here(str(address)))
    with answering(name) as leads_here:
        wrong = [address for address in wrong if not leads_here(str(address))]
    if not wrong:
        return []
    return [
        f"{name} leads to {', '.join(map(str, wrong))}, which does not lead to this machine ({here()}): correct its"
        " A and AAAA records at your DNS provider, wait until the old ones have expired, and run this again."
        " Behind a router or a firewall, port 80 must reach this machine. --skip-dns leaves this check out"
    ]


def is_here(address: str) -> bool:
    """Whether an address is one of this machine's own, loopback excepted."""
    if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return False
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def here() -> str:
    """This machine's addresses, for people; the one that leads to the world comes first."""
    return ", ".join(addresses()) or "no address"


def addresses() -> list[str]:
    """The IPv4 addresses of this machine's interfaces, loopback excepted."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        with contextlib.suppress(OSError):
            # Sends nothing; the kernel only chooses the way.
            probe.connect(("192.0.2.1", 9))
            found.append(probe.getsockname()[0])
        for _, interface in socket.if_nameindex():
            with contextlib.suppress(OSError):
                asked = struct.pack("256s", interface.encode()[:15])
                found.append(socket.inet_ntoa(fcntl.ioctl(probe, 0x8915, asked)[20:24]))
    return [one for one in dict.fromkeys(found) if not ipaddress.ip_address(one).is_loopback]


@contextlib.contextmanager
def answering(name: str) -> Iterator[Callable[[str], bool]]:
    """Whether a public address leads here although no interface has it: asked on the way that the authority will take.

    Port 80 is this process's for as long, or the gateway's, which sends such questions here.
    """
    token = secrets.token_urlsafe(16)
    is_gateway_up = any(one.unit.startswith(PORTS[80]) for one in listeners(80))
    place = ("127.0.0.1", ACME_PORT) if is_gateway_up else ("0.0.0.0", 80)
    try:
        server = http.server.HTTPServer(place, _handler(token))
    except OSError:
        # port_faults names the program that has the port.
        yield lambda address: False
        return
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield lambda address: _ask(address, name, token) == token
        server.shutdown()
        thread.join()


def _handler(token: str) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == CHALLENGE + token else 404)
            self.end_headers()
            if self.path == CHALLENGE + token:
                self.wfile.write(token.encode())

        def log_message(self, *words: object) -> None:
            pass

    return Handler


def _ask(address: str, name: str, token: str) -> str:
    connection = http.client.HTTPConnection(address, 80, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", CHALLENGE + token, headers={"Host": name})
        return connection.getresponse().read(100).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def is_root() -> bool:
    """Whether this may change the machine."""
    return os.geteuid() == 0
