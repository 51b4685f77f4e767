"""Redirect to the organisation's log-in, and its callback."""

from __future__ import annotations

import hmac
import logging
from datetime import timedelta

from flask import Blueprint, current_app, redirect, request, session
from flask.typing import ResponseReturnValue

from app.accounts.forms import LoginForm
from app.accounts.identity_provider import (
    AuthorizationRequest,
    IdentityProvider,
    ProviderRefused,
    ProviderSilent,
    roles_by,
)
from app.accounts.organisation_login import log_in_by_claims
from app.accounts.views import LOG_IN, enter
from app.errors import NotFound
from app.web.access import for_all
from app.web.pages import FormPage
from app.web.render import render, wants_json
from app.web.safe_redirect import path_on_this_site
from app.web.site_address import site_url
from app.web.visit import ports, visit

organisation = Blueprint("organisation", __name__, url_prefix="/account/login")

AWAY = timedelta(minutes=10)
KEPT = ("oidc_state", "oidc_nonce", "oidc_verifier", "oidc_until", "oidc_onward")
logger = logging.getLogger("infinity.accounts")


@organisation.get("/organisation")
@for_all
def leave() -> ResponseReturnValue:
    try:
        address, asked = _provider().begin(_callback())
    except ProviderSilent as silent:
        return _silent(silent)
    until = (visit().now + AWAY).timestamp()
    onward = path_on_this_site(request.args.get("next")) or ""
    values = (asked.state, asked.nonce, asked.verifier, until, onward)
    session.update(zip(KEPT, values, strict=True))
    return redirect(address, 303)


@organisation.get("/organisation/callback")
@for_all
def come_back() -> ResponseReturnValue:
    provider, (asked, onward) = _provider(), _authorization_request()
    code = request.args.get("code", "")
    if request.args.get("error") or not code:
        raise ProviderRefused
    try:
        claims = provider.finish(_callback(), code, asked, visit().now)
    except ProviderSilent as silent:
        return _silent(silent)
    held = roles_by(current_app.extensions["config"].oidc_staff, claims)
    found = log_in_by_claims(ports().for_hunt, provider.issuer, claims, held, visit().address)
    return enter(found, onward)


def _authorization_request() -> tuple[AuthorizationRequest, str]:
    """From the session. Raises ProviderRefused for a foreign callback."""
    state, nonce, verifier, until, onward = (session.pop(name, "") for name in KEPT)
    given = request.args.get("state", "").encode("utf-8", "surrogatepass")
    is_late = not isinstance(until, float) or visit().now.timestamp() >= until
    if not state or is_late or not hmac.compare_digest(str(state).encode(), given):
        raise ProviderRefused
    return AuthorizationRequest(state, nonce, verifier), onward


def _silent(silent: ProviderSilent) -> ResponseReturnValue:
    logger.warning("the organisation's log-in does not answer: %s", type(silent.__cause__).__name__)
    if wants_json():
        raise silent
    page = FormPage(LOG_IN, LoginForm(formdata=None), notice=silent.message)
    return render("accounts/login.html", page), silent.status


def _provider() -> IdentityProvider:
    found: IdentityProvider | None = current_app.extensions["identity_provider"]
    if found is None:
        raise NotFound
    return found


def _callback() -> str:
    return site_url().rstrip("/") + "/account/login/organisation/callback"
