"""docs/deploy.md's guide to CapRover, followed as far as an engine without CapRover lets one; caprover.py plays it.

Slow, and only run where INFINITY_CONTAINERS says so. The tests are one story in the order of this file.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator

import pytest
import requests
from ruamel.yaml import YAML

from tests.deploy.containers import guide
from tests.deploy.containers.caprover import CapRover
from tests.deploy.containers.engine import lacking
from tests.deploy.containers.images import official_names
from tests.deploy.containers.site import SETTINGS, Site
from tests.deploy.containers.site import site as standing_site
from tests.deploy.gateway import eventually
from tests.deploy.load import WATCHERS, Load
from tests.deploy.tiers import CONTAINERS, container_tier, on_a_machine

WANTED = lacking() if os.environ.get(CONTAINERS) else []
pytestmark = on_a_machine(container_tier, "containers", 1500, WANTED)
GUIDE = guide.section("On CapRover")
(OVERRIDE,) = guide.blocks(GUIDE, "yaml")
URL, INSTANCES = "http://127.0.0.1", 2
IMAGE = "img-captain-hunt"
SECRETS = {"database": "one4click", "redis": "two4clicks"}
# What the guide says under "App configs", filled in.
CONFIGS = {
    **{name: SETTINGS[name] for name in ("SECRET_KEY", "SITE_URL", "ADMIN_NAME", "ADMIN_PASSWORD")},
    "DATABASE_URL": f"postgresql://postgres:{SECRETS['database']}@srv-captain--hunt-db:5432/postgres",
    "REDIS_URL": f"redis://:{SECRETS['redis']}@srv-captain--hunt-redis:6379/0",
    "TRUSTED_PROXIES": "1",
}


class Operator:
    """Somebody with a clone and a CapRover."""

    def __init__(self, site: Site) -> None:
        self.site, self.caprover = site, CapRover(site.engine)
        self.release = 0

    def build(self, image: str = IMAGE) -> str:
        """What `caprover deploy` has built: the branch as git has it, by captain-definition. Answers the image."""
        self.release += 1
        defined = json.loads(self.site.git("show", "HEAD:captain-definition"))
        assert defined["schemaVersion"] == 2
        tag, file = f"{image}:{self.release}", defined["dockerfilePath"].removeprefix("./")
        self.site.type(f"git archive HEAD | docker build --quiet --tag {tag} --file {file} -")
        return tag

    def deploy(self, image: str) -> str:
        """Take this image; answers how it ended."""
        self.caprover.save("hunt", image, CONFIGS, INSTANCES)
        time.sleep(1)
        return self.caprover.rolls("hunt")


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    with standing_site() as site:
        made = Operator(site)
        caprover, names = made.caprover, official_names()
        data = [{"Type": "volume", "Source": "hunt-db", "Target": "/var/lib/postgresql/data"}]
        login = {"POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": SECRETS["database"], "POSTGRES_DB": "postgres"}
        caprover.save("hunt-db", names["postgres"], login, mounts=data)
        caprover.save("hunt-redis", names["redis"], {}, args=["redis-server", "--requirepass", SECRETS["redis"]])
        caprover.overrides["hunt"] = YAML(typ="safe").load(OVERRIDE)
        made.deploy(made.build())
        caprover.publish("hunt")
        caprover.is_well("hunt", INSTANCES)
        eventually(lambda: answers() == 200, 60, "the site", 0.5)
        yield made


def answers() -> int:
    try:
        return requests.get(URL, timeout=10).status_code
    except requests.RequestException:
        return 0


@pytest.fixture(scope="module")
def site_url(operator: Operator) -> str:
    return URL


def test_the_guide_names_every_setting_that_is_given_here() -> None:
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", GUIDE)) == set(CONFIGS)


def test_pages_guesses_and_sockets_work_over_all_instances(operator: Operator, load: Load) -> None:
    load.goes_on()
    assert len(load.open_sockets) == WATCHERS
    assert len(operator.caprover.containers("hunt")) == INSTANCES


def test_a_release_is_taken_while_people_play(operator: Operator, load: Load) -> None:
    began, before = time.monotonic(), operator.caprover.containers("hunt")
    operator.site.git("commit", "--quiet", "--allow-empty", "--message=the second release")
    assert operator.deploy(operator.build()) == "completed"
    operator.caprover.is_well("hunt", INSTANCES)
    after = operator.caprover.containers("hunt")
    assert set(after) & set(before) == set()
    load.goes_on()
    assert load.lost(began) == [], load.told(began)
    container = operator.caprover.api("GET", "/services/srv-captain--hunt")["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert container["StopGracePeriod"] == 40e9


@pytest.mark.parametrize("what", ['CMD ["false"]', "HEALTHCHECK --interval=1s --retries=2 --start-period=1s CMD false"])
def test_a_release_that_does_not_get_well_is_taken_back(operator: Operator, load: Load, what: str) -> None:
    began, before = time.monotonic(), operator.caprover.containers("hunt")
    operator.site.type(
        f"docker build --quiet --tag {IMAGE}:bad - <<'END'\nFROM {IMAGE}:{operator.release}\n{what}\nEND"
    )
    assert operator.deploy(f"{IMAGE}:bad") == "rollback_completed"
    operator.caprover.is_well("hunt", INSTANCES)
    load.goes_on()
    assert load.lost(began) == [], load.told(began)
    assert set(operator.caprover.containers("hunt")) & set(before), "at least what had not been exchanged goes on"


def test_a_small_hunt_with_persistent_data_keeps_its_teams_over_a_release(operator: Operator) -> None:
    caprover = operator.caprover
    data = [{"Type": "volume", "Source": "small", "Target": "/srv/infinity/instance"}]
    configs = {name: CONFIGS[name] for name in ("SECRET_KEY", "SITE_URL", "ADMIN_NAME", "ADMIN_PASSWORD")}
    image = f"{IMAGE}:{operator.release}"
    caprover.save("small", image, configs, mounts=data)
    caprover.is_well("small", 1)
    (one,) = caprover.containers("small")
    asked = ("python", "-m", "flask", "--app", "wsgi", "hunt")
    operator.site.engine.docker("exec", one, *asked, "set", "hunt_name", "Smaller")
    caprover.save("small", image, configs, mounts=data)
    eventually(lambda: caprover.containers("small") not in ([], [one]), 120, "the new instance", 0.5)
    caprover.is_well("small", 1)
    (other,) = caprover.containers("small")
    assert "Smaller" in operator.site.engine.docker("exec", other, *asked, "settings")


def test_no_nameless_volume_is_left_by_the_app(operator: Operator) -> None:
    mounts = [
        operator.site.engine.docker("inspect", "--format={{json .Mounts}}", one)
        for one in operator.caprover.containers("hunt")
    ]
    assert set(mounts) == {"[]"}
