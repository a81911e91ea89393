"""Hosts for tests of what podium makes of them: SSH servers on loopback, whose Docker answers and runs nothing."""

from contextlib import ExitStack

import pytest
from servers.sshd import SSHServer, sshd

from podium.connectors.hyperai import HyperAIConnector
from podium.core.connectors.types import method_of
from podium.core.spec import PipelineSpec, ResourceSpec, StepSpec
from podium.core.validation import validated
from podium.flavors.hyperai import HyperAIOrchestrator, HyperAIOrchestratorConfig
from podium.flavors.ssh import SSHOrchestrator, SSHOrchestratorConfig

RUN = "01890a5d-ac96-774b-bcce-b302099a8057"


def docker(*, name: str = "docker", cpus: int = 4, runtimes: str = "runc") -> dict[str, str]:
    """Return the scripts of programs that answer for an engine with so much and 8 GiB of memory."""
    script = f"""case $1 in
        version) echo 27.3.1 ;;
        compose) echo 2.29.7 ;;
        info) case $3 in *NCPU*) echo {cpus} 8589934592 ;; *Runtimes*) echo {runtimes} ;; *) exit 1 ;; esac ;;
    esac"""
    return {name: script, "crontab": "exit 1"}


def logging_in(script: str) -> dict[str, str]:
    """Return the same, with what `docker login` does."""
    ready = docker()
    return {**ready, "docker": f'case " $* " in *" login "*) {script} ;; esac\n{ready["docker"]}'}


def pipeline(**resources) -> PipelineSpec:
    """Return a pipeline whose step `train` asks for resources."""
    step = StepSpec(id="train", name="train", source="m:train", resources=ResourceSpec(**resources))
    return PipelineSpec(name="flow", source="m:flow", steps=(step,))


@pytest.fixture
def first(ssh_keys, tmp_path):
    """Run a host."""
    with sshd(tmp_path / "first", [ssh_keys["ed25519", False]]) as server:
        yield server


@pytest.fixture
def second(ssh_keys, tmp_path):
    """Run another host."""
    with sshd(tmp_path / "second", [ssh_keys["ed25519", False]]) as server:
        yield server


@pytest.fixture
def ssh(ssh_keys):
    """Return a function that makes an ssh orchestrator on a host, perhaps by another port."""
    with ExitStack() as ended:

        def orchestrator(server: SSHServer, *, port: int | None = None, **values) -> SSHOrchestrator:
            config = SSHOrchestratorConfig(
                hostname="127.0.0.1",
                port=port or server.port,
                username=server.user,
                ssh_key_path=ssh_keys["ed25519", False],
                host_keys=[server.fingerprint],
                **{"minimum_free_disk_gb": 0, **values},
            )
            made = SSHOrchestrator("gpu", config)
            ended.callback(made.close)
            return made

        yield orchestrator


@pytest.fixture
def hyperai(ssh_keys):
    """Return a function that makes a hyperai orchestrator on hosts, and on addresses where none may be."""
    with ExitStack() as ended:

        def orchestrator(
            *servers: SSHServer, more: tuple[str, ...] = (), resource_id: str | None = None, **values
        ) -> HyperAIOrchestrator:
            given = {
                "base64_ssh_key": ssh_keys["ed25519", False].read_text(),
                "hostnames": [*more, *(server.address for server in servers)],
                "username": servers[0].user,
                "host_keys": [server.fingerprint for server in servers],
            }
            method = method_of(HyperAIConnector, "ed25519-key")
            fields = validated(method.config_class, given, subject="s", where="w")
            connector = HyperAIConnector("lab", method.name, fields, resource_id=resource_id)
            config = HyperAIOrchestratorConfig(**{"minimum_free_disk_gb": 0, **values})
            made = HyperAIOrchestrator("gpu", config, connector=connector)
            ended.callback(made.close)
            return made

        yield orchestrator
