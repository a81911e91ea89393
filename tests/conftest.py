"""Shared by every test."""

import os
import sys

import pytest
from servers.fixtures import docker_engine

__all__ = ["docker_engine"]

pytest.register_assert_rewrite("conformance")


def pytest_xdist_auto_num_workers() -> int:
    """Run one test more at a time than there are processors: many wait for engines and clocks."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def _nothing_to_mask(monkeypatch):
    """Forget the secrets that tests before this one have read in this process."""
    monkeypatch.setattr("podium.core.secrets.redaction._forms", set())


@pytest.fixture
def workspace(tmp_path):
    """Give a folder to write pipeline files in and to run them from; nothing that a test starts outlives it."""
    from conformance.workspace import Workspace

    space = Workspace(tmp_path)
    yield space
    space.end_all()


@pytest.fixture
def client(workspace, monkeypatch):
    """Return a function that makes a Client for what the workspace has run."""
    from podium import Client

    def as_its_user() -> Client:
        for name, value in workspace.environment.items():
            if name.startswith("PODIUM_"):
                monkeypatch.setenv(name, value)
        return Client(workspace.environment.get("PODIUM_STACK"))

    return as_its_user


@pytest.fixture
def nimbus(monkeypatch):
    """Run a service and install the package of its connector, here and in processes that a test starts."""
    from servers.nimbus import PACKAGE, running

    monkeypatch.setenv("PYTHONPATH", str(PACKAGE))
    monkeypatch.syspath_prepend(PACKAGE)
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    with running() as service:
        yield service
    sys.modules.pop("nimbus_connector", None)
