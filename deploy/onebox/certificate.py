"""The site's certificate: self-signed at first and with ``--local``, then from an authority by way of certbot.

certbot answers the authority on a port of this machine's own, to which the gateway sends the authority's questions, so
nothing has to stop for a renewal. Its timer renews; its hook hands the result to the gateway.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import tempfile
import time
from pathlib import Path

from deploy.onebox import checks, gateway, machine
from deploy.onebox.box import Box

LIVE = Path("/etc/letsencrypt/live")
HOOK = Path("/etc/letsencrypt/renewal-hooks/deploy/infinity")
HOOK_TEXT = "#!/bin/sh\n# Hands a renewed certificate to the gateway.\nexec /usr/bin/infinity certificate\n"
SELF_SIGNED_DAYS = 825
SOON_DAYS = 14


def make_self_signed(box: Box) -> str:
    """Certificate and key for the name, and for this machine's own names and addresses. Raises StepFailed."""
    names = dict.fromkeys([box.name, "localhost", socket.gethostname(), "127.0.0.1", *checks.addresses()])
    with tempfile.TemporaryDirectory(prefix="infinity-tls-") as folder:
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(SELF_SIGNED_DAYS)]
        subject = ["-subj", f"/CN={box.name[:64]}", "-addext", f"subjectAltName={','.join(map(_alternative, names))}"]
        machine.run("openssl", "req", "-x509", *kind, *subject, "-keyout", key, "-out", certificate)
        return certificate.read_text() + key.read_text()


def _alternative(name: str) -> str:
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def days_left(pem: Path) -> int | None:
    """Days until it ends; nothing without a certificate."""
    said = machine.attempt(["openssl", "x509", "-in", pem, "-noout", "-enddate"])
    end = re.search(r"notAfter=(.+)", said.stdout)
    return int((ssl.cert_time_to_seconds(end[1].strip()) - time.time()) // 86400) if end else None


def is_self_signed(pem: Path) -> bool:
    """Whether nobody else vouches for it."""
    said = machine.attempt(["openssl", "x509", "-in", pem, "-noout", "-subject", "-issuer"]).stdout.splitlines()
    return len(said) == 2 and said[0].partition("=")[2] == said[1].partition("=")[2]


def names_of(pem: Path) -> list[str]:
    """The names and addresses that it is for."""
    said = machine.attempt(["openssl", "x509", "-in", pem, "-noout", "-ext", "subjectAltName"]).stdout
    return re.findall(r"(?:DNS|IP Address):([^,\s]+)", said)


def fits(pem: Path, box: Box) -> bool:
    """Whether it is for this name and will last."""
    left = days_left(pem)
    return left is not None and left > SOON_DAYS and box.name in names_of(pem)


def from_authority(box: Box) -> str:
    """Certificate and key as certbot keeps them; nothing before it has got any."""
    folder = LIVE / box.name
    parts = [folder / "fullchain.pem", folder / "privkey.pem"]
    return "".join(part.read_text() for part in parts) if all(part.exists() for part in parts) else ""


def ask_authority(box: Box) -> None:
    """Let certbot get one, and renew it from now on. Raises StepFailed with the authority's words."""
    machine.write(HOOK, HOOK_TEXT, mode=0o755)
    how = ["--standalone", "--preferred-challenges", "http", "--http-01-address", "127.0.0.1"]
    who = ["--email", box.email] if box.email else ["--register-unsafely-without-email"]
    where = ["--server", box.acme_server] if box.acme_server else []
    words = ["--non-interactive", "--agree-tos", "--keep-until-expiring", "--cert-name", box.name, "-d", box.name]
    machine.run("certbot", "certonly", *how, "--http-01-port", str(checks.ACME_PORT), *who, *where, *words)


def take_renewed(box: Box) -> bool:
    """Hand what certbot has to the gateway; answers whether it was new."""
    text = from_authority(box)
    return bool(text) and gateway.install_certificate(text, box)
