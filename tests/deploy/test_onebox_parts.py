"""The parts of ``infinity`` that need no machine of their own: settings, checks, old backups, the command line."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import config
from deploy.onebox import (
    backups,
    box,
    certificate,
    change,
    checks,
    commands,
    database,
    listeners,
    machine,
    settings,
    versions,
    web,
)
from deploy.onebox.box import Box
from deploy.onebox.machine import Refused
from tests.support.environment import ROOT, SECRET_KEY

SHIPPED = (ROOT / "deploy/deb/infinity.default").read_text()
GOOD = {
    "SECRET_KEY": SECRET_KEY,
    "DATABASE_URL": "postgresql://a:b@c/d",
    "REDIS_URL": "redis://c",
    "SITE_URL": "https://x.y",
}


# --- the settings' file ----------------------------------------------------------------------------------------------

AS_SYSTEMD_READS_IT = [
    ("A=plain", "plain"),
    ("A=", ""),
    ("A = spaced out ", "spaced out"),
    ('A="two words"', "two words"),
    ("A='single \\n \"quoted\"'", 'single \\n "quoted"'),
    ('A="a \\"quoted\\" word, \\$5 and \\\\"', 'a "quoted" word, $5 and \\'),
    ('A="\\d stays"', "\\d stays"),
    ("A=un\\quoted", "unquoted"),
    ("A=with#hash", "with#hash"),
    ("A=b=c", "b=c"),
    ("A=first\nA=second", "second"),
]


@pytest.mark.parametrize(("text", "value"), AS_SYSTEMD_READS_IT)
def test_the_settings_are_read_as_systemd_reads_them(text: str, value: str) -> None:
    assert settings.parse(f"# A=comment\n; A=comment\n\n{text}\n") == {"A": value}


@pytest.mark.parametrize(
    "value", ["", "plain", "two words", 'a"b', "a'b", "$HOME `id` \\ #x", "grüße", " padded ", "a=b"]
)
def test_whatever_is_written_is_read_again(value: str) -> None:
    assert settings.parse(settings.changed("B=1\n", {"A": value})).get("A", "") == value


def test_a_change_keeps_comments_order_and_everything_else() -> None:
    after = settings.changed(SHIPPED, {"SECRET_KEY": "new one", "SITE_URL": "", "MAIL_FROM": "a@b.c"})
    expected = (
        SHIPPED.replace("SECRET_KEY=\n", 'SECRET_KEY="new one"\n').replace("SITE_URL=\n", "") + "MAIL_FROM=a@b.c\n"
    )
    assert after == expected


def test_a_name_that_stands_twice_stands_once_after_a_change() -> None:
    assert settings.changed("A=1\nB=2\nA=3\n", {"A": "4"}) == "A=4\nB=2\n"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("SECRET_KEY", "x" * 40, settings.HIDDEN),
        ("SECRET_KEY_FALLBACKS", "x" * 40, settings.HIDDEN),
        ("ADMIN_PASSWORD", "x", settings.HIDDEN),
        ("METRICS_TOKEN", "x", settings.HIDDEN),
        ("AIRTABLE_API_KEY", "x", settings.HIDDEN),
        ("OIDC_CLIENT_SECRET", "x", settings.HIDDEN),
        ("NOTIFY_WEBHOOK_URL", "https://chat.example/T0/B0/secret", settings.HIDDEN),
        (
            "DATABASE_URL",
            "postgresql://infinity:geheim@127.0.0.1:5432/x",
            "postgresql://infinity:********@127.0.0.1:5432/x",
        ),
        ("REDIS_URL", "redis://:geheim@h:1/0", "redis://:********@h:1/0"),
        ("SMTP_URL", "smtps://name:ge:heim@mail:465", "smtps://name:********@mail:465"),
        ("SITE_URL", "https://hunt.example.org", "https://hunt.example.org"),
        ("PASSWORD_COST", "12", "12"),
    ],
)
def test_no_secret_is_shown(name: str, value: str, shown: str) -> None:
    assert settings.shown(name, value) == shown


@pytest.mark.parametrize("word", ["SITE_URL", "site_url=x", "=x", "A B=x", "A=two\nlines", "A=\x07"])
def test_a_word_that_is_no_setting_is_refused(word: str) -> None:
    with pytest.raises(Refused):
        settings.pairs([word])


def test_all_faults_of_the_settings_are_told_at_once() -> None:
    told = [
        str(fault)
        for fault in config.faults({"PORT": "x", "PASSWORD_COST": "99", "SITE_URL": "nowhere", "SMTP_URL": "y"})
    ]
    assert [text.partition(":")[0] for text in told] == ["SECRET_KEY", "PORT", "SMTP_URL", "SITE_URL", "PASSWORD_COST"]


def test_faults_that_come_of_the_company_are_told_with_the_others() -> None:
    told = config.faults(
        {**GOOD, "REDIS_URL": "", "SITE_URL": "", "WEB_PROCESSES": "2", "TRUSTED_PROXIES": "1", "PORT": "x"}
    )
    assert [fault.name for fault in told] == ["PORT", "REDIS_URL", "SITE_URL"]
    assert config.faults(GOOD) == []


@pytest.fixture
def in_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is asked in this checkout."""

    def inside(words: list[str], *, env: dict[str, str], version: str = "") -> str:
        return subprocess.run(
            [sys.executable, *words[1:]], check=True, cwd=ROOT, env=env, capture_output=True, text=True
        ).stdout

    monkeypatch.setattr(versions, "inside", inside)


@pytest.mark.usefixtures("in_the_tree")
def test_the_program_itself_judges_settings() -> None:
    settings.check(GOOD, 1, names=GOOD)
    with pytest.raises(Refused) as refused:
        settings.check(
            {**GOOD, "PASSWORD_COST": "99", "REDIS_URL": ""},
            1,
            names={"PASSWORT_COST": "", "PORT": "", "REDIS_URL": ""},
        )
    lines = str(refused.value).splitlines()
    assert lines[0] == "PASSWORT_COST: there is no such setting; did you mean PASSWORD_COST?"
    assert lines[1].startswith("PORT: is set for each web process by itself")
    assert [line.partition(":")[0] for line in lines[2:]] == ["PASSWORD_COST", "REDIS_URL"]


@pytest.fixture
def rolled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """A site whose settings are a file of the test's own; what they are at each roll."""
    seen: list[dict[str, str]] = []
    file = tmp_path / "infinity"
    file.write_text(settings.changed("", GOOD))
    monkeypatch.setattr(settings, "FILE", file)
    monkeypatch.setattr(settings, "write", lambda text: bool(file.write_text(text)))
    monkeypatch.setattr(web, "roll", lambda count: seen.append(settings.read()) or [1, 2])
    monkeypatch.setattr(web, "stop_surplus", lambda count: [])
    return seen


@pytest.mark.usefixtures("in_the_tree")
def test_a_new_secret_is_known_everywhere_before_anything_is_signed_with_it(rolled: list[dict[str, str]]) -> None:
    first, second = "a" * 40, "b" * 40
    change.configure(Box("a.bc"), {"SECRET_KEY": first})
    change.configure(Box("a.bc"), {"SECRET_KEY": second, "MAIL_FROM": "x@y.z"})
    told = [(one["SECRET_KEY"], one["SECRET_KEY_FALLBACKS"], one.get("MAIL_FROM", "")) for one in rolled]
    assert told == [
        (SECRET_KEY, first, ""),
        (first, SECRET_KEY, ""),
        (first, f"{second},{SECRET_KEY}", ""),
        (second, f"{first},{SECRET_KEY}", "x@y.z"),
    ]


@pytest.mark.usefixtures("in_the_tree")
def test_a_secret_that_is_refused_is_told_by_its_own_name(rolled: list[dict[str, str]]) -> None:
    with pytest.raises(Refused, match=r"^SECRET_KEY: must have at least 32 characters"):
        change.configure(Box("a.bc"), {"SECRET_KEY": "short"})
    assert rolled == []


@pytest.mark.usefixtures("in_the_tree")
def test_what_fails_at_a_roll_is_taken_back(rolled: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings.FILE.read_text()

    def roll(count: int) -> list[int]:
        rolled.append(settings.read())
        if "MAIL_FROM" in rolled[-1]:
            raise web.NotReady("web process 1 does not get ready")
        return [1]

    monkeypatch.setattr(web, "roll", roll)
    with pytest.raises(Refused, match="The settings are what they were before"):
        change.configure(Box("a.bc"), {"MAIL_FROM": "x@y.z"})
    assert settings.FILE.read_text() == before
    assert rolled[-1] == GOOD


@pytest.mark.parametrize(("says", "seconds"), [(web.State(), 180), (web.State(reasons=("a bad build",)), 60)])
def test_a_process_that_has_not_answered_yet_has_more_time_than_one_that_says_no(
    says: web.State, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(web.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(web.time, "sleep", lambda more: clock.append(clock.pop() + more))
    monkeypatch.setattr(web, "state", lambda number: says)
    monkeypatch.setattr(web, "_substate", lambda number: "running")
    monkeypatch.setattr(web, "_last_words", lambda number: "it begins")
    with pytest.raises(web.NotReady, match=r"a bad build|it begins"):
        web.wait_until_ready(1)
    assert clock[0] == pytest.approx(seconds, abs=1)


def test_a_process_that_was_restarted_in_between_is_sent_visitors_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(settings, "read", dict)
    monkeypatch.setattr(settings, "known_names", list)
    monkeypatch.setattr(web, "is_stale", lambda *_: False)
    monkeypatch.setattr(web, "state", lambda number: web.State(is_ready=True))
    states = {web.address(1): "DRAIN (agent)", web.address(2): "UP", web.address(3): "DOWN"}
    monkeypatch.setattr(web.gateway, "states", lambda: states)
    monkeypatch.setattr(web.gateway, "nodes", lambda *words: told.append(words))
    assert web.roll(3) == []
    assert told == [("back", web.address(1)), ("wait", web.address(1), "60")]


# --- checks ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_whoever_has_a_port_is_named(listening: socket.socket) -> None:
    (found,) = listeners.listeners(listening.getsockname()[1])
    assert (found.address, found.program) == ("127.0.0.1", Path("/proc/self/comm").read_text().strip())


def test_a_listener_on_ipv6_is_seen() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        (found,) = listeners.listeners(server.getsockname()[1])
        assert found.address == "::1"


def test_a_taken_port_is_told_with_its_owner_and_the_way_out(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = listeners.Listener("0.0.0.0", 80, 512, "apache2", "apache2.service")
    mine = listeners.Listener("0.0.0.0", 443, 513, "haproxy", "infinity-gateway.service")
    elsewhere = listeners.Listener("127.0.0.1", 8000, 514, "python3", "")
    monkeypatch.setattr(checks, "listeners", lambda *ports: [one, mine, elsewhere])
    told = "port 80 is taken by apache2 (process 512, apache2.service)"
    assert checks.port_faults() == [f"{told}: stop it with: systemctl disable --now apache2.service"]


@pytest.mark.parametrize("name", ["hunt.example.org", "a.bc", "xn--rtsel-graa.example", "a-b.c-d.museum"])
def test_a_host_name_is_one(name: str) -> None:
    assert checks.is_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "hunt", "192.0.2.1", "-a.org", "a..org", "https://a.org", "a.org/", "rätsel.de", "a_b.org", "a" * 64 + ".org"],
)
def test_what_is_no_host_name_is_refused(name: str) -> None:
    assert not checks.is_name(name)


def test_a_name_that_leads_elsewhere_is_told_with_both_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(2, 1, 6, "", ("192.0.2.7", 80)), (2, 1, 6, "", ("10.9.9.9", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)
    monkeypatch.setattr(checks, "is_here", lambda address: address == "10.9.9.9")
    monkeypatch.setattr(checks, "addresses", lambda: ["10.9.9.9"])
    monkeypatch.setattr(checks, "_ask", lambda address, name, token: "")
    (fault,) = checks.name_faults("hunt.example.org")
    assert fault.startswith("hunt.example.org leads to 192.0.2.7, which does not lead to this machine (10.9.9.9):")


def test_loopback_is_not_where_visitors_arrive() -> None:
    assert not checks.is_here("127.0.0.1")
    assert not checks.is_here("::1")
    assert not checks.is_here("192.0.2.7")


# --- the rest --------------------------------------------------------------------------------------------------------


def test_the_newest_backups_and_the_last_of_each_day_stay() -> None:
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    made = [Path((begin + timedelta(hours=hour)).strftime(backups._FORM)) for hour in range(24 * 30)]
    stay = [one for one in made if one not in backups.surplus(made)]
    assert stay[-backups.NEWEST :] == made[-backups.NEWEST :]
    assert [backups.moment(one).day for one in stay[: -backups.NEWEST]] == list(range(17, 30))
    assert all(backups.moment(one).hour == 23 for one in stay[: -backups.NEWEST])
    assert backups.surplus(stay) == []


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("postgresql://infinity:x@127.0.0.1:5432/infinity", True),
        ("postgresql://infinity:x@db.example.org/infinity", False),
        ("postgresql://other@127.0.0.1/infinity", False),
        ("", False),
    ],
)
def test_a_database_that_somebody_else_looks_after_is_left_alone(url: str, is_own: bool) -> None:
    assert database.is_own(url) is is_own


def test_a_self_signed_certificate_is_for_the_name_and_for_this_machine(tmp_path: Path) -> None:
    here = Box("hunt.example.org", is_local=True)
    pem = tmp_path / "site.pem"
    pem.write_text(certificate.make_self_signed(here))
    assert certificate.is_self_signed(pem)
    assert certificate.fits(pem, here)
    assert not certificate.fits(pem, Box("other.example.org"))
    assert {"hunt.example.org", "localhost", "127.0.0.1"} <= set(certificate.names_of(pem))
    assert certificate.days_left(pem) == certificate.SELF_SIGNED_DAYS - 1
    assert certificate.days_left(tmp_path / "none.pem") is None


def test_a_file_is_written_at_once_with_its_rights_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a" / "file"
    assert machine.write(file, "x", mode=0o640)
    assert not machine.write(file, "x", mode=0o640)
    assert file.stat().st_mode & 0o777 == 0o640
    file.chmod(0o644)
    assert machine.write(file, "x", mode=0o640)
    assert [entry.name for entry in file.parent.iterdir()] == ["file"]


def test_two_commands_do_not_change_the_machine_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "LOCK", tmp_path / "lock")
    with box.alone(), pytest.raises(Refused, match="at work"), box.alone():
        pass
    with box.alone():
        pass


@pytest.mark.parametrize("words", [[], ["nonsense"], ["scale"], ["config:set"], ["logs", "nonsense"]])
def test_a_command_that_does_not_exist_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(words)
    assert ended.value.code == 2
    assert "usage: infinity" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["scale", "4"], "'4' is not web=N, such as web=4"),
        (["config:set", "nonsense"], "'nonsense' is not NAME=VALUE"),
        (["up"], "which name? infinity up hunt.example.org, or infinity up --local"),
        (["up", "nonsense"], "'nonsense' is not a host name such as hunt.example.org"),
        (["status"], "there is no site on this machine yet: infinity up NAME makes one"),
    ],
)
def test_a_refusal_is_told_in_words(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(box, "LOCK", tmp_path / "lock")
    # Reached before there is a box, or with one, as the command has it.
    is_asked_first = words[0] == "config:set"
    monkeypatch.setattr(box, "FILE", tmp_path / "box.json")
    if is_asked_first:
        (tmp_path / "box.json").write_text('{"name": "a.b"}')
    monkeypatch.setattr(checks, "is_root", lambda: True)
    assert commands.main(words) == 1
    assert capsys.readouterr().err == f"infinity: {told}\n"


def test_whoever_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(checks, "is_root", lambda: False)
    assert commands.main(["status"]) == 1
    assert capsys.readouterr().err == "infinity: run this as root, such as with sudo\n"


def test_what_a_command_of_the_program_is_given_stays_as_it_is() -> None:
    words = ["hunt", "settings", "--explain", "-x"]
    assert commands._parser().parse_args(["run", *words]).words == words
    assert commands._parser().parse_args(["run", "--help"]).words == ["--help"]
