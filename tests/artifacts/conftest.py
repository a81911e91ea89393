"""Services that artifact stores are reached at, some of them through a proxy that makes faults."""

import base64
import json
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from conformance.artifact_store import opened
from servers.azurite import KEY, connection_string
from servers.fault_proxy import Proxy, fault_proxy
from servers.fixtures import aws, azure_container, azurite, gcs, gcs_bucket, s3_bucket

from podium.core.contracts.artifact_store import ArtifactStore

__all__ = ["aws", "azure_container", "azurite", "gcs", "gcs_bucket", "s3_bucket"]


@dataclass
class Proxied:
    """A store behind a proxy: each call of `open` gives it as one more process would have it.

    `direct` has the fields that differ for those who reach it without the proxy.
    """

    flavor: str
    config: dict[str, str]
    direct: dict[str, str]
    secret: str
    proxy: Proxy
    _opened: ExitStack

    def open(self, **changed: str) -> ArtifactStore:
        """Open the store, with some fields changed."""
        return self._opened.enter_context(opened(self.flavor, self.config | changed))


@pytest.fixture(params=["s3", "gcs", "azure"])
def proxied(request, monkeypatch):
    """Return a store of each flavor, which gives up after a while."""
    monkeypatch.setenv("PODIUM_STORE_PATIENCE", "20")
    with ExitStack() as stack:
        if request.param == "s3":
            bucket = request.getfixturevalue("s3_bucket")
            proxy = stack.enter_context(fault_proxy(bucket.config["endpoint_url"]))
            config = {"path": f"s3://{bucket.name}/x", **bucket.config, "endpoint_url": proxy.address}
            secret, direct = config["secret"], {"endpoint_url": bucket.config["endpoint_url"]}
        elif request.param == "gcs":
            config = request.getfixturevalue("gcs_bucket")
            proxy = stack.enter_context(fault_proxy(config["endpoint_url"]))
            direct = {"endpoint_url": config["endpoint_url"]}
            config["endpoint_url"] = proxy.address
            secret = json.loads(config["service_account_json"])["private_key"]
        else:
            proxy = stack.enter_context(fault_proxy(request.getfixturevalue("azurite")))
            config = request.getfixturevalue("azure_container")
            direct = {"connection_string": config["connection_string"]}
            config["connection_string"] = connection_string(proxy.address)
            secret = KEY
        yield Proxied(request.param, config, direct, secret, proxy, stack)


@pytest.fixture
def refused(proxied, gcs):
    """Return such a store with a credential that the service does not know."""
    from servers.gcs import google

    wrong = base64.b64encode(b"m4rker-m4rker-m4rker-m4rker-m4rk").decode()
    with google() as (_, other):
        key = json.loads(proxied.config.get("service_account_json", "{}"))
        changed = {
            "s3": {"secret": wrong},
            "gcs": {"service_account_json": json.dumps(key | {"private_key": other["private_key"]})},
            "azure": {"connection_string": connection_string(proxied.proxy.address, wrong)},
        }
    return proxied.open(**changed[proxied.flavor])
