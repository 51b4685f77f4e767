#!/usr/bin/env python3
"""The user-data of a node, for any cloud that runs cloud-init: the same as deploy/terraform makes, byte for byte.

    python3 deploy/cloud-init/render.py --repository https://packages.example.org --key infinity.asc \\
        --settings infinity.env --agent-settings agent.env --out user-data.yaml

``--settings`` becomes /etc/default/infinity, ``--agent-settings`` /etc/default/infinity-agent. The result holds their
secrets, so it is for the cloud alone. Called by operators and by the tests; nothing but Python's standard library.
"""

from __future__ import annotations

import argparse
import base64
import re
import string
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEMPLATE = HERE / "user-data.yaml.tftpl"
PIN = HERE.parent / "apt" / "infinity.pref"
CHANNELS = ("production", "staging")
KEYRING = "/usr/share/keyrings/infinity.asc"
DISTRIBUTION = "bookworm"
# systemd and the agent read these files: one NAME=value a line, and no shell.
LINE = re.compile(r"(?:#.*|[A-Z][A-Z0-9_]*=.*|)")


class NotSettings(SystemExit):
    """A line of a settings file is no ``NAME=value``. The text names it."""


def user_data(repository: str, channel: str, key: str, settings: str, agent_settings: str) -> str:
    """The whole user-data. Raises :class:`NotSettings`."""
    sources = f"deb [signed-by={KEYRING}] {repository.rstrip('/')}/{channel} {DISTRIBUTION} main\n"
    for text in (settings, agent_settings):
        _check(text)
    _check_site_url(settings)
    parts = {
        "key": key,
        "sources": sources,
        "pin": PIN.read_text(),
        "settings": settings,
        "agent_settings": agent_settings,
    }
    packed = {name: base64.b64encode(text.encode()).decode() for name, text in parts.items()}
    return string.Template(TEMPLATE.read_text()).substitute(packed)


def _check(text: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        if not LINE.fullmatch(line):
            # Not the line itself: it may hold a secret.
            raise NotSettings(f"line {number} of the settings is no NAME=value")


def _check_site_url(settings: str) -> None:
    """A node with these settings would refuse to start, and nobody would see it say so."""
    given = dict(line.split("=", 1) for line in settings.splitlines() if "=" in line and not line.startswith("#"))
    proxies, site = given.get("TRUSTED_PROXIES", "").strip(" 0"), given.get("SITE_URL", "").strip()
    if (proxies or given.get("SMTP_URL") or given.get("NOTIFY_WEBHOOK_URL")) and not site:
        raise NotSettings("the settings lack SITE_URL, the site's public address")


def main(words: Sequence[str]) -> None:
    """Make the user-data that the command line asks for, readable for its owner alone."""
    parser = argparse.ArgumentParser(prog="render.py", description="The user-data of a node.")
    parser.add_argument("--repository", required=True, help="address of the package repository")
    parser.add_argument("--channel", choices=CHANNELS, default=CHANNELS[0], help="what this node follows")
    parser.add_argument("--key", type=Path, required=True, help="the repository's public key, as `create` wrote it")
    parser.add_argument("--settings", type=Path, required=True, help="becomes /etc/default/infinity")
    parser.add_argument("--agent-settings", type=Path, required=True, help="becomes /etc/default/infinity-agent")
    parser.add_argument("--out", type=Path, help="where it goes; default: standard output")
    wanted = parser.parse_args(words)
    texts = [file.read_text() for file in (wanted.key, wanted.settings, wanted.agent_settings)]
    made = user_data(wanted.repository, wanted.channel, *texts)
    if wanted.out is None:
        sys.stdout.write(made)
        return
    wanted.out.touch(mode=0o600)
    wanted.out.chmod(0o600)
    wanted.out.write_text(made)


if __name__ == "__main__":
    main(sys.argv[1:])
