"""People who play on the site of a file of tests; the file says where it is, in ``site_url``.

With a test that fails stands what the gateways have logged meanwhile, which is only what did not go well.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.deploy.containers.engine import RUNNING
from tests.deploy.load import Load, constant_load

PUZZLE = "gauges"


@pytest.fixture(autouse=True)
def _log_of_gateways() -> Iterator[None]:
    began = time.time()
    yield
    for one in RUNNING:
        print(one.said("gateway", began))


@pytest.fixture(scope="module")
def playing(site_url: str) -> Iterator[Load]:
    with constant_load(site_url, PUZZLE) as one:
        yield one


@pytest.fixture
def load(playing: Load) -> Iterator[Load]:
    playing.goes_on(seconds=120)
    yield playing
    playing.goes_on(seconds=120)
