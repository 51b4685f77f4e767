"""The program: ``python -m app.runtime`` migrates, prepares and serves.

The first two statements precede all imports: patching after ``requests`` or ``flask`` breaks https and threads.
"""

from app.runtime import monkeypatch

monkeypatch.patch()

import sys

from app.runtime.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
