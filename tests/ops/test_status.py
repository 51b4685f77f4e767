"""The lights of the status page: what each says, and when it asks for a look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.broadcast.presence import Online
from app.ops import job_queries
from app.ops.job_queries import LastRun
from app.ops.status import VitalSigns, lights
from app.ports import Ports
from tests.support.client import PageClient
from tests.support.clock import NOON
from tests.support.demo_hunt import keeper, world

__all__ = ["keeper", "world"]

ONE, TWO = Online(3, (1,), (("a", 3),)), Online(3, (1,), (("a", 2), ("b", 1)))
RUN = LastRun("sweep", "web1", NOON, NOON, "")
WELL = VitalSigns("PostgreSQL", 12, 97, {}, ONE, (RUN,), 1, 5)
QUIET = {"has_redis": True, "is_cut_off": False, "restocked": "checked", "version": 3}


def test_all_lights_are_green_while_all_is_well() -> None:
    assert [light.name for light in lights(WELL, **QUIET)] == ["Database", "Live updates", "Content", "Jobs"]  # type: ignore[arg-type]
    assert all(light.is_good for light in lights(WELL, **QUIET))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signs", "state", "which", "words"),
    [
        ({"connections": 78}, {}, "Database", "78 of 97"),
        ({}, {"is_cut_off": True}, "Live updates", "Redis"),
        ({"online": TWO}, {"has_redis": False}, "Live updates", "REDIS_URL"),
        ({}, {"restocked": "refused"}, "Content", "Version 3"),
        ({}, {"restocked": "lost"}, "Content", "Version 3"),
        ({"jobs": (RUN, replace(RUN, name="backup", problem="no room"))}, {}, "Jobs", "backup"),
    ],
)
def test_the_light_of_what_is_wrong_asks_for_a_look(
    signs: dict[str, object], state: dict[str, object], which: str, words: str
) -> None:
    shown = lights(replace(WELL, **signs), **QUIET | state)  # type: ignore[arg-type]
    (bad,) = [light for light in shown if not light.is_good]
    assert bad.name == which
    assert words in bad.note


def test_one_process_needs_no_redis_and_sqlite_has_no_limit() -> None:
    signs = replace(WELL, database="SQLite", connections=None, connections_limit=None)
    assert all(light.is_good for light in lights(signs, **QUIET | {"has_redis": False}))  # type: ignore[arg-type]


def test_a_failed_job_shows_on_the_page(keeper: PageClient, world: Ports) -> None:
    assert keeper.get("/admin/status").text.count(">OK<") == 4
    slot = "2027-03-14T12:00:00.000+00:00"
    assert job_queries.claim(world.database, "backup", slot, "web1", world.clock.now())
    job_queries.finish(world.database, "backup", slot, world.clock.now(), "no room left")
    page = keeper.get("/admin/status").text
    assert "Failed: backup." in page
    assert page.count(">OK<") == 3
