"""docs/deploy.md's guide to containers, followed on a real engine while people play, and what may go away there.

Slow, and only run where INFINITY_CONTAINERS says so. The tests are one story in the order of this file, but each begins
wherever the site stands.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.deploy.containers import guide
from tests.deploy.containers.engine import lacking
from tests.deploy.containers.site import SETTINGS, Site, cut_off
from tests.deploy.containers.site import site as standing_site
from tests.deploy.gateway import eventually
from tests.deploy.load import GUESSERS, WATCHERS, Load, constant_load
from tests.deploy.tiers import CONTAINERS, container_tier, on_a_machine

WANTED = lacking() if os.environ.get(CONTAINERS) else []
# The first test may have to make the images.
pytestmark = on_a_machine(container_tier, "containers", 1500, WANTED)
URL, PUZZLE, NODES = "http://127.0.0.1", "gauges", 3
START, UP, HTTPS, ORGANISERS, RELEASE, SETTINGS_CHANGE, MONITOR, RESTORE = range(8)
BLOCKS = guide.blocks(guide.section("Three nodes in containers"))
MIGRATION = """from alembic import op

revision = "9000"
down_revision = "{before}"


def upgrade() -> None:
    op.execute("CREATE TABLE container_addition (id integer)")
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site after steps 1 and 2."""
    with standing_site() as made:
        made.type(BLOCKS[START])
        made.set(**SETTINGS)
        made.type(BLOCKS[UP])
        made.settles(NODES)
        yield made


@pytest.fixture(scope="module")
def playing(site: Site) -> Iterator[Load]:
    forget_registrations(site)
    with constant_load(URL, PUZZLE, "Later") as one:
        yield one


@pytest.fixture
def load(site: Site, playing: Load) -> Iterator[Load]:
    """People who play, with everything in order; and in order it must be in the end."""
    playing.goes_on(seconds=120)
    yield playing
    playing.goes_on(seconds=120)
    assert missing(site, playing) == Counter()


def forget_registrations(site: Site) -> None:
    """One address may register 20 at once."""
    site.rows("TRUNCATE registration_buckets")


def missing(site: Site, load: Load) -> Counter[str]:
    """Acknowledged guesses that are not in the log exactly once."""
    acknowledged = Counter(f"{number} {text}" for number, text in list(load.acknowledged))
    names = load.teams_named
    rows = site.rows(
        f"SELECT t.name, g.text FROM guesses g JOIN teams t ON t.id = g.team_id WHERE t.name LIKE '{names} %'"
    )
    stored = Counter(f"{row.split('|')[0].split()[-1]} {row.split('|')[1]}" for row in rows.splitlines())
    assert set(stored.values()) <= {1}, "no guess is there twice"
    return acknowledged - stored


def test_the_guide_has_as_many_blocks_as_are_typed_here() -> None:
    assert len(BLOCKS) == len(range(START, RESTORE + 1))


def test_the_guide_is_followed_in_its_order_and_nobody_who_plays_notices(site: Site) -> None:
    assert len(site.nodes()) == NODES, "a line for each node, and none for an empty place"
    site.is_well()
    follow_https(site)
    forget_registrations(site)
    with constant_load(URL, PUZZLE) as load:
        load.goes_on()
        said = step(site, load, ORGANISERS)
        follow_release(site, load)
        follow_settings(site, load)
        follow_monitor(site, load)
        assert missing(site, load) == Counter()
    follow_restore(site, rows_of(said, "Wrote"))
    assert site.git("status", "--porcelain") == "", "nothing of the operator's is ever committed"


def step(site: Site, load: Load, block: int) -> str:
    """Type one block while people play; what it printed."""
    began = time.monotonic()
    said = site.type(BLOCKS[block])
    print(f"block {block}: {time.monotonic() - began:.1f} s, {load.told(began)}")
    load.goes_on()
    assert load.lost(began) == [], f"{BLOCKS[block]}: {load.told(began)}"
    return said


# --- https -----------------------------------------------------------------------------------------------------------


def follow_https(site: Site) -> None:
    """Step 3: a key that nobody can read is refused, one that fits is taken, a renewed one without a gap."""
    pem = certificate(site, "first")
    site.set(COMPOSE_FILE="compose.yaml:compose.tls.yaml")
    before = site.containers("gateway")
    assert "nothing was changed" in site.type("! ./gateway.sh")
    assert site.containers("gateway") == before
    assert requests.get(URL, timeout=10).status_code == 200
    site.type(BLOCKS[HTTPS])
    site.settles(NODES)
    assert served(pem) == 200
    plain = requests.get(f"{URL}/game?x=1", timeout=10, allow_redirects=False)
    assert (plain.status_code, plain.headers["Location"]) == (308, "https://127.0.0.1/game?x=1")
    pem = certificate(site, "second")
    site.type("! ./gateway.sh")
    before = site.containers("gateway")
    site.type(BLOCKS[HTTPS])
    assert site.containers("gateway") == before, "a renewed certificate takes a reload"
    eventually(lambda: served(pem) == 200, what="the renewed certificate")
    # The load knows http.
    site.set(COMPOSE_FILE="compose.yaml")
    site.type("./gateway.sh")
    site.settles(NODES)


def certificate(site: Site, name: str) -> Path:
    """A certificate with its key in one file, as root leaves it: for nobody else to read. Answers a copy to trust."""
    folder = site.compose / "certificates"
    folder.mkdir(exist_ok=True)
    key, pem, public = (site.clone.parent / f"{name}.{kind}" for kind in ("key", "pem", "crt"))
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(public)]
    subprocess.run(words, check=True, capture_output=True, timeout=30)
    pem.write_text(public.read_text() + key.read_text())
    pem.chmod(0o600)
    os.replace(pem, folder / "site.pem")
    return public


def served(public: Path) -> int:
    """The answer over https if this is the certificate, else 0."""
    try:
        return requests.get("https://127.0.0.1/", verify=str(public), timeout=10).status_code
    except requests.RequestException:
        return 0


# --- while people play -----------------------------------------------------------------------------------------------


def follow_release(site: Site, load: Load) -> None:
    """Step 5: a version with a migration and other settings for the pooler."""
    before = site.containers() + site.containers("pgbouncer")
    newest = max(file.name[:4] for file in (site.origin / "migrations/versions").glob("[0-9]*.py"))
    files = {
        "migrations/versions/9000_containers.py": MIGRATION.format(before=newest),
        "deploy/pgbouncer/pgbouncer.ini": "; another version\n",
    }
    site.release("the second release", **files)
    step(site, load, RELEASE)
    assert set(site.containers() + site.containers("pgbouncer")) & set(before) == set()
    assert len(site.containers()) == NODES
    assert site.rows("SELECT version_num FROM alembic_version") == "9000"
    assert site.is_up(NODES)


def follow_settings(site: Site, load: Load) -> None:
    """Step 6: other settings, and fewer nodes."""
    site.set(WEB_NODES="2", DB_POOL_SIZE="4")
    step(site, load, SETTINGS_CHANGE)
    site.settles(2)
    for container in site.containers():
        assert "DB_POOL_SIZE=4" in site.engine.docker("inspect", "--format", "{{.Config.Env}}", container)


def follow_monitor(site: Site, load: Load) -> None:
    """Step 7: what lacks a setting says so, and with it everything is watched."""
    site.type("docker compose --profile monitor up --detach --no-deps prometheus")
    said = lambda: site.ask("logs", "prometheus")  # noqa: E731
    eventually(lambda: "METRICS_TOKEN: is missing in .env" in said(), what="Prometheus to say what it lacks")
    token = "figures for nobody else"
    site.set(METRICS_TOKEN=token, NOTIFY_WEBHOOK_URL="http://127.0.0.1:9/hook", GRAFANA_PASSWORD="looks")
    step(site, load, MONITOR)
    eventually(lambda: targets() == Counter(nodes=2, gateway=1), 60, "every part to be watched", 0.5)
    assert requests.get("http://127.0.0.1:3000", timeout=10).status_code == 200
    assert requests.get("http://127.0.0.1:9093/-/healthy", timeout=10).status_code == 200
    site.type("docker compose --profile monitor rm --stop --force prometheus alertmanager grafana")


def targets() -> Counter[str]:
    """What Prometheus reaches, by job."""
    found = requests.get("http://127.0.0.1:9090/api/v1/targets", timeout=10).json()["data"]["activeTargets"]
    return Counter(one["labels"]["job"] for one in found if one["health"] == "up")


def follow_restore(site: Site, count: int) -> None:
    """A new database, and the backup of step 4 in it."""
    site.type("docker compose down && docker volume rm infinity_database")
    said = site.type(BLOCKS[RESTORE])
    assert rows_of(said, "Restored") == count
    site.settles(2)
    assert int(site.rows("SELECT count(*) FROM teams WHERE name LIKE 'Load %'")) == 18


def rows_of(said: str, verb: str) -> int:
    """How many rows a command wrote or restored, as it says itself."""
    line = next(line for line in said.splitlines() if line.startswith(verb))
    return int(line.split()[1])


# --- what may happen -------------------------------------------------------------------------------------------------


def test_nodes_come_and_go_without_a_lost_request(site: Site, load: Load) -> None:
    for count in (4, NODES):
        began = time.monotonic()
        site.set(WEB_NODES=str(count))
        site.type("docker compose up --detach --no-deps --no-recreate web")
        site.settles(count)
        load.goes_on()
        assert load.lost(began) == [], f"{count} nodes: {load.told(began)}"


def test_a_container_that_is_killed_costs_only_what_it_was_working_on(site: Site, load: Load) -> None:
    began = time.monotonic()
    victim = site.containers()[0]
    site.engine.docker("kill", "--signal=KILL", victim)
    eventually(lambda: len(site.nodes()) == NODES - 1, what="its place to be empty")
    load.goes_on()
    assert load.lost(began, "page") == [], load.told(began)
    assert len(load.lost(began, "guess")) <= GUESSERS, load.told(began)
    unsent = [line for line in site.ask("logs", "gateway", "--since=60s").splitlines() if "/-1/-1/" in line]
    assert unsent == [], "what was never sent is never given up"
    site.engine.docker("start", victim)
    site.settles(NODES)


def test_a_container_that_is_cut_off_costs_what_was_on_the_way_and_no_page(site: Site, load: Load) -> None:
    began = time.monotonic()
    address = site.address(site.containers()[1])
    with cut_off(address):
        assert eventually(lambda: f"{address}:80 DOWN" in site.nodes(), what="the gateway to notice") < 5
        load.goes_on()
        # Long enough that nothing is saved by the way's return.
        time.sleep(max(0.0, began + 8 - time.monotonic()))
    assert load.lost(began, "page") == [], load.told(began)
    assert len(load.lost(began, "guess")) <= 2 * GUESSERS, load.told(began)
    assert max(one.seconds for one in load.since(began)) < 8, load.told(began)
    assert max((gap for at, gap in load.gaps if at >= began), default=0.0) < 8, load.told(began)
    site.settles(NODES)


def test_a_database_that_comes_back_is_found_within_seconds(site: Site, load: Load) -> None:
    began = time.monotonic()
    site.type("docker compose stop postgres")
    eventually(lambda: len(load.lost(began)) >= 3, what="somebody to notice")
    # Long enough for the pooler to ask for a name that is not there.
    time.sleep(6)
    site.type("docker compose start postgres")
    eventually(lambda: "healthy" in site.ask("ps", "postgres"), what="the database")
    ready = time.monotonic()
    load.goes_on()
    late = [one for one in load.lost(ready) if one.at > ready]
    assert max((one.at - ready for one in late), default=0.0) < 5, load.told(ready)
    assert not [one for one in load.since(began) if one.outcome == "500"]


def test_a_node_whose_database_hangs_is_unready_and_not_unhealthy(site: Site, load: Load) -> None:
    site.type("docker compose pause postgres")
    try:
        eventually(lambda: all(line.split()[1] == "DOWN" for line in site.nodes()), what="all nodes to be unready")
        for container in site.containers():
            check = json.loads(site.engine.docker("inspect", "--format={{json .Config.Healthcheck.Test}}", container))
            assert site.engine.docker("exec", container, *check[1:]) == ""
    finally:
        site.type("docker compose unpause postgres")
    site.settles(NODES)


def test_redis_may_be_killed(site: Site, load: Load) -> None:
    began = time.monotonic()
    site.type("docker compose restart --timeout 0 redis")
    load.goes_on()
    assert load.lost(began) == [], load.told(began)
    assert len(load.open_sockets) == WATCHERS


def test_an_image_that_does_not_work_stops_the_roll(site: Site, load: Load) -> None:
    before, began = site.containers(), time.monotonic()
    broken = 'FROM infinity-web\nCMD ["sh", "-c", "echo there is no such module >&2; exit 3"]\n'
    site.type("docker tag infinity-web infinity-web:good")
    site.type(f"docker build --quiet --tag infinity-web - <<'END'\n{broken}END")
    said = site.type("! ./rolling.sh 2>&1")
    assert "did not get ready" in said
    assert "there is no such module" in said
    assert site.containers() == before
    load.goes_on()
    assert load.lost(began) == [], load.told(began)
    site.type("docker tag infinity-web:good infinity-web")


# --- what they are ---------------------------------------------------------------------------------------------------


def test_every_container_has_the_rights_of_its_account_and_no_more(site: Site) -> None:
    for container in site.engine.docker("ps", "--quiet").split():
        found = json.loads(site.engine.docker("inspect", container))[0]
        name, host = found["Name"], found["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["LogConfig"] == {"Type": "local", "Config": {"max-file": "5", "max-size": "20m"}}, name
        assert host["Memory"] > 0, name
        assert host["PidsLimit"] > 0, name
        status = site.engine.docker("exec", container, "cat", "/proc/1/status")
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert int(told["CapEff"], 16) == int(told["CapBnd"], 16) == 0, name
        assert told["NoNewPrivs"] == "1", name
        assert told["Uid"].split()[0] != "0", name


def test_no_secret_is_in_an_image_and_no_nameless_volume_is_left(site: Site) -> None:
    for image in ("infinity-web", "infinity-pgbouncer"):
        history = site.engine.docker("history", "--no-trunc", "--format={{.CreatedBy}}", image)
        config = site.engine.docker("image", "inspect", image)
        assert not [
            value for value in (SETTINGS["SECRET_KEY"], SETTINGS["DATABASE_PASSWORD"]) if value in history + config
        ]
    volumes = site.engine.docker("volume", "ls", "--quiet").split()
    assert [name for name in volumes if not name.startswith("infinity_")] == []


def test_nothing_of_the_operators_shows_up_in_git(site: Site) -> None:
    for name in ("hunt/hunt.json", "backups/final.jsonl", "compose.override.yaml"):
        (site.compose / name).parent.mkdir(exist_ok=True)
        (site.compose / name).write_text("answers")
    assert site.git("status", "--porcelain") == ""
