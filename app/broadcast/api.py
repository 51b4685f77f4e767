"""The broadcast API.

Authorised by BROADCAST_TOKEN; without it the API is closed. No cookie counts, so there is no CSRF check and no team
reload.
"""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from app.broadcast import stored
from app.broadcast.events import EVERYBODY
from app.broadcast.stored import AnnouncementUnknown, BroadcastInvalid
from app.core.text import Text, sentence
from app.extensions import csrf
from app.web.access import for_all
from app.web.languages import told
from app.web.visit import json_body, ports, wrong_fields

broadcast_api = Blueprint("broadcast_api", __name__, url_prefix="/api")
csrf.exempt(broadcast_api)
ACTOR = "broadcast API"


@broadcast_api.before_request
def check_token() -> tuple[Response, int] | None:
    """401 without a token, 403 with a wrong one."""
    given = request.headers.get("Authorization", "").strip()
    given = given[6:].strip() if given[:7].lower() in ("bearer", "bearer ") else given
    if not given:
        return _answer(401, sentence("A token is needed"), sentence("Send the header Authorization: Bearer TOKEN."))
    token = str(current_app.extensions["config"].broadcast_token)
    # The token is not empty here, so an unset setting matches none.
    is_right = hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
    return None if is_right else _answer(403, sentence("Wrong token"), sentence("That is not the token of this site."))


@broadcast_api.get("/ping")
@for_all
def ping() -> Response:
    return Response("pong", mimetype="text/plain")


@broadcast_api.post("/alert")
@for_all
def alert() -> tuple[Response, int]:
    """Body: ``message``; ``division`` (code, default all); ``id`` for idempotency."""
    given = _given()
    division, outside_id = _text(given, "division"), _text(given, "id")
    sent = stored.alert(
        ports().for_hunt,
        _text(given, "message"),
        ACTOR,
        audience=f"division:{division}" if division else EVERYBODY,
        outside_id=outside_id or None,
        address=request.remote_addr or "",
    )
    return _answer(200, sentence("Alert"), sent.payload["text"], sent.id)


@broadcast_api.post("/announcement")
@for_all
def announcement() -> tuple[Response, int]:
    """A toast linking to the published announcement ``id``, for its audience."""
    number = _text(_given(), "id")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise BroadcastInvalid(sentence("“id” is the number of an announcement."))
    sent = stored.announce(ports().for_hunt, int(number), ACTOR, request.remote_addr or "")
    title = sent[0].payload["title"] if sent else sentence("It concerns nobody just now.")
    return _answer(200, sentence("Announcement"), title, sent[-1].id if sent else None)


@broadcast_api.post("/refresh")
@for_all
def refresh() -> tuple[Response, int]:
    _given()
    sent = stored.refresh(ports().for_hunt, ACTOR, address=request.remote_addr or "")
    return _answer(200, sentence("Refresh"), sentence("All open pages load again within 19 seconds."), sent.id)


@broadcast_api.errorhandler(BroadcastInvalid)
def refuse(why: BroadcastInvalid) -> tuple[Response, int]:
    return _answer(400, sentence("Not sent"), str(why))


@broadcast_api.errorhandler(AnnouncementUnknown)
def refuse_unknown(_why: AnnouncementUnknown) -> tuple[Response, int]:
    return _answer(404, sentence("Not sent"), sentence("There is no published announcement with this id."))


def _given() -> dict[str, Any]:
    wrong = wrong_fields()
    if wrong:
        name, words = next(iter(wrong.items()))
        raise BroadcastInvalid(sentence("“%(name)s”: %(words)s", name=name, words=words))
    given = json_body() if request.is_json else request.form.to_dict()
    return given if isinstance(given, dict) else {}


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BroadcastInvalid(sentence("“%(name)s” must be text.", name=name))
    return str(value).strip()


def _answer(status: int, title: Text, message: str, number: int | None = None) -> tuple[Response, int]:
    """``message`` is translated only if it is ours; organisers' text stays."""
    words = told(message) if isinstance(message, Text) else message
    return jsonify(success=status == 200, title=told(title), message=words, id=number), status
