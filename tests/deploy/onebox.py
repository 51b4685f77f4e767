"""One bare Debian in the lab, with what it would find in the world: Debian's packages, DNS, a certificate authority.

The packages are Debian's own, fetched once by the machine's apt; the authority and DNS are Pebble and its challenge
server, which speak ACME as Let's Encrypt does. None of them is a stand-in for what the box itself runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import ssl
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from deploy.lab.image import image, shelf, sources
from deploy.lab.network import HUB, Hub, inside
from deploy.lab.node import Node
from tests.deploy import apt, builds
from tests.deploy.gateway import eventually
from tests.support import processes

WANTED = ("ca-certificates", "certbot", "haproxy", "openssl", "postgresql", "postgresql-client", "redis-server")
PLAYED = ("pebble",)
NAME = "hunt.example.org"
AUTHORITY = f"https://{HUB}:14000/dir"
DNS_TOOL = "http://127.0.0.1:8055"


def mirror(disk: Path) -> Path:
    """Debian's packages that a node with this disk lacks for a site, and those of the world; kept between runs."""
    said = (WANTED, PLAYED, disk.name, [source.read_text() for source in sources()])
    target = shelf("infinity-lab") / f"mirror-{hashlib.sha256(repr(said).encode()).hexdigest()[:16]}"
    if not target.exists():
        draft = target.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "partial").mkdir(parents=True)
        where = ["-o", f"Dir::State::status={disk}/var/lib/dpkg/status", "-o", f"Dir::Cache::archives={draft}"]
        how = ["-qq", "-y", "--no-install-recommends", "--download-only", "-o", "APT::Sandbox::User=root"]
        _run("apt-get", *where, *how, "install", *WANTED, *PLAYED)
        draft.rename(target)
    return target


def _run(*words: str | Path, folder: Path | None = None) -> str:
    ended = subprocess.run(list(map(str, words)), check=False, capture_output=True, text=True, cwd=folder)
    assert ended.returncode == 0, f"{words[0]}: {ended.stdout[-1000:]}{ended.stderr[-2000:]}"
    return ended.stdout


class World:
    """What stands around the nodes; ``url`` is where packages are, both Debian's and ours."""

    def __init__(self, hub: Hub, disk: Path, folder: Path, url: str) -> None:
        self.hub, self.folder, self.url = hub, folder, url
        self._disk, self._count = disk, 0
        self.nodes: list[Node] = []

    def boot(self) -> Node:
        """One more bare Debian, with a way to Debian's packages and to DNS."""
        self._count += 1
        node = Node(self.hub, self._count, self._disk, self.folder)
        self.nodes.append(node)
        node.boot("#cloud-config\n{}\n")
        has_booted = lambda: node.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")  # noqa: E731
        eventually(has_booted, 120, f"{node.name} to boot", pause=0.2)
        node.write("/etc/apt/sources.list", f"deb [trusted=yes] {self.url}/debian ./\n")
        node.write("/etc/resolv.conf", f"nameserver {HUB}\noptions timeout:1 attempts:1\n")
        self.trust(node)
        return node

    def trust(self, node: Node) -> None:
        """The authority's own web server is vouched for by a root of this lab, as Let's Encrypt's is by known ones."""
        node.write("/usr/local/share/ca-certificates/lab.crt", (self.folder / "authority.pem").read_text())
        ended = node.run("update-ca-certificates", seconds=300)
        assert ended.returncode == 0, ended.stderr

    def fetch(self, node: Node, version: str) -> str:
        """Our package of this version on the node's disk; answers where."""
        name = next(self.folder.glob(f"infinity_{version}_*.deb")).name
        code = f"import urllib.request as u; u.urlretrieve('{self.url}/ours/{name}', '/var/tmp/{name}')"
        node.answer("python3", "-c", code)
        return f"/var/tmp/{name}"

    def let(self, name: str, *addresses: str) -> None:
        """Let DNS have these addresses for a name; none: it has none."""
        told = {"host": f"{name}.", "addresses": list(addresses)}
        asked = urllib.request.Request(f"{DNS_TOOL}/add-a", json.dumps(told).encode())
        cleared = urllib.request.Request(f"{DNS_TOOL}/clear-a", json.dumps({"host": f"{name}."}).encode())
        for question in (cleared, asked) if addresses else (cleared,):
            urllib.request.urlopen(question, timeout=5).close()

    def authority_root(self) -> str:
        """The certificate that the authority signs with, which browsers would know; made anew at its start."""
        context = ssl.create_default_context(cafile=str(self.folder / "authority.pem"))
        with urllib.request.urlopen(f"https://{HUB}:15000/roots/0", timeout=5, context=context) as answer:
            return str(answer.read().decode())


@contextlib.contextmanager
def world() -> Iterator[World]:
    """The world for the length of a ``with``; the calling thread is inside its network."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="infinity-onebox-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        disk = image()
        (folder / "web").mkdir()
        shutil.copytree(mirror(disk), folder / "web/debian")
        listed = _run("dpkg-scanpackages", "--multiversion", ".", folder=folder / "web/debian")
        (folder / "web/debian/Packages").write_text(listed)
        builds.first_build(folder)
        (folder / "web/ours").symlink_to(folder)
        hub = Hub()
        stack.callback(hub.close)
        stack.enter_context(inside(hub))
        _play(stack, folder)
        made = World(hub, disk, folder, stack.enter_context(apt.web(folder / "web", HUB)))
        stack.callback(lambda: [node.end() for node in made.nodes])
        yield made


def _play(stack: contextlib.ExitStack, folder: Path) -> None:
    """DNS and the authority."""
    package = next((folder / "web/debian").glob("pebble_*.deb"))
    _run("dpkg-deb", "--extract", package, folder / "pebble")
    programs = folder / "pebble/usr/bin"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder / "authority.key"]
    names = ["-subj", "/CN=lab", "-addext", f"subjectAltName=IP:{HUB}", "-days", "2", "-out", folder / "authority.pem"]
    _run("openssl", "req", "-x509", *key, *names)
    told = {
        "listenAddress": f"{HUB}:14000",
        "managementListenAddress": f"{HUB}:15000",
        "certificate": str(folder / "authority.pem"),
        "privateKey": str(folder / "authority.key"),
        "httpPort": 80,
        "tlsPort": 443,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": told}))
    names_log, authority_log = folder / "dns.log", folder / "authority.log"
    off = ["-http01", "", "-https01", "", "-tlsalpn01", ""]
    dns = [programs / "pebble-challtestsrv", "-dns01", f"{HUB}:53", "-management", "127.0.0.1:8055", *off]
    dns += ["-defaultIPv4", "", "-defaultIPv6", ""]
    one = processes.start(dns, names_log)
    stack.callback(processes.stop, one)
    processes.wait_until(lambda: processes.accepts(8055), one, names_log)
    env = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PATH": processes.SYSTEM_PATH}
    words = [programs / "pebble", "-config", folder / "pebble.json", "-dnsserver", f"{HUB}:53"]
    other = processes.start(words, authority_log, env=env)
    stack.callback(processes.stop, other)
    processes.wait_until(lambda: "Listening on" in authority_log.read_text(errors="replace"), other, authority_log)
