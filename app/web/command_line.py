"""Shared parts of the ``flask --app wsgi hunt`` commands.

Errors go to stderr with exit code 1.
"""

from __future__ import annotations

from typing import Any, cast

import click
from flask import current_app
from flask.cli import AppGroup, ScriptInfo

from app.content.refresh import catch_up
from app.core.clean_text import is_storable
from app.core.in_force import NoContentYet
from app.database.engine import DatabaseBusy
from app.errors import HashingBusy, HuntError
from app.ports import Ports
from config import Config

# The actor in the audit log.
ACTOR = "command line"
NOT_TEXT = "not text in UTF-8."

SENTENCES: dict[type[Exception], str] = {
    DatabaseBusy: "The database does not answer, or has no tables yet (flask --app wsgi db upgrade makes them).",
    HashingBusy: "Too much is being hashed just now; please try again in a moment.",
    NoContentYet: "There is no content yet; hunt restock fetches it.",
}


class TextCommand(click.Command):
    """Refuses undecodable arguments, except paths."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        remaining = super().parse_args(ctx, args)
        for param in self.params:
            value = ctx.params.get(param.name or "")
            if isinstance(value, str) and not isinstance(param.type, click.Path) and not is_storable(value):
                raise click.BadParameter(NOT_TEXT, ctx, param)
        return remaining


class HuntGroup(AppGroup):
    """Prints expected errors as one sentence."""

    command_class = TextCommand

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


def _print_version(ctx: click.Context, _param: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(ctx.ensure_object(ScriptInfo).load_app().config["VERSION"])
        ctx.exit()


_VERSION = click.Option(
    ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
hunt = HuntGroup("hunt", help="Everything an organiser does from the command line.", params=[_VERSION])


def prompted(words: str, **more: Any) -> str:
    """From a hidden prompt or stdin."""
    try:
        text = str(click.prompt(words, hide_input=True, **more))
    except UnicodeDecodeError:
        raise click.ClickException(f"What came is {NOT_TEXT}") from None
    if not is_storable(text):
        raise click.ClickException(f"What came is {NOT_TEXT}")
    return text


def ports() -> Ports:
    """With settings and content loaded."""
    found = bare_ports()
    catch_up(found.database, found.in_force)
    return found


def bare_ports() -> Ports:
    return cast(Ports, current_app.extensions["infinity"])


def config() -> Config:
    return cast(Config, current_app.extensions["config"])
