"""``infinity status``: one screen that says how the site is."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.onebox import backups, certificate, checks, database, gateway, machine, settings, versions, web
from deploy.onebox.box import Box
from deploy.onebox.machine import StepFailed

# Twice the timer's hour: one that was missed is a fault, one that is a little late is none.
OLDEST_BACKUP_HOURS = 2
LEAST_DISK = 1_000_000_000


@dataclass(frozen=True)
class Line:
    """One part of the site."""

    part: str
    text: str
    is_well: bool = True

    def __str__(self) -> str:
        return f"{'' if self.is_well else '!':2}{self.part:13}{self.text}"


def lines(here: Box) -> Iterator[Line]:
    """All parts."""
    has = settings.read()
    yield _site(has.get("SITE_URL", ""))
    yield _version()
    yield from _web(here)
    yield _database(has.get("DATABASE_URL", ""))
    is_there = database.redis_answers(has.get("REDIS_URL", database.REDIS_URL))
    yield Line("Redis", "answers" if is_there else "does not answer", is_there)
    yield _certificate(here)
    yield _backup()
    yield from _room()


def _site(url: str) -> Line:
    """Asked for through the gateway, as a visitor would; whether the certificate is any good is another line."""
    name = url.removeprefix("https://")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", 443, timeout=5, context=context)
    try:
        connection.request("GET", "/", headers={"Host": name})
        code = connection.getresponse().status
    except (OSError, http.client.HTTPException) as why:
        return Line("site", f"{url} does not answer: {why}", is_well=False)
    finally:
        connection.close()
    return Line("site", f"{url} answers {code}", code == 200)


def _version() -> Line:
    serves, has = versions.current(), versions.installed()
    return Line("version", serves if serves == has else f"{serves}; {has} is installed and not in use")


def _web(here: Box) -> Iterator[Line]:
    seen = gateway.states()
    for number in range(1, here.web + 1):
        state, place = web.state(number), seen.get(web.address(number), "not known to the gateway")
        is_well = state.is_ready and place.startswith("UP")
        text = "ready" if state.is_ready else "not ready: " + ("; ".join(state.reasons) or "does not answer")
        yield Line(f"web {number}", f"{text}, gateway: {place}", is_well)


def _database(url: str) -> Line:
    try:
        found = database.figures(url)
    except StepFailed as why:
        return Line("database", f"does not answer: {str(why).splitlines()[-1]}", is_well=False)
    size, used = int(str(found["bytes"])) / 1_000_000, f"{found['connections']} of {found['limit']} connections"
    return Line("database", f"PostgreSQL {found['version']}, {size:.0f} MB, {used}")


def _certificate(here: Box) -> Line:
    left = certificate.days_left(gateway.CERTIFICATE)
    if left is None:
        return Line("certificate", "cannot be read", is_well=False)
    by = "self-signed" if certificate.is_self_signed(gateway.CERTIFICATE) else "renewed by certbot.timer"
    return Line(
        "certificate",
        f"{left} days left, {by}",
        left >= certificate.SOON_DAYS and (here.is_local or by != "self-signed"),
    )


def _backup() -> Line:
    last = next(iter(backups.kept()), None)
    if last is None:
        return Line("backup", f"none in {backups.FOLDER}", is_well=False)
    hours = (datetime.now(UTC) - backups.moment(last)).total_seconds() / 3600
    text = f"{hours * 60:.0f} minutes ago, {last.stat().st_size / 1_000_000:.1f} MB: {last}"
    return Line("backup", text, hours < OLDEST_BACKUP_HOURS and machine.is_active(backups.TIMER))


def _room() -> Iterator[Line]:
    free, size = versions.size_of_disk(versions.BOX)
    yield Line("disk", f"{checks.gigabytes(free)} of {checks.gigabytes(size)} free", free > LEAST_DISK / 4)
    free, size = checks.memory_bytes("MemAvailable"), checks.memory_bytes()
    yield Line("memory", f"{checks.gigabytes(free)} of {checks.gigabytes(size)} free on {socket.gethostname()}")
