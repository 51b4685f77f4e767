"""An apt repository made in a folder of its own, and a node's apt in another: nothing of this machine's is touched."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.apt.repository import Repository
from tests.support.environment import ROOT

PREFERENCES = ROOT / "deploy" / "apt" / "infinity.pref"
LACKING = [tool for tool in ("aptly", "gpg", "apt-get", "dpkg-deb") if shutil.which(tool) is None]
needs_apt = pytest.mark.skipif(bool(LACKING), reason=f"this machine lacks: {', '.join(LACKING)}")


def toy_package(folder: Path, version: str, content: str = "", name: str = "infinity") -> Path:
    """A package that dpkg takes and that holds one file; another ``content`` is another package."""
    stage = folder / f"stage-{name}-{version}"
    (stage / "DEBIAN").mkdir(parents=True)
    (stage / "usr/share" / name).mkdir(parents=True)
    (stage / "usr/share" / name / "content").write_text(content or version)
    (stage / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: {architecture()}\n"
        "Maintainer: Nobody <nobody@infinity.invalid>\nDescription: a toy\n"
    )
    file = folder / f"{name}_{version}_{architecture()}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", stage, file], check=True, capture_output=True)
    shutil.rmtree(stage)
    return file


def architecture() -> str:
    """What dpkg calls this machine."""
    return subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def repository() -> Iterator[Repository]:
    """A new repository with a key of its own. The path is short: gpg's agent listens in it."""
    folder = Path(tempfile.mkdtemp(prefix="infinity-apt-"))
    try:
        made = Repository(folder / "home")
        made.create()
        yield made
    finally:
        stop_gpg(folder / "home")
        shutil.rmtree(folder)


def stop_gpg(home: Path) -> None:
    """End the agent that gpg has started for this folder."""
    subprocess.run(["gpgconf", "--homedir", home / "keys", "--kill", "gpg-agent"], check=False, capture_output=True)


class Node:
    """A node's apt, rooted in ``folder``: one list, our key, the pin that the project ships."""

    def __init__(
        self, folder: Path, url: str, key: Path, channel: str = "production", *, is_pinned: bool = True
    ) -> None:
        self.folder = folder
        for path in ("etc/apt/preferences.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "dpkg"):
            (folder / path).mkdir(parents=True)
        self.sources = folder / "infinity.list"
        shutil.copy(key, folder / "infinity.asc")
        self.sources.write_text(f"deb [signed-by={folder}/infinity.asc] {url}/{channel} bookworm main\n")
        if is_pinned:
            shutil.copy(PREFERENCES, folder / "etc/apt/preferences.d/infinity.pref")
        self.config = folder / "apt.conf"
        self.config.write_text(
            f'Dir "{folder}";\nDir::State::status "{folder}/dpkg/status";\nDir::Etc::sourcelist "{self.sources}";\n'
            'Dir::Bin::methods "/usr/lib/apt/methods";\nDir::Bin::dpkg "/usr/bin/dpkg";\n'
            'APT::Sandbox::User "root";\nAcquire::http::Proxy::127.0.0.1 "DIRECT";\nAcquire::Retries "0";\n'
        )
        self.has_installed("")

    def has_installed(self, version: str) -> None:
        """Let dpkg's own book say that this version is installed; nothing: none is."""
        head = f"Package: infinity\nStatus: install ok installed\nArchitecture: {architecture()}\nVersion: {version}\n"
        tail = "Maintainer: Nobody <nobody@infinity.invalid>\nDescription: a toy\n\n"
        (self.folder / "dpkg/status").write_text(head + tail if version else "")

    @property
    def environ(self) -> dict[str, str]:
        """What makes apt and dpkg-query, called by whomever, look at this node instead of at the machine."""
        return {"APT_CONFIG": str(self.config), "DPKG_ADMINDIR": str(self.folder / "dpkg")}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One call of an apt tool."""
        env = {**os.environ, **self.environ, "LC_ALL": "C"}
        return subprocess.run(words, check=False, capture_output=True, text=True, env=env, cwd=self.folder)

    def update(self) -> str:
        """Ask the repository; answers all that apt had to say."""
        done = self.run("apt-get", "update")
        return done.stdout + done.stderr

    def candidate(self) -> str:
        """What apt would install after asking the repository."""
        self.update()
        lines = self.run("apt-cache", "policy", "infinity").stdout.splitlines()
        return next((line.split()[1] for line in lines if line.strip().startswith("Candidate:")), "(none)")


class _Unconditional(http.server.SimpleHTTPRequestHandler):
    """Never says "not modified": tests publish twice within the second that its dates are exact to."""

    def send_head(self):  # type: ignore[no-untyped-def]
        del self.headers["If-Modified-Since"]
        return super().send_head()

    def log_message(self, *words: object) -> None:
        pass


@contextlib.contextmanager
def web(folder: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """A plain web server that serves ``folder``; answers its address."""
    with http.server.ThreadingHTTPServer((host, 0), partial(_Unconditional, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
