"""A host of either Compose."""

import pytest
from compose.hosts import Host

_BUSYBOX = "/bin/busybox"


@pytest.fixture(params=[1, 2], ids=["compose-v1", "compose-v2"])
def host(request, docker_engine, tmp_path):
    """Give a host with Compose v1 or v2, whose shell is dash with the one and busybox' with the other."""
    (tmp_path / "runs").mkdir()
    shell = ("sh",) if request.param == 1 else (_BUSYBOX, "sh")
    made = Host(tmp_path / "runs", request.param, shell)
    yield made
    for folder in made.placed:
        if folder.exists() and not (folder / "state/ended").exists():
            made.ask(folder, "cancel")
            made.wait(folder)
