"""Containers of a real Docker engine: what they are given, how their ends read, and what is left of them."""

import json
import os
import socket
import subprocess
import sys

import pytest
from conformance.admission import SPANS, overlaps
from conformance.docker_stack import containers, image, stack
from conformance.step_secrets import forms
from conformance.workspace import Workspace, eventually, states, step_of
from servers.loopback import free_port

from podium.core.docker.secret_folder import SecretFolder

__all__ = ["containers", "image", "stack"]

WAITS = """
import socket

@step(
    settings={{"resources": ResourceSettings(cpu_count=0.5, memory="300MiB"), "orchestrator": {settings}}},
    secrets={secrets},
    enable_cache=False,
)
def waits() -> list:
    note("begun")
    wait_for("go")
    (HERE / "written").touch()
    return [socket.gethostbyname("host.docker.internal"), os.getuid(), os.environ["USER"]]

@step(enable_cache=False)
def follows(before: list):
    pass

@pipeline
def flow():
    follows(waits())
"""


CHECKED_BY_NOBODY = """
import os
import docker
from podium.flavors.local_docker import LocalDockerOrchestrator, LocalDockerOrchestratorConfig
orchestrator = LocalDockerOrchestrator("box", LocalDockerOrchestratorConfig())
if os.getuid() == 0:
    os.setresuid(65534, 65534, 65534)
for finding in orchestrator.check():
    print(finding.what, finding.hint)
"""


@pytest.fixture
def here(workspace: Workspace, stack: str):
    """Return the workspace, in which runs are on the stack."""
    workspace.environment["PODIUM_STACK"] = stack
    return workspace


def begin(here: Workspace, containers, *, settings=None, secrets=()):
    """Start a run, and return its client and the container of its step, which waits."""
    client = here.start("run", here.write(WAITS.format(settings=settings or {}, secrets=list(secrets))))
    eventually(lambda: here.notes("begun") or client.poll() is not None)
    assert client.poll() is None, client.communicate()
    (container,) = containers()
    return client, container


def end(here: Workspace, client, code: int = 0) -> dict:
    (here.folder / "go").touch()
    _, said = client.communicate(timeout=60)
    assert client.returncode == code, said
    return here.show()


class TestContainer:
    def test_it_has_limits_labels_and_the_callers_rights(self, here: Workspace, containers, client):
        volumes = {str(here.folder): {"bind": str(here.folder)}}
        settings = {"run_args": {"shm_size": "96m", "hostname": "box", "volumes": volumes}}
        process, container = begin(here, containers, settings=settings)
        host, config = container.attrs["HostConfig"], container.attrs["Config"]
        run = end(here, process)
        assert (host["NanoCpus"], host["Memory"], host["MemorySwap"]) == (500_000_000, 300 << 20, 300 << 20)
        assert host["ShmSize"] == 96 << 20
        assert config["Hostname"] == "box"
        assert config["Labels"]["podium.run"] == run["id"]
        assert (config["Labels"]["podium.step"], config["Labels"]["podium.attempt"]) == ("waits", "1")
        assert config["User"] == f"{os.getuid()}:{os.getgid()}"
        assert (here.folder / "written").stat().st_uid == os.getuid()
        address, uid, _ = client().get_pipeline_run(run["id"]).steps["waits"].output.load()
        assert socket.inet_aton(address)
        assert uid == os.getuid()

    def test_it_shows_no_secret_and_its_file_is_gone_with_it(self, here: Workspace, containers):
        marker = "m4rk3r/+&b1c0"
        here.environment |= {"PODIUM_SECRETS_BACKEND": "file", "PODIUM_SECRETS_PASSPHRASE": "correct horse"}
        (here.folder / "token").write_text(marker)
        assert here.podium("secret", "create", "sky", f"--token=@{here.folder / 'token'}").returncode == 0
        process, container = begin(here, containers, secrets=["sky"])
        shown = json.dumps(container.attrs) + json.dumps(container.image.history())
        assert not [form for form in forms(marker) if form in shown.encode()]
        folder = SecretFolder(container.labels["podium.run"])._path
        (file,) = folder.iterdir()
        assert marker in json.loads(file.read_text())["delivery"]["secrets"]["sky"]["token"]
        assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
        end(here, process)
        assert not folder.exists()

    def test_it_is_kept_on_request_without_its_secrets(self, here: Workspace, containers):
        process, container = begin(here, containers, settings={"keep_containers": True})
        end(here, process)
        assert [kept.id for kept in containers()] == [container.id]
        container.reload()
        assert (container.status, container.attrs["State"]["ExitCode"]) == ("exited", 0)
        container.remove()

    def test_no_more_run_at_once_than_set(self, here: Workspace):
        options = '(settings={"orchestrator": {"max_parallel_steps": 1}})'
        here.run(here.write(SPANS.format(cpus=0.5, options=options)))
        assert overlaps(here, "a", "b", "c") == 0

    def test_a_run_that_is_not_synchronous_goes_on_by_itself(self, here: Workspace, containers):
        source = WAITS.format(settings={}, secrets=[])
        source = source.replace("@pipeline", "@pipeline(settings={'orchestrator': {'synchronous': False}})")
        result = here.podium("run", here.write(source))
        assert result.returncode == 0, result.stderr
        assert here.show()["state"] == "running"
        (here.folder / "go").touch()
        eventually(lambda: here.show()["state"] == "completed")
        eventually(lambda: not containers())


class TestEnds:
    def test_memory_beyond_the_limit_is_named_so(self, here: Workspace):
        file = here.write("""
@step(settings={"resources": ResourceSettings(memory="96MiB")})
def hungry():
    return len(bytearray(300 << 20))

@pipeline
def flow():
    hungry()
""")
        run, said = here.run(file, code=1)
        assert "out of memory" in step_of(run, "hungry")["error"]["message"]
        assert "96 MiB" in said

    @pytest.mark.parametrize(
        ("how", "words"),
        [
            (lambda container: container.remove(force=True), "its container was removed by somebody"),
            (lambda container: container.kill(), "killed by signal 9 (SIGKILL)"),
        ],
        ids=["removed", "killed"],
    )
    def test_what_somebody_does_to_a_container_is_told(self, here: Workspace, containers, how, words):
        process, container = begin(here, containers)
        how(container)
        run = end(here, process, code=1)
        assert states(run) == {"waits": "failed", "follows": "skipped"}
        assert words in step_of(run, "waits")["error"]["message"]

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"devices": ["/dev/no-such-device"]}, "no-such-device"),
            ({"volumes": {"/a": "/b"}}, "does not take its run_args"),
        ],
        ids=["engine", "SDK"],
    )
    def test_a_container_that_cannot_start_fails_its_step_alone(self, here: Workspace, containers, given, words):
        file = here.write(f"""
@step(settings={{"orchestrator": {{"run_args": {given}}}}})
def refused():
    pass

@step(settings=LIGHT)
def runs():
    pass

@pipeline
def flow():
    refused()
    runs()
""")
        run, said = here.run(file, code=1)
        assert states(run) == {"refused": "failed", "runs": "completed"}
        assert "the container of step 'refused' cannot be started" in said
        assert words in said
        assert containers() == []

    def test_what_was_never_started_is_gone_after_a_resume(self, here: Workspace, containers, image):
        process, container = begin(here, containers)
        process.kill()
        process.communicate()
        labels = {"podium.run": container.labels["podium.run"]}
        image.containers.create(container.image, labels=labels)
        image.containers.create(container.image, labels={"podium.run": "another"}, name=f"another-{container.id[:12]}")
        (here.folder / "go").touch()
        result = here.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        assert containers() == []
        image.containers.get(f"another-{container.id[:12]}").remove()


class TestRefusals:
    def test_faults_of_run_args_are_told_where_they_are_registered(self, workspace: Workspace):
        given = json.dumps({"image": "x", "shm_sise": "1g"})
        result = workspace.podium("orchestrator", "register", "box", "--flavor=local_docker", "--run_args", given)
        assert result.returncode == 2
        assert "podium sets 'image' itself: use the settings 'docker'" in result.stderr
        assert "did you mean 'shm_size'?" in result.stderr

    def test_faults_of_run_args_are_told_before_a_run(self, here: Workspace):
        settings = {"run_args": {"tty": True, "shm_size": "x"}}
        result = here.podium("run", here.write(WAITS.format(settings=settings, secrets=[])))
        assert result.returncode == 2
        assert "podium sets 'tty' itself" in result.stderr
        assert "does not take this value of 'shm_size'" in result.stderr
        assert here.podium("runs", "list", "--output", "names").stdout == ""

    def test_a_step_that_jobs_cannot_import_is_refused(self, here: Workspace):
        file = here.write("""
def make():
    @step
    def inner():
        pass
    return inner

inner = make()

@pipeline
def flow():
    inner()
""")
        result = here.podium("run", file)
        assert result.returncode == 2
        assert "step 'inner' was not defined in a file that jobs could import" in result.stderr
        assert "hint: define it at the top level of a file" in result.stderr

    def test_without_an_engine_nothing_begins(self, here: Workspace):
        here.environment["DOCKER_HOST"] = f"tcp://127.0.0.1:{free_port()}"
        result = here.podium("run", here.write(WAITS.format(settings={}, secrets=[])))
        assert result.returncode == 6
        assert "no Docker engine answers at tcp://127.0.0.1:" in result.stderr
        assert here.podium("runs", "list", "--output", "names").stdout == ""

    def test_a_socket_that_this_user_may_not_use_is_named(self, tmp_path):
        with socket.socket(socket.AF_UNIX) as engine:
            engine.bind(str(tmp_path / "engine.sock"))
            (tmp_path / "engine.sock").chmod(0)
            environment = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/engine.sock"}
            said = subprocess.run(
                [sys.executable, "-c", CHECKED_BY_NOBODY], env=environment, check=True, capture_output=True
            )
        assert said.stdout.startswith(b"this user may not use the Docker engine at unix://")
        assert b"add the user to the group docker" in said.stdout
