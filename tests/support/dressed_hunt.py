"""The small hunt with everything on its first puzzle that a writer can put there."""

from __future__ import annotations

from dataclasses import replace

from app.core.model import Content, StoryBlock
from tests.support.world import small_content

PAGE = "/game/puzzle/one"
NAME = "</p><script>alert('owl')</script>{team}"


def dressed() -> Content:
    content = small_content()
    one = replace(
        content.puzzles_by_key["one"],
        description_html="<p>The lead.</p>",
        body_html="<table><tr><th>Bird</th></tr><tr><td>Owl</td></tr></table>",
        css=".puzzle-sheet td { color: var(--accent) }",
        script="document.getElementById('stage').textContent = 1 < 2 && '</script>'",
        erratum_html="<p>Read <em>owl</em>.</p>",
        solution_html="<p>It was <strong>OWL</strong>.</p>",
        story=(StoryBlock("recS1", 1, "<p>Welcome, {team}.</p>"),),
        success_html="<p>Hoo!</p>",
        authors="A <b>Writer</b>",
        access=("text only",),
    )
    boss = replace(content.puzzles_by_key["boss"], story=(StoryBlock("recS2", 1, "<p>The boss speaks.</p>"),))
    others = [puzzle for puzzle in content.puzzles if puzzle.key not in ("one", "boss")]
    return Content(1, content.levels, (one, boss, *others), content.divisions, site_css=".brand { gap: 1px }")
