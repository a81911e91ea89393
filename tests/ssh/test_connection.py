"""Hosts that answer late or not at all, addresses, and what podium says without its SSH library."""

import socket
import sys
import threading

import pytest
from servers.fixtures import ssh_keys

from podium.core.errors import AccessError, MissingToolError
from podium.core.ssh.address import Address, read_address
from podium.core.ssh.connection import connect
from podium.core.ssh.host_keys import HostKeys
from podium.core.ssh.private_key import read_private_key

__all__ = ["ssh_keys"]


@pytest.fixture
def log_in(ssh_keys):
    key = read_private_key(ssh_keys["ed25519", False].read_text())
    return lambda port: connect(Address("127.0.0.1", port), "me", key, HostKeys("orchestrator o", (), ()), patience=0.5)


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-", b"SSH-2.0-silent\r\n"])
def test_a_host_that_stops_answering_is_given_up(log_in, said):
    def answer():
        with listener.accept()[0] as connection:
            connection.sendall(said)
            ended.wait(10)

    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(AccessError, match=r"did not .* within 0\.5 s"):
            log_in(listener.getsockname()[1])
        ended.set()
        thread.join()


def test_without_its_library_podium_says_what_to_install(log_in, monkeypatch):
    monkeypatch.setitem(sys.modules, "paramiko", None)
    with pytest.raises(MissingToolError) as caught:
        log_in(22)
    assert caught.value.hint == "podium integration install hyperai"


@pytest.mark.parametrize(
    ("text", "known_as", "shown"),
    [
        ("Host.example.com", "host.example.com", "host.example.com"),
        ("host:22", "host", "host"),
        ("host:2222", "[host]:2222", "host:2222"),
        ("::1", "::1", "::1"),
        ("[::1]:2222", "[::1]:2222", "[::1]:2222"),
    ],
)
def test_an_address_is_named_as_in_known_hosts(text, known_as, shown):
    address = read_address(text)
    assert (address.known_as, str(address)) == (known_as, shown)
    assert read_address(str(address)) == address
