"""Organisers' own Markdown (announcements, the home page) as HTML."""

from __future__ import annotations

from app.content.html.sanitise import render_markdown
from app.ports import Prox
from app.prox.images import path_of


def rendered(prox: Prox | None, text: str, owner: str = "") -> str:
    """An organiser's Markdown as HTML, its pictures by way of this site and as locked as ``owner`` (empty: open)."""
    return render_markdown(text, lambda address, of: path_of(prox, of, address), owner)
