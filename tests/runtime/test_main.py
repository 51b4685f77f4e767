"""The first start and the second: tables, content and an admin are made once, and kept."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.database.engine import Database, DatabaseBusy
from app.database.server_faults import ServerFault
from app.ports import Ports
from app.runtime import bootstrap
from app.runtime.identity import application_name, version
from app.runtime.listen import address, described
from tests.support.client import PASSWORD, Visitor
from tests.support.clock import FixedClock
from tests.support.environment import ROOT
from tests.support.server import Node, node

FAULTY = """{"format": 1, "tables": {"Levels": [], "Hints": [], "Puzzles": [
{"id": "recP", "fields": {"Title": "P", "Level": ["recX"], "Solution": "in clear"}}]}}"""
PRINTED = re.compile(r"The first admin is '(\w+)' with the password '([^']+)'")


def test_the_first_start_makes_everything_and_the_second_keeps_it(tmp_path: Path) -> None:
    with node(f"sqlite:///{tmp_path}/folder/new.db", arguments=["--demo"]) as one:
        ((name, password),) = PRINTED.findall(one.said())
        assert f"Infinity serves on {one.url}" in one.said()
        assert Visitor(one.url).login(name, password).status_code == 303
        assert one.stop() == 0
        one.start()
        assert len(PRINTED.findall(one.said())) == 1, "printed once, the first time"
        assert Visitor(one.url).login(name, password).status_code == 303
        assert "Traceback" not in one.said()


def test_a_node_whose_content_cannot_be_loaded_is_alive_but_not_ready(sqlite_database: str, tmp_path: Path) -> None:
    env = {"CONTENT_FILE": str(tmp_path / "missing.json")}
    from tests.support.environment import environment
    from tests.support.processes import wait_until

    one = Node(environment(sqlite_database, env), tmp_path)
    one.start(wait=False)
    try:
        visitor = Visitor(one.url)
        wait_until(lambda: "Infinity serves on" in one.said(), one.process, one.log)
        assert visitor.get("/healthz").status_code == 200
        assert visitor.get("/readyz").json()["reasons"] == ["no content has been loaded yet"]
        page = visitor.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert "Not ready yet" in page.text
        told = visitor.get("/game", headers={"Accept": "application/json"})
        assert (told.status_code, told.json()["error"]["code"]) == (503, "not_ready")
        assert "there is no content yet" in one.said()
        assert "missing.json cannot be read" in one.said()
        assert "Traceback" not in one.said()
    finally:
        assert one.stop() == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not valid JSON"),
        ('{"format": 1, "tables": {"Levels": []}}', "the table Puzzles is missing"),
        (FAULTY, "Puzzles › “P” (recP) › Solution: Line 1 is no answer hash."),
        (FAULTY, "Puzzles › “P” (recP) › Level: recX is no record of the table Levels."),
    ],
)
def test_why_no_content_can_be_loaded_stands_in_the_log_as_a_check_says_it(
    sqlite_database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, words: str
) -> None:
    from app import create_app
    from config import Config
    from tests.support.environment import settings

    (tmp_path / "hunt.json").write_text(text)
    config = Config.from_env(settings(sqlite_database, {"CONTENT_FILE": str(tmp_path / "hunt.json")}))
    found = create_app(config)
    with found.app_context():
        bootstrap.stock(found.extensions["infinity"], config)
    assert words in caplog.text
    assert "Traceback" not in caplog.text


@pytest.fixture
def ports(app: Flask) -> Ports:
    return app.extensions["infinity"]  # type: ignore[no-any-return]


def admins(ports: Ports) -> list[str]:
    with ports.database.reading() as connection:
        return list(connection.exec_driver_sql("SELECT name FROM teams WHERE role = 'admin'").scalars())


def test_the_admin_of_the_environment_is_made_once(app: Flask, ports: Ports) -> None:
    config = replace(app.extensions["config"], admin_name="harbour master", admin_password=PASSWORD)
    bootstrap.make_first_admin(ports.database, ports.in_force, ports.clock, ports.hasher, config, is_demo=False)
    bootstrap.make_first_admin(
        ports.database, ports.in_force, ports.clock, ports.hasher, replace(config, admin_name="another"), is_demo=False
    )
    assert admins(ports) == ["harbour master"]


def test_without_a_name_no_admin_is_made_except_for_the_demo(
    app: Flask, ports: Ports, capsys: pytest.CaptureFixture[str]
) -> None:
    config = app.extensions["config"]
    bootstrap.make_first_admin(ports.database, ports.in_force, ports.clock, ports.hasher, config, is_demo=False)
    assert admins(ports) == []
    bootstrap.make_first_admin(ports.database, ports.in_force, ports.clock, ports.hasher, config, is_demo=True)
    assert admins(ports) == ["admin"]
    assert PRINTED.search(capsys.readouterr().out)


def test_a_password_of_the_environment_is_not_printed(
    app: Flask, ports: Ports, capsys: pytest.CaptureFixture[str]
) -> None:
    config = replace(app.extensions["config"], admin_name="harbour master", admin_password=PASSWORD)
    bootstrap.make_first_admin(ports.database, ports.in_force, ports.clock, ports.hasher, config, is_demo=True)
    assert PASSWORD not in "".join(capsys.readouterr())


class Starting(Database):
    """A database that comes up at its third asking, or never."""

    def __init__(self, answers_at: int) -> None:
        self.asked, self.answers_at = 0, answers_at

    def reading(self):  # type: ignore[no-untyped-def]
        from contextlib import nullcontext

        self.asked += 1
        if self.asked < self.answers_at:
            raise DatabaseBusy
        return nullcontext()


class Skipping:
    """A clock on which sleeping takes no time."""

    def __init__(self, clock: FixedClock) -> None:
        self.now, self.monotonic, self.sleep = clock.now, clock.monotonic, clock.advance


def test_a_database_that_starts_at_the_same_moment_is_waited_for(clock: FixedClock) -> None:
    starting = Starting(answers_at=3)
    bootstrap.wait_for_database(starting, Skipping(clock), lambda: None)  # type: ignore[arg-type]
    assert starting.asked == 3


def test_a_database_that_never_answers_is_given_up_after_half_a_minute(clock: FixedClock) -> None:
    before = clock.now()
    with pytest.raises(DatabaseBusy):
        bootstrap.wait_for_database(Starting(1000), Skipping(clock), lambda: None)  # type: ignore[arg-type]
    assert 30 <= (clock.now() - before).total_seconds() <= 32


def test_a_database_that_refuses_for_good_is_not_waited_for(clock: FixedClock) -> None:
    starting, expired = Starting(1000), ServerFault("Its certificate has expired.", "Renew it.", is_fatal=True)
    with pytest.raises(bootstrap.ServerUnfit, match="has expired"):
        bootstrap.wait_for_database(starting, Skipping(clock), lambda: expired)  # type: ignore[arg-type]
    assert starting.asked == 1


def test_after_half_a_minute_the_reason_is_told(clock: FixedClock) -> None:
    starting, wrong = Starting(1000), ServerFault("The password is wrong.", "Mend it.")
    with pytest.raises(bootstrap.ServerUnfit, match="password is wrong"):
        bootstrap.wait_for_database(starting, Skipping(clock), lambda: wrong)  # type: ignore[arg-type]
    assert starting.asked > 20


def test_the_address_is_one_that_a_browser_takes() -> None:
    assert address("0.0.0.0", 5000) == "http://127.0.0.1:5000"
    assert address("::", 80) == "http://[::1]:80"
    assert address("hunt.example", 80) == "http://hunt.example:80"


def test_a_node_that_listens_everywhere_says_so() -> None:
    assert described("0.0.0.0", 80) == "port 80 of every address, on this machine http://127.0.0.1:80"
    assert described("::", 80) == "port 80 of every address, on this machine http://[::1]:80"
    assert described("127.0.0.1", 5000) == "http://127.0.0.1:5000"


def test_the_process_is_known_to_the_database_by_a_name_it_does_not_cut() -> None:
    assert re.fullmatch(r"infinity-[A-Za-z0-9.-]{1,40}-\d+", application_name())
    assert len(application_name().encode()) <= 63


def test_the_version_is_the_projects() -> None:
    assert f'version = "{version()}"' in (ROOT / "pyproject.toml").read_text()
