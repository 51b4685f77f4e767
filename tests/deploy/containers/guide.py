"""The guides of docs/deploy.md, as far as they are commands: the fenced blocks of a section, in their order."""

from __future__ import annotations

import re
import textwrap

from tests.support.environment import ROOT


def section(title: str) -> str:
    """The text of one section of docs/deploy.md, with its subsections."""
    text = (ROOT / "docs" / "deploy.md").read_text()
    found = re.search(rf"^## {re.escape(title)}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/deploy.md has no section {title!r}"
    return found[1]


def blocks(text: str) -> list[str]:
    """Every block of shell commands in it."""
    return [textwrap.dedent(block).strip() for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S)]
