"""Shared parts of the ``flask --app wsgi hunt`` commands.

Errors go to stderr with exit code 1.
"""

from __future__ import annotations

from typing import Any, cast

import click
from flask import current_app
from flask.cli import AppGroup

from app.content.refresh import catch_up
from app.core.in_force import NoContentYet
from app.database.engine import DatabaseBusy
from app.errors import HashingBusy, HuntError
from app.ports import Ports
from config import Config

# The actor in the audit log.
ACTOR = "command line"

SENTENCES: dict[type[Exception], str] = {
    DatabaseBusy: "The database does not answer, or has no tables yet (flask --app wsgi db upgrade makes them).",
    HashingBusy: "Too much is being hashed just now; please try again in a moment.",
    NoContentYet: "There is no content yet; hunt restock fetches it.",
}


class HuntGroup(AppGroup):
    """Prints expected errors as one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HuntError as error:
            words = next((words for kind, words in SENTENCES.items() if isinstance(error, kind)), error.message)
            raise click.ClickException(words) from None
        except OSError as problem:
            raise click.ClickException(f"{problem.filename or 'A file'}: {problem.strerror or problem}.") from None
        except Exception as problem:
            # PostgreSQL's error for a missing table or column.
            if type(problem).__name__ != "ProgrammingError":
                raise
            raise click.ClickException(SENTENCES[DatabaseBusy]) from None


hunt = HuntGroup("hunt", help="Everything an organiser does from the command line.")


def ports() -> Ports:
    """Return the ports with settings and content loaded."""
    found = bare_ports()
    catch_up(found.database, found.in_force)
    return found


def bare_ports() -> Ports:
    """Return the ports without loading anything."""
    return cast(Ports, current_app.extensions["infinity"])


def config() -> Config:
    """Return the configuration."""
    return cast(Config, current_app.extensions["config"])
