"""README's pipeline in containers that share no file with the client: a registry, S3 and a Docker engine."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conformance.workspace import Workspace
from servers.aws import aws
from servers.docker import bridge_address
from servers.registry import registry as running_registry

ROOT = Path(__file__).parents[2]
ADA = {"ada": "hub-s3cret-4711"}
PATIENCE = 400


def commands() -> list[str]:
    """Return README's, the last of which runs the pipeline."""
    blocks = re.findall(r"^```shell\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    [block] = [block for block in blocks if "local_docker" in block]
    return block.splitlines()


@pytest.fixture(scope="module")
def stack(tmp_path_factory, docker_engine):
    """Register README's stack in a workspace that has a copy of the example."""
    workspace = Workspace(tmp_path_factory.mktemp("whole"))
    shutil.copytree(ROOT / "examples", workspace.folder / "examples")
    apart = tmp_path_factory.mktemp("hub") / "hub"
    with aws(bridge_address(docker_engine)) as cloud, running_registry(apart, users=ADA) as hub:
        keys = {name.upper(): value for name, value in cloud.user("s3:*").items()}
        place = {"AWS_ENDPOINT_URL": cloud.endpoint, "AWS_REGION": "us-east-1", "PODIUM_SECRETS_BACKEND": "file"}
        path = f"{Path(sys.executable).parent}:{workspace.environment['PATH']}"
        workspace.environment |= {**keys, **place, "PATH": path}
        workspace.podium("secret", "create", "hub", f"--password={ADA['ada']}")
        for command in commands()[:-1]:
            here = command.replace("my-bucket", "things").replace("registry.example.com", hub)
            shell(workspace, here)
        yield workspace
        workspace.end_all()


def shell(stack: Workspace, command: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        ["/bin/bash", "-ec", command],
        cwd=stack.folder,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    return result


def run(stack: Workspace) -> tuple[dict, str, float]:
    began = time.monotonic()
    result = shell(stack, f"{commands()[-1]} --output json")
    return json.loads(result.stdout), result.stderr, time.monotonic() - began


@pytest.mark.timeout(600)  # an image with scikit-learn is built, pushed and pulled
def test_cold_then_changed_then_cached(stack: Workspace):
    cold, said, cold_seconds = run(stack)
    assert {step["state"] for step in cold["steps"]} == {"completed"}
    assert "built in" in said
    assert "pushed" in said
    code = stack.folder / "examples/digits.py"
    code.write_text(code.read_text().replace("    accuracy = float(", '    print("changed")\n    accuracy = float('))
    changed, said, changed_seconds = run(stack)
    assert "built in" not in said
    assert "pushed" not in said
    assert {"evaluate", "evaluate_2"} <= {step["id"] for step in changed["steps"] if step["state"] == "completed"}
    cached, said, cached_seconds = run(stack)
    assert {step["state"] for step in cached["steps"]} == {"cached"}
    print(f"cold {cold_seconds:.1f} s, after a change {changed_seconds:.1f} s, cached {cached_seconds:.1f} s")
    assert cached_seconds < changed_seconds < cold_seconds
    program = (
        'from podium import Client; print(Client("containers").list_pipeline_runs()[0].steps["evaluate"].output.load())'
    )
    assert 0.9 < float(shell(stack, f"{sys.executable} -c '{program}'").stdout) <= 1
