"""A real browser: Debian's Chromium under Playwright, in light and dark, on a desk and on a phone.

Anything the browser complains about fails the test: errors on the console, exceptions, failed requests, and every
request that leaves the loopback interface. Only for processes that are not patched by eventlet.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

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


class Window:
    """A browser that can open pages as different readers; each has its own cookies."""

    def __init__(self, browser: Browser, base_url: str | None = None) -> None:
        self._browser = browser
        self._base_url = base_url
        self._pages: list[tuple[Page, Complaints]] = []

    def open(self, look: Look | None = None, *, base_url: str | None = None, has_script: bool = True) -> Page:
        """A new page in a context of its own."""
        look = look or Look()
        context = self._browser.new_context(
            base_url=base_url or self._base_url,
            color_scheme=look.scheme,  # type: ignore[arg-type]
            viewport=PHONE if look.is_phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=look.is_phone,
            reduced_motion="reduce" if look.reduced_motion else "no-preference",
            java_script_enabled=has_script,
            locale=look.locale,
            timezone_id="Europe/Berlin",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
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
            page.context.close()
        if check:
            for _, complaints in self._pages:
                complaints.check()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium for the length of a ``with``."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "chromium is not installed; `make test` installs it, or says how"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


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
