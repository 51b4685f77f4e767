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
        return [_fault(config, refused, name)]
    needs = Needs(config.web_processes, config.db_pool_size, bool(config.database_direct_url))
    return faults(usual, direct, needs)


def refusal(config: DatabaseSettings) -> ServerFault | None:
    """None if DATABASE_URL leads to a connection."""
    if config.is_sqlite:
        return None
    try:
        read_facts(config.database_url)
    except ConnectionRefused as refused:
        return _fault(config, refused, "DATABASE_URL")
    return None


def _fault(config: DatabaseSettings, refused: ConnectionRefused, name: str) -> ServerFault:
    fault = fault_of_refusal(refused, name)
    if fault.is_fatal or not config.database_direct_url or name != "DATABASE_URL":
        return fault
    # A pooler does not tell what keeps it from the server; the way around it may.
    try:
        read_facts(config.database_direct_url)
    except ConnectionRefused as direct:
        found = fault_of_refusal(direct, "DATABASE_DIRECT_URL")
        return found if found.is_fatal else fault
    return fault
