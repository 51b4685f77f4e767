"""The bed itself: a check that never fails is worth nothing, so here each is shown to fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest
from playwright.sync_api import Error

from tests.support import processes
from tests.support.browser import LOOKS, Window, axe, fits_width
from tests.support.client import Visitor
from tests.support.databases import PostgresShelf, rows
from tests.support.haproxy import haproxy
from tests.support.pages import PageInvalid, check_page, csrf_token
from tests.support.postgres import Cluster
from tests.support.redis import Redis

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'self'; script-src 'nonce-n1'",
    "X-Content-Type-Options": "nosniff",
}
GOOD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width"><meta name="csrf-token" content="t1">
<script src="/static/a.js" nonce="n1"></script></head>
<body><main><h1 id="top">A page</h1>%s</main></body></html>"""

BROKEN_BODIES = {
    "an unclosed element": ("<div>", "End tag"),
    "a second h1": ("<h1>Again</h1>", "h1: 2"),
    "an id twice": ('<p id="top">x</p>', "stands 2 times"),
    "a field without label": ('<input name="answer">', "no label"),
    "a label without its field": ('<label for="nobody">x</label>', "'nobody', which is not there"),
    "a picture without alt": ('<img src="/a.png">', "no alt"),
    "a button without text": ('<button type="button"></button>', "no text"),
    "an inline script": ('<script nonce="n1">1</script>', "an inline script"),
    "a script without nonce": ('<script src="/b.js"></script>', "without the page's nonce"),
    "a script from elsewhere": ('<script src="//cdn.example/b.js" nonce="n1"></script>', "from elsewhere"),
    "an inline style": ('<p style="color:red">x</p>', "an inline style"),
    "a handler": ('<p onclick="x()">x</p>', "an inline onclick"),
    "a script for a link": ('<a href=" javascript:x()">x</a>', "a script as href"),
    "a post without token": ('<form method="post" action="/"></form>', "without csrf_token"),
    "a dangling link": ('<a href="#gone">x</a>', "a link to #gone"),
    "a frame without sandbox": ('<iframe src="/x" title="x"></iframe>', "without sandbox"),
    "a value that was not there": ("<p>&lt;Undefined&gt;</p>", "in the text"),
}


def test_a_good_page_passes() -> None:
    check_page(GOOD % "<p>Hello.</p>", HEADERS, 200, "/")
    assert csrf_token(GOOD % "") == "t1"


@pytest.mark.parametrize("name", BROKEN_BODIES)
def test_a_broken_page_is_refused(name: str) -> None:
    body, complaint = BROKEN_BODIES[name]
    with pytest.raises(PageInvalid, match=complaint):
        check_page(GOOD % body, HEADERS, 200, "/")


@pytest.mark.parametrize("header", HEADERS)
def test_a_page_without_a_protective_header_is_refused(header: str) -> None:
    with pytest.raises(PageInvalid):
        check_page(GOOD % "", {name: value for name, value in HEADERS.items() if name != header}, 200, "/")


def test_a_postgres_database_is_a_copy_of_its_template_and_gone_afterwards(postgres: Cluster) -> None:
    url = postgres.create("mould")
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE seen AS SELECT 7 AS number")
    connection.close()
    copy = psycopg2.connect(postgres.create("cast", "mould"))
    with copy.cursor() as cursor:
        cursor.execute("SELECT number FROM seen")
        assert cursor.fetchall() == [(7,)]
    postgres.drop("cast")  # with a connection open, as a test that failed would leave it
    postgres.drop("mould")
    assert postgres.run("SELECT datname FROM pg_database WHERE datname IN ('cast', 'mould')") == []
    copy.close()


def test_a_postgres_shelf_starts_nothing_until_it_is_asked() -> None:
    PostgresShelf(lambda: pytest.fail("the cluster was started"))


def test_redis_can_go_away_and_come_back_on_its_port(redis: Redis) -> None:
    redis.stop()
    assert not processes.accepts(redis.port)
    redis.start()
    assert processes.accepts(redis.port)


def test_a_server_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = processes.start([sys.executable, "-c", "raise SystemExit('no such hunt')"], log)
    with pytest.raises(processes.ServerDidNotStart, match="no such hunt"):
        processes.wait_until(lambda: False, process, log)


def test_a_server_that_will_not_stop_is_killed_and_fails_the_test(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    log = tmp_path / "log"
    process = processes.start([sys.executable, "-c", deaf], log)
    processes.wait_until(lambda: "up" in processes.tail(log), process, log)
    with pytest.raises(AssertionError, match="did not end within"):
        processes.stop(process, seconds=0.3)
    assert process.poll() is not None


def test_children_do_not_outlive_a_test_process_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib\n"
        "from tests.support import processes\n"
        "child = processes.start([sys.executable, '-c', 'import time; time.sleep(60)'], pathlib.Path(sys.argv[1]))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, tmp_path / "log"], stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(child)


def is_alive(pid: int) -> bool:
    """Whether a process of this id runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text() if Path(f"/proc/{pid}/stat").exists() else ""
    return ") Z " not in state


PAGES = """
import http.server
class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGE.encode()
        self.send_response(200 if self.path != "/gone" else 404)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Pages).serve_forever()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A tiny real site with one faulty page for the clients to complain about."""
    body = '<p>x</p><label>Answer <input name="answer"></label><p><a href="/gone">Next</a></p>'
    page = (GOOD % body).replace(
        '<script src="/static/a.js" nonce="n1"></script>', '<link rel="icon" href="/icon.png">'
    )
    port = processes.free_port()
    program = f"PAGE = {page!r}\nHEADERS = {HEADERS!r}\nPORT = {port}\n{PAGES}"
    with processes.running([sys.executable, "-c", program], port, tmp_path_factory.mktemp("site") / "log"):
        yield f"http://127.0.0.1:{port}"


def test_a_visitor_reads_a_real_site_through_a_real_proxy(site: str) -> None:
    with haproxy([int(site.rsplit(":", 1)[1])]) as proxy, Visitor(proxy) as visitor:
        assert visitor.get("/").status_code == 200
        assert visitor.token("/") == "t1"


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_browser_shows_a_page_in_every_look(window: Window, site: str, look: object) -> None:
    page = window.open(look, base_url=site)  # type: ignore[arg-type]
    page.goto("/")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is (look.scheme == "dark")  # type: ignore[attr-defined]
    assert fits_width(page)
    axe(page)


def test_a_violation_found_by_axe_fails(window: Window, site: str) -> None:
    page = window.open(base_url=site)
    page.goto("/")
    page.evaluate("document.querySelector('label').replaceWith(document.querySelector('input'))")
    with pytest.raises(AssertionError, match="label"):
        axe(page)


def test_an_exception_in_the_page_fails_the_test(chromium: object, site: str) -> None:
    opened = Window(chromium)  # type: ignore[arg-type]
    page = opened.open(base_url=site)
    page.goto("/")
    page.evaluate("setTimeout(() => { throw new Error('spilled') }, 0)")
    page.wait_for_timeout(100)
    with pytest.raises(AssertionError, match="spilled"):
        opened.close()


def test_an_expected_complaint_passes(window: Window, site: str) -> None:
    page = window.open(base_url=site)
    window.complaints(page).expect("404")
    assert page.goto("/gone").status == 404  # type: ignore[union-attr]


def test_the_browser_reaches_nothing_outside_this_machine(window: Window, site: str) -> None:
    page = window.open(base_url=site)
    window.complaints(page).expect("ERR_NAME_NOT_RESOLVED")
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")


def test_a_database_that_is_used_again_is_as_the_migrations_left_it(
    postgres: Cluster, shelves: dict[str, PostgresShelf]
) -> None:
    shelf = shelves["postgresql"]
    first = "INSERT INTO hunt_state (id, settings_revision, last_event) VALUES (1, 0, 0)"
    with shelf.fresh() as url:
        name = url.rpartition("/")[2]
        before = rows(postgres, name)
        postgres.run(f"DELETE FROM hunt_state; {first.replace('(1, 0, 0)', '(1, 7, 7)')}", name)
        postgres.run("SELECT nextval(sequencename::regclass) FROM pg_sequences", name)
        left_open = psycopg2.connect(url)
    with shelf.fresh() as url:
        assert (again := url.rpartition("/")[2]) != name
        assert rows(postgres, again) == before != []
        assert postgres.run("SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL", again) == [(0,)]
        with pytest.raises(psycopg2.OperationalError):
            left_open.cursor().execute("SELECT 1")
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(postgres.url(name))


def test_a_database_whose_schema_was_changed_is_not_used_again(
    postgres: Cluster, shelves: dict[str, PostgresShelf]
) -> None:
    shelf = shelves["postgresql"]
    with shelf.fresh() as url:
        postgres.run("ALTER TABLE teams ADD COLUMN shoe_size integer", url.rpartition("/")[2])
    with shelf.fresh() as url:
        found = postgres.run("SELECT 1 FROM pg_attribute WHERE attname = 'shoe_size'", url.rpartition("/")[2])
    assert found == []
