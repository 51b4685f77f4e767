"""As much of a container engine as rolling.sh asks for: a `docker` on PATH whose containers are real nodes on loopback.

The pooler is never changed, and the gateway is a process that reloads.

The command is a small program that hands its words to the test over HTTP and prints what comes back.
"""

from __future__ import annotations

import http.server
import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.deploy.gateway import HAPROXY, Gateway
from tests.support import processes
from tests.support.server import Node

COMMAND = f"""\
#!{sys.executable} -I
import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
reply = json.load(opener.open("http://127.0.0.1:PORT/", json.dumps(sys.argv[1:]).encode(), timeout=120))
sys.stdout.write(reply["said"])
sys.exit(reply["code"])
"""

# What is asked of containers and images that do not change: the hash of their settings, their image.
HASH = '{{index .Config.Labels "com.docker.compose.config-hash"}}'
SAME = {HASH: "same\n", "{{.Id}}": "image\n", f"{HASH} {{{{.Image}}}}": "same image\n"}


class Engine:
    """``make_node`` makes a node that has not been started; containers are named c1, c2 ..."""

    def __init__(self, folder: Path, gate: Gateway, make_node: Callable[[], Node]) -> None:
        self.containers: dict[str, Node] = {}
        self.words: list[str] = []
        self.gateway_check = (0, "Configuration file is valid\n")
        self._gate, self._make_node = gate, make_node
        self._numbers = itertools.count(1)
        port = processes.free_port()
        command = folder / "docker"
        command.write_text(COMMAND.replace("PORT", str(port)))
        command.chmod(0o755)
        self.path = str(folder)
        # One thread for all: a child dies with the thread that started it.
        self._server = http.server.HTTPServer(("127.0.0.1", port), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening to commands."""
        self._server.shutdown()
        self._server.server_close()

    def addresses(self) -> list[str]:
        """What the name of the service leads to: every container that runs."""
        return [node.host for node in self.containers.values() if node.is_running()]

    def add(self) -> None:
        """Start one more container, without waiting for it."""
        node = self._make_node()
        self.containers[f"c{next(self._numbers)}"] = node
        node.start(wait=False)

    def obey(self, words: list[str]) -> tuple[int, str]:  # noqa: C901 - one case a command
        """Do what one call of `docker` asks for."""
        self.words.append(" ".join(words))
        match words:
            case ["compose", "ps", "--quiet", "web"]:
                return 0, "".join(f"{name}\n" for name, node in self.containers.items() if node.is_running())
            case ["compose", "up", "--detach", "--no-deps", "--no-recreate", "--scale", wanted, "web"]:
                while len(self.containers) < int(wanted.removeprefix("web=")):
                    self.add()
                return 0, ""
            case ["compose", "exec", "-T", "gateway", "sh", "/usr/local/etc/haproxy/nodes.sh", *rest]:
                return self._run_nodes(rest)
            case ["inspect", "--format", what, name]:
                return 0, self._inspect(what, self.containers[name]) if name in self.containers else SAME[what]
            case ["stop", "-t", "40", name]:
                return int(self.containers[name].is_running() and self.containers[name].stop() != 0), f"{name}\n"
            case ["rm", "--volumes", name]:
                del self.containers[name]
                return 0, f"{name}\n"
            case ["logs", "--tail", "20", name]:
                return 0, self.containers[name].said()[-500:]
            case _:
                return self._obey_others(words)

    def _obey_others(self, words: list[str]) -> tuple[int, str]:
        match words:
            case ["compose", "ps", "--quiet", "pgbouncer" | "gateway" as name]:
                return 0, f"{name}\n"
            case ["compose", "config", "--hash", name]:
                return 0, f"{name} same\n"
            case ["compose", "run", "--rm", "--no-deps", "-T", "gateway", "haproxy", "-c", "-f", _]:
                return self.gateway_check
            case ["compose", "up", "--detach", "--no-deps", "--no-recreate", "web"]:
                return 0, ""
            case ["kill", "--signal", "USR2", "gateway"]:
                self._gate.reload()
                return 0, "gateway\n"
        raise AssertionError(f"this engine does not know: docker {' '.join(words)}")

    def _inspect(self, what: str, node: Node) -> str:
        if "IPAddress" in what:
            return f"{node.host}\n"
        assert what == "{{.State.Status}} {{.RestartCount}}", what
        return f"{'running' if node.is_running() else 'exited'} 0\n"

    def _run_nodes(self, words: list[str]) -> tuple[int, str]:
        done = subprocess.run(
            ["sh", HAPROXY / "nodes.sh", *words], env=self._gate.env, capture_output=True, text=True, check=False
        )
        sys.stderr.write(done.stderr)
        return done.returncode, done.stdout


def _handler(engine: Engine) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            words = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                code, said = engine.obey(words)
            except Exception as problem:  # noqa: BLE001 - rolling.sh sees that the command failed
                code, said = 99, repr(problem)
            body = json.dumps({"code": code, "said": said}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    return Handler
