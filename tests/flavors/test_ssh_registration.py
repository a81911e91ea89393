"""What the ssh orchestrator's registration and check say, with a real SSH server; Docker there is a script."""

import pytest
from compose_host import docker
from servers.loopback import free_port
from servers.sshd import MARKER, make_key, write_known_hosts

from podium.core import registry
from podium.core.components import registration
from podium.core.contracts.component import Finding
from podium.core.errors import DefinitionError
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord
from podium.core.validation import validated
from podium.flavors.ssh import SSHOrchestrator, SSHOrchestratorConfig, SSHOrchestratorSettings

pytestmark = pytest.mark.usefixtures("ssh_home")
GIVEN = {"hostname": "gpu.example.com", "username": "me"}
WORKING = docker()


def config(**values):
    return validated(SSHOrchestratorConfig, {**GIVEN, **values}, subject="s", where="w")


def faults(**values):
    with pytest.raises(DefinitionError) as caught:
        config(**values)
    assert MARKER not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def check(ssh_server, ssh_keys):
    """Return a function that checks an orchestrator on the server, whose key is pinned unless told otherwise."""

    def findings(**values) -> list[Finding]:
        given = {
            "hostname": "127.0.0.1",
            "port": ssh_server.port,
            "username": ssh_server.user,
            "ssh_key_path": str(ssh_keys["ed25519", False]),
            "host_keys": [ssh_server.line],
            "minimum_free_disk_gb": 0,
        }
        return list(SSHOrchestrator("gpu", config(**{**given, **values})).check())

    return findings


def failures(findings) -> list[str]:
    return [finding.what for finding in findings if finding.level == "fail"]


def test_what_a_registration_may_set_has_the_documented_defaults():
    made = config()
    assert (made.port, made.connection_timeout, made.keepalive_interval) == (22, 10, 30)
    assert (made.minimum_free_disk_gb, made.cleanup_old_files, made.cleanup_after_days) == (5, True, 7)
    assert (made.docker_binary, made.remote_workdir, made.authenticate_docker) == ("docker", "podium-runs", False)
    assert (made.synchronous, made.mounts, made.gpu_indices, made.docker_run_args) == (True, {}, None, ())


def test_a_step_may_set_what_is_no_matter_of_registration():
    assert SSHOrchestratorSettings.field_names() == ("synchronous", "mounts", "gpu_indices", "docker_run_args")
    assert SSHOrchestratorSettings(gpu_indices=[0, 1], mounts={"/data": "/data"}).gpu_indices == [0, 1]


def test_checking_host_keys_cannot_be_turned_off():
    assert "unknown field 'verify_host_key'" in faults(verify_host_key=False)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"hostname": "host:22"}, "give the port as the field 'port'"),
        ({"ssh_key_path": "/k", "ssh_private_key": MARKER}, "exclude each other"),
        ({"ssh_key_passphrase": MARKER}, "of no use without"),
        ({"ssh_private_key": MARKER}, "neither a private key file"),
        ({"remote_workdir": " "}, "must not be empty"),
        ({"docker_binary": ""}, "must not be empty"),
        ({"connection_timeout": 0}, "greater than 0"),
        ({"host_keys": ["host"]}, "each is a fingerprint"),
    ],
)
def test_fields_that_make_no_sense_are_told(values, told):
    assert told in faults(**values)


def test_a_key_is_kept_apart_from_the_registration(tmp_path, monkeypatch, ssh_keys):
    monkeypatch.setenv("PODIUM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
    store = ConfigStore()
    key = ssh_keys["rsa", True].read_text()
    given = {**GIVEN, "ssh_private_key": key, "ssh_key_passphrase": MARKER}
    registration.register(ComponentRecord("orchestrator", "gpu", "ssh", given), store)
    kept = b"".join(path.read_bytes() for path in store.home.rglob("*") if path.is_file())
    assert not [text for text in (MARKER, *key.splitlines()[1:-1]) if text.encode() in kept]
    built = registration.build(store.components("orchestrator").get("gpu"), store)
    assert built.config.key().type == "RSA"


def test_it_is_built():
    assert registry.flavors("orchestrator")["ssh"].status == "built"
    assert registry.load("orchestrator", "ssh") is SSHOrchestrator


def test_a_host_that_has_everything_is_found_so(check, ssh_server):
    with ssh_server.programs(**WORKING):
        found = check()
    assert {finding.level for finding in found} == {"ok"}
    told = "; ".join(finding.what for finding in found)
    assert f"{ssh_server.address} lets '{ssh_server.user}' in" in told
    assert "Docker 27.3.1" in told
    assert "Compose 2.29.7" in told
    assert "GB are free for podium-runs" in told


def test_the_older_compose_will_do(check, ssh_server):
    without_plugin = f"[ $1 = compose ] && exit 1\n{WORKING['docker']}"
    with ssh_server.programs(docker=without_plugin, docker_compose="echo 1.29.2", crontab="exit 1"):
        found = check()
    assert not failures(found)
    assert "Compose 1.29.2" in "; ".join(finding.what for finding in found)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'permission denied while trying to connect to the socket' >&2; exit 1", "may not use Docker"),
        ("echo 'Cannot connect to the Docker daemon' >&2; exit 1", "engine does not answer: Cannot connect"),
        ("[ $1 = version ] && echo 27.3.1 || exit 1", "has no Docker Compose"),
    ],
)
def test_what_keeps_docker_from_working_there_is_told(check, ssh_server, script, told):
    with ssh_server.programs(docker=script, docker_compose="exit 1"):
        found = failures(check())
    assert told in "; ".join(found)


def test_a_host_without_docker_is_told(check):
    assert any("has no program 'no-docker'" in told for told in failures(check(docker_binary="no-docker")))


def test_the_docker_program_is_the_one_that_was_set(check, ssh_server):
    with ssh_server.programs(podman_here=WORKING["docker"]):
        assert not failures(check(docker_binary="podman-here"))


def test_a_hostile_name_of_a_program_or_folder_runs_nothing(check, tmp_path):
    mark = tmp_path / "mark"
    hostile = f"$(touch '{mark}'); touch '{mark}' #"
    check(docker_binary=hostile, remote_workdir=hostile)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"minimum_free_disk_gb": 1e9}, "GB are free for podium-runs, 1e+09 GB are wanted"),
        ({"remote_workdir": "/proc/sys/podium"}, "may not write to /proc/sys/podium"),
        ({"ssh_key_path": "/no/such/key"}, "the private key cannot be read: No such file"),
        ({"username": "nobody-here"}, "does not let user 'nobody-here' in"),
        ({"host_keys": []}, "is not known here"),
    ],
)
def test_what_keeps_a_host_from_being_used_is_told(check, ssh_server, values, told):
    with ssh_server.programs(**WORKING):
        (failure,) = failures(check(**values))
    assert told in failure


def test_an_unknown_host_key_is_pinned_by_the_hint(check, ssh_server):
    (found,) = check(host_keys=[])
    assert f"podium orchestrator update gpu --host_keys='[\"{ssh_server.line}\"]'" in (found.hint or "")


def test_nothing_listening_is_told(check):
    assert "refuses connections" in failures(check(port=free_port()))[0]


def test_known_hosts_may_be_in_another_file(check, ssh_server, tmp_path):
    write_known_hosts(tmp_path, ssh_server.line)
    found = check(host_keys=[], known_hosts_path=str(tmp_path / ".ssh" / "known_hosts"))
    assert found[0].level == "ok"


def test_without_a_key_those_of_the_users_folder_are_tried(check, ssh_server, ssh_home, ssh_keys):
    home = ssh_home(ssh_server.line).parent
    (home / "id_ed25519").write_bytes(ssh_keys["ed25519", False].read_bytes())
    assert check(ssh_key_path=None)[0].level == "ok"


def test_without_any_key_that_is_told(check):
    assert "with the keys of this machine's agent" in failures(check(ssh_key_path=None))[0]


def test_an_encrypted_key_file_needs_its_passphrase(check, tmp_path):
    key = make_key(tmp_path / "key", passphrase=MARKER)
    (told,) = failures(check(ssh_key_path=str(key)))
    assert "its passphrase is needed" in told
