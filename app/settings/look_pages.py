"""Preview of the look."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from app.core.hunt_settings import HuntSettings
from app.core.text import sentence
from app.web.languages import told
from app.web.render import Site, Viewer, render_for, site_of
from app.web.visit import Visit

TITLES = {
    ("light", "desktop"): sentence("Light, desktop"),
    ("light", "phone"): sentence("Light, phone"),
    ("dark", "desktop"): sentence("Dark, desktop"),
    ("dark", "phone"): sentence("Dark, phone"),
}


class LookFrame(NamedTuple):
    # A document for a sandboxed frame, in which nothing runs and nothing can be clicked.
    title: str
    device: str
    html: str


def frames_of(seen: Visit, settings: HuntSettings, sheet_url: str | None) -> tuple[LookFrame, ...]:
    # The sheet is that of a style of the site that is not saved.
    site = _site(seen, settings, sheet_url)
    pages = {
        scheme: render_for(site, "settings/look_preview.html", scheme=scheme, examples=_examples())
        for scheme in ("light", "dark")
    }
    return tuple(LookFrame(title, device, pages[scheme]) for (scheme, device), title in TITLES.items())


def _site(seen: Visit, settings: HuntSettings, sheet_url: str | None) -> Site:
    site = site_of(replace(seen, settings=settings))
    if site is None:
        raise LookupError("organisers' pages are never shown without a visit")
    team = told(sentence("Your team"))
    viewer = Viewer(
        name="", display_name=team, division_name=team, is_staff=False, score=120, hint_credits=2, xp=0, next_xp_at=None
    )
    sheet = site.site_css_url if sheet_url is None else sheet_url
    return replace(site, viewer=viewer, site_css_url=sheet, banners=(), seen_as="", desk=None, has_game=True)


def _examples() -> list[dict[str, object]]:
    blank: dict[str, object] = {
        "url": "/game", "answer": "", "description_html": "", "points": None, "value": 40, "solve_count": None,
        "opens_at": None, "access": (), "is_solved": False, "is_skipped": False, "is_meta": False, "is_new": False,
    }  # fmt: skip
    return [
        blank | {"title": told(sentence("An open puzzle")), "is_meta": True, "is_new": True},
        blank | {"title": told(sentence("A solved puzzle")), "is_solved": True, "points": 20, "answer": "LAVENDER"},
    ]
