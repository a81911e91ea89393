"""What a check of the whole way says of a host: what it reaches, its logins, its clock and its GPUs."""

import socket
from pathlib import Path

import pytest
from compose_host import docker, logging_in
from servers.loopback import free_port
from servers.sshd import MARKER, sshd

from podium.core.contracts.container_registry import ContainerRegistryConfig
from podium.core.secrets.secret import Secret
from podium.flavors.default_registry import DefaultRegistry
from podium.flavors.s3_artifact_store import S3ArtifactStore, S3ArtifactStoreConfig

pytestmark = pytest.mark.usefixtures("ssh_home")
GPU = "echo '0, GPU-1, NVIDIA A100-SXM4-40GB'"


def store(address):
    return S3ArtifactStore("bucket", S3ArtifactStoreConfig(path="s3://bucket/a", endpoint_url=address))


@pytest.fixture
def reached(ssh, first):
    """Return what is found about an address."""

    def findings(address):
        with first.programs(**docker()):
            found = list(ssh(first).check_with(None, store(address)))
        return [(finding.level, finding.what) for finding in found if address.partition("//")[2] in finding.what]

    return findings


def test_a_store_that_the_host_reaches_is_told(reached, first):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        assert reached(f"http://{place}") == [("ok", f"{first.address} reaches {place}")]


def test_a_store_that_the_host_does_not_reach_fails(reached, first):
    place = f"127.0.0.1:{free_port()}"
    ((level, told),) = reached(f"http://{place}")
    assert level == "fail"
    assert told.startswith(f"{first.address} does not reach {place}: ")


def test_names_are_resolved_there(reached):
    ((level, told),) = reached("http://no-such-host.invalid:80")
    assert (level, "does not reach no-such-host.invalid:80" in told) == ("fail", True)


def test_tls_is_made_through_the_host(reached, registry, first, trusted):
    assert reached(f"https://{registry}") == [("ok", f"{first.address} reaches {registry}")]


def test_a_certificate_that_this_machine_does_not_trust_is_a_warning(reached, registry):
    ((level, told),) = reached(f"https://{registry}")
    assert (level, "that this machine does not trust" in told) == ("warn", True)


def test_what_is_no_tls_fails(reached, first, second):
    told = f"{second.address} does not answer {first.address} in TLS"
    assert reached(f"https://{second.address}") == [("fail", told)]


def test_where_forwarding_is_forbidden_the_reach_is_not_known(ssh, ssh_keys, tmp_path):
    key = ssh_keys["ed25519", False]
    with sshd(tmp_path / "x", [key], more="AllowTcpForwarding no") as server, server.programs(**docker()):
        findings = list(ssh(server).check_with(None, store("http://127.0.0.1:9")))
    found = {finding.what: finding.level for finding in findings}
    assert found[f"whether {server.address} reaches 127.0.0.1:9 is not known"] == "warn"
    assert "fail" not in found.values()


@pytest.mark.parametrize(
    ("values", "script", "level", "told"),
    [
        ({"authenticate_docker": True}, "exit 0", "ok", "logs into registry r.example as 'a'"),
        ({"authenticate_docker": True}, "echo no >&2; exit 1", "fail", "cannot log into registry r.example: no"),
        ({}, "exit 0", "ok", "has a login of its own for registry r.example"),
        ({}, "exit 1", "warn", "has no login of its own that registry r.example takes"),
    ],
)
def test_a_login_is_tried_on_the_host_and_leaves_nothing(ssh, first, *, values, script, level, told):
    fields = {"uri": "r.example", "username": "a", "password": Secret(MARKER)}
    registry = DefaultRegistry("hub", ContainerRegistryConfig(**fields))
    seen = first.folder / "seen"
    with first.programs(**logging_in(f'echo "$DOCKER_CONFIG" "$@" > "{seen}"; cat > /dev/null; {script}')):
        found = [item for item in ssh(first, **values).check_with(registry, None) if "r.example" in item.what]
    assert [(item.level, item.what) for item in found] == [(level, f"{first.address} {told}")]
    folder, *words = seen.read_text().split()
    assert not Path(folder).exists()
    assert MARKER.split()[0] not in words


def test_a_clock_that_is_off_is_a_warning(ssh, first):
    (first.folder / "bin/date").unlink()
    with first.programs(**docker(), date="echo 1000000000"):
        found = [finding.level for finding in ssh(first).check() if "behind this machine's" in finding.what]
    assert found == ["warn"]


@pytest.mark.parametrize(
    ("runtimes", "level", "told"),
    [
        ("runc nvidia", "ok", "1 GPUs for containers: NVIDIA A100-SXM4-40GB"),
        ("runc", "warn", "Docker cannot give its GPUs to containers: NVIDIA A100-SXM4-40GB"),
    ],
)
def test_gpus_are_told_whether_or_not_they_can_be_used(ssh, first, *, runtimes, level, told):
    with first.programs(**docker(runtimes=runtimes), nvidia_smi=GPU):
        assert (level, f"{first.address}: {told}") in [(found.level, found.what) for found in ssh(first).check()]


def test_an_engine_that_does_not_answer_is_told_in_time(ssh, first):
    with first.programs(docker="sleep 60"):
        found = [finding.what for finding in ssh(first).check() if finding.level == "fail"]
    assert f"{first.address}: the Docker engine does not answer" in found
