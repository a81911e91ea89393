"""The suite of all service connectors, on HyperAI's."""

import base64

import pytest
from conformance.service_connector import Given, ServiceConnectorConformance
from servers.loopback import free_port
from servers.sshd import MARKER, make_key

from podium.connectors.hyperai import INSTANCE, HyperAIConnector
from podium.core.ssh.command import run


@pytest.mark.usefixtures("ssh_home")
class TestHyperAI(ServiceConnectorConformance):
    connector = HyperAIConnector

    def given(self, server, key, told="", **values):
        config = {
            "base64_ssh_key": base64.b64encode(key.read_bytes()).decode(),
            "hostnames": [server.address],
            "username": server.user,
            "host_keys": [server.line],
        }
        return Given("ed25519-key", config | values, told)

    @pytest.fixture
    def working(self, ssh_server, ssh_keys):
        return self.given(ssh_server, ssh_keys["ed25519", True], ssh_passphrase=MARKER)

    @pytest.fixture
    def reachable(self, ssh_server):
        return {INSTANCE: [ssh_server.address]}

    @pytest.fixture
    def wrong(self, ssh_server, tmp_path):
        return self.given(ssh_server, make_key(tmp_path / "other"), "does not let user")

    @pytest.fixture
    def unreachable(self, ssh_server, ssh_keys):
        key = ssh_keys["ed25519", False]
        return self.given(ssh_server, key, "refuses connections", hostnames=[f"127.0.0.1:{free_port()}"])

    def use(self, client, resource_type):
        with client:
            assert (resource_type, run(client, "sh", "-c", "echo there").out) == (INSTANCE, "there")
