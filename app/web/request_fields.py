"""Reads POST fields from a form or JSON object as text."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MultiDict


def posted(name: str) -> str:
    """Return one field; "" if missing or not text."""
    if request.is_json:
        return texts_of(json_body()).get(name, "")
    return request.form.get(name, "")


def posted_all(name: str) -> tuple[str, ...]:
    """Return every value of a field that may be sent several times; in JSON a list."""
    if request.is_json:
        return tuple(texts_of(json_body()).get(name, "").split("\n")) if posted(name) else ()
    return tuple(request.form.getlist(name))


def json_body() -> object:
    """Return the JSON body; None if invalid or nested too deep."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def texts_of(body: object) -> MultiDict[str, str]:
    """Return JSON fields as text: list items on lines, true as a ticked box."""
    found: MultiDict[str, str] = MultiDict()
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, list):
            found[name] = "\n".join(part for part in value if isinstance(part, str))
        elif isinstance(value, str | int | float):
            found[name] = str(value)
    return found
