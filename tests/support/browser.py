"""A real browser: Debian's Chromium under Playwright, in light and dark, on a desk and on a phone.

Anything the browser complains about fails the test: errors on the console, exceptions, failed requests, and every
request that leaves the loopback interface. Only for processes that are not patched by eventlet.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from tests.support import processes

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
# For a page to become what a test waits for, on a machine with other work.
PATIENCE_MS = 30_000
# Playwright waits for ever for a browser that opens or closes nothing; these let it wait so long and no longer.
LIMIT_SECONDS = 20.0
LAUNCH_SECONDS = 45.0
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Look:
    """How a reader looks at the site: colour scheme, device, and the language that the browser asks for."""

    scheme: str = "light"
    is_phone: bool = False
    reduced_motion: bool = False
    locale: str = "en-GB"

    def __str__(self) -> str:
        return f"{self.scheme}-{'phone' if self.is_phone else 'desktop'}"


LOOKS = (Look("light"), Look("dark"), Look("light", is_phone=True), Look("dark", is_phone=True))


@dataclass
class Complaints:
    """What the browser had to complain about on one page; tests may expect some with :meth:`expect`."""

    heard: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Let complaints that match ``pattern`` pass: a test that fetches a locked page expects its 404."""
        self.expected.append(re.compile(pattern))

    def listen(self, page: Page) -> None:
        """Hear everything that ``page`` complains about."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.heard.append(f"exception: {error}"))
        page.on("requestfailed", self._on_failed)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.heard.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_failed(self, request: Request) -> None:
        # Leaving a page aborts what it was still fetching; that is no failure.
        if request.failure != "net::ERR_ABORTED":
            self.heard.append(f"request: {request.failure} {request.url}")

    def check(self) -> None:
        """Fail if there was a complaint that nobody expected."""
        left = [text for text in self.heard if not any(pattern.search(text) for pattern in self.expected)]
        assert not left, "the browser complained:\n" + "\n".join(left)


class Chromium:
    """A running browser. One that hangs is killed, and the next page is opened in a new one."""

    def __init__(self) -> None:
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        assert program, "chromium is not installed; `make test` installs it, or says how"
        self._program = program
        self.limit_seconds = LIMIT_SECONDS
        self._start()

    def open(self, **options: Any) -> Page:
        """A page in a context of its own; the options are the context's."""
        with contextlib.suppress(Error), limited(self.limit_seconds):
            return self._browser.new_context(**options).new_page()
        self.stop()
        self._start()
        with limited(LAUNCH_SECONDS):
            return self._browser.new_context(**options).new_page()

    def end(self, context: BrowserContext) -> None:
        """Close a reader's pages, together with the browser if that takes too long."""
        with contextlib.suppress(Error), limited(self.limit_seconds):
            context.close()

    def stop(self) -> None:
        """End the browser and Playwright's driver, whatever state they are in."""
        with contextlib.suppress(Error), limited(self.limit_seconds):
            self._browser.close()
        with limited(self.limit_seconds):
            self._playwright.stop()

    def _start(self) -> None:
        with limited(LAUNCH_SECONDS):
            self._playwright = sync_playwright().start()
        self._browser = self._launched()

    def _launched(self) -> Browser:
        for _ in range(2):
            with contextlib.suppress(Error):
                return self._playwright.chromium.launch(
                    executable_path=self._program, args=list(FLAGS), timeout=1000 * LAUNCH_SECONDS
                )
        raise AssertionError(f"chromium did not start within {LAUNCH_SECONDS} s, twice")


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Kill the browser when that much time is over, and Playwright's driver if that does not end the waiting."""
    timers = [threading.Timer(seconds, kill_browsers), threading.Timer(seconds + 5, kill_drivers)]
    for one in timers:
        one.daemon = True
        one.start()
    try:
        yield
    finally:
        for one in timers:
            one.cancel()


def drivers() -> list[int]:
    """Playwright's own processes below this one; browsers are theirs."""
    return [one for one in processes.children(os.getpid()) if "playwright" in processes.command(one)]


def kill_browsers() -> None:
    for driver in drivers():
        for browser in processes.children(driver):
            processes.kill(browser)


def kill_drivers() -> None:
    for driver in drivers():
        processes.kill(driver)


class Window:
    """A browser that can open pages as different readers; each has its own cookies."""

    def __init__(self, browser: Chromium, base_url: str | None = None) -> None:
        self._browser = browser
        self._base_url = base_url
        self._pages: list[tuple[Page, Complaints]] = []

    def open(self, look: Look | None = None, *, base_url: str | None = None, has_script: bool = True) -> Page:
        """A new page in a context of its own."""
        look = look or Look()
        page = self._browser.open(
            base_url=base_url or self._base_url,
            color_scheme=look.scheme,
            viewport=PHONE if look.is_phone else DESKTOP,
            has_touch=look.is_phone,
            reduced_motion="reduce" if look.reduced_motion else "no-preference",
            java_script_enabled=has_script,
            locale=look.locale,
            timezone_id="Europe/Berlin",
            permissions=["clipboard-read", "clipboard-write"],
        )
        page.context.set_default_timeout(PATIENCE_MS)
        complaints = Complaints()
        complaints.listen(page)
        self._pages.append((page, complaints))
        return page

    def complaints(self, page: Page) -> Complaints:
        """What this page's browser has said."""
        return next(complaints for known, complaints in self._pages if known is page)

    def close(self, *, check: bool = True) -> None:
        """Close all pages, then fail on what any of them complained about."""
        for page, _ in self._pages:
            self._browser.end(page.context)
        if check:
            for _, complaints in self._pages:
                complaints.check()


@contextlib.contextmanager
def chromium() -> Iterator[Chromium]:
    """A running Chromium for the length of a ``with``."""
    browser = Chromium()
    try:
        yield browser
    finally:
        browser.stop()


def axe(page: Page, *, ignore: tuple[str, ...] = ()) -> None:
    """Fail on any violation that axe-core finds on the page as it stands; ``ignore`` names rules."""
    found = [item for item in Axe().run(page).response["violations"] if item["id"] not in ignore]
    told = "\n".join(
        f"{item['id']} ({item['impact']}): {item['help']}\n"
        + "\n".join(f"    {node['html'][:160]}" for node in item["nodes"])
        for item in found
    )
    assert not found, f"axe found at {page.url}:\n{told}"


def fits_width(page: Page) -> bool:
    """Whether the page can be read without scrolling sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
