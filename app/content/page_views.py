"""Static pages: rules, stuck, credits and the organisers' own."""

from __future__ import annotations

from flask import Blueprint

from app.errors import NotFound
from app.web.access import for_all, kept
from app.web.pages import ReadingPage
from app.web.render import render
from app.web.visit import visit

reading = Blueprint("reading", __name__)


@reading.get("/page/<slug>")
@for_all
@kept()
def show(slug: str) -> str:
    page = next((page for page in visit().content.pages if page.slug == slug), None)
    if page is None:
        raise NotFound
    return render("content/page.html", ReadingPage(title=page.title, html=page.html))
