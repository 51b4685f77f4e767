"""docs/managed-postgresql.md's guide to a server over TLS, followed on a real engine: what it says before it serves,
that no byte is plain, a roll while people play, and a fail-over behind the server's name.

Slow, and only run where INFINITY_CONTAINERS says so. The tests are one story in the order of this file.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator

import pytest

from tests.deploy.containers import guide
from tests.deploy.containers.elsewhere import Elsewhere
from tests.deploy.containers.engine import lacking
from tests.deploy.containers.site import SETTINGS, Site
from tests.deploy.containers.site import site as standing_site
from tests.deploy.gateway import eventually
from tests.deploy.load import Load
from tests.deploy.tiers import CONTAINERS, container_tier, on_a_machine
from tests.support.certificates import Authority, authority

WANTED = lacking() if os.environ.get(CONTAINERS) else []
pytestmark = on_a_machine(container_tier, "containers", 1500, WANTED)
URL, NODES = "http://127.0.0.1", 3
PAGE = "managed-postgresql.md"
(STATEMENTS,) = guide.blocks(guide.section("What the server needs", PAGE), "sql")
(GIVEN,) = guide.blocks(guide.section("In containers", PAGE))
UP = guide.blocks(guide.section("Three nodes in containers"))[1].splitlines()[0]
PASSWORD = "letters4and2digits"


def given() -> dict[str, str]:
    """What the guide writes into .env, with a password."""
    return dict(line.split("=", 1) for line in GIVEN.replace("…", PASSWORD).splitlines())


class Managed:
    """``site`` is the operator, ``server`` the provider's; ``right`` and ``wrong`` are authorities."""

    def __init__(self, site: Site) -> None:
        self.site = site
        folder = site.clone.parent / "provider"
        folder.mkdir()
        self.right, self.wrong = authority(folder, "right"), authority(folder, "wrong")
        host = given()["DATABASE_HOST"]
        self.right.sign(folder / "tls", [host])
        self.server = Elsewhere(site.engine, folder / "tls", "--network=infinity_default", f"--network-alias={host}")

    def trust(self, whom: Authority) -> None:
        """Put the file of authorities where the guide says."""
        target = self.site.compose / "authorities"
        target.mkdir(exist_ok=True)
        shutil.copy(whom.file, target / given()["DATABASE_AUTHORITY"].rsplit("/", 1)[1])


@pytest.fixture(scope="module")
def managed() -> Iterator[Managed]:
    with standing_site() as site:
        site.type(guide.blocks(guide.section("Three nodes in containers"))[0])
        site.set(**SETTINGS)
        site.set(**given())
        made = Managed(site)
        # The network, which the server that is played stands in.
        site.type("docker compose create gateway")
        made.server.start()
        made.server.prepare(STATEMENTS, PASSWORD)
        yield made


def test_a_server_of_another_authority_is_told_and_nobody_is_served(managed: Managed) -> None:
    managed.trust(managed.wrong)
    managed.site.type(UP)
    said = lambda: managed.site.ask("logs", "web")  # noqa: E731
    eventually(lambda: "The server's certificate is not trusted" in said(), 240, "the program to say so", 0.5)
    assert "DATABASE_DIRECT_URL" in said()
    assert PASSWORD not in said()
    assert "postgres" not in managed.site.ask("ps", "--services")


def test_with_the_right_authority_everything_goes_by_tls(managed: Managed) -> None:
    managed.trust(managed.right)
    managed.site.type("docker compose restart pgbouncer web")
    managed.site.settles(NODES)
    assert managed.server.ask("SELECT count(*) FROM alembic_version") == "1"
    ways = managed.server.ask(
        "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'infinity'"
    )
    assert ways == "t"
    said = managed.site.ask("exec", "-T", "web", "python", "-m", "flask", "--app", "wsgi", "hunt", "check-database")
    assert "warning" not in said.lower(), said


@pytest.fixture(scope="module")
def site_url(managed: Managed) -> str:
    return URL


def test_other_settings_are_rolled_while_people_play(managed: Managed, load: Load) -> None:
    began = time.monotonic()
    managed.site.set(DB_POOL_SIZE="4", WEB_NODES="2", DATABASE_PORT="5432")
    managed.site.type("./rolling.sh")
    managed.site.settles(2)
    load.goes_on()
    assert load.lost(began) == [], load.told(began)


def test_after_a_fail_over_the_server_is_found_at_its_new_address(managed: Managed, load: Load) -> None:
    began, before = time.monotonic(), managed.server.address()
    managed.server.end()
    eventually(lambda: len(load.lost(began)) >= 3, what="somebody to notice")
    # The address of before is somebody else's from now on.
    managed.site.engine.docker("run", "--detach", "--name=newcomer", "--network=infinity_default", "redis:7-bookworm")
    managed.server.start()
    ready = time.monotonic()
    assert managed.server.address() != before
    load.goes_on()
    late = max((one.at - ready for one in load.lost(ready) if one.at > ready), default=0.0)
    assert late < 5, load.told(ready)
    assert not [one for one in load.since(began) if one.outcome == "500"]


def test_nothing_of_it_shows_up_in_git(managed: Managed) -> None:
    assert managed.site.git("status", "--porcelain") == ""
