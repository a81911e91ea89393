"""A host of either Compose."""

import pytest
from compose.hosts import Host


@pytest.fixture(params=[1, 2], ids=["compose-v1", "compose-v2"])
def host(request, docker_engine, tmp_path):
    """Give a host; nothing that it started outlives the test."""
    made = Host(tmp_path, request.param)
    yield made
    for folder in made.placed:
        if folder.exists() and not (folder / "state/ended").exists():
            made.ask(folder, "cancel")
            made.wait(folder)
