"""Servers that components and connectors are checked against, started once for all tests of a process."""

import pytest


@pytest.fixture(scope="session")
def authority():
    """Return an authority that nothing trusts by itself."""
    from servers.certificates import Authority

    return Authority()


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """Have this process trust the authority, as a machine does that has its certificate."""
    bundle = tmp_path / "trusted.crt"
    bundle.write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


@pytest.fixture(scope="session")
def registry(tmp_path_factory, authority):
    """Return the address of a registry with TLS and the user `alice`, whose password is `right-4711`."""
    from servers.registry import registry

    folder = tmp_path_factory.mktemp("registry") / "tls"
    with registry(folder, users={"alice": "right-4711"}, authority=authority) as address:
        yield address


@pytest.fixture(scope="session")
def token_registry(tmp_path_factory, authority):
    """Return the address of a registry that takes tokens; the user is the same."""
    from servers.registry import token_registry

    folder = tmp_path_factory.mktemp("registry") / "tokens"
    with token_registry(folder, authority, "alice", "right-4711") as address:
        yield address


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Return a Kubernetes API server."""
    from servers.kubernetes_api import kubernetes_api

    with kubernetes_api(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster
