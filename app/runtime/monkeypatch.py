"""Green threads.

:func:`patch` must run before anything that imports sockets, threads or drivers. Tests and commands run on plain
threads.
"""

from __future__ import annotations

import os
import sys
import warnings
from _thread import get_native_id
from collections.abc import Callable
from contextvars import ContextVar
from importlib import import_module
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

# The server ends statements after five seconds; a silent one is gone.
# Migrations, which may wait for another node's, set more.
longest_silence: ContextVar[float] = ContextVar("longest_silence", default=7.0)
# A third of the weight of page threads.
NICENESS = 5
Given = ParamSpec("Given")
Result = TypeVar("Result")


def hashing_threads() -> int:
    """Concurrent hashes in this process: those that serve pages share the cores but one, a command takes all."""
    if not is_patched():
        return os.cpu_count() or 1
    processes = int(os.environ.get("WEB_PROCESSES") or "1")
    return max(1, ((os.cpu_count() or 1) - 1) // max(1, processes))


def patch() -> None:
    """Make the standard library and the PostgreSQL driver yield while waiting."""
    # Read by eventlet once, at its import. One thread more than hashes: a log or a file must not wait for them.
    os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "4")
    # Eventlet warns of its retirement at each import. Its replacement would change this package only.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()
    _bound_waits_for_the_database()


def _bound_waits_for_the_database() -> None:
    """A deadline for a silent database: the driver's limits do not apply to green waits."""
    import psycopg2
    from eventlet.hubs import trampoline
    from psycopg2 import extensions

    from app.clock import seconds_left

    class Silent(psycopg2.OperationalError):
        """The database was silent too long; the driver closes the connection."""

    def wait(connection: Any) -> None:
        while (state := connection.poll()) != extensions.POLL_OK:
            is_to_read = state == extensions.POLL_READ
            limit = max(0.01, seconds_left(longest_silence.get()))
            trampoline(connection.fileno(), read=is_to_read, write=not is_to_read, timeout=limit, timeout_exc=Silent)

    extensions.set_wait_callback(wait)


def is_patched() -> bool:
    if "eventlet.patcher" not in sys.modules:
        return False
    from eventlet import patcher

    return bool(patcher.is_monkey_patched("thread"))


def offload(function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run long computations in a real thread; the function must release the GIL."""
    if not is_patched():
        import threading

        # The further threads of a command only compute: a site on the same machine goes first.
        is_further = threading.current_thread() is not threading.main_thread()
        return _politely(function, *args, **kwargs) if is_further else function(*args, **kwargs)
    from eventlet import tpool

    result: Any = tpool.execute(_politely, function, *args, **kwargs)
    return result  # type: ignore[no-any-return]


def _politely(function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """In a real thread at lower priority: pages come first.

    Niceness by thread exists on Linux only.
    """
    if sys.platform == "linux":
        thread, wanted = get_native_id(), os.getpriority(os.PRIO_PROCESS, os.getpid()) + NICENESS
        if os.getpriority(os.PRIO_PROCESS, thread) < wanted:
            os.setpriority(os.PRIO_PROCESS, thread, wanted)
    return function(*args, **kwargs)


def real_modules(*names: str) -> tuple[ModuleType, ...]:
    """Unpatched modules, for threads that must not be green."""
    if not is_patched():
        return tuple(import_module(name) for name in names)
    from eventlet import patcher

    return tuple(patcher.original(name) for name in names)
