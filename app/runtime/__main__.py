"""The program: ``python -m app.runtime`` migrates, makes what is missing, and serves.

The first two statements stand before every other import on purpose: patching after ``requests`` or ``flask`` has been
imported breaks https and threads in ways that show much later.
"""

from app.runtime import monkeypatch

monkeypatch.patch()

import sys

from app.runtime.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
