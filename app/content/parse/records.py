"""Rows to levels, hints, story blocks, divisions and pages; faults are noted in the row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.content.html.css import LEVEL_SCOPE, Sheet, classes_in, clean_css, is_link
from app.content.html.elements import prefix_of
from app.content.html.sanitise import Rendered, Renderer
from app.content.html.selectors import Reach
from app.content.parse.default_pages import PAGES
from app.content.parse.row import Links, Row
from app.core.clean_text import has_visible
from app.core.model import Division, Hint, Level, Page, StoryBlock

# The texts of a puzzle that its own style sheet reaches, and its level's.
TEXTS_ON_SHEET = ("Description", "ContentText", "SolutionText")

# Minutes from which on a hint's waiting time may be seconds by mistake.
LONG_WAIT = 300

AssetUrl = Callable[[str], str | None]
AttachmentUrl = Callable[[str, str, str, str], str]


# Texts copied from a PDF have them; searches and sorting do not find “fi” in “\ufb01”.
LIGATURES = str.maketrans({
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st",
})  # fmt: skip


class StyleUnreachable(Exception):
    """The message is for its author."""


@dataclass(frozen=True, slots=True)
class Tools:
    renderer: Renderer
    links: Links
    asset_url: AssetUrl
    fetch_css: Callable[[str], str] | None = None
    attachment_url: AttachmentUrl = lambda address, *_: address
    may_be_plain: Callable[[str], bool] = lambda address: False

    def block(self, row: Row, field: str, classes: frozenset[str] = frozenset(), owner: str | None = None) -> str:
        scope = f"{row.id}-{field.lower()}"
        return _noted(
            row, field, self.renderer.block(row.markdown(field), row.id if owner is None else owner, scope, classes)
        )

    def message(self, row: Row, field: str) -> str:
        return _noted(row, field, self.renderer.line(row.markdown(field), row.id, f"{row.id}-{field.lower()}"))

    def sheet(self, row: Row, scope: str, reach: Reach) -> str:
        text = row.body("CustomCSS").strip()
        if is_link(text):
            text = self._linked_sheet(row)
        sheet: Sheet = clean_css(text, scope, self.asset_url, reach)
        _note(row, "CustomCSS", sheet.faults, sheet.warnings)
        return sheet.css

    def _linked_sheet(self, row: Row) -> str:
        text = row.body("CustomCSS").strip()
        address = text if self.may_be_plain(text) else row.address("CustomCSS")
        if not address or self.fetch_css is None:
            if address:
                row.warn("CustomCSS", "Links to style sheets are not fetched here, so this one is left out.")
            return ""
        try:
            return self.fetch_css(address)
        except StyleUnreachable as reason:
            row.fault("CustomCSS", f"{reason} Correct the link, or put the style sheet itself into the field.")
            return ""


def _noted(row: Row, field: str, rendered: Rendered) -> str:
    _note(row, field, rendered.faults, rendered.warnings)
    return rendered.html


def _note(row: Row, field: str, faults: tuple[str, ...], warnings: tuple[str, ...]) -> None:
    for sentence in faults:
        row.fault(field, sentence)
    for sentence in warnings:
        row.warn(field, sentence)


def read_title(row: Row, field: str = "Title") -> str:
    title = row.line(field).translate(LIGATURES)
    if not title:
        row.fault(field, f"The {field.lower()} is missing. Write one, or delete the row.")
    elif not has_visible(title):
        row.fault(field, f"The {field.lower()} holds nothing that can be seen. Write one in letters, digits or signs.")
        return row.id
    return title or row.id


def read_level(row: Row, tools: Tools) -> Level:
    """Metas are those linked in ``Meta``; the parser adds ticked ones."""
    prereq = tools.links.targets(row, "Prereq", "Puzzles")
    reach = Reach((prefix_of(row.id, "Description"),), tuple(field.lower() for field in TEXTS_ON_SHEET))
    css = tools.sheet(row, LEVEL_SCOPE, reach)
    return Level(
        id=row.id,
        key=row.slug() or row.id,
        title=read_title(row),
        order=row.number("Order"),
        description_html=tools.block(row, "Description", classes_in(css)),
        is_unlocked=row.is_ticked("Unlocked") and not _waits_for_hidden(row, tools.links, len(prereq)),
        unlock_at=row.moment("UnlockAt"),
        prereq=prereq,
        prereq_count=_read_prereq_count(row, tools.links, len(prereq)),
        metas=tools.links.targets(row, "Meta", "Puzzles"),
        css=css,
    )


def _waits_for_hidden(row: Row, links: Links, seen: int) -> bool:
    hidden = links.count_hidden(row, "Prereq")
    count = row.count("PrereqCount")
    return hidden > 0 and (count is None or count > seen)


def _read_prereq_count(row: Row, links: Links, seen: int) -> int | None:
    count, linked = row.count("PrereqCount"), seen + links.count_hidden(row, "Prereq")
    if count is not None and count > linked:
        row.fault("PrereqCount", f"It asks for {count} puzzles, but Prereq links {linked}. Lower it, or link more.")
    return count


def read_hint(row: Row, puzzle_id: str, place: int, tools: Tools) -> Hint | None:
    """None for a row without text. A missing ``Order`` is its place in the list."""
    html = tools.block(row, "HintText", owner=puzzle_id)
    if not html:
        row.warn("HintText", "This hint has no text and is left out.")
        return None
    cost, minutes = row.count("Cost"), row.count("AvailableAfter")
    if minutes and minutes >= LONG_WAIT and minutes % 60 == 0:
        row.warn(
            "AvailableAfter",
            f"This means {minutes} minutes, which is {minutes // 60} hours. A field of Airtable's type Duration gives"
            f" seconds: if {minutes // 60} minutes are meant, make it a number, or let the token read the schema.",
        )
    return Hint(
        id=row.id,
        order=row.number("Order", default=place),
        html=html,
        cost=1 if cost is None else cost,
        available_after=minutes,
    )


def read_story(row: Row, puzzle_id: str, place: int, tools: Tools) -> StoryBlock | None:
    """None for a row without text. ``{team}`` is replaced when a team reads it."""
    html = tools.block(row, "Text", owner=puzzle_id)
    if not html:
        row.warn("Text", "This story block has no text and is left out.")
        return None
    return StoryBlock(row.id, row.number("Order", default=place), html)


def read_division(row: Row, tools: Tools) -> Division:
    """The code is part of addresses: lower-case letters, digits, hyphens."""
    code = row.slug("Code")
    if not code and not row.line("Code"):
        row.fault("Code", "The code is missing. It names the division in addresses, such as solo.")
    finals = tools.links.targets(row, "FinalPuzzle", "Puzzles")
    if len(finals) > 1:
        row.fault("FinalPuzzle", "A division has one final puzzle. Link only that.")
    return Division(
        code=code or row.id,
        name=read_title(row, "Name"),
        is_public=row.is_ticked("Public"),
        is_ranked=row.is_ticked("Ranked"),
        final_puzzle_id=finals[0] if finals else None,
        order=row.number("Order"),
    )


def read_page(row: Row, tools: Tools) -> Page:
    """A page and its pictures are open to everybody."""
    slug = row.slug()
    if not slug and not row.line("Slug"):
        row.fault("Slug", "The slug is missing. It is the page's address, such as rules.")
    return Page(slug or row.id, read_title(row), tools.block(row, "Body", owner=""), row.number("Order"))


def default_pages(renderer: Renderer, without: frozenset[str]) -> list[Page]:
    return [
        Page(slug, title, renderer.block(body, slug, slug).html, place)
        for place, (slug, (title, body)) in enumerate(PAGES.items(), 1)
        if slug not in without
    ]
