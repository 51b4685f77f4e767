"""The guides of docs/, as far as they are commands: the fenced blocks of a section, in their order."""

from __future__ import annotations

import re
import textwrap

from tests.support.environment import ROOT


def section(title: str, page: str = "deploy.md") -> str:
    """The text of one section of a page, with its subsections."""
    text = (ROOT / "docs" / page).read_text()
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?:^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/{page} has no section {title!r}"
    return found[1]


def blocks(text: str, language: str = "sh") -> list[str]:
    """Every block of shell commands in it."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", text, re.M | re.S)
    return [textwrap.dedent(block).strip() for block in found]


def commands(block: str) -> list[str]:
    """Its lines without comments and without what is only for the eye."""
    lines = [" ".join(line.split("    #")[0].split()) for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]
