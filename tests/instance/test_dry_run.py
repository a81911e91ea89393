"""What a dry run prints is what a run brings to its host, but for what only a run has."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml
from conformance.compose_stack import cloud, did, remote_image, stack
from conformance.workspace import Workspace, eventually
from servers.fixtures import instance
from servers.instance import V1

__all__ = ["cloud", "instance", "remote_image", "stack"]

GOLDEN = Path(__file__).with_name("golden")
FLOW = """
from podium import Schedule
from podium.flavors.ssh import SSHOrchestratorSettings

@step(environment={"GREETING": "it's $5, \\"really\\"", "TOKEN": "{{hub.token}}"})
def load() -> list[int]:
    return [1, 2, 3]

@step(
    secrets=["hub"],
    settings={
        "resources": ResourceSettings(cpu_count=2, memory="4GiB", gpu_count=1),
        "orchestrator": SSHOrchestratorSettings(gpu_indices=[0, 2], docker_run_args=["--shm-size=2g"]),
    },
)
def train(numbers: list[int]) -> int:
    return sum(numbers)

@step
def report(total: int) -> None:
    print(total)

@pipeline
def training():
    report.with_options(name="Report_1.2")(train(load()))
"""
VARYING = (  # from one test machine, or one version of podium, to another
    (r"[\d.]+:\d+/team/\w+:\w{20}", "IMAGE"),
    (r"IMAGE: (to build|unchanged)", "IMAGE: AS IT STANDS"),
    (r"s3://bucket-\d+", "s3://BUCKET"),
    (r"/\S*test_\w+\d+/\S*|/tmp/\S*pytest\S*", "FOLDER"),
    (r"ssh://\S+@[\d.]+", "ssh://HOST"),
)


@pytest.fixture
def training(stack, workspace: Workspace) -> Workspace:
    """Have the pipeline written, whose secret is known."""
    did(workspace, "secret", "create", "hub", "--token=tok-4711")
    workspace.write(FLOW)
    return workspace


def shown(workspace: Workspace, *options: str) -> str:
    text = did(workspace, "run", "flow.py", "--stack", "ssh", "--dry-run", *options)
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text


@pytest.mark.parametrize("what", ["run", "schedule"])
def test_a_dry_run_prints_documents_names_of_secrets_and_the_crontab(training: Workspace, what: str):
    options = {"run": [], "schedule": ["--schedule", "*/5 6-18 * * mon-fri"]}[what]
    text = shown(training, *options)
    file = GOLDEN / f"{what}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()
    assert "tok-4711" not in text


def test_only_placeholders_are_replaced_in_a_run(stack, workspace: Workspace, instance):
    workspace.write(FLOW.replace("gpu_count=1", "gpu_count=0"))
    did(workspace, "secret", "create", "hub", "--token=tok-4711")
    plan = json.loads(did(workspace, "run", "flow.py", "--stack", "ssh", "--dry-run", "--output", "json"))
    did(workspace, "run", "flow.py", "--stack", "ssh", "--detach")
    [run] = did(workspace, "runs", "list", "--stack", "ssh", "--output", "names").split()
    folder = instance.home(V1) / "podium-runs" / "runs" / f"{run}.1"
    eventually(lambda: json.loads(did(workspace, "runs", "show", run, "--output", "json"))["ended"])
    real = (folder / "compose.yaml").read_text()
    service = yaml.safe_load(real)["services"]["load"]
    [image] = plan["images"]
    printed = plan["documents"]["compose.yaml"]
    for placeholder, value in {
        "<run-id>": run,
        "<digest>": service["command"][-1],
        image["image"]: service["image"],
    }.items():
        assert placeholder in printed
        printed = printed.replace(placeholder, value)
    assert re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", service["image"])
    assert printed == real
