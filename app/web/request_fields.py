"""Reads what a request carries as text, from a form, a JSON object or the query: the one place where it enters.

Views get text only: no file, list or object, no NUL and no half of a surrogate pair.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from flask import Request, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

from app.core.clean_text import clean_text, is_storable, storable
from app.core.text import sentence

# A JSON body may give these as a list of texts.
LIST_FIELDS = frozenset({"emails"})
LONGEST_NAME = 64
BODY = "body"
REPLACEMENT = "\ufffd"

NOT_AN_OBJECT = sentence("The body must be a JSON object, with a text for each field.")
NOT_A_FILE = sentence("A text is expected here, not a file.")
NOT_A_LIST = sentence("One text is expected here, not a list.")
NOT_A_TEXT = sentence("A text is expected here.")
SENT_TWICE = sentence("This was sent twice, with different texts.")
BROKEN = sentence("This text holds characters that are broken or must not be in a text. Type it anew.")


class HuntRequest(Request):
    """A request whose query holds no character that a database refuses. Its cookies are signed."""

    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:
        """The query, with the replacement character for what is none: it then means nothing to any view."""
        given = super().args.items(multi=True)
        return ImmutableMultiDict((storable(name, REPLACEMENT), storable(value, REPLACEMENT)) for name, value in given)


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


def wrong_fields(file_fields: Collection[str] = (), list_fields: Collection[str] = ()) -> dict[str, str]:
    """What of the body cannot be read as text: field to sentence. Some fields take a file or several texts."""
    found = _wrong_in_json(list_fields) if request.is_json else _wrong_in_form(file_fields, list_fields)
    return {clean_text(name)[:LONGEST_NAME]: words for name, words in found}


def _wrong_in_json(list_fields: Collection[str]) -> Iterator[tuple[str, str]]:
    if not request.get_data(cache=True):
        return
    body = json_body()
    if not isinstance(body, dict):
        yield BODY, NOT_AN_OBJECT
        return
    for name, value in body.items():
        takes_list = name in LIST_FIELDS or name in list_fields
        words = _wrong_value(value, takes_list=takes_list) or (None if is_storable(name) else BROKEN)
        if words is not None:
            yield name, words


def _wrong_value(value: object, *, takes_list: bool) -> str | None:
    if isinstance(value, list):
        if not takes_list:
            return NOT_A_LIST
        return next((words for words in map(_wrong_text, value) if words is not None), None)
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return None
    return _wrong_text(value)


def _wrong_text(value: object) -> str | None:
    if not isinstance(value, str):
        return NOT_A_TEXT
    return None if is_storable(value) else BROKEN


def _wrong_in_form(file_fields: Collection[str], list_fields: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from ((name, NOT_A_FILE) for name in request.files if name not in file_fields)
    for name, values in request.form.lists():
        if not all(map(is_storable, (name, *values))):
            yield name, BROKEN
        elif len(set(values)) > 1 and name not in list_fields:
            yield name, SENT_TWICE
