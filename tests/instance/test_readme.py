"""README's commands for other hosts, typed as they are shown."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conformance.compose_stack import cloud, register
from conformance.workspace import Workspace
from servers.fixtures import instance
from servers.instance import V2

__all__ = ["cloud", "instance"]

ROOT = Path(__file__).parents[2]
PATIENCE = 400


def commands() -> list[str]:
    blocks = re.findall(r"^```shell\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    [block] = [block for block in blocks if "--flavor hyperai" in block]
    return block.replace("\\\n", " ").splitlines()


@pytest.mark.timeout(600)  # an image with scikit-learn is built, pushed and pulled
def test_commands_shown_run_the_example_now_and_by_the_clock(workspace: Workspace, instance, cloud, docker_engine):
    register(workspace, instance, cloud)
    shutil.copytree(ROOT / "examples", workspace.folder / "examples")
    shutil.copy(instance.key, workspace.folder / "key")
    known = Path(workspace.environment["HOME"], ".ssh/known_hosts")
    known.parent.mkdir(mode=0o700, parents=True)
    known.write_text(f"{instance.line}\n")
    environment = {**workspace.environment, "PATH": f"{Path(sys.executable).parent}:{workspace.environment['PATH']}"}
    said = {}
    for command in commands():
        here = command.replace("gpu-1.example.com,gpu-2.example.com", instance.host).replace("=ada", f"={V2}")
        result = subprocess.run(
            ["/bin/bash", "-c", here],
            cwd=workspace.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert result.returncode == 0, f"{here}\n{result.stdout}{result.stderr}"
        said[command] = result.stdout + result.stderr
    [run] = [text for command, text in said.items() if command.endswith("containers.yaml")]
    assert ": 8 completed" in run
    [listed] = [text for command, text in said.items() if "schedule list" in command]
    assert re.search(r"digits +digits +active +0 6 \* \* mon-fri", listed), listed
    assert "digits" not in instance.run("crontab -l", V2).stdout  # which other tests have, too
