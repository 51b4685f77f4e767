"""The game's POSTs take JSON bodies as well as forms, and survive every body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.web.visit import wrong_fields
from tests.support.accounts import in_play


@pytest.fixture
def owls(app: Any, client: Any) -> Any:
    in_play(app)
    assert client.register("Owls", division="open").status_code == 303
    return client


def send(client: Any, body: str) -> Any:
    headers = {"Accept": "application/json", "X-CSRFToken": client.token("/game")}
    return client.post("/game/puzzle/one", data=body, headers=headers, content_type="application/json")


def test_a_guess_may_come_as_json(owls: Any) -> None:
    assert send(owls, json.dumps({"answer": "owl", "once": "k1"})).json["verdict"] == "correct"


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "null", "[]", "[1, 2]", '"owl"', "5", "{}", '{"answer": null}', '{"answer": {"a": 1}}',
        '{"answer": true}', '{"answer": 1e999}', '{"answer": ["?"]}',
        pytest.param('{"answer": ' + "9" * 6000 + "}", id="a number of 6000 digits"),
        pytest.param("[" * 100_000, id="100000 lists in each other"),
    ],
)  # fmt: skip
def test_a_body_without_an_answer_is_refused_in_the_tables_words(owls: Any, body: str) -> None:
    reply = send(owls, body)
    if reply.status_code == 200:  # “true” and “inf” are texts like any other
        assert reply.json["verdict"] == "wrong"
    else:
        assert (reply.status_code, reply.json["error"]["code"]) == (400, "invalid_answer")


def wrong(app: Any, lists: tuple[str, ...], **body: Any) -> set[str]:
    with app.test_request_context(method="POST", **body):
        return set(wrong_fields((), lists))


def test_only_a_field_that_takes_several_texts_may_come_twice(app: Any) -> None:
    twice = {"data": {"role": ["helper", "writer"]}}
    as_list = {"json": {"role": ["helper", "writer"]}}
    for body in (twice, as_list):
        assert wrong(app, ("role",), **body) == set()
        assert wrong(app, (), **body) == {"role"}
    assert wrong(app, (), data={"role": ["same", "same"]}) == set()
    assert wrong(app, ("role",), data={"role": ["a", "b\0"]}) == {"role"}
    assert wrong(app, ("role",), json={"role": ["a", 1]}) == {"role"}


def test_a_refusal_names_the_field_in_its_words_too(owls: Any) -> None:
    reply = send(owls, '{"once": ["x"], "answer": "owl"}')
    assert reply.json["error"] == {
        "code": "invalid_form",
        "message": "“once”: One text is expected here, not a list.",
        "fields": {"once": "One text is expected here, not a list."},
    }
