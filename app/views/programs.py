"""What a team sets up for its own programs, on its account page: the token that reads.

Called by nobody; :func:`programs_box` is what the account page shows of it.
"""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, redirect
from flask.typing import ResponseReturnValue

from app.errors import Refusal
from app.services import issuing_tokens
from app.services.issuing_tokens import TeamClosed
from app.store.page_state import TeamState
from app.views.pages import ProgramsBox, TokenPage
from app.views.rendering import render, wants_json
from app.views.visit import our_team, ports, visit

programs = Blueprint("programs", __name__, url_prefix="/account")
PLACE = "/account#programs"
FOR_TEAMS = "This is for teams that play; the organisers' pages have their own ways."


@programs.post("/token")
def make_token() -> ResponseReturnValue:
    """A new token in place of the old one, shown this once: it is on no page and in no cookie afterwards."""
    try:
        token = issuing_tokens.make_token(ports(), our_team().id, visit().address)
    except TeamClosed:
        raise Refusal("forbidden", FOR_TEAMS) from None
    return jsonify(token=token) if wants_json() else render("account/token.html", TokenPage(token))


@programs.post("/token/revoke")
def revoke_token() -> ResponseReturnValue:
    """The token in force opens nothing any more."""
    issuing_tokens.revoke_token(ports(), our_team().id, visit().address)
    return _done("The token is revoked.")


def programs_box(team: TeamState) -> ProgramsBox | None:
    """The part of the account page; None for organisers."""
    if team.role != "team":
        return None
    return ProgramsBox(token_made_at=issuing_tokens.token_made_at(ports(), team.id))


def _done(words: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(url=PLACE)
    flash(words, "success")
    return redirect(PLACE, 303)
