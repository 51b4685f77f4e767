#!/usr/bin/env python3
"""Pack the function that tells the operators' chat, for deploy/terraform: the same bytes from the same sources.

    python3 deploy/notify/pack.py [build/notify.zip]

Called by operators before ``terraform apply``, and by the tests; nothing but Python's standard library.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = ("lambda_handler.py", "message.py", "slack.py")
DEFAULT = HERE.parent.parent / "build" / "notify.zip"
# The earliest that the format knows: what was packed when is of no interest.
MOMENT = (1980, 1, 1, 0, 0, 0)


def pack(target: Path) -> None:
    """Write the package to ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name in MODULES:
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.external_attr = 0o644 << 16
            package.writestr(entry, (HERE / name).read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    wanted = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    pack(wanted)
    print(wanted)
