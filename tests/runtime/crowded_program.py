"""The program as it is served, with an address that keeps a place until it is let go, and little patience."""

from app.runtime import monkeypatch

monkeypatch.patch()

import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Iterable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402

from app.runtime import admission, main, overload, server  # noqa: E402

LET_GO = Path(os.environ["LET_GO"])


class Slow(overload.LoadShedder):
    """``/hold`` does nothing until the file LET_GO is there."""

    def __init__(self, app: Any, pool_size: int) -> None:
        super().__init__(app, pool_size)
        the_site = app.wsgi_app

        def in_front(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if environ["PATH_INFO"] != "/hold":
                found: Iterable[bytes] = the_site(environ, start_response)
                return found
            while not LET_GO.exists():
                eventlet.sleep(0.02)
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"done"]

        app.wsgi_app = in_front


server.LoadShedder = Slow  # type: ignore[misc]
admission.PATIENCE_SECONDS = float(os.environ["TEST_PATIENCE"])
# A move that a test looks at while it waits.
admission.MOVE_PATIENCE_SECONDS = 60.0
admission.LONGEST_WORK_SECONDS = 120.0

if __name__ == "__main__":
    sys.exit(main.main(sys.argv[1:]))
