"""From the Procfile to systemd's units: one service a line, and a target that wants those that run all the time.

Pure: text in, texts out; ``build.py`` puts them into the package. A line ``release: …`` becomes a service that runs
once and ends; nothing wants it, the agent starts it between installing and restarting. Every other line becomes a
service that is started anew whenever it ends.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NAME = "infinity"
HOME = f"/usr/lib/{NAME}"
PROGRAMS = f"{HOME}/venv/bin"
RELEASE = "release"
# What the program allows its last requests, and what its parent process adds, with a little air.
STOP_SECONDS = 40
# What each of several processes on one machine is started with; %i is its number. See deploy/onebox.
BOXED = {
    "HOST": "127.0.8.%i",
    "PORT": "8000",
    "AGENT_PORT": "8001",
    "WEB_PROCESSES": "1",
    "DRAIN_FILE": "",
}
# A migration that takes longer wants a person beside it.
RELEASE_SECONDS = 300

_LINE = re.compile(r"(?P<kind>[a-z][a-z0-9-]*):\s*(?P<command>\S.*)")
# Nothing here may be widened without a reason: the program writes to its state folder and speaks to the network.
_FENCES = """\
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
UMask=0027
"""


class NotAProcfile(ValueError):
    """A line is not ``name: command``. The text names it."""


@dataclass(frozen=True)
class Process:
    """One line of the Procfile: its kind (``web``) and its command as the shell would split it."""

    kind: str
    words: tuple[str, ...]


def read_procfile(text: str) -> list[Process]:
    """The processes in their order. Raises :class:`NotAProcfile` for a line that is none, or a kind named twice."""
    found: dict[str, Process] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or match["kind"] in found:
            raise NotAProcfile(f"line {number}: {line.strip()!r}")
        found[match["kind"]] = Process(match["kind"], tuple(shlex.split(match["command"])))
    return list(found.values())


def units(processes: Iterable[Process], programs: Iterable[str]) -> Mapping[str, str]:
    """File name → text of every unit. ``programs`` are the names that the package's own environment holds."""
    held = frozenset(programs)
    all_of_them = list(processes)
    made = {f"{NAME}-{process.kind}.service": _service(process, held) for process in all_of_them}
    lasting = [process for process in all_of_them if process.kind != RELEASE]
    boxed = {f"{NAME}-{process.kind}@.service": _boxed(process, held) for process in lasting}
    return {**made, **boxed, f"{NAME}.target": _target([f"{NAME}-{process.kind}.service" for process in lasting])}


def _boxed(process: Process, held: frozenset[str]) -> str:
    """One of several processes on one machine: an address of its own, and the version that ``current`` names."""
    text = _service(process, held).replace(f"{NAME}.target", f"{NAME}-box.target")
    own = " ".join(f"{name}={value}" for name, value in BOXED.items())
    bind = f"BindReadOnlyPaths=/var/lib/{NAME}-box/current:{HOME}\n"
    text = text.replace(f"hunt: {process.kind}\n", f"hunt: {process.kind} %i\n")
    own_words = f"{bind}SyslogIdentifier={NAME}-{process.kind}-%i\nExecStart=/usr/bin/env {own} "
    return text.replace("ExecStart=", own_words)


def _service(process: Process, held: frozenset[str]) -> str:
    is_release = process.kind == RELEASE
    return "\n".join(
        [
            "[Unit]",
            f"Description=Infinity puzzle hunt: {process.kind}",
            "Wants=network-online.target",
            "After=network-online.target",
            # A node whose database is away for a while tries again for as long as it takes.
            *([] if is_release else [f"PartOf={NAME}.target", "StartLimitIntervalSec=0"]),
            "",
            "[Service]",
            *(_once() if is_release else _always()),
            f"User={NAME}",
            f"Group={NAME}",
            f"WorkingDirectory={HOME}",
            f"EnvironmentFile=/etc/default/{NAME}",
            f"Environment=PATH={PROGRAMS}:/usr/bin:/bin PYTHONUNBUFFERED=1",
            f"ExecStart={_command_line(process.words, held)}",
            f"StateDirectory={NAME}",
            "LimitNOFILE=65536",
            _FENCES.rstrip(),
            *([] if is_release else ["", "[Install]", f"WantedBy={NAME}.target"]),
            "",
        ]
    )


def _once() -> list[str]:
    return ["Type=oneshot", f"TimeoutStartSec={RELEASE_SECONDS}"]


def _always() -> list[str]:
    return ["Type=simple", "Restart=always", "RestartSec=1", "KillMode=mixed", f"TimeoutStopSec={STOP_SECONDS}"]


def _command_line(words: tuple[str, ...], held: frozenset[str]) -> str:
    # systemd wants the program's whole path; % and $ would mean something to it.
    program = f"{PROGRAMS}/{words[0]}" if words[0] in held else f"/usr/bin/{words[0]}"
    return " ".join(_quoted(word) for word in (program, *words[1:]))


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"\s", escaped) or not escaped else escaped


def _target(services: list[str]) -> str:
    return "\n".join(
        [
            "[Unit]",
            "Description=Infinity puzzle hunt",
            f"Wants={' '.join(services)}",
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
    )
