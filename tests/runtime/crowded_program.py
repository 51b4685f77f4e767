"""The program as it is served, with an address that keeps a place for so many seconds, and little patience."""

from app.runtime import monkeypatch

monkeypatch.patch()

import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Iterable  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402

from app.runtime import admission, main, overload, server  # noqa: E402


class Slow(overload.LoadShedder):
    """``/wait/SECONDS`` does nothing for that long."""

    def __init__(self, app: Any, pool_size: int) -> None:
        super().__init__(app, pool_size)
        the_site = app.wsgi_app

        def in_front(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            words = environ["PATH_INFO"].split("/")
            if words[1] != "wait":
                found: Iterable[bytes] = the_site(environ, start_response)
                return found
            eventlet.sleep(float(words[2]))
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"done"]

        app.wsgi_app = in_front


server.LoadShedder = Slow  # type: ignore[misc]
admission.PATIENCE_SECONDS = float(os.environ["TEST_PATIENCE"])
admission.LONGEST_WORK_SECONDS = 60.0

if __name__ == "__main__":
    sys.exit(main.main(sys.argv[1:]))
