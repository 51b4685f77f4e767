"""Whether the database server suits the program."""

from __future__ import annotations

from typing import Protocol

from app.database.server_facts import ConnectionRefused, read_facts
from app.database.server_faults import Needs, ServerFault, faults
from app.database.server_faults import refusal as fault_of_refusal


class DatabaseSettings(Protocol):
    @property
    def database_url(self) -> str: ...
    @property
    def database_direct_url(self) -> str: ...
    @property
    def web_processes(self) -> int: ...
    @property
    def db_pool_size(self) -> int: ...
    @property
    def is_sqlite(self) -> bool: ...


def examine(config: DatabaseSettings) -> list[ServerFault]:
    if config.is_sqlite:
        return []
    name = "DATABASE_URL"
    try:
        usual = direct = read_facts(config.database_url)
        if config.database_direct_url:
            name = "DATABASE_DIRECT_URL"
            direct = read_facts(config.database_direct_url)
    except ConnectionRefused as refused:
        return [fault_of_refusal(refused, name)]
    needs = Needs(config.web_processes, config.db_pool_size, bool(config.database_direct_url))
    return faults(usual, direct, needs)


def refusal(config: DatabaseSettings) -> ServerFault | None:
    """None if DATABASE_URL leads to a connection."""
    if config.is_sqlite:
        return None
    try:
        read_facts(config.database_url)
    except ConnectionRefused as refused:
        return fault_of_refusal(refused, "DATABASE_URL")
    return None
