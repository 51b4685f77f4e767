"""The command line of ``infinity``. Exit codes: 0 done, 1 refused or not well, 2 a command that does not exist."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from deploy.onebox import backups, box, certificate, change, checks, machine, settings, status, up, versions
from deploy.onebox.box import Box
from deploy.onebox.machine import Refused

UNITS = {
    "web": ("infinity-web@*",),
    "gateway": ("infinity-gateway",),
    "backup": ("infinity-backup",),
    "database": ("postgresql@*",),
    "redis": ("redis-server",),
    "certificate": ("certbot",),
}


def main(words: Sequence[str]) -> int:
    """Do what the command line asks for; a refusal goes to standard error."""
    wanted = _parser().parse_args(words)
    if not checks.is_root():
        print("infinity: run this as root, such as with sudo", file=sys.stderr)
        return 1
    try:
        return int(wanted.act(wanted) or 0)
    except Refused as why:
        lines = str(why).splitlines()
        print("\n".join(["infinity: " + lines[0], *(f"  {line}" for line in lines[1:])]), file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="infinity", description="A puzzle hunt on this machine.")
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_up(commands)
    for name, act, told in PLAIN:
        commands.add_parser(name, help=told, description=told).set_defaults(act=act)
    for name, act, (argument, shown, how), told in WITH_WORDS:
        command = commands.add_parser(name, help=told, description=told)
        command.add_argument(argument, metavar=shown, nargs=how)
        command.set_defaults(act=act)
    _add_logs(commands)
    _add_run(commands)
    return parser


def _version() -> str:
    try:
        return versions.current() or versions.installed()
    except OSError:
        return "not installed"


# --- up --------------------------------------------------------------------------------------------------------------


def _add_up(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    told = "make the site, or complete it"
    command = commands.add_parser("up", help=told, description=told)
    command.add_argument("name", nargs="?", help="the site's host name, such as hunt.example.org")
    command.add_argument(
        "--local", action="store_true", help="no authority: sign the certificate here; NAME may be an address"
    )
    command.add_argument("--email", help="where the certificate authority may write to")
    command.add_argument("--acme-server", metavar="URL", help="another authority than Let's Encrypt")
    command.add_argument("--skip-dns", action="store_true", help="do not check where the name leads")
    command.set_defaults(act=_up)


def _up(wanted: argparse.Namespace) -> None:
    with box.alone():
        up.up(_wanted_box(wanted), skips_dns=wanted.skip_dns)


def _wanted_box(wanted: argparse.Namespace) -> Box:
    """What the command line says, and for the rest what an earlier run was told. Raises :class:`Refused`."""
    before = box.found()
    if not wanted.name and before and wanted.local in (False, before.is_local):
        name, is_local = before.name, before.is_local
    else:
        is_local = wanted.local
        name = (wanted.name or "").lower().rstrip(".") or (is_local and next(iter(checks.addresses()), "localhost"))
    if not name:
        raise Refused("which name? infinity up hunt.example.org, or infinity up --local")
    if not (checks.is_name(name) or (is_local and re.fullmatch(r"[a-z0-9.-]+", name))):
        raise Refused(f"{name!r} is not a host name such as hunt.example.org")
    told = {"acme_server": wanted.acme_server, "email": wanted.email}
    return replace(
        before or Box(name, web=min(max(os.cpu_count() or 1, 2), 4)),
        name=name,
        is_local=is_local,
        **{field: value for field, value in told.items() if value is not None},
    )


# --- settings and size -----------------------------------------------------------------------------------------------


def _config(wanted: argparse.Namespace) -> None:
    has = settings.read()
    if wanted.name:
        if wanted.name not in has:
            raise Refused(f"{wanted.name} is not set")
        print(has[wanted.name])
        return
    for name in sorted(has.keys() - set(settings.OWN)):
        print(f"{name}={settings.shown(name, has[name])}")


def _set(wanted: argparse.Namespace) -> None:
    with box.alone():
        change.configure(box.required(), settings.pairs(wanted.pairs))


def _unset(wanted: argparse.Namespace) -> None:
    with box.alone():
        change.configure(box.required(), dict.fromkeys(wanted.names, ""))


def _scale(wanted: argparse.Namespace) -> None:
    found = re.fullmatch(r"web=([0-9]{1,3})", wanted.pair)
    if not found:
        raise Refused(f"{wanted.pair!r} is not web=N, such as web=4")
    with box.alone():
        change.scale(box.required(), int(found[1]))


# --- versions and backups --------------------------------------------------------------------------------------------


def _update(wanted: argparse.Namespace) -> None:
    with box.alone():
        change.update(box.required(), Path(wanted.package) if wanted.package else None)


def _rollback(_: argparse.Namespace) -> None:
    with box.alone():
        change.rollback(box.required())


def _backup(_: argparse.Namespace) -> None:
    box.required()
    print(backups.make())


def _restore(wanted: argparse.Namespace) -> None:
    with box.alone():
        change.restore(box.required(), Path(wanted.file))


def _certificate(_: argparse.Namespace) -> None:
    is_new = certificate.take_renewed(box.required())
    (machine.done if is_new else machine.unchanged)("certificate")


# --- looking ---------------------------------------------------------------------------------------------------------


def _status(_: argparse.Namespace) -> int:
    found = list(status.lines(box.required()))
    print("\n".join(map(str, found)))
    return int(not all(line.is_well for line in found))


def _add_logs(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    told = "what the parts say: all, or one of " + ", ".join(UNITS)
    command = commands.add_parser("logs", help=told, description=told)
    command.add_argument("part", nargs="?", choices=UNITS)
    command.add_argument("--follow", "-f", action="store_true", help="go on as they speak")
    command.add_argument("--lines", "-n", type=int, default=100, help="how many of the last lines")
    command.set_defaults(act=_logs)


def _logs(wanted: argparse.Namespace) -> None:
    units = UNITS[wanted.part] if wanted.part else [unit for group in UNITS.values() for unit in group]
    words = [f"--unit={unit}" for unit in units] + [f"--lines={wanted.lines}", "--no-hostname"]
    words += ["--follow"] if wanted.follow else ["--no-pager"]
    sys.stdout.flush()
    os.execvpe("journalctl", ["journalctl", *words], machine.environ())


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    told = "a command of the program, such as: hunt settings"
    command = commands.add_parser("run", help=told, description=told, prefix_chars="\0")
    command.add_argument("words", nargs=argparse.REMAINDER)
    command.set_defaults(act=_run)


def _run(wanted: argparse.Namespace) -> None:
    """Take this process's place, so that prompts, pipes and the exit code are the command's own."""
    box.required()
    words = versions.words_inside(["venv/bin/flask", "--app", "wsgi", *(wanted.words or ["hunt", "--help"])])
    told = {**settings.read(), **versions.HOME_OF_ACCOUNT}
    # Asked for by hunt admin, and better than a prompt in scripts.
    told |= {name: os.environ[name] for name in ("ADMIN_PASSWORD",) if name in os.environ}
    sys.stdout.flush()
    os.execvpe(words[0], words, machine.environ(told))


PLAIN: list[tuple[str, Callable[[argparse.Namespace], int | None], str]] = [
    ("status", _status, "how the site is, on one screen"),
    ("rollback", _rollback, "return to the version before the last update"),
    ("backup", _backup, "make a backup now"),
    ("certificate", _certificate, "let the gateway use what certbot has renewed"),
]
WITH_WORDS: list[tuple[str, Callable[[argparse.Namespace], int | None], tuple[str, str, str | None], str]] = [
    ("config", _config, ("name", "NAME", "?"), "list the settings without secrets; with a name, its whole value"),
    ("config:set", _set, ("pairs", "NAME=VALUE", "+"), "change settings, and let them take effect"),
    ("config:unset", _unset, ("names", "NAME", "+"), "return settings to their defaults"),
    ("scale", _scale, ("pair", "web=N", None), "so many web processes, such as web=4"),
    (
        "update",
        _update,
        ("package", "FILE.deb", "?"),
        "put a newer version in force: a .deb, or what the repository has",
    ),
    ("restore", _restore, ("file", "FILE", None), "put a backup in the place of what is there"),
]
