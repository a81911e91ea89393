"""A stack whose steps run in containers of a real Docker engine, with a local artifact store; one image for all."""

import json
import os

import pytest
from conformance.workspace import Workspace

from podium.core.docker.secret_folder import SecretFolder

NOTHING = """
@step
def nothing():
    pass

@pipeline
def flow():
    nothing()
"""


def register(workspace: Workspace) -> None:
    """Register the stack `docker`, whose containers see the workspace's folder."""
    volumes = {str(workspace.folder): {"bind": str(workspace.folder), "mode": "rw"}}
    for command in (
        ["orchestrator", "register", "box", "--flavor=local_docker", "--run_args", json.dumps({"volumes": volumes})],
        ["stack", "register", "docker", "-o", "box", "-a", "default"],
    ):
        result = workspace.podium(*command)
        assert result.returncode == 0, result.stderr


@pytest.fixture(scope="session")
def image(tmp_path_factory, docker_engine):
    """Build the image that every test finds unchanged; return a client of the engine that has it."""
    workspace = Workspace(tmp_path_factory.mktemp("image"))
    register(workspace)
    build = workspace.start("pipeline", "build", workspace.write(NOTHING), "--stack", "docker")
    _, said = build.communicate(timeout=200)
    assert build.returncode == 0, said
    return docker_engine


@pytest.fixture
def containers(workspace: Workspace, image):
    """Return a function that lists the containers of the workspace's runs."""
    runs = workspace.home / "artifacts" / "runs"

    def found(**filters: str) -> list:
        listed = image.containers.list(all=True, filters={"label": "podium.run", **filters}, ignore_removed=True)
        return [container for container in listed if (runs / container.labels["podium.run"]).exists()]

    return found


@pytest.fixture
def stack(workspace: Workspace, containers):
    """Register the stack, and see that in the end no container and no secret is left."""
    workspace.environment["DOCKER_HOST"] = os.environ["DOCKER_HOST"]
    register(workspace)
    workspace.light = 0.5
    workspace.jobs = lambda: [container.id for container in containers(status="running")]
    yield "docker"
    left = containers()
    for container in left:
        container.remove(force=True)
    assert left == []
    runs = workspace.home / "artifacts" / "runs"
    folders = [SecretFolder(run.name)._path for run in (runs.iterdir() if runs.exists() else ())]
    assert [folder for folder in folders if folder.exists()] == []
