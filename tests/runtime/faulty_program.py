"""The program as it is served, with less patience for slow clients, and with faults that a test can call for.

A fault is a file in the folder that FAULTS names: ``clock`` says by how many seconds the wall clock is off, ``die``
lets the process be killed the next time that a guess has been committed and is about to be answered.
"""

from app.runtime import monkeypatch

monkeypatch.patch()

import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from datetime import UTC, datetime, timedelta  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from app import clock  # noqa: E402
from app.guesses import submission  # noqa: E402
from app.runtime import http_protocol, main, server  # noqa: E402

FAULTS = Path(os.environ["FAULTS"])
PATIENCE_SECONDS = 2


def wrong_now(_clock: clock.SystemClock) -> datetime:
    file = FAULTS / "clock"
    offset = float(file.read_text()) if file.exists() else 0.0
    return datetime.now(UTC) + timedelta(seconds=offset)


def die_or_publish(*words: Any) -> None:
    if (FAULTS / "die").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    publish(*words)


publish = submission._publish
submission._publish = die_or_publish
clock.SystemClock.now = wrong_now  # type: ignore[method-assign]
http_protocol.HEADER_SECONDS = http_protocol.BODY_SECONDS = server.SLOWEST_CLIENT_SECONDS = PATIENCE_SECONDS

if __name__ == "__main__":
    sys.exit(main.main(sys.argv[1:]))
