"""The organiser's command line, ``flask --app wsgi hunt …``. A file here is a group of commands that belong together.

Commands read their arguments, call one service and print; the factory hangs the group on the app. What goes wrong is a
sentence on the error stream and exit code 1: the error's own, or that of :data:`SENTENCES` where a page says it
otherwise.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import click
from flask.cli import AppGroup

from app.content.current import NoContentYet
from app.errors import HashingBusy, HuntError
from app.store.connections import DatabaseBusy

SENTENCES: dict[type[Exception], str] = {
    DatabaseBusy: "The database does not answer, or has no tables yet (flask --app wsgi db upgrade makes them).",
    HashingBusy: "Too much is being hashed just now; please try again in a moment.",
    NoContentYet: "There is no content yet; hunt restock fetches it.",
}


class HuntGroup(AppGroup):
    """Answers every expected failure of its commands with a sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except HuntError as error:
            words = next((words for kind, words in SENTENCES.items() if isinstance(error, kind)), error.message)
            raise click.ClickException(words) from None
        except OSError as problem:
            raise click.ClickException(f"{problem.filename or 'A file'}: {problem.strerror or problem}.") from None
        except Exception as problem:
            # PostgreSQL's way to say that a table or a column is not there.
            if type(problem).__name__ != "ProgrammingError":
                raise
            raise click.ClickException(SENTENCES[DatabaseBusy]) from None


hunt = HuntGroup("hunt", help="Everything an organiser does from the command line.")

# A new file of commands needs no line anywhere else.
for _file in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_file.name}")
