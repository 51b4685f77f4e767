"""A small hunt with hints, near answers and signatures, and teams that have credits and XP to spend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bcrypt
from bs4 import BeautifulSoup
from flask import Flask

from app.core.model import Content, Hint
from app.core.near_answers import signature
from app.database import ledger
from app.guesses.submission import NewGuess
from app.hints.hints import HintWish, Pay
from app.hints.powerups import SkipWish
from app.ports import Ports
from tests.support.accounts import ids, set_now
from tests.support.clock import FixedClock
from tests.support.world import World, small_content

HERE = "192.0.2.7"
HINTS = (
    Hint("recH1", 1, "<p>It flies.</p>", 1),
    Hint("recH2", 2, "<p>At night.</p>", 2),
    Hint("recH3", 3, "<p>Three letters.</p>", 0, available_after=30),
)


def signed(answer: str) -> str:
    """The signature of an answer's near forms, made cheaply."""
    return signature(answer, bcrypt.gensalt(4).decode(), lambda salt, form: hashed_under(salt, form))


def hashed_under(salt: str, form: str) -> str:
    return bcrypt.hashpw(form.encode(), salt.encode()).decode()


def power_content(version: int = 1, **changes: object) -> Content:
    """The small content; ``one`` (OWL, near answer CROW) has three hints, ``two`` (FOX) one, and both are signed."""
    one, two, *others = small_content().puzzles
    one = replace(one, hints=HINTS, near=signed("owl"))
    two = replace(two, hints=(Hint("recH4", 1, "<p>Red.</p>"),), near=signed("fox"))
    return small_content(version, **({"puzzles": (one, two, *others)} | changes))


def give(node: World, team: int, kind: str, amount: int) -> None:
    """Let the team have credits, XP or points, as if it had come by them."""
    with node.database.writing() as connection:
        ledger.book(connection, team, kind, amount, "gift", node.clock.now())


def rich_team(node: World, name: str = "Owls", *, credits: int = 0, xp: int = 0) -> int:
    """A new team with this much."""
    team = node.add_team(name)
    give(node, team, "credits", credits)
    give(node, team, "xp", xp)
    return team


def hint_wish(node: World, team: int, key: str = "one", pay: Pay = "credit", order: int | None = None) -> HintWish:
    return HintWish(team, node.puzzle(key), pay, order, HERE)


def skip_wish(node: World, team: int, key: str = "one", once: str = "") -> SkipWish:
    return SkipWish(team, node.puzzle(key), once, HERE)


def asked(node: World, team: int, text: str, key: str = "one", once: str = "") -> NewGuess:
    return NewGuess(team, node.puzzle(key), text, once, HERE)


def balance(node: World, team: int) -> tuple[int, int, int]:
    """Points, XP and hint credits as they are stored."""
    row = node.row(team)
    return row.score, row.xp, row.hint_credits


# --- through the site ------------------------------------------------------------------------------------------------


def power_app(app: Flask, clock: FixedClock, **settings: str) -> Ports:
    """Let an app play this hunt since now, with XP and points hints on; answers its ports."""
    ports: Ports = app.extensions["infinity"]
    ports.in_force.put(power_content())
    set_now(ports, **({"starts_at": f"{clock.now():%Y-%m-%dT%H:%MZ}", "xp": "on", "points_hints": "on"} | settings))
    return ports


def enrich(ports: Ports, clock: FixedClock, name: str, **amounts: int) -> int:
    """Give a registered team credits, XP or points; answers its id."""
    team = ids(ports)[name]
    with ports.database.writing() as connection:
        for kind, amount in amounts.items():
            ledger.book(connection, team, kind, amount, "gift", clock.now())
    return team


def error_of(reply: Any) -> tuple[int, str]:
    """The status of a refusal, and its code."""
    return reply.status_code, reply.get_json()["error"]["code"]


def shown(reply: Any) -> BeautifulSoup:
    """The page, to look things up in."""
    return BeautifulSoup(reply.text, "html5lib")
