"""A foreign server for the tests of the picture proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.prox.origin import Origin


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A server on the loopback interface that stands for somebody else's."""
    running = Origin()
    yield running
    running.close()
