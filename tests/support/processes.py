"""Children that die with us: start a server, wait until it answers, stop it. Used by every server of the bed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

# Below the range from which the kernel takes the ports of outgoing connections (32768 on Linux): a port found free
# here is not taken by somebody's connection a moment later.
PORTS = range(15000, 32000)
SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"])
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServerDidNotStart(AssertionError):
    """A server ended, or did not answer in time. The text carries the end of its log."""


def free_port() -> int:
    """A port on 127.0.0.1 on which nobody listens."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerDidNotStart("no free port was found")


def start(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    os_user: str | None = None,
    at_our_death: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start ``command`` with its output in ``log``; the kernel sends it ``at_our_death`` when this process is gone."""

    def die_with_us() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(at_our_death))

    identity = {"user": os_user, "group": os_user, "extra_groups": []} if os_user else {}
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(word) for word in command],
            env=dict(env) if env is not None else None,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_us,
            **identity,  # type: ignore[call-overload]
        )


def wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    """Return as soon as ``is_ready``; raise :class:`ServerDidNotStart` when the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if process.poll() is not None:
            raise ServerDidNotStart(f"ended with code {process.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise ServerDidNotStart(f"no answer within {seconds} s:\n{tail(log)}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes], *, with_signal: signal.Signals = signal.SIGTERM, seconds: float = 60) -> int:
    """Ask the process to end and return its exit code. One that does not end in time is killed, and that fails."""
    if process.poll() is None:
        process.send_signal(with_signal)
    return wait_for_end(process, seconds)


def wait_for_end(process: subprocess.Popen[bytes], seconds: float) -> int:
    """The exit code of a process that has been asked to end."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"{process.args!r} did not end within {seconds} s of being asked to") from None


def accepts(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=30):
        return True
    return False


def children(parent: int) -> list[int]:
    """The processes that this one has started and that live, on Linux."""
    found = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name in brackets may contain anything: what follows the last bracket is state and parent.
            if int(one.read_text(errors="replace").rpartition(")")[2].split()[1]) == parent:
                found.append(int(one.parent.name))
    return found


def command(process: int) -> str:
    """How this process was started; empty if it has gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_text(errors="replace").replace("\0", " ")
    return ""


def kill(process: int) -> None:
    """End it at once; one that has gone meanwhile is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def tail(log: Path, lines: int = 60) -> str:
    """The end of a log, for the message of a failure."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"


@contextlib.contextmanager
def running(command: Sequence[str | Path], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A plain server for the length of a ``with``: started, listening on ``port``, stopped."""
    process = start(command, log)
    try:
        wait_until(lambda: accepts(port), process, log)
        yield process
    finally:
        stop(process)
