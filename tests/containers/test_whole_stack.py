"""README's pipeline in containers that share no file with the client: a registry, S3 and a Docker engine."""

import json
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

EXAMPLES = Path(__file__).parents[2] / "examples"
ADA = {"ada": "hub-s3cret-4711"}
PATIENCE = 200


@pytest.fixture(scope="module")
def stack(tmp_path_factory, docker_engine):
    """Register a stack of them in a workspace that has a copy of the example."""
    folder, apart = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("hub") / "hub"
    workspace = Workspace(folder)
    workspace.environment |= {"PODIUM_SECRETS_BACKEND": "file", "PODIUM_STACK": "containers"}
    for name in ("digits.py", "containers.yaml"):
        shutil.copy(EXAMPLES / name, folder / name)
    with aws(bridge_address(docker_engine)) as cloud, running_registry(apart, users=ADA) as hub:
        key, secret = cloud.user("s3:*").values()
        for command in (
            (
                "artifact-store register bucket --flavor s3 --path s3://things/podium"
                f" --endpoint_url {cloud.endpoint} --key {key} --secret {secret}"
            ),
            f"container-registry register hub --flavor default --uri {hub} --username ada --password {ADA['ada']}",
            "image-builder register here --flavor local",
            "orchestrator register docker --flavor local_docker",
            "stack register containers -o docker -a bucket -c hub -i here",
        ):
            result = workspace.podium(*command.split())
            assert result.returncode == 0, result.stderr
        yield workspace
        workspace.end_all()


def run(stack: Workspace, *options: str) -> tuple[dict, str, float]:
    began = time.monotonic()
    process = stack.start("run", "digits.py", "--config", "containers.yaml", "--output", "json", *options)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return json.loads(out), err, time.monotonic() - began


def test_cold_then_changed_then_cached(stack: Workspace):
    cold, said, cold_seconds = run(stack)
    assert {step["state"] for step in cold["steps"]} == {"completed"}
    assert "built in" in said
    assert "pushed" in said
    code = stack.folder / "digits.py"
    code.write_text(code.read_text().replace("    accuracy = float(", '    print("changed")\n    accuracy = float('))
    changed, said, changed_seconds = run(stack)
    assert "built in" not in said
    assert "pushed" not in said
    assert {step["id"] for step in changed["steps"] if step["state"] == "cached"} == {"load", "split", "train_forest", "train_svm"}
    cached, said, cached_seconds = run(stack)
    assert {step["state"] for step in cached["steps"]} == {"cached"}
    print(f"cold {cold_seconds:.1f} s, after a change {changed_seconds:.1f} s, cached {cached_seconds:.1f} s")
    assert cached_seconds < changed_seconds < cold_seconds
    program = 'from podium import Client; print(Client().list_pipeline_runs("digits")[0].steps["pick_best"])'
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=stack.folder, env=stack.environment, check=True, capture_output=True
    )
    assert shown.stdout
