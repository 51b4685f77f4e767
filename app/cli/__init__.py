"""The organiser's command line, ``flask --app wsgi hunt …``: one file per subject, each adding verbs to ``hunt``.

Commands read their arguments, call one service and print; the factory hangs the group on the app.
"""

from __future__ import annotations

import importlib
import pkgutil

from flask.cli import AppGroup

hunt = AppGroup("hunt", help="Everything an organiser does from the command line.")

# A new file of commands needs no line anywhere else.
for _file in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_file.name}")
