"""Prometheus and Alertmanager on loopback, with the files of deploy/monitor and none of their patience.

Where they are not installed, a test that asks for them skips and says which program is missing.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from ruamel.yaml import YAML

from tests.deploy.gateway import eventually
from tests.support import processes
from tests.support.environment import ROOT
from tools.programs import NotInstalled, program

MONITOR = ROOT / "deploy" / "monitor"
WORDS = Path("/usr/share/prometheus/alertmanager/default.tmpl")
Site = dict[str, Any]


def read(file: str) -> Any:
    """What a YAML file of deploy/monitor says."""
    return YAML(typ="safe", pure=True).load(MONITOR / file)


def alerts() -> dict[str, dict[str, Any]]:
    """Every alert by its name."""
    return {rule["alert"]: rule for group in read("rules.yml")["groups"] for rule in group["rules"]}


def needed(name: str) -> str:
    """Where this program is; skips, saying its name, where it is not."""
    try:
        return program(name)
    except NotInstalled as lack:
        pytest.skip(str(lack))


class Prometheus:
    """A running Prometheus that reads figures every second."""

    def __init__(self, url: str) -> None:
        self.url = url

    def is_ready(self) -> bool:
        """Whether it takes questions."""
        return requests.get(f"{self.url}/-/ready", timeout=10).status_code == 200

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now; fails when it is not understood."""
        reply = requests.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10).json()
        assert reply["status"] == "success", f"{expression}: {reply}"
        return list(reply["data"]["result"])

    def firing(self) -> set[str]:
        """The names of the alerts that fire now."""
        return {one["metric"]["alertname"] for one in self.ask('ALERTS{alertstate="firing"}')}

    def broken_rules(self) -> list[str]:
        """The rules that could not be worked out."""
        groups = requests.get(f"{self.url}/api/v1/rules", timeout=10).json()["data"]["groups"]
        return [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"]


@contextlib.contextmanager
def prometheus(nodes: Sequence[str], gateway: str, token: str, alertmanager: str = "") -> Iterator[Prometheus]:
    """Prometheus with our own configuration for the length of a ``with``; times, places and secrets are the test's."""
    folder, port = Path(tempfile.mkdtemp(prefix="infinity-monitor-")), processes.free_port()
    try:
        shutil.copy(MONITOR / "rules.yml", folder)
        _write(folder / "prometheus.yml", _prometheus_settings(folder, gateway, alertmanager))
        (folder / "nodes").mkdir()
        _write(folder / "nodes" / "hunt.yml", [{"targets": list(nodes)}])
        (folder / "token").write_text(token)
        listening = ["--web.listen-address", f"127.0.0.1:{port}", "--storage.tsdb.path", folder / "figures"]
        command = [needed("prometheus"), "--config.file", folder / "prometheus.yml", *listening]
        with processes.running(command, port, folder / "prometheus.log"):
            running = Prometheus(f"http://127.0.0.1:{port}")
            eventually(running.is_ready, what="Prometheus")
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prometheus_settings(folder: Path, gateway: str, alertmanager: str) -> Site:
    settings: Site = read("prometheus.yml")
    settings["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    to = [alertmanager] if alertmanager else []
    settings["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = to
    nodes, gate = settings["scrape_configs"]
    nodes["authorization"]["credentials_file"] = str(folder / "token")
    # A name of the container network, which nobody here should be asked for.
    del nodes["dns_sd_configs"]
    gate["static_configs"][0]["targets"] = [gateway]
    return settings


@contextlib.contextmanager
def alertmanager(webhook: str, **times: str) -> Iterator[str]:
    """The place of an Alertmanager with our own configuration, for the length of a ``with``."""
    folder, port = Path(tempfile.mkdtemp(prefix="infinity-alerts-")), processes.free_port()
    try:
        settings: Site = read("alertmanager.yml")
        for route in (settings["route"], *settings["route"]["routes"]):
            route |= times
        (folder / "webhook").write_text(webhook)
        settings["receivers"][0]["slack_configs"][0]["api_url_file"] = str(folder / "webhook")
        _write(folder / "alertmanager.yml", settings)
        listening = ["--web.listen-address", f"127.0.0.1:{port}", "--cluster.listen-address", ""]
        command = [
            *_with_its_words(needed("prometheus-alertmanager")),
            "--config.file",
            folder / "alertmanager.yml",
            *listening,
        ]
        with processes.running([*command, "--storage.path", folder], port, folder / "alertmanager.log"):
            yield f"127.0.0.1:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Chat(HTTPServer):
    """A chat of the Slack kind that writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Ear)

    def titles(self) -> list[str]:
        """The titles of all messages so far, in order."""
        return [one["title"] for message in list(self.heard) for one in message["attachments"]]


class _Ear(BaseHTTPRequestHandler):
    server: Chat

    def do_POST(self) -> None:
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_words: object) -> None:
        pass


@contextlib.contextmanager
def chatting() -> Iterator[Chat]:
    """A chat for the length of a ``with``."""
    server = Chat()
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _with_its_words(alertmanager: str) -> list[str]:
    """Debian's Alertmanager finds its usual words for messages in one place only: if need be they are shown there."""
    if WORDS.exists():
        return [alertmanager]
    shown = f"lowerdir={Path(alertmanager).parent}/share:/usr/share"
    script = 'mount -t overlay overlay -o "$0" /usr/share && exec "$@"'
    words = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, shown]
    if subprocess.run([*words, "true"], capture_output=True, timeout=10, check=False).returncode:
        pytest.skip("Alertmanager is not installed, and unshare may not show it its files in /usr/share here")
    return [*words, alertmanager]


def _write(file: Path, content: object) -> None:
    with file.open("w") as opened:
        YAML(typ="safe", pure=True).dump(content, opened)
