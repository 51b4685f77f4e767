"""What was sent with a POST: the fields of a form, or of a JSON object, as texts.

Read by the account's forms and by the views of the game, so that programs may send either.
"""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MultiDict


def posted(name: str) -> str:
    """The text of one field; empty where it is missing or is no text, so that the service refuses it."""
    if request.is_json:
        return texts_of(json_body()).get(name, "")
    return request.form.get(name, "")


def json_body() -> object:
    """The request's JSON, or None for what is none; a body nested a thousand deep is none either."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def texts_of(body: object) -> MultiDict[str, str]:
    """The fields of a JSON object: texts and numbers as they are, lists a line each, true as a ticked box."""
    found: MultiDict[str, str] = MultiDict()
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, list):
            found[name] = "\n".join(part for part in value if isinstance(part, str))
        elif isinstance(value, str | int | float):
            found[name] = str(value)
    return found
