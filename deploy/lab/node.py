"""A node of the lab: a Debian that boots in systemd-nspawn, is told by cloud-init what it is, and can be cut off.

Its disk is the common image with an overlay in memory, its network a namespace of its own. What a test wants to know
of it, it asks inside, as an operator would.
"""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from deploy.lab import search_path
from deploy.lab.children import start
from deploy.lab.network import Hub, Network

BOOT_SECONDS = 30.0
STOP_SECONDS = 30.0
# What a command inside is given; nothing of the caller's own.
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


class NodeFailed(AssertionError):
    """A node did not do what every node does. The text tells what it said last."""


class Node:
    """One node, plugged into ``hub``. ``folder`` holds its cloud-init seed and what its console says."""

    def __init__(self, hub: Hub, number: int, image: Path, folder: Path) -> None:
        self.name = f"node{number}"
        self._image, self._folder = image, folder / self.name
        self._seed = self._folder / "seed"
        self._seed.mkdir(parents=True)
        self._network = Network()
        self.address = hub.plug_in(self._network, number)
        self._console = self._folder / "console.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._init = 0

    def boot(self, user_data: str) -> None:
        """Switch it on for the first time, with ``user_data`` as a cloud would hand it over; returns at once."""
        (self._seed / "user-data").write_text(user_data)
        (self._seed / "meta-data").write_text(f"instance-id: {self.name}\nlocal-hostname: {self.name}\n")
        command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--resolv-conf=off", "--timezone=off"]
        command += ["--link-journal=no", f"--machine={self.name}", f"--network-namespace-path={self._network.path}"]
        command += [f"--directory={self._image}", "--volatile=overlay", "--boot"]
        command += [f"--bind-ro={self._seed}:/var/lib/cloud/seed/nocloud"]
        with self._console.open("ab") as console:
            # Told to end, nspawn shuts the node down.
            self._process = start(command, stdout=console, env={"PATH": search_path()}, at_our_death=signal.SIGTERM)
        self._init = self._find_init(self._process.pid)

    def _find_init(self, parent: int) -> int:
        """The node's first process, as this machine numbers it."""
        children = Path(f"/proc/{parent}/task/{parent}/children")
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline and self.is_on():
            for child in children.read_text().split():
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
            time.sleep(0.02)
        raise NodeFailed(f"{self.name} did not come up: {self.said()}")

    def is_on(self) -> bool:
        """Whether the node's power is on."""
        return self._process is not None and self._process.poll() is None

    def run(self, *words: str, seconds: float = 60, text: str = "") -> subprocess.CompletedProcess[str]:
        """One command inside, as root; ``text`` is what it reads."""
        command = self._inside(*words)
        return subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=seconds, env=ENVIRON, input=text
        )

    def begin(self, *words: str, script: Path) -> subprocess.Popen[str]:
        """The same without waiting for its end; ``script`` is the file that it reads."""
        with script.open() as lines:
            return subprocess.Popen(self._inside(*words), stdin=lines, stdout=subprocess.PIPE, text=True, env=ENVIRON)

    def _inside(self, *words: str) -> list[str]:
        enter = ["nsenter", "--target", str(self._init), "--mount", "--uts", "--ipc", "--net", "--pid"]
        return [*enter, "--", *words]

    def write(self, path: str, text: str) -> None:
        """A file inside, and the folders that lead to it."""
        self.answer("mkdir", "-p", str(Path(path).parent))
        if self.run("tee", path, text=text).returncode != 0:
            raise NodeFailed(f"{self.name}: {path} could not be written")

    def answer(self, *words: str) -> str:
        """What a command inside prints; it must go well."""
        done = self.run(*words)
        if done.returncode != 0:
            raise NodeFailed(f"{self.name}: {' '.join(words)} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout.strip()

    def said(self, lines: int = 60) -> str:
        """The end of its console, and of its journal if it still runs."""
        console = self._console.read_text(errors="replace") if self._console.exists() else ""
        journal = self.run("journalctl", "--no-pager", f"--lines={lines}").stdout if self._init and self.is_on() else ""
        return "\n".join([*console.splitlines()[-lines:], journal])

    def end(self) -> None:
        """Switch it off: properly if it listens, else by the plug."""
        if self._process is not None and self.is_on():
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._network.close()
