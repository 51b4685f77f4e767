"""A Docker engine of the test's own, in namespaces of its own: network, processes, mounts.

Its bridges, ports and iptables chains are in a network namespace, so `docker compose up` takes port 80 of nobody. It
and its containers are one tree of processes: they end with the process that started it, however that comes about. On
the machine's disk it has one folder, and one control group a controller; both are removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.lab import search_path
from deploy.lab.children import start
from deploy.lab.network import Network
from tests.support import processes

TOOLS = ("docker", "dockerd", "containerd", "runc", "docker-init", "iptables", "ip", "nsenter", "unshare")
COMPOSE = Path(sys.prefix) / "bin" / "docker-compose"
# Beside what else works on this machine, all containers together count as so many processes.
WEIGHT = 16
# With so much free memory the images of an engine, about 2 GB, may lie there.
ROOMY_BYTES = 8 * 1024**3
GROUP = "infinity-tests"
RUNNING: list[Engine] = []


def lacking() -> list[str]:
    """What this machine lacks for an engine, by name; nothing: it can have one."""
    return list(_lacking())


def _lacking() -> Iterator[str]:
    if sys.platform != "linux" or os.geteuid() != 0:
        yield "Linux, and root"
        return
    absent = [tool for tool in TOOLS if shutil.which(tool, path=search_path()) is None]
    yield from absent
    if not COMPOSE.exists():
        yield "docker-compose, which requirements-dev.txt brings for x86-64"
    if not absent:
        yield from _lacking_rights()


def _lacking_rights() -> Iterator[str]:
    """What the kernel must let an engine do, tried in namespaces that end at once."""
    overlay = "mkdir l u w m && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w overlay m"
    nat = "iptables -t nat -N PROBE && iptables -t nat -A PROBE -m addrtype --dst-type LOCAL -j MASQUERADE"
    bridge = "ip link add br0 type bridge && ip link add veth0 type veth peer name veth1"
    for trial, what in (
        (overlay, "overlay mounts in the folder for temporary files"),
        (nat, "iptables with NAT"),
        (bridge, "bridges"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            words = ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-ec", trial]
            env = {"PATH": search_path()}
            if subprocess.run(words, check=False, cwd=folder, env=env, capture_output=True).returncode:
                yield f"the right to {what}" if what.startswith("to") else what
    if not any(Path("/sys/fs/cgroup").glob("*/cgroup.procs")) and not Path("/sys/fs/cgroup/cgroup.procs").exists():
        yield "control groups"


class CommandFailed(AssertionError):
    """A command of docker did not end well. The text tells which, and what it said."""


class Engine:
    """An engine inside ``network``; ``folder`` is all that it writes into."""

    def __init__(self, network: Network, folder: Path, name: str) -> None:
        self.network, self.folder, self.name = network, folder, name
        self._group = f"{GROUP}-{os.getpid()}-{name}"
        self.log = folder / "dockerd.log"
        plugins = folder / "config" / "cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-compose").symlink_to(COMPOSE)
        # Programs of Debian's packages before others of the same name.
        self.env = {
            "PATH": f"/usr/bin:/bin:/usr/sbin:/sbin:{search_path()}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "DOCKER_HOST": f"unix://{folder}/docker.sock",
            "DOCKER_CONFIG": str(folder / "config"),
            "DOCKER_BUILDKIT": "0",
            "COMPOSE_BAKE": "false",
        }

    def start(self, seconds: float = 60) -> None:
        """Start it, and wait until it answers."""
        self._weigh()
        words = [
            "dockerd",
            f"--data-root={self.folder}/images",
            f"--exec-root={self.folder}/exec",
            f"--pidfile={self.folder}/dockerd.pid",
            f"--host=unix://{self.folder}/docker.sock",
            f"--cgroup-parent=/{self._group}",
            "--exec-opt=native.cgroupdriver=cgroupfs",
            "--log-level=warn",
        ]
        # /run is its own, so it finds no containerd but its own, and waits for no lock of the machine's iptables.
        begin = f"hostname {self.name} && mount -t tmpfs tmpfs /run && mkdir {self.folder}/images"
        if _free_memory() > ROOMY_BYTES:
            # Faster to fill, and there is nothing to delete afterwards.
            begin += f" && mount -t tmpfs -o mode=0711 tmpfs {self.folder}/images"
        begin += f" && exec docker-init -s -- {' '.join(words)}"
        inside = ["nsenter", f"--net={self.network.path}"]
        own = ["unshare", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-ec", begin]
        with self.log.open("ab") as log:
            self._process = start([*inside, *own], stdout=log, env=self.env)
        processes.wait_until(self.is_up, self._process, self.log, seconds)

    def is_up(self) -> bool:
        """Whether it answers."""
        return self.run("version").returncode == 0

    def run(
        self, *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, seconds: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """One command of docker, however it ends."""
        given = {**self.env, **(env or {})}
        return subprocess.run(
            ["docker", *words], cwd=cwd, env=given, check=False, capture_output=True, text=True, timeout=seconds
        )

    def docker(
        self, *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, seconds: float = 300
    ) -> str:
        """What a command of docker prints; it must go well."""
        done = self.run(*words, cwd=cwd, env=env, seconds=seconds)
        if done.returncode:
            said = f"{done.stdout[-1500:]}{done.stderr[-3000:]}"
            raise CommandFailed(f"docker {' '.join(words)} ended with {done.returncode}:\n{said}")
        return done.stdout.strip()

    def said(self, part: str, since: float) -> str:
        """The last lines that containers named like ``part`` have logged since then, in seconds of the epoch."""
        found = self.run("ps", "--all", "--quiet", f"--filter=name={part}").stdout.split()
        logs = [self.run("logs", "--timestamps", f"--since={int(since)}", one) for one in found]
        lines = [line for log in logs for line in (log.stdout + log.stderr).splitlines() if "forced drain" not in line]
        return "\n".join([f"{self.name} {part}:", *lines[-60:]])

    def _weigh(self) -> None:
        """Let all containers together count for more than one process, or tests measure the neighbours."""
        root = Path("/sys/fs/cgroup")
        for place, file, each in ((root / "cpu", "cpu.shares", 1024), (root, "cpu.weight", 100)):
            if (place / "cgroup.procs").exists():
                (place / self._group).mkdir()
                with contextlib.suppress(OSError):
                    (place / self._group / file).write_text(str(each * WEIGHT))

    def end(self) -> None:
        """End it with all its containers, and remove what it has left."""
        self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + 20
        # The last processes of the tree are on their way out.
        while _remove_groups(self._group) and time.monotonic() < deadline:
            time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)


def _free_memory() -> int:
    """What programs could still use, in bytes."""
    found = re.search(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _groups(prefix: str) -> list[Path]:
    root = Path("/sys/fs/cgroup")
    return [*root.glob(f"{prefix}*"), *root.glob(f"*/{prefix}*")]


def _remove_groups(prefix: str) -> bool:
    """Remove control groups without processes; whether any is left."""
    for group in _groups(prefix):
        for folder, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
    return bool(_groups(prefix))


def sweep() -> None:
    """Remove what a run that was killed has left."""
    for left in [*_groups(GROUP), *Path(tempfile.gettempdir()).glob(f"{GROUP}-*")]:
        number = left.name.removeprefix(f"{GROUP}-").split("-")[0]
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            _remove_groups(left.name)
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def engine(network: Network, name: str = "one") -> Iterator[Engine]:
    """A running engine for the length of a ``with``, without images."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{GROUP}-{os.getpid()}-"))
    one = Engine(network, folder, name)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        one.start()
        stack.callback(one.end)
        RUNNING.append(one)
        stack.callback(RUNNING.remove, one)
        yield one
