"""Columns of team lists, also by other platforms' names. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.spelling import folded, nearest
from app.core.text import sentence

COLUMNS = ("name", "display_name", "division", "affiliation", "emails")
# By what a name folds to; the first of a kind that a list has is taken, in this order.
ALIASES: dict[str, tuple[str, ...]] = {
    "name": ("teamname", "team", "username", "login", "loginname", "account", "accountname", "teams"),
    "display_name": (
        "displayname", "displayedname", "publicname", "shownname", "shownas", "nickname", "teamdisplayname"
    ),
    "division": ("divisions", "divisioncode", "bracket", "category", "track", "league"),
    "affiliation": (
        "affiliations", "school", "schoolname", "organisation", "organization", "institution", "institute",
        "university", "college", "company", "club", "org",
    ),
}  # fmt: skip
# Several columns may hold addresses: email 1, email 2, captain e-mail.
_EMAILS = re.compile(
    r"(?:team|captain|leader|contact|members?|player|primary|secondary)?\d*e?mails?(?:address(?:es)?)?\d*"
)


@dataclass(frozen=True, slots=True)
class ColumnsRead:
    """``targets``: each column's meaning, "" if unread. ``aliases``: as written → as read."""

    targets: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        read = [
            sentence("The column “%(column)s” is read as %(name)s.", column=typed, name=name)
            for typed, name in self.aliases
        ]
        return (*read, *(_not_read(name) for name in self.ignored))


def _not_read(column: str) -> str:
    meant = nearest(column, COLUMNS)
    if meant is None:
        return sentence("The column “%(column)s” is not read.", column=column)
    return sentence("The column “%(column)s” is not read. Did you mean %(name)s?", column=column, name=meant)


def read_columns(head: Sequence[str]) -> ColumnsRead:
    """Our own names come first."""
    typed = [_tidy(cell) for cell in head]
    folds = [folded(cell) for cell in typed]
    targets = [""] * len(head)
    for name in COLUMNS:
        wanted = (folded(name), *ALIASES.get(name, ()))
        place = next((folds.index(one) for one in wanted if one in folds), None)
        if place is not None:
            targets[place] = name
    for place, fold in enumerate(folds):
        if fold and not targets[place] and _EMAILS.fullmatch(fold):
            targets[place] = "emails"
    named = [(word, target) for word, target in zip(typed, targets, strict=True) if word]
    aliases = tuple((word[:60], target) for word, target in named if target and folded(target) != folded(word))
    return ColumnsRead(tuple(targets), aliases, tuple(word[:60] for word, target in named if not target))


def repeated(head: Sequence[str]) -> str:
    folds = [folded(cell) for cell in head]
    return next((name for name in COLUMNS if folds.count(folded(name)) > 1), "")


def _tidy(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").split())
