"""``infinity up`` on bare Debians that really boot, and what the other commands do to the site while people play.

Slow, and only run where INFINITY_ONE_BOX says so. PostgreSQL, Redis, HAProxy, certbot and systemd are real, and
the certificate authority speaks ACME. The tests of a machine are one story in the order of this file.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from deploy import lab as parts
from deploy.lab.network import HUB
from deploy.lab.node import Node
from tests.deploy import builds, onebox
from tests.deploy.load import Load, constant_load
from tests.deploy.onebox import NAME, World
from tests.deploy.tiers import ONE_BOX, on_a_machine, one_box_tier

TOOLS = ("dpkg-deb", "dpkg-scanpackages", "openssl", "apt-get")
WANTED = [tool for tool in TOOLS if shutil.which(tool) is None]
WANTED += parts.lacking() if os.environ.get(ONE_BOX) else []
pytestmark = on_a_machine(one_box_tier, "onebox", 1800, WANTED)
MOST_SECONDS = 600
PUZZLE = "gauges"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with onebox.world() as made:
        yield made


@dataclass
class Site:
    """A machine with ``infinity`` on it."""

    world: World
    node: Node
    root: str = ""
    seconds: float = 0.0

    def infinity(self, *words: str, code: int = 0, seconds: float = 900) -> str:
        """All that a command says."""
        ended = self.node.run("infinity", *words, seconds=seconds)
        assert ended.returncode == code, f"{words} ended with {ended.returncode}: {ended.stdout}{ended.stderr}"
        return ended.stdout + ended.stderr

    def status(self, seconds: float = 60) -> str:
        """The screen once nothing is amiss on it; where others use the machine too, a part may answer late."""
        deadline = time.monotonic() + seconds
        while (ended := self.node.run("infinity", "status")).returncode and time.monotonic() < deadline:
            time.sleep(1)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def processes(self) -> list[str]:
        """The gateway's process and those of the web units, by unit."""
        units = ["infinity-gateway", *(f"infinity-web@{number}" for number in range(1, 5))]
        return [self.node.answer("systemctl", "show", "--property=MainPID", "--value", unit) for unit in units]

    def state(self) -> str:
        """Whatever ``up`` makes on the disk, with rights, times and sums."""
        places = (
            "/etc/default/infinity /etc/infinity /etc/systemd/system /var/lib/infinity-box/current /etc/letsencrypt"
        )
        script = f"find {places} -printf '%p %M %u:%g %T@ %l\\n' 2>/dev/null | sort; dpkg-query -W | md5sum"
        return self.node.answer("sh", "-c", script)

    def environment(self, number: int, name: str) -> str:
        """A variable of a web process."""
        process = self.node.answer("systemctl", "show", "--property=MainPID", "--value", f"infinity-web@{number}")
        pairs = self.node.answer("cat", f"/proc/{process}/environ").split("\0")
        return next((pair.partition("=")[2] for pair in pairs if pair.startswith(f"{name}=")), "")

    def apt(self, *words: str) -> str:
        """One call of apt-get, as an operator would make it."""
        ended = self.node.run("apt-get", "-y", "-q", *words, seconds=300)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def package(self, version: str) -> str:
        """A package of this version on its disk."""
        return self.world.fetch(self.node, version)


def bare(world: World) -> Site:
    """A bare Debian with the package on it, as `apt install ./infinity_….deb` leaves it."""
    node = world.boot()
    package = world.fetch(node, builds.FIRST)
    made = Site(world, node)
    made.apt("update")
    made.apt("install", package)
    return made


# --- one box, one command --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(world: World) -> Site:
    began = time.monotonic()
    made = bare(world)
    said = made.infinity("up", "--local")
    made.seconds = time.monotonic() - began
    assert re.search(r"The first admin is 'admin' with the password '\S+'", said)
    (world.folder / "site.pem").write_text(made.node.answer("openssl", "x509", "-in", "/etc/infinity/tls/site.pem"))
    made.root = str(world.folder / "site.pem")
    return made


def test_a_bare_debian_is_a_site_in_less_than_ten_minutes(site: Site) -> None:
    assert site.seconds < MOST_SECONDS
    url = f"https://{site.node.address}"
    answer = requests.get(url, verify=site.root, timeout=10)
    assert (answer.status_code, "Lost Afternoon" in answer.text or "Infinity" in answer.text) == (200, True)
    plain = requests.get(f"http://{site.node.address}/rules", allow_redirects=False, timeout=10)
    assert (plain.status_code, plain.headers["Location"]) == (308, f"{url}/rules")
    site.status()
    assert site.node.answer("systemctl", "list-units", "--failed", "--plain", "--no-legend") == ""


def test_nothing_but_the_gateway_listens_to_other_machines(site: Site) -> None:
    listening = site.node.answer("ss", "-Hltn").splitlines()
    open_to_all = {line.split()[3] for line in listening if not re.match(r"(127\.|\[::1\])", line.split()[3])}
    assert {address.rpartition(":")[2] for address in open_to_all} == {"80", "443"}


def test_secrets_are_made_and_nobody_else_may_read_them(site: Site) -> None:
    modes = site.node.answer("stat", "--format=%U:%G %a", "/etc/default/infinity", "/etc/infinity/tls/site.pem")
    assert modes.split("\n") == ["root:infinity 640", "root:haproxy 640"]
    assert site.node.answer("stat", "--format=%U %a", "/var/backups/infinity") == "infinity 700"
    secret, url = site.infinity("config", "SECRET_KEY").strip(), site.infinity("config", "DATABASE_URL")
    listed = site.infinity("config")
    assert len(secret) == 64
    assert secret not in listed
    assert url.split(":")[2].split("@")[0] not in listed
    assert f"SITE_URL=https://{site.node.address}\n" in listed


def test_another_run_changes_nothing(site: Site) -> None:
    before = (site.state(), site.processes())
    assert "done" not in site.infinity("up")
    assert (site.state(), site.processes()) == before


def test_commands_of_the_program_run_as_its_account_with_its_settings(site: Site) -> None:
    assert "hunt_name = " in site.infinity("run", "hunt", "settings")
    site.infinity("run", "hunt", "backup", "/var/lib/infinity/mine.jsonl")
    assert site.node.answer("stat", "--format=%U", "/var/lib/infinity/mine.jsonl") == "infinity"
    assert site.node.run("infinity", "run", "hunt", "nonsense").returncode == 2
    assert "infinity-web-1" in site.infinity("logs", "web", "--lines", "50")


# --- while people play -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def playing(site: Site) -> Iterator[Load]:
    # Otherwise hashing is most of what this machine does.
    site.infinity("config:set", "PASSWORD_COST=4", "ANSWER_COST=4")
    with constant_load(f"https://{site.node.address}", PUZZLE, root=site.root) as one:
        yield one


@pytest.fixture
def load(playing: Load) -> Iterator[Load]:
    """People who play; nothing that they send during the test may be lost."""
    playing.goes_on(seconds=60)
    moment = time.monotonic()
    yield playing
    playing.goes_on(seconds=60)
    assert playing.lost(moment) == [], playing.told(moment)


def test_values_that_the_program_refuses_are_told_and_change_nothing(site: Site, load: Load) -> None:
    before = (site.state(), site.processes())
    said = site.infinity("config:set", "PASSWORD_COST=99", "SITE_ULR=x", "PORT=80", "MAIL_FROM=a@b.org", code=1)
    assert "PASSWORD_COST: must be a whole number from 4 to 16" in said
    assert "SITE_ULR: there is no such setting; did you mean SITE_URL?" in said
    assert "PORT: is set for each web process" in said
    assert "REDIS_URL: is needed" in site.infinity("config:unset", "REDIS_URL", code=1)
    assert (site.state(), site.processes()) == before


def test_a_setting_takes_effect_in_all_processes_and_nobody_notices(site: Site, load: Load) -> None:
    value = 'The "Hunt" at $HOME <team@hunt.example.org>'
    before = site.processes()
    site.infinity("config:set", f"MAIL_FROM={value}")
    assert [site.environment(number, "MAIL_FROM") for number in (1, 2)] == [value, value]
    after = site.processes()
    assert after[0] == before[0], "the gateway has been restarted"
    assert not set(after[1:3]) & set(before[1:3])
    assert site.infinity("config:set", f"MAIL_FROM={value}") == "ok    MAIL_FROM\n"
    assert site.processes() == after


def test_settings_that_only_fail_at_the_start_are_taken_back(site: Site, load: Load) -> None:
    url = site.infinity("config", "DATABASE_URL").strip()
    said = site.infinity("config:set", re.sub(r":[0-9a-f]{48}@", ":wrong@", f"DATABASE_URL={url}"), code=1)
    assert "DATABASE_URL: The server does not take this name" in said
    assert "The settings are what they were before" in said
    assert site.infinity("config", "DATABASE_URL").strip() == url
    site.status()


def test_more_and_fewer_processes_come_and_go_unnoticed(site: Site, load: Load) -> None:
    site.infinity("scale", "web=4")
    assert site.status().count("ready, gateway: UP") == 4
    site.infinity("scale", "web=1")
    assert site.status().count("ready, gateway: UP") == 1
    site.infinity("config:unset", "MAIL_FROM")
    assert site.environment(1, "MAIL_FROM") == ""
    assert site.processes()[2] == "0", "the stand-in still runs"
    site.infinity("scale", "web=2")
    assert "PostgreSQL allows 100 connections" in site.infinity("scale", "web=19", code=1)


def test_a_new_version_and_the_way_back_lose_nobody(site: Site, load: Load) -> None:
    builds.other_build(site.world.folder, "1.1", builds.migrates)
    site.infinity("update", site.package("1.1"))
    assert re.search(r"^  version +1\.1$", site.status(), re.MULTILINE)
    site.infinity("rollback")
    assert re.search(r"^  version +1\.0; 1\.1 is installed and not in use$", site.status(), re.MULTILINE)
    assert "there is no version to go back to" in site.infinity("rollback", code=1)
    site.infinity("update")
    assert re.search(r"^  version +1\.1$", site.status(), re.MULTILINE)


@pytest.mark.parametrize(("version", "change"), [("2.0", builds.never_ready), ("3.0", builds.fails_to_migrate)])
def test_a_version_that_cannot_serve_is_not_taken(version: str, change: builds.Change, site: Site, load: Load) -> None:
    builds.other_build(site.world.folder, version, change)
    said = site.infinity("update", site.package(version), code=1)
    assert f"{version} is not taken; 1.1 serves on" in said
    assert f"1.1; {version} is installed and not in use" in site.status()


def test_a_package_that_apt_alone_has_installed_waits_for_the_command(site: Site, load: Load) -> None:
    before = site.processes()
    builds.other_build(site.world.folder, "4.0")
    said = site.apt("install", site.package("4.0"))
    assert "`infinity update` puts this version in force" in said
    time.sleep(2)
    assert site.processes() == before
    assert "1.1; 4.0 is installed and not in use" in site.status()
    site.infinity("update")
    assert re.search(r"^  version +4\.0$", site.status(), re.MULTILINE)


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_a_backup_brings_the_hunt_back(site: Site) -> None:
    site.infinity("run", "hunt", "set", "hunt_name", "Before", "--yes")
    backup = site.infinity("backup").strip()
    site.infinity("run", "hunt", "set", "hunt_name", "After", "--yes")
    site.infinity("restore", backup)
    assert "hunt_name = Before" in site.infinity("run", "hunt", "settings")
    assert "Before" in requests.get(f"https://{site.node.address}", verify=site.root, timeout=10).text
    assert site.node.run("systemctl", "start", "infinity-backup.service", seconds=300).returncode == 0
    assert site.node.answer("systemctl", "is-active", "infinity-backup.timer") == "active"


def test_everything_comes_back_after_a_restart_of_the_machine(site: Site) -> None:
    # What systemd does at a boot; the lab's disks do not outlive one.
    webs = ["infinity-web@1", "infinity-web@2"]
    units = ["infinity-box.target", "infinity-gateway", *webs, "postgresql", "redis-server"]
    assert site.node.answer("systemctl", "is-enabled", *units).split() == ["enabled"] * len(units)
    for words in (["stop", *units], ["start", "infinity-box.target", "postgresql", "redis-server"]):
        assert site.node.run("systemctl", *words, seconds=300).returncode == 0
    site.status(90)


def test_the_units_are_in_order(site: Site) -> None:
    units = ["infinity-web@1.service", "infinity-gateway.service", "infinity-backup.service", "infinity-backup.timer"]
    said = site.node.run("systemd-analyze", "verify", "--man=no", *units, "infinity-box.target")
    assert "infinity" not in said.stdout + said.stderr


def test_a_purge_leaves_backups_and_database(site: Site) -> None:
    site.apt("purge", "infinity")
    assert site.node.run("ls", "/var/lib/infinity-box", "/etc/infinity", "/usr/lib/infinity").returncode != 0
    assert "hunt-" in site.node.answer("ls", "/var/backups/infinity")
    assert "infinity" in site.node.answer(
        "runuser", "-u", "postgres", "--", "psql", "-XAtc", "SELECT datname FROM pg_database"
    )
    assert site.node.answer("systemctl", "list-units", "--plain", "--no-legend", "infinity*", "--state=active") == ""


# --- a name in the world ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def named(world: World) -> Site:
    return bare(world)


def acme(site: Site, *more: str, code: int = 0) -> str:
    return site.infinity("up", NAME, "--acme-server", onebox.AUTHORITY, *more, code=code)


def certificate(site: Site, root: str) -> dict[str, object]:
    """The site's certificate, if this root vouches for it under its name."""
    context = ssl.create_default_context(cadata=root)
    with (
        socket.create_connection((site.node.address, 443), timeout=10) as line,
        context.wrap_socket(line, server_hostname=NAME) as secured,
    ):
        return dict(secured.getpeercert() or {})


def test_what_is_wrong_with_the_machine_or_the_name_is_told_before_anything_changes(named: Site) -> None:
    node, before = named.node, named.state()
    named.world.let(NAME)
    assert f"{NAME} has no address" in acme(named, code=1)
    named.world.let(NAME, HUB)
    said = acme(named, code=1)
    assert f"{NAME} leads to {HUB}, which does not lead to this machine ({node.address})" in said
    named.world.let(NAME, node.address, HUB)
    assert f"{NAME} leads to {HUB}, which" in acme(named, code=1), "one of two addresses is wrong"
    named.world.let(NAME, node.address)
    node.answer("systemd-run", "--quiet", "--unit=other-site", "python3", "-m", "http.server", "80")
    node.answer("mkdir", "-p", "/var/lib/infinity-box")
    node.answer("mount", "-t", "tmpfs", "-o", "size=100M", "small", "/var/lib/infinity-box")
    try:
        deadline = time.monotonic() + 60
        while ":80 " not in node.answer("ss", "-Hltn") and time.monotonic() < deadline:
            time.sleep(0.1)
        said = acme(named, code=1)
        assert re.search(r"port 80 is taken by python3 \(process \d+, other-site\.service\)", said)
        assert "systemctl disable --now other-site.service" in said
        assert "the disk of /var/lib/infinity-box has 0.1 GB free; 1.5 GB is the least" in said
    finally:
        node.answer("systemctl", "stop", "other-site")
        node.answer("umount", "/var/lib/infinity-box")
    assert named.state() == before
    assert node.run("which", "psql", "haproxy", "certbot").stdout.strip() in ("", "/usr/bin/psql")


def test_a_run_that_is_killed_is_completed_by_the_next(named: Site) -> None:
    # The authority cannot reach the name yet, so this run could not come to its end anyway.
    named.world.let(NAME, HUB)
    script = (
        "infinity up $0 --acme-server $1 --skip-dns >/dev/null 2>&1 & up=$!\n"
        "until grep -q ' install postgresql-15:' /var/log/dpkg.log; do sleep 0.1; done\n"
        "kill -9 $up; for it in /proc/[0-9]*; do case $(tr '\\0' ' ' <$it/cmdline 2>/dev/null) in"
        " *apt-get\\ *|*dpkg\\ *) kill -9 ${it#/proc/} ;; esac; done; true"
    )
    assert named.node.run("sh", "-c", script, NAME, onebox.AUTHORITY, seconds=300).returncode == 0
    said = acme(named, "--skip-dns", code=1)
    assert "the site serves, but with a self-signed certificate, since the authority gave none" in said
    assert named.infinity("status", code=1).count("!") == 1


def test_the_next_run_gets_a_certificate_once_the_name_leads_here(named: Site) -> None:
    named.world.let(NAME, named.node.address)
    gateway = named.processes()[0]
    assert f"done  certificate for {NAME}" in acme(named)
    assert ("DNS", NAME) in certificate(named, named.world.authority_root())["subjectAltName"]  # type: ignore[operator]
    assert named.processes()[0] == gateway, "the gateway has been restarted"
    named.status()
    assert named.node.answer("systemctl", "is-enabled", "certbot.timer") == "enabled"
    before = named.state()
    assert "done" not in named.infinity("up")
    assert named.state() == before


def test_a_renewal_reaches_visitors_by_itself(named: Site) -> None:
    root, gateway = named.world.authority_root(), named.processes()[0]
    before = certificate(named, root)["serialNumber"]
    words = ["renew", "--quiet", "--force-renewal", "--no-random-sleep-on-renew"]
    assert named.node.run("certbot", *words, seconds=300).returncode == 0
    deadline = time.monotonic() + 60
    while certificate(named, root)["serialNumber"] == before and time.monotonic() < deadline:
        time.sleep(0.2)
    assert certificate(named, root)["serialNumber"] != before
    assert named.processes()[0] == gateway


def test_no_other_name_is_answered_for(named: Site) -> None:
    context = ssl.create_default_context(cadata=named.world.authority_root())
    with (
        socket.create_connection((named.node.address, 443), timeout=10) as line,
        context.wrap_socket(line, server_hostname=NAME) as secured,
    ):
        secured.sendall(b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n")
        assert secured.recv(100).startswith(b"HTTP/1.1 421 ")
