"""Organisers' Markdown (announcements, home page) as HTML."""

from __future__ import annotations

from app.content.html.sanitise import render_markdown
from app.ports import Prox
from app.prox.images import path_of


def rendered(prox: Prox | None, text: str, owner: str = "") -> str:
    """Pictures are proxied and locked as ``owner`` is (empty: open)."""
    return render_markdown(text, lambda address, of: path_of(prox, of, address), owner)
