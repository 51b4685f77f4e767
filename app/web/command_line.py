"""What the commands of ``flask --app wsgi hunt …`` share: the group they hang on, and their way to the site's parts.

Commands read their arguments, call one use case and print. An error is a sentence on the error stream and exit code 1:
the error's own, or that of :data:`SENTENCES` where a page says it otherwise.
"""

from __future__ import annotations

from typing import Any, cast

import click
from flask import current_app
from flask.cli import AppGroup

from app.content.current import NoContentYet
from app.content.in_force import catch_up
from app.database.engine import DatabaseBusy
from app.errors import HashingBusy, HuntError
from app.ports import Ports
from config import Config

# Who did it, in the audit: the one who had the shell.
ACTOR = "command line"

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


def ports() -> Ports:
    """The ports, with the settings and the content in force loaded."""
    found = bare_ports()
    catch_up(found.database, found.settings, found.content)
    return found


def bare_ports() -> Ports:
    """The ports as they are: for commands that need neither content nor a database."""
    return cast(Ports, current_app.extensions["infinity"])


def config() -> Config:
    """The environment's settings."""
    return cast(Config, current_app.extensions["config"])
