"""What the local_docker orchestrator's registration and check say; the engine's API is answered on loopback."""

import pytest
from servers.docker_engine import docker_engine
from servers.loopback import free_port

from podium.core import registry
from podium.core.errors import DefinitionError
from podium.flavors.local_docker import (
    LocalDockerOrchestrator,
    LocalDockerOrchestratorConfig,
    LocalDockerOrchestratorSettings,
)


@pytest.fixture
def check():
    return lambda: list(LocalDockerOrchestrator("box", LocalDockerOrchestratorConfig()).check())


def test_what_may_be_set_has_the_documented_defaults():
    assert LocalDockerOrchestratorConfig.field_names()[:2] == ("synchronous", "run_args")
    assert (LocalDockerOrchestratorConfig().synchronous, LocalDockerOrchestratorConfig().run_args) == (True, {})


def test_run_args_take_what_the_docker_sdk_takes():
    given = {"cpu_count": 3, "shm_size": "2g", "ulimits": [{"name": "nofile", "soft": 1024}]}
    assert LocalDockerOrchestratorSettings(run_args=given).run_args == given


def test_run_args_take_no_objects_which_no_file_could_keep():
    with pytest.raises(DefinitionError, match="1 fault"):
        LocalDockerOrchestratorSettings(run_args={"mounts": [object()]})


def test_unknown_fields_are_refused():
    with pytest.raises(DefinitionError, match="1 fault"):
        LocalDockerOrchestratorSettings(run_arguments={})


def test_zenmls_settings_key_is_known():
    assert registry.settings_keys("local_docker") == ("orchestrator", "orchestrator.local_docker")


def test_it_is_built():
    assert registry.flavors("orchestrator")["local_docker"].status == "built"
    assert registry.load("orchestrator", "local_docker") is LocalDockerOrchestrator


def test_its_stack_needs_neither_registry_nor_image_builder():
    assert LocalDockerOrchestrator.needed_kinds() == ()


def test_an_engine_that_answers_is_named(check, monkeypatch):
    with docker_engine("") as (address, _logins):
        monkeypatch.setenv("DOCKER_HOST", address)
        assert [(finding.level, finding.what) for finding in check()] == [("ok", "Docker engine 20.10.24 answers")]


def test_without_an_engine_that_is_a_finding(check, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port()}")
    (finding,) = check()
    assert finding.level == "fail"
    assert "no Docker engine answers" in finding.what
