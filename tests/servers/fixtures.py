"""Servers that components and connectors are checked against, started once for all tests of a process."""

import json
import os
import uuid
from functools import partial

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


@pytest.fixture(scope="session")
def ssh_keys(tmp_path_factory):
    """Return private key files by their type and whether they have a passphrase, which is `MARKER`."""
    from servers.sshd import MARKER, make_key

    folder = tmp_path_factory.mktemp("keys")
    return {
        (kind, encrypted): make_key(folder / f"{kind} {encrypted}", kind, MARKER if encrypted else "")
        for kind in ("rsa", "ecdsa", "ed25519")
        for encrypted in (False, True)
    }


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory, ssh_keys):
    """Return an SSH server that lets this user in with each of the keys."""
    from servers.sshd import sshd

    with sshd(tmp_path_factory.mktemp("sshd") / "server", list(ssh_keys.values())) as server:
        yield server


@pytest.fixture
def ssh_home(tmp_path, monkeypatch):
    """Give this user an empty home, without an agent; return a function that writes its known_hosts."""
    from servers.sshd import write_known_hosts

    monkeypatch.setenv("HOME", str(tmp_path / "ssh home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return partial(write_known_hosts, tmp_path / "ssh home")


@pytest.fixture(scope="session")
def aws():
    """Return an AWS that has the bucket `things` and the EKS cluster `blue`."""
    from servers.aws import aws

    with aws() as service:
        yield service


@pytest.fixture
def aws_home(tmp_path, monkeypatch):
    """Give this user an AWS configuration that is empty, not made yet, and the only source of credentials."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / ".aws"


@pytest.fixture(scope="session")
def docker_engine():
    """Return a client of a Docker engine that has the image `python:X.Y-slim`; DOCKER_HOST says where it is."""
    from servers.docker import engine

    client = engine()
    yield client
    client.close()


@pytest.fixture(scope="session")
def instance(tmp_path_factory):
    """Return a remote machine with a registry, one for all workers; it sees the folder of all tests."""
    from servers.instance import common

    return common(_folder_of_all_tests(tmp_path_factory))


@pytest.fixture
def own_instance(tmp_path_factory, instance):
    """Return a remote machine that a test may break; it trusts the registry of the other one."""
    from servers.instance import running

    with running(_folder_of_all_tests(tmp_path_factory)) as machine:
        machine.trust(instance)
        yield machine


@pytest.fixture(params=["v1", "v2"])
def compose_user(request):
    """Return the name of a user of the instance, for each version of Docker Compose that one may have."""
    from servers.instance import V1, V2

    return {"v1": V1, "v2": V2}[request.param]


def _folder_of_all_tests(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture
def s3_bucket(aws):
    """Return a new bucket of S3."""
    from servers.s3 import new_bucket

    return new_bucket(aws)


@pytest.fixture(scope="session")
def gcs():
    """Return the address of a Google Cloud Storage that has the bucket `things`, and the key of an account."""
    from servers.gcs import google

    with google() as service:
        yield service


@pytest.fixture(scope="session")
def azurite():
    """Return the address of an account of Azure's Blob Storage that has the container `things`."""
    from servers.azurite import azurite

    with azurite() as address:
        yield address


@pytest.fixture
def gcs_bucket(gcs):
    """Return the fields of an artifact store that may do all below a new path of a bucket."""
    address, key = gcs
    path = f"gs://things/{uuid.uuid4()}/a prefix, 100% ü"
    return {"path": path, "endpoint_url": address, "service_account_json": json.dumps(key)}


@pytest.fixture
def azure_container(azurite):
    """Return the fields of an artifact store that may do all below a new path of a container."""
    from servers.azurite import connection_string

    path = f"az://things/{uuid.uuid4()}/a prefix, 100% ü"
    return {"path": path, "connection_string": connection_string(azurite)}
