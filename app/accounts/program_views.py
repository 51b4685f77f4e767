"""API tokens and webhook on the account page."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from app.accounts import api_tokens
from app.accounts.forms import HookForm
from app.core.team import TeamState
from app.core.text import sentence
from app.notifications import team_webhooks
from app.web.languages import told
from app.web.pages import ProgramsBox, TokenPage
from app.web.render import render, wants_json
from app.web.visit import our_team, ports, posted, visit

programs = Blueprint("programs", __name__, url_prefix="/account")
PLACE = "/account#programs"


@programs.post("/token")
def make_token() -> ResponseReturnValue:
    """Shown once, in no later page or cookie."""
    try:
        token = api_tokens.make_token(ports().database, ports().clock, our_team().id, posted("name"), visit().address)
    except (api_tokens.TokenRefused, api_tokens.TooManyTokens) as refused:
        if wants_json():
            raise
        flash(told(refused.message), "error")
        return redirect(PLACE, 303)
    return jsonify(token=token) if wants_json() else render("accounts/token.html", TokenPage(token))


@programs.post("/token/revoke")
def revoke_token() -> ResponseReturnValue:
    """By name; without one, all."""
    name = posted("name") if "name" in request.form else None
    api_tokens.revoke_token(ports().database, ports().clock, our_team().id, name, visit().address)
    return _done(sentence("Token revoked."))


def programs_box(team: TeamState, form: HookForm | None = None) -> ProgramsBox | None:
    """None for organisers."""
    if team.role != "team":
        return None
    box = ProgramsBox(api_tokens.list_tokens(ports().database, team.id), form or HookForm(formdata=None))
    found = team_webhooks.find_hook(ports().database, team.id)
    if found is None:
        return box
    return replace(
        box,
        hook_host=found.host,
        hook_set_at=found.set_at,
        hook_failures=found.failures,
        hook_problem=found.problem,
        hook_off_at=found.off_at,
    )


def _done(words: str) -> ResponseReturnValue:
    if wants_json():
        return jsonify(url=PLACE)
    flash(told(words), "success")
    return redirect(PLACE, 303)
