"""People who play on the site of a file of tests; the file says where it is, in ``site_url``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deploy.load import Load, constant_load

PUZZLE = "gauges"


@pytest.fixture(scope="module")
def playing(site_url: str) -> Iterator[Load]:
    with constant_load(site_url, PUZZLE) as one:
        yield one


@pytest.fixture
def load(playing: Load) -> Iterator[Load]:
    playing.goes_on()
    yield playing
    playing.goes_on(seconds=60)
