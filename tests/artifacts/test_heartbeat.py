"""Locks of remote stores: how their age is told, and how their end."""

import ssl

import pytest
from conformance.artifact_store import HOLD, opened, other_process
from conformance.workspace import eventually
from servers.certificates import Authority
from servers.fault_proxy import Fault, fault_proxy
from servers.loopback import QuietHandler, serving

from podium.core.artifacts.open import open_store


@pytest.fixture(autouse=True)
def _short_lease(monkeypatch):
    monkeypatch.setenv("PODIUM_STORE_LEASE", "5")


def test_a_certificate_that_only_the_sdk_trusts_keeps_no_lock_alive(s3_bucket, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*Authority("nobody's").write(tmp_path))
    with (
        serving(QuietHandler, context) as untrusted,
        opened("s3", {"path": f"s3://{s3_bucket.name}", **s3_bucket.config}) as store,
    ):
        options = {**store.options, "address": f"https://127.0.0.1:{untrusted.server_port}"}
        told_nothing = open_store(store.url, options)
        with other_process(store, HOLD) as holder:
            assert holder.stdout.readline() == b"True\n"
            assert told_nothing.is_locked("runs/1/lock")
            holder.kill()
        eventually(lambda: not told_nothing.is_locked("runs/1/lock"))


def test_a_block_ends_well_when_the_store_cannot_be_told(s3_bucket, monkeypatch):
    direct = {"path": f"s3://{s3_bucket.name}", **s3_bucket.config}
    with fault_proxy(s3_bucket.config["endpoint_url"]) as proxy, opened("s3", direct) as other:
        with (
            opened("s3", {**direct, "endpoint_url": proxy.address}) as store,
            monkeypatch.context() as away,
            store.lock("k") as held,
        ):
            assert held is not None
            away.setenv("PODIUM_STORE_PATIENCE", "3")
            proxy.fault = lambda _method, _path: Fault.UNAVAILABLE
        eventually(lambda: not other.is_locked("k"))
