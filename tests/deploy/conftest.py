"""A package repository of the test's own, releases for it, nodes that read it: made by real aptly, read by real apt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.apt.repository import Repository
from tests.deploy import apt


@pytest.fixture
def repository() -> Iterator[Repository]:
    with apt.repository() as made:
        yield made


@pytest.fixture
def release(repository: Repository, tmp_path: Path) -> Callable[..., Path]:
    """Stage a toy of this version; answers its file."""

    def stage(version: str) -> Path:
        file = apt.toy_package(tmp_path, version)
        repository.stage([file])
        return file

    return stage


@pytest.fixture
def node(repository: Repository, tmp_path: Path) -> Iterator[Callable[..., apt.Node]]:
    """Make a node of this repository."""
    with apt.web(repository.key_file.parent) as url:
        yield lambda name="node", **more: apt.Node(tmp_path / name, url, repository.key_file, **more)
