"""HAProxy in front of the web processes: its environment, its certificate, and who is behind it."""

from __future__ import annotations

import socket
from pathlib import Path

from deploy.onebox import checks, machine
from deploy.onebox.box import Box
from deploy.onebox.machine import StepFailed

UNIT = "infinity-gateway.service"
FOLDER = Path(__file__).resolve().parent.parent / "haproxy"
CONFIGURATION = FOLDER / "haproxy.cfg"
ENVIRONMENT = Path("/etc/infinity/gateway.env")
TLS = Path("/etc/infinity/tls")
CERTIFICATE = TLS / "site.pem"
SOCKET = "/run/infinity-gateway/runtime.sock"
STATE = "/var/lib/infinity-gateway/nodes.state"
ACCOUNT = "haproxy"


def environment(box: Box) -> dict[str, str]:
    """What haproxy.cfg is told."""
    told = {
        "NODE_PORT": "8000",
        "AGENT_PORT": "8001",
        "PAGES": str(FOLDER),
        "RUNTIME_SOCKET": SOCKET,
        "STATE_FILE": STATE,
        "TLS_CERTIFICATES": str(CERTIFICATE),
        "ACME_PORT": str(checks.ACME_PORT),
        # On a network at home a machine has many names.
        "SITE_HOSTS": "*" if box.is_local else box.name,
    }
    if _has_ipv6():
        told |= {"BIND6": "[::]:80", "BIND6_TLS": "[::]:443"}
    return told


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


def write_environment(box: Box) -> bool:
    """Put it in place; answers whether anything was different."""
    lines = [f'{name}="{value}"\n' for name, value in environment(box).items()]
    head = "# Written by infinity up. Settings of your own go into /etc/default/infinity-gateway.\n"
    return machine.write(ENVIRONMENT, head + "".join(lines))


def install_certificate(text: str, box: Box) -> bool:
    """Let the gateway use this certificate and key; answers whether they were new.

    It is tried as the account that will read it, before anything is replaced. Raises :class:`StepFailed`.
    """
    machine.folder(TLS, mode=0o750, group=ACCOUNT)
    if CERTIFICATE.exists() and CERTIFICATE.read_text() == text:
        return False
    draft = TLS / "draft.pem"
    machine.write(draft, text, mode=0o640, group=ACCOUNT)
    try:
        account = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", "--"]
        told = {**environment(box), "TLS_CERTIFICATES": str(draft), "RUNTIME_SOCKET": "/tmp/unused.sock"}
        machine.run(*account, "haproxy", "-c", "-q", "-f", CONFIGURATION, env=told)
        draft.replace(CERTIFICATE)
    finally:
        draft.unlink(missing_ok=True)
    if machine.is_active(UNIT):
        machine.systemctl("reload", UNIT)
    return True


def start(*, is_new: bool) -> bool:
    """Let it run, with the environment that it has now; answers whether it had to be started."""
    machine.systemctl("enable", "--quiet", UNIT)
    if machine.is_active(UNIT) and not is_new:
        return False
    try:
        machine.systemctl("restart", UNIT)
    except StepFailed:
        # systemd may fail to make a process what its unit wants; what is wrong with the unit fails again, with words.
        machine.attempt(["systemctl", "restart", UNIT])
        if not machine.is_active(UNIT):
            told = machine.attempt(
                ["journalctl", "--no-pager", "--quiet", "--output=cat", "--lines=8", f"--unit={UNIT}"]
            )
            raise StepFailed(f"the gateway does not start:\n{told.stdout.strip()}") from None
    return True


def nodes(*words: str) -> str:
    """One call of nodes.sh. Raises :class:`StepFailed`."""
    env = {"RUNTIME_SOCKET": SOCKET, "STATE_FILE": STATE}
    return machine.run("sh", FOLDER / "nodes.sh", *words, env=env).strip()


def states() -> dict[str, str]:
    """Address → what the gateway thinks of it; nothing while the gateway does not answer."""
    try:
        rows = [line.split(maxsplit=1) for line in nodes("list").splitlines() if line]
    except StepFailed:
        return {}
    return {row[0].rpartition(":")[0]: row[1] for row in rows if len(row) == 2}
