"""Print how much of app/ a request runs through: `python -m tools.hops` (or `make hops`).

Plays the demo hunt in this process on a new SQLite database. Counts, for each walk, the Python files of app/ that are
entered and the functions that are called. A lambda is a function; a comprehension belongs to the function around it.
Templates do not count. ``--list`` prints every function, file by file.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

from flask import Flask

from app import create_app
from app.content import hash_speed
from app.content.parse import checks
from app.runtime import bootstrap
from config import Config
from tests.demo.answers import ANSWERS
from tests.support.client import PageClient
from tests.support.environment import DEMO_HUNT, ROOT, settings

PUZZLE = "postcard"
COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
# The most files and functions that a walk may enter; a restock is bounded in files alone.
MOST = {"puzzle page": (20, 120), "wrong guess": (25, 120), "solve": (28, 140), "restock": (25, None)}


@dataclass(frozen=True)
class Walk:
    """What one request entered: functions by file, in the order of their first call."""

    name: str
    functions: dict[str, list[str]]

    @property
    def file_count(self) -> int:
        """The Python files of app/ that were entered."""
        return len(self.functions)

    @property
    def function_count(self) -> int:
        """The functions of app/ that were called."""
        return sum(map(len, self.functions.values()))


def main() -> None:
    """Print a table, or JSON for the tests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="list the functions of every walk")
    parser.add_argument("--json", action="store_true", help="print counts as JSON")
    wanted = parser.parse_args()
    walks = measure()
    if wanted.json:
        print(json.dumps({walk.name: [walk.file_count, walk.function_count] for walk in walks}))
        return
    print(f"{'':14}{'files':>8}{'at most':>9}{'functions':>12}{'at most':>9}")
    for walk in walks:
        files, functions = MOST[walk.name]
        print(f"{walk.name:14}{walk.file_count:8}{files:9}{walk.function_count:12}{functions or '-':>9}")
        if wanted.list:
            for file, names in walk.functions.items():
                print(f"    {file}: {', '.join(names)}")


def measure() -> list[Walk]:
    """Every walk, on a hunt of its own. Each is made once before it is traced where that is possible, so that what is
    built at the first use (templates, caches) is not counted.
    """
    logging.disable(logging.CRITICAL)
    # A busy machine would warn of the demo hunt's hashes, and so call more functions.
    hash_speed._measured[:] = [checks.USUAL_STEP_SECONDS]
    with tempfile.TemporaryDirectory(prefix="infinity-hops-") as folder:
        config = Config.from_env(settings(f"sqlite:///{folder}/hunt.db"))
        app = create_app(config)
        bootstrap.prepare(app, config, is_demo=False)
        app.test_client_class = PageClient
        client: PageClient = app.test_client()  # type: ignore[assignment]
        client.register("owls")
        page = f"/game/puzzle/{PUZZLE}"
        client.get("/game")
        client.get(page)
        token = {"Accept": "application/json", "X-CSRFToken": client.token("/game")}

        def guess(answer: str) -> Callable[[], object]:
            return lambda: client.post(page, data={"answer": answer, "once": answer}, headers=token)

        return [
            traced("puzzle page", lambda: client.get(page)),
            traced("wrong guess", guess("not this one")),
            traced("solve", guess(ANSWERS[PUZZLE])),
            traced("restock", lambda: restock(app)),
        ]


def restock(app: Flask) -> None:
    """Read the demo hunt from its file again."""
    done = app.test_cli_runner().invoke(args=["hunt", "restock", "--from", str(DEMO_HUNT)])
    if done.exit_code:
        raise RuntimeError(done.output)


def traced(name: str, act: Callable[[], object]) -> Walk:
    """What this act enters."""
    seen: dict[CodeType, None] = {}
    folder = str(ROOT / "app")

    def note(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(folder) and code.co_filename.endswith(".py"):
            seen.setdefault(code)

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    functions: dict[str, list[str]] = {}
    for code in seen:
        file = functions.setdefault(Path(code.co_filename).relative_to(folder).as_posix(), [])
        if code.co_name not in COMPREHENSIONS:
            file.append(code.co_qualname)
    return Walk(name, functions)


if __name__ == "__main__":
    main()
