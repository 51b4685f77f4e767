"""A real HAProxy in front of nodes that a test has started."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support import processes

PLAIN = """\
global
    maxconn 2000
defaults
    mode http
    option forwardfor
    option redispatch 1
    retries 2
    retry-on conn-failure empty-response 503
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout tunnel 1h
    timeout check 1500ms
frontend web
    bind 127.0.0.1:{port}
    default_backend nodes
backend nodes
    balance roundrobin
    option httpchk GET /readyz
    http-request disable-l7-retry if !METH_GET
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    default-server inter 1s fastinter 300ms downinter 500ms fall 2 rise 2 on-marked-down shutdown-sessions
{servers}
"""


@contextlib.contextmanager
def haproxy(node_ports: Sequence[int], configuration: str = PLAIN) -> Iterator[str]:
    """The URL of a proxy before these nodes, for the length of a ``with``.

    ``configuration`` has the places ``{port}`` and ``{servers}``.
    """
    folder = Path(tempfile.mkdtemp(prefix="infinity-proxy-"))
    port = processes.free_port()
    servers = "\n".join(f"    server n{number} 127.0.0.1:{node} check" for number, node in enumerate(node_ports))
    file = folder / "haproxy.cfg"
    file.write_text(configuration.replace("{port}", str(port)).replace("{servers}", servers))
    program = shutil.which("haproxy", path=processes.SYSTEM_PATH) or "haproxy"
    try:
        check(program, file)
        with processes.running([program, "-db", "-f", file], port, folder / "haproxy.log"):
            yield f"http://127.0.0.1:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check(program: str, file: Path) -> None:
    """Let HAProxy read its configuration and say what is wrong with it."""
    done = subprocess.run([program, "-c", "-f", str(file)], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
