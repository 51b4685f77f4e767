"""How each answer of the demo hunt comes out of what a hunter sees, as code.

Every function is given the page (the puzzle's published Markdown, and for metas the answers found before) and returns
the answer. None of them looks at a hash, at a solution text or at the list of answers. Where a clue asks for a word
that only a person can find, the word stands beside the clue's opening, and lengths, crossings and uniqueness are
checked. Called by the demo hunt's tests.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.demo import derive_lamp_room, derive_quay, derive_stair
from tests.demo.reading import Known

DERIVATIONS: dict[str, Callable[[str, Known], str]] = {
    "postcard": derive_quay.postcard,
    "gauges": derive_quay.gauges,
    "manifest": derive_quay.manifest,
    "clocks": derive_quay.clocks,
    "berths": derive_quay.berths,
    "quay-board": derive_quay.quay_board,
    "ropes": derive_stair.ropes,
    "steps": derive_stair.steps,
    "logbook": derive_stair.logbook,
    "windows": derive_stair.windows,
    "lamps": derive_stair.lamps,
    "speaking-tube": derive_stair.speaking_tube,
    "fog": derive_lamp_room.fog,
    "winds": derive_lamp_room.winds,
    "shutter": derive_lamp_room.shutter,
    "panes": derive_lamp_room.panes,
}
