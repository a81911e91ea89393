"""A platform for tests of the jobs of graphs."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conformance.workspace import Workspace
from graph.platform import Platform
from servers.fixtures import aws, s3_bucket

from podium.core.artifacts.local import LocalFiles
from podium.core.contracts.artifact_store import ArtifactStore

__all__ = ["aws", "s3_bucket"]


@pytest.fixture
def make_platform(tmp_path: Path, monkeypatch) -> Iterator[Callable[[ArtifactStore], Platform]]:
    """Return a function that takes a store; no process of its platforms outlives the test."""
    made: list[Platform] = []
    monkeypatch.syspath_prepend(tmp_path / "project")

    def make(store: ArtifactStore) -> Platform:
        made.append(Platform(tmp_path, store, lambda module: monkeypatch.delitem(sys.modules, module, raising=False)))
        return made[-1]

    yield make
    for process in [process for platform in made for run in platform.runs for process in run.processes]:
        process.kill()
        process.communicate()
    Workspace(tmp_path).end_all()


@pytest.fixture
def platform(tmp_path, make_platform) -> Platform:
    """Return a platform whose runs are in a local store."""
    return make_platform(LocalFiles(tmp_path / "store"))
