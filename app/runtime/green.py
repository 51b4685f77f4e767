"""Green threads: the one place that decides how the program waits for many things at once.

:func:`patch` must run before anything that imports sockets, threads or drivers; ``python -m app.runtime`` calls it
first of all. Without it (tests, the command line) the same program runs on plain threads.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


def hashing_threads() -> int:
    """How many hashes one process works on at once: a core is left for pages, and processes share the others."""
    processes = int(os.environ.get("WEB_PROCESSES") or "1")
    return max(1, ((os.cpu_count() or 1) - 1) // max(1, processes))


def patch() -> None:
    """Make the standard library and the PostgreSQL driver yield where they would wait."""
    # Read by eventlet once, at its import. One thread more than hashes: a log or a file must not wait for them.
    os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "4")
    # Eventlet announces its retirement at every import. Who replaces it changes this package and nothing else.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()


def is_patched() -> bool:
    """Whether this process runs on green threads."""
    if "eventlet.patcher" not in sys.modules:
        return False
    from eventlet import patcher

    return bool(patcher.is_monkey_patched("thread"))


def offload(function: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run what computes for long in a real thread, so that others are served meanwhile. It must let go of the GIL."""
    if not is_patched():
        return function(*args, **kwargs)
    from eventlet import tpool

    result: Any = tpool.execute(function, *args, **kwargs)
    return result  # type: ignore[no-any-return]


def real_modules(*names: str) -> tuple[ModuleType, ...]:
    """Modules of the standard library as they were before :func:`patch`, for a thread that must not be green."""
    if not is_patched():
        return tuple(import_module(name) for name in names)
    from eventlet import patcher

    return tuple(patcher.original(name) for name in names)
