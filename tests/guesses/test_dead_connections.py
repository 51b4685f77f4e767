"""A pooler that is exchanged, or a server that fails over, cuts connections in the middle of a guess."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from sqlalchemy import event

from app.core.team import TeamState
from app.database import ledger
from app.database.engine import ConnectionDied
from app.database.page_query import read_page_state
from app.guesses.submission import NewGuess, submit
from tests.support.clock import FixedClock
from tests.support.world import World, world

pytestmark = pytest.mark.servers
# A sign of each message that a guess sends: the reservation, the second transaction's beginning and its end.
RESERVATION, LOCK, END = "WITH free AS", "r.holder", "COMMIT"


@pytest.fixture
def node(postgres_database: str, clock: FixedClock) -> Iterator[World]:
    with world(postgres_database, clock) as one:
        yield one


class Cut:
    """Lets the connection die at the first statement with this sign, before it is executed or after."""

    def __init__(self, node: World, sign: str, moment: str) -> None:
        self._sign, self.count = sign, 0
        event.listen(node.database.engine, f"{moment}_cursor_execute", self._hear)

    def _hear(self, connection: Any, _cursor: Any, statement: str, *_words: object) -> None:
        if self._sign in statement and not self.count:
            self.count += 1
            raise psycopg2.OperationalError("server closed the connection unexpectedly")


def say(node: World, team: TeamState, text: str, once: str) -> dict[str, Any]:
    return submit(
        node.ports.for_guess, node.content, NewGuess(team.id, node.puzzle("one"), text, once, "192.0.2.7", seen=team)
    )


def seen(node: World, team: int) -> TeamState:
    found = read_page_state(node.database, team).team
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["owl", "hen"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("sign", [RESERVATION, LOCK, END])
def test_a_guess_whose_connection_dies_is_made_once_and_answered(
    node: World, sign: str, moment: str, text: str
) -> None:
    team = seen(node, node.add_team())
    cut = Cut(node, sign, moment)
    reply = say(node, team, text, "key")
    assert cut.count == 1
    assert (reply["verdict"], reply["guesses_left"]) == ("correct" if text == "owl" else "wrong", 9)
    assert (node.count("guesses"), node.count("receipts"), node.count("solves")) == (1, 1, int(text == "owl"))
    assert json.dumps(say(node, seen(node, team.id), text, "key"), sort_keys=True) == json.dumps(reply, sort_keys=True)
    assert len(seen(node, team.id).guess_times) == 1
    assert ledger.compare(node.database) == []


def test_without_a_key_nobody_knows_whether_it_counted_and_it_is_not_repeated(node: World) -> None:
    team = seen(node, node.add_team())
    Cut(node, END, "after")
    with pytest.raises(ConnectionDied):
        say(node, team, "hen", "")
    assert node.count("guesses") == 1
