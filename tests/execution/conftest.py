"""Jobs for tests of what runs in their containers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conformance.workspace import Workspace
from execution.jobs import Jobs
from servers.fixtures import aws, s3_bucket

from podium.core.artifacts.local import LocalFiles
from podium.core.contracts.artifact_store import ArtifactStore

__all__ = ["aws", "s3_bucket"]


@pytest.fixture
def make_jobs(tmp_path: Path) -> Iterator[Callable[[ArtifactStore], Jobs]]:
    """Return a function that takes a store; no process of its jobs outlives the test."""
    made: list[Jobs] = []

    def make(store: ArtifactStore) -> Jobs:
        made.append(Jobs(tmp_path, store))
        return made[-1]

    yield make
    for process in [process for jobs in made for process in jobs.processes]:
        process.kill()
        process.communicate()
    Workspace(tmp_path).end_all()


@pytest.fixture
def jobs(tmp_path, make_jobs) -> Jobs:
    """Return jobs in a local store."""
    return make_jobs(LocalFiles(tmp_path / "store"))
