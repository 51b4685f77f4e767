"""Renders every error as a page or JSON."""

from __future__ import annotations

import logging
from urllib.parse import quote

from flask import Flask, Response, current_app, g, json, jsonify, make_response, redirect, request
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.core.text import sentence
from app.errors import HuntError, NotFound
from app.web.render import refusal_json, refusal_page, wants_json

logger = logging.getLogger("infinity.faults")

BROKEN = sentence("Something broke while we were loading this page. You haven’t lost anything – please try again.")
_BY_STATUS = {
    400: ("invalid_form", sentence("Something was wrong with that request.")),
    405: ("method_not_allowed", sentence("This address does not take that kind of request.")),
    408: ("too_slow", sentence("Your request took too long to arrive. Please try again.")),
    413: ("too_large", sentence("That’s larger than the site accepts.")),
    429: ("rate_limited", sentence("Too many requests. Please wait a moment.")),
}


def install(app: Flask) -> None:
    app.register_error_handler(HuntError, answer)
    app.register_error_handler(CSRFError, _out_of_date)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def answer(error: HuntError) -> Response | BaseResponse:
    if error.code == "login_required" and not wants_json() and not request.is_json:
        return redirect(_login_address(), 303)
    try:
        response = jsonify(refusal_json(error)) if wants_json() else make_response(refusal_page(error))
    except Exception as problem:
        logger.error("fault %s: the page of the error %s broke", g.get("request_id", ""), error.code, exc_info=problem)
        response = _plain(error)
    response.status_code = error.status
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status in (408, 413):
        # Else the unread body would be parsed as the next request.
        response.headers["Connection"] = "close"
    return response


def _login_address() -> str:
    if request.method == "GET":
        return f"/account/login?next={_quoted(request.full_path)}"
    rule = request.url_rule.rule if request.url_rule else ""
    has_page = any(one.rule == rule and "GET" in (one.methods or ()) for one in current_app.url_map.iter_rules())
    return f"/account/login?next={_quoted(request.path)}" if has_page else "/account/login"


def _plain(error: HuntError) -> Response:
    """In plain English, since settings, content or templates may be broken."""
    if wants_json():
        found = {"error": {"code": error.code, "message": str.__str__(error.message)}}
        return Response(json.dumps(found), mimetype="application/json")
    title, message = (escape(str.__str__(words)) for words in (error.title, error.message))
    number = f"<p><code>{escape(g.get('request_id', ''))}</code></p>" if error.status >= 500 else ""
    return Response(
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f'<body>\n<main>\n<h1>{title}</h1>\n<p>{message}</p>\n{number}<p><a href="/">Home</a></p>\n</main>\n</body>\n'
        "</html>\n",
        mimetype="text/html",
    )


def _quoted(path: str) -> str:
    return quote(path.rstrip("?"), safe="/")


def _out_of_date(_error: CSRFError) -> Response | BaseResponse:
    words = sentence("This page expired. Reload it and try again.")
    return answer(HuntError("invalid_form", words))


def _http(error: HTTPException) -> Response | BaseResponse:
    if error.code is not None and error.code < 400:
        return error.get_response()
    if error.code == 404:
        return answer(NotFound())
    if error.code is not None and error.code >= 500:
        return _fault(getattr(error, "original_exception", None) or error)
    code, words = _BY_STATUS.get(error.code or 400, _BY_STATUS[400])
    response = answer(HuntError(code, words))
    if error.code in (405, 413, 415, 416):
        response.status_code = error.code
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return response


def _fault(error: Exception) -> Response | BaseResponse:
    """Log the traceback without user input; show the request id only."""
    number = g.get("request_id", "")
    logger.error("fault %s in %s %s", number, request.method, request.url_rule or "-", exc_info=error)
    return answer(HuntError("internal", BROKEN))
