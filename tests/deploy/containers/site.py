"""A site in containers, as an operator sets it up: a clone of this tree, .env filled in, the guide's own commands."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copy2, rmtree

from deploy.lab import search_path
from deploy.lab.network import Network, inside
from tests.deploy.containers.engine import GROUP, Engine, engine
from tests.deploy.containers.images import load_bases
from tests.deploy.gateway import eventually
from tests.support.client import PASSWORD
from tests.support.environment import ROOT

SETTINGS = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "DATABASE_PASSWORD": "fedcba9876543210",
    "ADMIN_NAME": "keeper",
    "ADMIN_PASSWORD": PASSWORD,
    "SITE_URL": "https://hunt.example.org",
    # As the load calls it; inside the engine's network nobody else does.
    "SITE_HOSTS": "hunt.example.org 127.0.0.1",
}
# `sudo` as root needs it, and a settling time that suits nodes with a handful of visitors.
SHELL = 'sudo() { "$@"; }\n'
QUICK = {"SETTLE_SECONDS": "1", "PATIENCE_SECONDS": "180"}


class Site:
    """``clone`` is the operator's folder; ``origin`` is where its releases come from."""

    def __init__(self, one: Engine, folder: Path) -> None:
        self.engine = one
        self.origin, self.clone = folder / "origin", folder / "infinity"
        self.compose = self.clone / "deploy" / "compose"
        self._here = self.clone
        _copy_tree(self.origin)
        self.git("clone", "--quiet", str(self.origin), str(self.clone), at=folder)

    def git(self, *words: str, at: Path | None = None) -> str:
        """One command of git; in the operator's clone unless said otherwise."""
        return _git(at or self.clone, *words)

    def type(self, block: str, seconds: float = 900) -> str:
        """Type a block of the guide where the one before it ended; what it printed. It must go well."""
        script = f"{SHELL}{block}\npwd >&3"
        with tempfile.TemporaryFile("w+") as place:
            done = subprocess.run(
                ["bash", "-euc", f"exec 3>&{place.fileno()}\n{script}"],
                cwd=self._here,
                env={**self.engine.env, **QUICK},
                pass_fds=[place.fileno()],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
            place.seek(0)
            ended_in = place.read().strip()
        assert done.returncode == 0, (
            f"{block}\nended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
        self._here = Path(ended_in)
        return done.stdout

    def set(self, **settings: str) -> None:
        """Write into .env what the guide says to write there."""
        self.set_in(self.compose / ".env", **settings)

    def set_in(self, file: Path, **settings: str) -> None:
        """The same in another file."""
        text = file.read_text()
        for name, value in settings.items():
            line = re.compile(rf"^{name}=.*$", re.MULTILINE)
            text = line.sub(f"{name}={value}", text) if line.search(text) else f"{text}{name}={value}\n"
        file.write_text(text)

    def ask(self, *words: str) -> str:
        """What `docker compose` prints."""
        return self.engine.docker("compose", *words, cwd=self.compose)

    def containers(self, service: str = "web") -> list[str]:
        """The containers of a service that run."""
        return self.ask("ps", "--quiet", service).split()

    def address(self, container: str) -> str:
        """Its address in the network of the site."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return self.engine.docker("inspect", "--format", form, container)

    def nodes(self) -> list[str]:
        """The nodes as the gateway lists them, a line each."""
        return self.ask("exec", "-T", "gateway", "sh", "/usr/local/etc/haproxy/nodes.sh", "list").splitlines()

    def is_up(self, count: int) -> bool:
        """Whether the gateway lists so many nodes, and every one of them as UP."""
        try:
            states = [line.split()[1] for line in self.nodes()]
        except AssertionError:
            return False
        return states == ["UP"] * count

    def settles(self, count: int, seconds: float = 180) -> float:
        """Wait until it does; answers how long that took."""
        return eventually(lambda: self.is_up(count), seconds, f"{count} nodes to be UP", 0.2)

    def rows(self, statement: str) -> str:
        """A question to the hunt's database."""
        return self.ask("exec", "-T", "postgres", "psql", "-U", "infinity", "-Atc", statement, "infinity")

    def release(self, message: str, **files: str) -> None:
        """A new version at the origin: files by path, with what is to be added to them."""
        for path, text in files.items():
            with (self.origin / path).open("a") as file:
                file.write(text)
        _git(self.origin, "add", "--all")
        _git(self.origin, "commit", "--quiet", f"--message={message}")

    def is_well(self, seconds: float = 180) -> None:
        """Wait until every service that has a health check is healthy."""
        eventually(lambda: "starting" not in (said := self.ask("ps", "--all")) and "unhealthy" not in said, seconds)


def _copy_tree(target: Path) -> None:
    """This tree as it is now, in a repository of its own."""
    for name in _git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(ROOT / name, target / name)
    _git(target, "init", "--quiet", "--initial-branch=main")
    _git(target, "add", "--all")
    _git(target, "commit", "--quiet", "--message=the first release")


def _git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=keeper", "-c", "user.email=keeper@hunt.example", "-c", "core.hooksPath=/dev/null"]
    done = subprocess.run(["git", "-C", folder, *who, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """An operator with an engine, its images and a clone, for a ``with``; the caller is in its network."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix=f"{GROUP}-{os.getpid()}-site-"))
        stack.callback(rmtree, folder, ignore_errors=True)
        network = Network()
        stack.callback(network.close)
        one = stack.enter_context(engine(network))
        load_bases(one)
        stack.enter_context(inside(network))
        yield Site(one, folder)


@contextlib.contextmanager
def cut_off(address: str) -> Iterator[None]:
    """Nothing reaches this container and nothing comes from it, and nobody is told; the caller is in its network."""

    def each(verb: str) -> None:
        for way in ("--source", "--destination"):
            words = ["iptables", "--wait", verb, "DOCKER-USER", way, address, "--jump", "DROP"]
            subprocess.run(words, check=True, env={"PATH": search_path()})

    each("--insert")
    try:
        yield
    finally:
        each("--delete")
