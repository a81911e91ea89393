"""What the hyperai orchestrator's registration and check say, with real SSH servers; Docker there is a script."""

import pytest
from compose_host import docker
from servers.loopback import free_port
from servers.sshd import sshd

from podium.connectors.hyperai import HyperAIConnector
from podium.core import registry
from podium.core.connectors.types import method_of
from podium.core.errors import DefinitionError, UsageError
from podium.core.validation import validated
from podium.flavors.hyperai import HyperAIOrchestrator, HyperAIOrchestratorConfig, HyperAIOrchestratorSettings

pytestmark = pytest.mark.usefixtures("ssh_home")
WORKING = docker(name="their_docker")


@pytest.fixture
def checked(ssh_keys):
    """Return a function that checks an orchestrator whose connector reaches some servers."""

    def findings(*servers, resource_id=None, more_hosts=()) -> list[tuple[str, str]]:
        values = {
            "base64_ssh_key": ssh_keys["ed25519", False].read_text(),
            "hostnames": [*(server.address for server in servers), *more_hosts],
            "username": servers[0].user,
            "host_keys": [server.line for server in servers],
        }
        method = method_of(HyperAIConnector, "ed25519-key")
        fields = validated(method.config_class, values, subject="s", where="w")
        connector = HyperAIConnector("lab", method.name, fields, resource_id=resource_id)
        config = HyperAIOrchestratorConfig(minimum_free_disk_gb=0, docker_binary="their-docker")
        found = HyperAIOrchestrator("gpu", config, connector=connector).check()
        return [(finding.level, finding.what) for finding in found]

    return findings


def test_what_a_registration_may_set_has_the_documented_defaults():
    made = HyperAIOrchestratorConfig()
    assert made.container_registry_autologin is False
    assert made.automatic_cleanup_pipeline_files is True
    assert made.gpu_enabled_in_container is True
    assert (made.mounts_from_to, made.synchronous) == ({}, True)
    assert (made.docker_binary, made.remote_workdir) == ("docker", "podium-runs")
    assert (made.cleanup_after_days, made.minimum_free_disk_gb) == (7, 5)


def test_a_step_may_set_mounts_and_whether_to_wait():
    assert HyperAIOrchestratorSettings.field_names() == ("synchronous", "mounts_from_to")
    with pytest.raises(DefinitionError, match="1 fault"):
        HyperAIOrchestratorSettings(docker_binary="podman")


def test_zenmls_name_of_the_settings_is_the_very_class():
    from podium.integrations.hyperai.flavors import hyperai_orchestrator_flavor as alias

    assert alias.HyperAIOrchestratorSettings is HyperAIOrchestratorSettings
    assert alias.HyperAIOrchestratorConfig is HyperAIOrchestratorConfig


def test_it_is_built():
    assert registry.flavors("orchestrator")["hyperai"].status == "built"
    assert registry.load("orchestrator", "hyperai") is HyperAIOrchestrator


def test_its_stack_needs_images_and_a_connector():
    assert HyperAIOrchestrator.needed_kinds() == ("container-registry", "image-builder")
    assert HyperAIOrchestrator.connector_required
    assert HyperAIOrchestrator.connector_resource in {kind.name for kind in HyperAIConnector.resource_types}


def test_without_a_connector_the_command_that_connects_one_is_told():
    with pytest.raises(UsageError) as caught:
        list(HyperAIOrchestrator("gpu", HyperAIOrchestratorConfig()).check())
    assert caught.value.hint == "podium orchestrator connect gpu --connector NAME"


def test_every_instance_is_checked_and_one_that_can_run_pipelines_will_do(checked, ssh_server, ssh_keys, tmp_path):
    with sshd(tmp_path / "sshd", [ssh_keys["ed25519", False]]) as bare, ssh_server.programs(**WORKING):
        found = checked(ssh_server, bare, more_hosts=[f"127.0.0.1:{free_port()}"])
    assert ("ok", f"{ssh_server.address}: Docker 27.3.1") in found
    assert ("warn", f"{bare.address} has no program 'their-docker'") in found
    assert "fail" not in {level for level, _ in found}


def test_only_the_instance_that_was_chosen_is_checked(checked, ssh_server, tmp_path):
    with sshd(tmp_path / "sshd") as other, ssh_server.programs(**WORKING):
        found = checked(ssh_server, other, resource_id=ssh_server.address)
    assert {level for level, _ in found} == {"ok"}


def test_when_no_instance_answers_the_reason_is_told(checked, tmp_path):
    with sshd(tmp_path / "sshd") as closed:
        pass
    ((level, told),) = checked(closed)
    assert level == "fail"
    assert "refuses connections" in told
