"""The story page."""

from __future__ import annotations

from flask import Blueprint

from app.game.puzzle_pages import story_page
from app.web.access import kept, open_in_archive
from app.web.render import render
from app.web.visit import visit

story = Blueprint("story", __name__)


@story.get("/story")
@open_in_archive
@kept()
def told() -> str:
    return render("game/story.html", story_page(visit()))
