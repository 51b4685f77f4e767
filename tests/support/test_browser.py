"""A browser that hangs costs the test that used it, and nothing after it waits for it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest

from tests.support import processes
from tests.support.browser import LIMIT_SECONDS, Chromium, Window, drivers


def browsers() -> list[int]:
    return [one for driver in drivers() for one in processes.children(driver)]


@contextlib.contextmanager
def impatient(browser: Chromium) -> Iterator[None]:
    """A stopped process does nothing for ever, so a short limit is as good as a long one."""
    browser.limit_seconds = 1.0
    try:
        yield
    finally:
        browser.limit_seconds = LIMIT_SECONDS


def opens_a_page(browser: Chromium) -> None:
    window = Window(browser)
    assert window.open().evaluate("6 * 7") == 42
    window.close()


def test_pages_that_do_not_close_are_killed_and_the_next_page_has_a_new_browser(chromium: Chromium) -> None:
    window = Window(chromium)
    window.open()
    (stopped,) = browsers()
    os.kill(stopped, signal.SIGSTOP)
    with impatient(chromium):
        window.close()
    opens_a_page(chromium)
    (new,) = browsers()
    assert new != stopped


def test_a_browser_that_opens_no_page_is_killed_and_a_new_one_opens_it(chromium: Chromium) -> None:
    (stopped,) = browsers()
    os.kill(stopped, signal.SIGSTOP)
    with impatient(chromium):
        opens_a_page(chromium)
    assert stopped not in browsers()


@pytest.mark.parametrize("sign", [signal.SIGSTOP, signal.SIGKILL])
def test_a_driver_that_hangs_or_has_gone_is_started_again(chromium: Chromium, sign: signal.Signals) -> None:
    window = Window(chromium)
    window.open()
    (driver,) = drivers()
    os.kill(driver, sign)
    with impatient(chromium):
        window.close()
    opens_a_page(chromium)
    (new,) = drivers()
    assert new != driver


def test_a_browser_that_does_not_start_says_so(chromium: Chromium, monkeypatch: pytest.MonkeyPatch) -> None:
    chromium.stop()
    with monkeypatch.context() as patched:
        patched.setattr(chromium, "_program", "/bin/false")
        with pytest.raises(AssertionError, match="chromium did not start"):
            chromium.open()
    opens_a_page(chromium)


def test_a_browser_that_hangs_ends_with_its_tests(chromium: Chromium) -> None:
    (stopped,) = browsers()
    os.kill(stopped, signal.SIGSTOP)
    with impatient(chromium):
        chromium.stop()
    assert drivers() == []
    opens_a_page(chromium)
