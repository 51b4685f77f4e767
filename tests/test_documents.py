"""What the documents point at exists: files, headings, and the names that they say a file has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = {str(path.relative_to(ROOT)): path for path in DOCUMENTS}
_LINK = re.compile(r"\]\(<?([^)>\s]+)")
# “`ENTRIES` in [web/admin_frame.py](…)”
_NAME_IN_FILE = re.compile(r"`([^`\s]+)`\s+(?:in|of)\s+\[[^\]]*\]\(([^)#\s]+)\)")
# Examples in code lead nowhere.
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def links_of(document: Path) -> list[tuple[str, str]]:
    """Target and anchor of each link within the project."""
    text = _CODE.sub("", document.read_text("utf-8"))
    found = (link for link in _LINK.findall(text) if "://" not in link and not link.startswith("mailto:"))
    return [(target, anchor) for target, _, anchor in (link.partition("#") for link in found)]


def anchors_of(document: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {_NOT_IN_ANCHORS.sub("", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_each_link_leads_to_a_file_and_a_heading(name: str) -> None:
    document, lost = NAMES[name], []
    for target, anchor in links_of(document):
        file = (document.parent / target).resolve() if target else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors_of(file)):
            lost.append(f"{target}#{anchor}")
    assert not lost


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_a_document_says_is_in_a_file_is_there(name: str) -> None:
    document = NAMES[name]
    for word, target in _NAME_IN_FILE.findall(document.read_text("utf-8")):
        file = (document.parent / target).resolve()
        assert file.suffix == ".md" or word.rstrip("…") in file.read_text("utf-8"), f"{word} in {target}"


def test_the_tour_names_many_places() -> None:
    tour = ROOT / "docs" / "tour.md"
    assert len(links_of(tour)) > 100
    assert len(_NAME_IN_FILE.findall(tour.read_text("utf-8"))) > 10
