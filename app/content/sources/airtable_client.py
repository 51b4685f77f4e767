"""HTTP to Airtable: rate limit, retries, bounds of time and size.

All traffic passes :class:`PoliteAdapter`, below pyairtable. Only reads are retried.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from app.clock import SystemClock
from app.content.sources.tables import MAX_BYTES

BILLING_LIMIT = "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
TRIES = 3
TIMEOUT = (5, 30)  # seconds to connect, and between two pieces of an answer
_CHUNK = 64 * 1024


class TookTooLong(requests.RequestException):
    """All requests together took too long."""


class AnsweredTooMuch(requests.RequestException):
    """All responses together were too large."""


@dataclass
class RequestPace:
    """At most five requests a second, and pauses between tries.

    Airtable's penalty for more is thirty seconds.
    """

    sleep: Callable[[float], None] = field(default_factory=lambda: time.sleep)
    monotonic: Callable[[], float] = field(default_factory=lambda: SystemClock().monotonic)
    seconds_between: float = 0.21
    seconds_throttled: float = 30
    seconds_most: float = 60  # the longest wait that an answer may ask for
    seconds_after_failure: tuple[float, ...] = (1, 3)
    seconds_in_all: float = 300
    _next_at: float = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._ends_at = self.monotonic() + self.seconds_in_all

    def take_turn(self) -> None:
        """Raises :class:`TookTooLong`."""
        waits = self._next_at - self.monotonic()
        if waits > 0:
            self.sleep(waits)
        self.check_time()
        self._next_at = self.monotonic() + self.seconds_between

    def check_time(self) -> None:
        """Raises :class:`TookTooLong`."""
        if self.monotonic() > self._ends_at:
            raise TookTooLong

    def pause(self, seconds: float) -> None:
        """Wait before a retry, unless time would run out."""
        if self.monotonic() + seconds > self._ends_at:
            raise TookTooLong
        self.sleep(seconds)


class PoliteAdapter(HTTPAdapter):
    def __init__(self, pace: RequestPace) -> None:
        super().__init__(max_retries=0)
        self._pace = pace
        self._left = MAX_BYTES

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Reads are tried up to three times."""
        tries = TRIES if request.method == "GET" else 1
        for number in range(1, tries):
            try:
                response = self._send_once(request, *args, **kwargs)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                self._pause_after_failure(number)
                continue
            if not self._is_worth_another_try(response, number):
                return response
        return self._send_once(request, *args, **kwargs)

    def _send_once(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._pace.take_turn()
        response = super().send(request, *args, **kwargs)
        self._read_body(response)
        return response

    def _read_body(self, response: requests.Response) -> None:
        pieces = []
        for piece in response.iter_content(_CHUNK):
            pieces.append(piece)
            self._left -= len(piece)
            if self._left < 0:
                response.close()
                raise AnsweredTooMuch
            self._pace.check_time()
        response._content = b"".join(pieces)

    def _is_worth_another_try(self, response: requests.Response, number: int) -> bool:
        if response.status_code == 429 and not is_billing_limit(response):
            self._pace.pause(self._seconds_asked(response))
            return True
        if response.status_code >= 500:
            self._pause_after_failure(number)
            return True
        return False

    def _pause_after_failure(self, number: int) -> None:
        waits = self._pace.seconds_after_failure
        self._pace.pause(waits[min(number, len(waits)) - 1])

    def _seconds_asked(self, response: requests.Response) -> float:
        asked = response.headers.get("Retry-After", "")
        if asked.isascii() and asked.isdigit():
            return min(float(asked[:6]), self._pace.seconds_most)
        return self._pace.seconds_throttled


def is_billing_limit(response: requests.Response) -> bool:
    return BILLING_LIMIT in response.text
