"""A node far from its pooler: a page waits for the distance once, a guess four times at most.

The distance is so long that it outweighs what else the machine does; `python -m bench distance` tells the times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.deploy.far_database import FarNode, far_node
from tests.support.postgres import Cluster

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]
NEAR, FAR = 0.04, 0.6
TURNS = 7
# Counts are whole: a page that waits twice, or a guess that waits five times, would be far beyond.
MOST_OF_A_PAGE, MOST_OF_A_GUESS = 1.6, 4.6


@pytest.fixture(scope="module")
def far(postgres: Cluster) -> Iterator[FarNode]:
    with far_node(postgres, DB_POOL_SIZE="10") as one:
        yield one


def times_waited(far: FarNode, asked: Callable[[int], list[float]]) -> float:
    """What two distances differ by in seconds, over their difference.

    The quickest of several turns: whoever else uses the machine only ever adds to one.
    """
    quickest = []
    for distance in (NEAR, FAR):
        far.line.round_trip_seconds = distance
        asked(2)  # connections that have to be made are not the question
        quickest.append(min(asked(TURNS)))
    return (quickest[1] - quickest[0]) / (FAR - NEAR)


def test_a_page_waits_for_the_distance_once(far: FarNode) -> None:
    assert 0.6 < times_waited(far, far.pages) < MOST_OF_A_PAGE


def test_a_guess_waits_for_the_distance_four_times_at_most(far: FarNode) -> None:
    assert 1.6 < times_waited(far, far.guesses) < MOST_OF_A_GUESS
