"""The web processes: a unit each, on a loopback address of its own; exchanged one by one while people play."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy import budget
from deploy.onebox import checks, database, gateway, machine, settings, versions
from deploy.onebox.machine import Refused

TARGET = "infinity-box.target"
# haproxy.cfg has 20 places; one is for the process that stands in while a single one is exchanged.
MOST = 19
# The first for a process that answers but is not ready, the second for one that has not answered yet: a busy machine is
# slow to start it. One that ends by itself is not waited for.
READY_SECONDS, START_SECONDS = 60, 180
# What is under way when a process is drained takes no longer as a rule; whatever does has its own 30 seconds.
SETTLE_SECONDS = 2
MEMORY_OF_ONE = 180_000_000


class NotReady(Refused):
    """A web process does not serve. The text has its last words."""


@dataclass(frozen=True)
class State:
    """What one process says of itself; ``reasons`` why it is not ready."""

    is_ready: bool = False
    version: str = ""
    reasons: tuple[str, ...] = ()


def unit(number: int) -> str:
    """The unit of a process."""
    return f"infinity-web@{number}.service"


def counted(count: int) -> str:
    """So many, for people."""
    return f"{count} web process{'' if count == 1 else 'es'}"


def address(number: int) -> str:
    """Where it listens."""
    return f"127.0.8.{number}"


def process(number: int) -> int:
    """Its process id; 0 while it does not run."""
    return int(machine.systemctl("show", "--property=MainPID", "--value", unit(number)).strip() or 0)


def state(number: int) -> State:
    """What it answers at /readyz."""
    connection = http.client.HTTPConnection(address(number), 8000, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        said = json.loads(answer.read())
        return State(answer.status == 200, str(said.get("version", "")), tuple(map(str, said.get("reasons", []))))
    except (OSError, ValueError, http.client.HTTPException):
        return State()
    finally:
        connection.close()


def enabled() -> list[int]:
    """The processes that start with the machine."""
    return [number for number in range(1, MOST + 2) if machine.is_enabled(unit(number))]


def fits(count: int, pool: int, url: str) -> None:
    """Refuse more processes than the database has connections for, or the machine memory. Raises :class:`Refused`."""
    if database.is_own(url):
        limit = int(str(database.figures(url)["limit"]))
        room = budget.Fleet(nodes=count, pool=pool, limit=limit).room
        if room < 0:
            raise Refused(
                f"web={count}: PostgreSQL allows {limit} connections and {-room} are lacking;"
                " lower DB_POOL_SIZE, or raise max_connections"
            )
    # One more stands in while a single one is exchanged.
    more = (max(count, 2) - len(enabled())) * MEMORY_OF_ONE
    free = checks.memory_bytes("MemAvailable")
    if more > free:
        raise Refused(
            f"web={count}: that takes {checks.gigabytes(more)} of memory, and {checks.gigabytes(free)} is free"
        )


# --- starting and stopping -------------------------------------------------------------------------------------------


def start(number: int, *, is_lasting: bool = True) -> bool:
    """Let it serve behind the gateway; answers whether anything had to be done. Raises :class:`NotReady`."""
    was_there = machine.is_active(unit(number))
    if is_lasting:
        machine.systemctl("enable", "--quiet", unit(number))
    if not was_there:
        machine.systemctl("start", unit(number))
    wait_until_ready(number)
    return _join(number) or not was_there


def _join(number: int) -> bool:
    seen = gateway.states().get(address(number))
    if seen is None:
        gateway.nodes("join", address(number))
    elif seen.startswith(("DRAIN", "MAINT")):
        gateway.nodes("back", address(number))
    gateway.nodes("wait", address(number), "60")
    return seen is None or not seen.startswith("UP")


def stop(number: int) -> None:
    """Take it away without cutting anybody off."""
    if address(number) in gateway.states():
        gateway.nodes("drain", address(number))
        time.sleep(SETTLE_SECONDS)
        machine.systemctl("stop", unit(number))
        gateway.nodes("leave", address(number))
    machine.systemctl("disable", "--quiet", "--now", unit(number))


def wait_until_ready(number: int) -> None:
    """Return when it is ready. Raises :class:`NotReady`, at once where it has given up by itself."""
    deadline = time.monotonic() + START_SECONDS
    while not (seen := state(number)).is_ready:
        if seen.reasons:
            deadline = min(deadline, time.monotonic() + READY_SECONDS)
        has_ended = _substate(number) in ("auto-restart", "failed", "dead")
        if has_ended or time.monotonic() > deadline:
            raise NotReady(
                f"web process {number} does not get ready:\n{'; '.join(seen.reasons) or _last_words(number)}"
            )
        time.sleep(0.25)


def _substate(number: int) -> str:
    return machine.systemctl("show", "--property=SubState", "--value", unit(number)).strip()


def _last_words(number: int) -> str:
    told = ["journalctl", "--no-pager", "--quiet", "--output=cat", "--lines=200", f"_SYSTEMD_UNIT={unit(number)}"]
    lines = [line for line in machine.attempt(told).stdout.splitlines() if line.strip()]
    # The rest is JSON, for programs; what it said before it last began to serve is no reason.
    plain = [line for line in lines if not line.startswith("{")]
    served = [place for place, line in enumerate(plain) if line.startswith("Infinity serves")]
    plain = plain[served[-1] + 1 if served else 0 :]
    return "\n".join((plain or lines or ["it says nothing"])[-4:])


# --- exchanging ------------------------------------------------------------------------------------------------------


def is_stale(number: int, wanted: Mapping[str, str], names: Sequence[str]) -> bool:
    """Whether it runs with other settings, or another version, than it would be started with now."""
    running = process(number)
    if not running:
        return True
    has = settings.of_process(running)
    compared = [name for name in names if name not in settings.OWN]
    differs = any(has.get(name, "").strip() != wanted.get(name, "").strip() for name in compared)
    return differs or versions.version_of(running) != versions.current()


def roll(count: int, *, is_forced: bool = False) -> list[int]:
    """Restart the processes that are stale, or all, one after the other; answers which.

    Raises :class:`NotReady` at the first that does not get ready; the others serve on as they are.
    """
    wanted, names = settings.read(), settings.known_names()
    stale = [number for number in range(1, count + 1) if is_forced or is_stale(number, wanted, names)]
    if stale and count == 1:
        _with_stand_in(stale)
    else:
        for number in stale:
            exchange(number)
    _take_back_drains(count, stale)
    return stale


def _take_back_drains(count: int, exchanged: Sequence[int]) -> None:
    """A process that failed and was then restarted by systemd is as it should be, but drained."""
    seen = gateway.states()
    for number in set(range(1, count + 1)) - set(exchanged):
        if seen.get(address(number), "").startswith("DRAIN"):
            wait_until_ready(number)
            _join(number)


def _with_stand_in(numbers: list[int]) -> None:
    stand_in = 2
    try:
        start(stand_in, is_lasting=False)
    except NotReady:
        stop(stand_in)
        raise
    for number in numbers:
        # Where this fails the stand-in serves on; the next command that goes well stops it.
        exchange(number)
    stop(stand_in)


def stop_surplus(count: int) -> list[int]:
    """Stop the processes beyond ``count``; answers which."""
    surplus = [
        number
        for number in range(count + 1, MOST + 2)
        if machine.is_enabled(unit(number)) or machine.is_active(unit(number))
    ]
    for number in surplus:
        stop(number)
    return surplus


def exchange(number: int) -> None:
    """Drain it, restart it, and send visitors to it again when it is ready. Raises :class:`NotReady`."""
    if address(number) in gateway.states():
        gateway.nodes("drain", address(number))
        time.sleep(SETTLE_SECONDS)
    machine.systemctl("restart", unit(number))
    wait_until_ready(number)
    _join(number)
