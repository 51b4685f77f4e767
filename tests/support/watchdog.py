"""Ends a test process in which a test cannot be interrupted.

The limit of pytest-timeout is a signal, and Python runs its handler only between bytecodes: a test that blocks in C
(bcrypt at a high cost, a join without a limit in a library) never sees it. faulthandler's own thread needs no
interpreter: it writes the stack of every thread and ends the process. pytest-xdist then reports the test as failed by
its name and starts another process for the remaining tests.
"""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key

# After the limit of pytest-timeout, which also has to tear the test's fixtures down.
GRACE_SECONDS = 60.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Allow each test its own limit, from its mark or the configuration, and the grace."""
    mark = item.get_closest_marker("timeout")
    limit = mark.args[0] if mark else item.config.getoption("timeout", None) or item.config.getini("timeout")
    if float(limit or 0):
        stderr = item.config.stash[fault_handler_stderr_fd_key]
        faulthandler.dump_traceback_later(float(limit) + GRACE_SECONDS, exit=True, file=stderr)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()
