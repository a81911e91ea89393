"""The same on any host over SSH: what this flavor has of its own."""

import os
import subprocess

import pytest
from conformance.compose_stack import cloud, left, register, remote_image
from conformance.workspace import Workspace, eventually, states
from servers.instance_disk import GPUS

__all__ = ["cloud", "remote_image"]

OWN = """
import shutil, socket

OPTIONS = ["--hostname=tower", "--label=colour=blue $HOME", "--shm-size=12m", "--ulimit=nofile=1234"]

@step(settings={"orchestrator": {"docker_run_args": OPTIONS, "gpu_indices": [1]},
                "resources": ResourceSettings(gpu_count=1, memory="600MB")})
def told() -> dict[str, str]:
    return {
        "host": socket.gethostname(),
        "shm": str(shutil.disk_usage("/dev/shm").total),
        "files": subprocess.getoutput("ulimit -n"),
        "gpu": os.environ["CUDA_VISIBLE_DEVICES"],
        "user": str(os.getuid()),
    }

@pipeline
def flow():
    told()
"""


@pytest.fixture
def agent(tmp_path, remote_image):
    """Run an agent that has the key; return its socket."""
    socket = tmp_path / "agent"
    with subprocess.Popen(["/usr/bin/ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as agent:
        eventually(socket.exists)
        environment = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        subprocess.run(["/usr/bin/ssh-add", "-q", remote_image.key], env=environment, check=True)
        yield str(socket)
        agent.terminate()


def test_a_key_of_the_agent_and_options_of_docker_run(workspace: Workspace, client, remote_image, cloud, agent):
    register(workspace, remote_image, cloud, ssh={"ssh_private_key": None})
    workspace.environment |= {"PODIUM_STACK": "ssh", "SSH_AUTH_SOCK": agent}
    run, _ = workspace.run(workspace.write(OWN))
    assert states(run) == {"told": "completed"}
    assert client().get_pipeline_run(run["id"]).steps["told"].output.load() == {
        "host": "tower",
        "shm": str(12 * 2**20),
        "files": "1234",
        "gpu": GPUS[1],
        "user": "4001",
    }
    eventually(lambda: not left(workspace, remote_image))
