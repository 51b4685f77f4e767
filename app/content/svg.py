"""SVG, judged by parsing as a browser does: ``one = 1`` in a label is no handler.

Threat: an SVG opened by itself is a document of our origin. Entities are refused before expansion.
"""

from __future__ import annotations

import re
from xml.parsers import expat

DEEPEST = 500

_ACTING = frozenset({"script", "foreignobject", "iframe", "object", "embed", "handler", "listener", "audio", "video"})
_ACTS = re.compile(r"(?:^|;)\s*(?:java|vb)script:|data:(?!image/(?:png|gif|jpeg|webp)[;,])", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20\u200b\ufeff]")


class DrawingRefused(ValueError):
    """The drawing is active, or no XML. The message is for its author."""


def check_drawing(content: bytes) -> None:
    parser = expat.ParserCreate()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise DrawingRefused("The SVG is nested too deeply. Save it as a plain drawing.")
        _check_element(name, attributes)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        raise DrawingRefused("The SVG declares entities, which may hide a script. Save it as a plain drawing.")

    def instruction(target: str, _: str) -> None:
        raise DrawingRefused(
            f"The SVG holds an instruction ({target[:40]}), as a script would. Save it as a plain drawing."
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler, parser.ProcessingInstructionHandler = entity, instruction
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise DrawingRefused(
            f"The SVG is no well-formed XML, so no browser draws it or runs its script: {error}."
        ) from None


def _check_element(name: str, attributes: dict[str, str]) -> None:
    local = name.rpartition(":")[2].lower()
    if local in _ACTING:
        raise DrawingRefused(f"The SVG holds a script or foreign content (<{name[:40]}>). Save it as a plain drawing.")
    for attribute, value in attributes.items():
        short = attribute.rpartition(":")[2].lower()
        if short.startswith("on"):
            raise DrawingRefused(f"The SVG holds a script (the handler {attribute[:40]}). Save it as a plain drawing.")
        if _ACTS.search(_UNSEEN.sub("", value)):
            raise DrawingRefused(f"The SVG holds a script (in {attribute[:40]}). Save it as a plain drawing.")
