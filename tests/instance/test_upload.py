"""A run's files on their way to a real machine."""

import io
import tarfile

import pytest
from servers.fixtures import instance

from podium.core.compose.host import ComposeHost
from podium.core.compose.host_config import ComposeHostConfig
from podium.core.errors import PodiumError
from podium.core.ssh.address import Address
from podium.core.ssh.connection import connect
from podium.core.ssh.host_keys import HostKeys
from podium.core.ssh.private_key import read_private_key
from podium.core.ssh.session import Session

__all__ = ["instance"]


@pytest.fixture
def host(instance):
    address, key = Address(instance.host), read_private_key(instance.key.read_text())
    known = HostKeys("orchestrator gpu", [instance.fingerprint], ())
    session = Session(address, "root", lambda: connect(address, "root", key, known))
    yield ComposeHost(session, ComposeHostConfig())
    session.close()


def test_a_full_disk_is_told_and_nothing_is_left_on_it(host, instance):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as made:
        entry = tarfile.TarInfo("file")
        entry.size = 20 << 20
        made.addfile(entry, io.BytesIO(bytes(entry.size)))
    with pytest.raises(PodiumError) as caught:
        host.upload("/mnt/small/of an upload/a", archive.getvalue())
    assert caught.value.message == f"no space left on the disk of {instance.host}"
    assert instance.run("ls -A '/mnt/small/of an upload'").stdout == ""
