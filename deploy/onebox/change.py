"""Settings, the number of web processes and the version of a running site, changed while people play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from deploy.onebox import backups, box, gateway, machine, settings, versions, web
from deploy.onebox.box import Box
from deploy.onebox.machine import Refused, done, note, unchanged

SOURCES = Path("/etc/apt/sources.list.d/infinity.list")


def configure(here: Box, changes: Mapping[str, str]) -> None:
    """Other values; an empty one unsets. Raises :class:`Refused` with every fault, before anything is written."""
    has = settings.read()
    rounds = _rounds(has, changes)
    settings.check({**has, **rounds[-1]}, here.web, names=changes)
    before = settings.FILE.read_text()
    rolled: set[int] = set()
    try:
        for values in rounds:
            settings.write(settings.changed(settings.FILE.read_text(), values))
            rolled |= set(web.roll(here.web))
    except web.NotReady as why:
        settings.write(before)
        web.roll(here.web)
        raise Refused(f"{why}\nThe settings are what they were before") from None
    web.stop_surplus(here.web)
    report = done if rolled or settings.FILE.read_text() != before else unchanged
    report(f"{', '.join(sorted(changes))}{f'; restarted: {web.counted(len(rolled))}' if rolled else ''}")
    if len(rounds) > 1:
        note("the old secret is still read, from SECRET_KEY_FALLBACKS; docs/deploy.md says when it may go")


def _rounds(has: Mapping[str, str], changes: Mapping[str, str]) -> list[dict[str, str]]:
    """What is written, one after the other. A new secret comes in two rounds, so that every process can read at once
    what the first one signs with it.
    """
    old, new = has.get("SECRET_KEY", ""), changes.get("SECRET_KEY", "")
    if not new or new == old:
        return [dict(changes)]
    older = [key.strip() for key in has.get("SECRET_KEY_FALLBACKS", "").split(",") if key.strip() not in ("", new)]
    kept = {"SECRET_KEY_FALLBACKS": ",".join([old, *older])}
    return [{"SECRET_KEY_FALLBACKS": ",".join([new, *older])}, {**kept, **changes}]


def scale(here: Box, count: int) -> None:
    """So many web processes. Raises :class:`Refused`."""
    if not 1 <= count <= web.MOST:
        raise Refused(f"web={count}: from 1 to {web.MOST} web processes are possible on this machine")
    has = settings.read()
    web.fits(count, int(has.get("DB_POOL_SIZE", "5")), has["DATABASE_URL"])
    started = [number for number in range(1, count + 1) if web.start(number)]
    box.keep(replace(here, web=count))
    stopped = web.stop_surplus(count)
    report = done if started or stopped else unchanged
    report(web.counted(count))


# --- versions --------------------------------------------------------------------------------------------------------


def update(here: Box, package: Path | None) -> None:
    """Put a newer version in force: a package file, or what the repository has. Raises :class:`Refused`."""
    old = versions.current()
    if package is not None:
        _install_file(package)
    elif SOURCES.exists():
        _install_newest()
    elif versions.installed() == old:
        raise Refused(f"there is no repository in {SOURCES}; name a package: infinity update ./infinity_….deb")
    new = versions.keep_installed()
    if new == old:
        web.roll(here.web)
        unchanged(f"version {old} is the newest")
        return
    done(f"version {new} is installed")
    # Whatever the release step does to the database, this is the state before.
    done(f"backup: {backups.make()}")
    _put_in_force(here, old, new)


def _install_file(package: Path) -> None:
    if not package.is_file():
        raise Refused(f"{package} is no file")
    if machine.run("dpkg-deb", "--field", package, "Package").strip() != "infinity":
        raise Refused(f"{package} is not a package of infinity")
    if machine.run("dpkg-deb", "--field", package, "Version").strip() != versions.installed():
        machine.apt("install", "--allow-downgrades", str(package.resolve()))


def _install_newest() -> None:
    """What the repository has; one that failed here and is installed is followed by a newer one."""
    machine.apt(
        "update",
        "-o",
        f"Dir::Etc::sourcelist={SOURCES}",
        "-o",
        "Dir::Etc::sourceparts=-",
        "-o",
        "APT::Get::List-Cleanup=0",
    )
    machine.apt("install", "--only-upgrade", "infinity")


def _put_in_force(here: Box, old: str, new: str) -> None:
    try:
        has = settings.read()
        versions.inside(["venv/bin/flask", "--app", "wsgi", "db", "upgrade"], env=has, version=new)
        versions.serve(new)
        web.roll(here.web)
    except Refused as why:
        versions.serve(old)
        web.roll(here.web)
        raise Refused(f"{why}\n{new} is not taken; {old} serves on") from None
    box.keep(replace(here, previous=old))
    versions.forget_all_but(old, new)
    web.stop_surplus(here.web)
    # The gateway's files come with the package.
    machine.systemctl("reload", gateway.UNIT)
    done(f"version {new} serves; infinity rollback returns to {old}")


def rollback(here: Box) -> None:
    """The version before. Migrations stay: each works while the version before it still serves.

    Raises :class:`Refused`.
    """
    now = versions.current()
    if not here.previous or here.previous not in versions.kept() or here.previous == now:
        raise Refused("there is no version to go back to: only the one before the last update can serve this database")
    versions.serve(here.previous)
    try:
        web.roll(here.web)
    except web.NotReady as why:
        versions.serve(now)
        web.roll(here.web)
        raise Refused(f"{why}\n{now} serves on") from None
    # What is left is older than the database by one step at most.
    box.keep(replace(here, previous=""))
    web.stop_surplus(here.web)
    done(f"version {here.previous} serves")
    note(f"migrations of {now} stay, and so does its package; infinity update puts it in force again, or a newer one")


def restore(here: Box, source: Path) -> None:
    """A backup in the place of what is there now. Raises :class:`Refused`."""
    done(f"backup of what was there: {backups.make()}")
    done(backups.restore(source))
    web.roll(here.web, is_forced=True)
    done("web processes restarted")
