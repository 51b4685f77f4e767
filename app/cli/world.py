"""How a command reaches the services: the app's ports, brought up to date with what is in force."""

from __future__ import annotations

from typing import cast

from flask import current_app

from app.services.following import catch_up
from app.services.ports import Ports
from config import Config

# Who did it, in the audit: the one who had the shell.
ACTOR = "command line"


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
