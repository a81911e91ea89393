"""The suite of all service connectors, on one of another package."""

import pytest
from conformance.service_connector import Given, ServiceConnectorConformance
from servers.loopback import free_port
from servers.nimbus import MARKER

from podium.core.connectors.types import load_type


class TestNimbus(ServiceConnectorConformance):
    @pytest.fixture(autouse=True)
    def service(self, nimbus):
        self.connector = load_type("nimbus")
        return nimbus

    @pytest.fixture(params=["token", "key"])
    def working(self, request, service):
        return Given(request.param, {"url": service.url, "token": MARKER, "zones": ["a", "b"]})

    @pytest.fixture
    def wrong(self, service):
        return Given("token", {"url": service.url, "token": "wr0ng " + MARKER}, "does not accept this token (401)")

    @pytest.fixture
    def unreachable(self):
        url = f"http://127.0.0.1:{free_port()}"
        return Given("token", {"url": url, "token": MARKER}, f"{url} cannot be reached")

    @pytest.fixture
    def reachable(self):
        return {"nimbus-account": ["account-1"], "nimbus-bucket": ["data", "models"]}

    def use(self, client, resource_type):
        del resource_type
        assert client("/account") == ["account-1"]
