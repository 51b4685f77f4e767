"""Copies of pictures, kept by several processes at once."""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Flask

from app.database.engine import Database
from app.prox import queries as prox_queries

LONG = b"x" * (prox_queries.PIECE_BYTES + 1)


def keep(database: Database, content: bytes, heard: list[Any]) -> None:
    try:
        with database.writing() as connection:
            prox_queries.keep(connection, "copy", content, digest="d")
    except Exception as problem:  # noqa: BLE001 - what was raised is what the test looks at
        heard.append(problem)


def test_two_who_keep_one_picture_at_once_both_succeed_and_the_later_one_stays(app: Flask) -> None:
    database: Database = app.extensions["infinity"].database
    prox_queries.note(database, "copy", "", "wide.jpg")
    heard: list[Any] = []
    other = threading.Thread(target=keep, args=(database, b"later", heard))
    with database.writing() as connection:
        prox_queries.keep(connection, "copy", LONG, digest="d")
        other.start()
        # Time for the other to come as far as it can beside us; too short a time would only make this test milder.
        time.sleep(0.3)
    other.join(60)
    assert heard == []
    assert b"".join(prox_queries.read_pieces(database, "copy")) == b"later"
