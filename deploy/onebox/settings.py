"""The settings in /etc/default/infinity: read as systemd reads them, changed line by line, checked by config.py.

Comments, order and what is not changed stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from deploy.onebox import machine, versions
from deploy.onebox.machine import ACCOUNT, Refused

FILE = Path("/etc/default/infinity")
# Each web process is started with its own values of these, whatever the file says.
OWN = ("HOST", "PORT", "WEB_PROCESSES", "AGENT_PORT", "DRAIN_FILE")
HIDDEN = "********"
_SECRET = re.compile(r"SECRET|PASSWORD$|TOKEN|API_KEY|WEBHOOK")
_PASSWORD = re.compile(r"(://[^/@:]*:)[^@]+(@)")
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./~^;-]*")
_CHECK = """
import json, os, config
told = {"names": sorted(config.NAMES), "faults": [str(fault) for fault in config.faults(os.environ)]}
print(json.dumps(told))
"""


def read() -> dict[str, str]:
    """The settings, without those that are empty."""
    return {name: value for name, value in parse(FILE.read_text()).items() if value}


def parse(text: str) -> dict[str, str]:
    """``NAME=value`` lines as systemd understands them; the last of several counts."""
    found = {}
    for line in map(str.strip, text.splitlines()):
        name, is_pair, value = line.partition("=")
        if is_pair and not line.startswith(("#", ";")):
            found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(text: str) -> str:
    value, quote, escaped = "", "", False
    for letter in text:
        if escaped:
            # Inside double quotes a backslash is one, except before what it has to protect.
            value += f"\\{letter}" if quote and letter not in '"\\`$' else letter
            escaped = False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif letter == quote:
            quote = ""
        elif not quote and letter in "\"'":
            quote = letter
        else:
            value += letter
    return value


def quoted(value: str) -> str:
    """``value`` as it has to stand in the file."""
    if _PLAIN.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\`$])', r"\\\1", value) + '"'


def changed(text: str, changes: Mapping[str, str]) -> str:
    """The file with other values; an empty one removes its line."""
    lines, left = [], dict(changes)
    for line in text.splitlines():
        name = line.partition("=")[0].strip()
        if name not in changes or line.lstrip().startswith(("#", ";")):
            lines.append(line)
        elif left.get(name):
            lines.append(f"{name}={quoted(left.pop(name))}")
    lines += [f"{name}={quoted(value)}" for name, value in left.items() if value]
    return "".join(f"{line}\n" for line in lines)


def write(text: str) -> bool:
    """Put the file in place, at once or not at all; answers whether anything was different."""
    return machine.write(FILE, text, mode=0o640, group=ACCOUNT)


def shown(name: str, value: str) -> str:
    """The value without what must not be seen on a screen."""
    return HIDDEN if _SECRET.search(name) else _PASSWORD.sub(rf"\g<1>{HIDDEN}\2", value)


def pairs(words: list[str]) -> dict[str, str]:
    """``NAME=VALUE`` words of a command line. Raises :class:`Refused` for a word that is none."""
    found = {}
    for word in words:
        name, is_pair, value = word.partition("=")
        if not is_pair or not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            raise Refused(f"{word!r} is not NAME=VALUE")
        if not value.isprintable():
            raise Refused(f"{name}: a value is one line of printable characters")
        found[name] = value
    return found


def check(settings: Mapping[str, str], web: int, *, names: Mapping[str, str] | None = None) -> None:
    """Let the program's own config.py judge them, for ``web`` processes in all; ``names`` must be known to it.

    Raises :class:`Refused` with every fault, a line each.
    """
    # Several processes on addresses of their own need what several on one port need.
    judged = {**settings, "WEB_PROCESSES": str(max(web, 2))}
    answer = json.loads(versions.inside(["venv/bin/python", "-c", _CHECK], env=judged))
    faults = [fault for name in names or {} if (fault := _name_fault(name, answer["names"]))]
    faults += answer["faults"]
    if faults:
        raise Refused("\n".join(faults))


def known_names() -> list[str]:
    """The names of all settings that the program has."""
    told = versions.inside(["venv/bin/python", "-c", _CHECK], env={})
    return list(json.loads(told)["names"])


def _name_fault(name: str, known: list[str]) -> str:
    if name in OWN:
        return f"{name}: is set for each web process by itself; infinity scale web=N changes their number"
    if name in known:
        return ""
    near = get_close_matches(name, known, 1)
    return f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else "")


def of_process(number: int) -> dict[str, str]:
    """The environment that a process was started with."""
    text = Path(f"/proc/{number}/environ").read_bytes().decode(errors="surrogateescape")
    return {name: value for name, is_pair, value in (pair.partition("=") for pair in text.split("\0")) if is_pair}
