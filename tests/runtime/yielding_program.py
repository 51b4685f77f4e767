"""Run as a child by test_yielding.py: many teams play at once on SQLite under green threads, under watch.

On SQLite a second writer waits without letting the first go on, so a write transaction that yields stops the whole
server for seconds. Here the hub's switch, through which every yield goes, notes who did so inside one.
"""

from app.runtime import monkeypatch

monkeypatch.patch()

import json  # noqa: E402
import os  # noqa: E402
import traceback  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402
from eventlet import hubs  # noqa: E402

from app import create_app  # noqa: E402
from app.clock import SystemClock  # noqa: E402
from app.database.engine import is_writing  # noqa: E402
from app.ops import scheduler  # noqa: E402
from app.ops.jobs import JOBS, Job  # noqa: E402
from app.ports import Ports  # noqa: E402
from app.runtime import bootstrap  # noqa: E402
from config import Config  # noqa: E402
from tests.demo.answers import ANSWERS  # noqa: E402
from tests.support.client import PageClient  # noqa: E402
from tests.support.hunts import begin  # noqa: E402

TEAMS = 6
PUZZLE = "postcard"
noted: list[str] = []


def watch() -> None:
    """Note every yield inside a write transaction."""
    hub = type(hubs.get_hub())
    switch = hub.switch

    def watched(self: Any) -> Any:
        if is_writing.get():
            frames = [frame for frame in traceback.extract_stack() if "/app/" in frame.filename]
            noted.append(" < ".join(f"{os.path.basename(frame.filename)}:{frame.name}" for frame in reversed(frames)))
        return switch(self)

    hub.switch = watched


def play(client: PageClient, number: int) -> list[int]:
    """One team's evening: the status of every step."""
    said = [client.register(f"team {number}").status_code, client.get("/game").status_code]
    said.append(client.get(f"/game/puzzle/{PUZZLE}").status_code)
    said += [client.guess(PUZZLE, answer, once=answer).status_code for answer in ("wrong", "wrong", ANSWERS[PUZZLE])]
    said += [client.get("/leaderboard").status_code, client.logout().status_code]
    said += [client.login(f"team {number}", "not the password").status_code, client.login(f"team {number}").status_code]
    return said


def yield_on_purpose(ports: Ports) -> None:
    """What must never be written."""
    with ports.database.writing():
        eventlet.sleep(0)


def main() -> None:
    app = create_app(config := Config.from_env(os.environ))
    app.test_client_class = PageClient
    bootstrap.prepare(app, config, is_demo=False)
    begin(app, SystemClock())  # type: ignore[arg-type]
    watch()
    pool = eventlet.GreenPool()
    clients: list[Any] = [app.test_client() for _ in range(TEAMS)]
    playing = [pool.spawn(play, client, number) for number, client in enumerate(clients)]
    for job in JOBS:
        pool.spawn(scheduler.run, app, job, "a")
    said = [one.wait() for one in playing]
    pool.waitall()
    app.extensions["infinity"].later.finish()
    by_the_program = list(noted)
    scheduler.run(app, Job("on purpose", 1, yield_on_purpose, is_shared=False), "a")
    print(json.dumps({"said": said, "noted": by_the_program, "on_purpose": noted[len(by_the_program) :]}))


if __name__ == "__main__":
    main()
