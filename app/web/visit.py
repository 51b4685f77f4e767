"""The state of one request, fixed (team, settings, content, time), and its fields as text.

Fields come from forms, JSON or query: no files, lists or objects, no NUL or lone surrogates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from flask import Flask, Request, current_app, g, has_request_context, request
from flask_login import UserMixin
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

from app.core.clean_text import clean_text, is_storable, storable
from app.core.game_view import GameView
from app.core.hunt_settings import HuntSettings
from app.core.model import Content, HuntState, Progress
from app.core.team import TeamState
from app.core.text import sentence
from app.database.page_query import PageState
from app.ports import Ports


class Member(UserMixin):
    """For Flask-Login; a new epoch ends older sessions."""

    def __init__(self, team_id: int, epoch: int) -> None:
        self.team_id = team_id
        self.epoch = epoch

    def get_id(self) -> str:
        return f"{self.team_id}.{self.epoch}"


@dataclass(frozen=True)
class Visit:
    """``address``: the client's, by trusted proxies. ``seen_as``: display name of the impersonated team.

    ``sees_early``: admins and writers, before the start. ``is_archive``: over and public. ``is_nobody``: a required
    team is missing; the archive needs none. ``has_statistics``: after the end, unless boards are frozen.
    ``solve_counts``: solvers by puzzle, if shown; not while boards are frozen.
    """

    state: PageState
    settings: HuntSettings
    content: Content
    now: datetime
    address: str
    seen_as: str = ""
    team: TeamState | None = field(init=False)
    is_staff: bool = field(init=False)
    is_admin: bool = field(init=False)
    sees_early: bool = field(init=False)
    hunt_state: HuntState = field(init=False)
    is_archive: bool = field(init=False)
    is_nobody: bool = field(init=False)
    has_statistics: bool = field(init=False)
    solve_counts: Mapping[str, int] | None = field(init=False)

    def __post_init__(self) -> None:
        team, hunt, state = self.state.team, self.settings, self.settings.state_at(self.now)
        roles: frozenset[str] = team.roles if team else frozenset()
        is_archive = hunt.archive and state == "ended"
        has_counts = hunt.solve_counts and (bool(roles) or not hunt.is_frozen_at(self.now))
        vars(self).update(
            team=team,
            is_staff=bool(roles),
            is_admin="admin" in roles,
            sees_early=not roles.isdisjoint({"writer", "admin"}),
            hunt_state=state,
            is_archive=is_archive,
            is_nobody=team is None and not is_archive,
            has_statistics=state == "ended" and not hunt.is_frozen_at(self.now),
            solve_counts=self.state.solve_counts if has_counts else None,
        )

    def holds(self, *roles: str) -> bool:
        """One of these roles; admins have all."""
        return self.team is not None and not self.team.roles.isdisjoint(roles)

    @cached_property
    def game(self) -> GameView:
        """Raises LookupError without a team, except in the archive."""
        if self.is_archive:
            progress = replace(self.state.progress() if self.team else Progress("", self.now), sees_all=True)
        else:
            progress = self.state.progress()
        return GameView(self.content, self.settings, self.now, progress)


class Hunt(Flask):
    """Flask without its per-request check for coroutines; no view or hook is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def ports() -> Ports:
    return cast(Ports, current_app.extensions["infinity"])


def visit() -> Visit:
    return cast(Visit, g.visit)


def maybe_visit() -> Visit | None:
    """None if the request failed before."""
    return g.get("visit") if has_request_context() else None


def sent_file(field: str, most_bytes: int) -> tuple[str, bytes]:
    """Name and content, at most one byte over the limit; empty without a file."""
    sent = request.files.get(field)
    if sent is None or not sent.filename:
        return "", b""
    with sent.stream:
        return sent.filename, sent.stream.read(most_bytes + 1)


def our_team() -> TeamState:
    """Only in views that require login."""
    team = visit().team
    if team is None:
        raise LookupError("this view is open to visitors and must not ask for a team")
    return team


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
BROKEN = sentence("This text holds characters that are broken or must not be in a text. Type it again.")


class HuntRequest(Request):
    """Its query has no characters that databases refuse."""

    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:
        """The query, with invalid characters replaced."""
        given = super().args.items(multi=True)
        return ImmutableMultiDict((storable(name, REPLACEMENT), storable(value, REPLACEMENT)) for name, value in given)


def posted(name: str) -> str:
    """Return "" if missing or not text."""
    if request.is_json:
        return texts_of(json_body()).get(name, "")
    return request.form.get(name, "")


def posted_all(name: str) -> tuple[str, ...]:
    """A repeated field; in JSON a list."""
    if request.is_json:
        return tuple(texts_of(json_body()).get(name, "").split("\n")) if posted(name) else ()
    return tuple(request.form.getlist(name))


def json_body() -> object:
    """None if invalid or nested too deep."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def texts_of(body: object) -> MultiDict[str, str]:
    """Lists as lines, true as a ticked box."""
    found: MultiDict[str, str] = MultiDict()
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, list):
            found[name] = "\n".join(part for part in value if isinstance(part, str))
        elif isinstance(value, str | int | float):
            found[name] = str(value)
    return found


def wrong_fields(file_fields: Collection[str] = (), list_fields: Collection[str] = ()) -> dict[str, str]:
    """Field → sentence, for what is not text. Some fields take files or lists."""
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
