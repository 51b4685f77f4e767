"""The hash generator for writers; stores no input."""

from __future__ import annotations

from app.core.text import sentence
from app.guesses.answer_hashes import MOST_ANSWERS, HashedAnswer, TooMuchToHash, hash_answers
from app.guesses.forms import HashForm
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import render_admin
from app.web.visit import ports

LONGEST_TEXT = 10_000


@admin.get("/hashes")
@role("writer")
def hashes() -> str:
    return _show()


@admin.post("/hashes")
@role("writer")
def make_hashes() -> str | tuple[str, int]:
    """Shown on this page alone, since a redirect would need storage."""
    form = HashForm()
    has_near = bool(form.near.data)
    try:
        lines = hash_answers(ports().hasher, (form.answers.data or "")[:LONGEST_TEXT], has_near=has_near)
    except TooMuchToHash as why:
        return _show(problem=str(why), has_near=has_near), 400
    if not lines:
        return _show(problem=sentence("Type at least one answer."), has_near=has_near), 400
    return _show(lines, has_near=has_near)


def _show(lines: tuple[HashedAnswer, ...] = (), problem: str = "", *, has_near: bool = False) -> str:
    page = {"lines": lines, "problem": problem, "has_near": has_near, "most": MOST_ANSWERS}
    return render_admin("guesses/hashes.html", "hashes", **page)
