"""Where the system lets only a few processes run, as a container's limit does, steps wait for each other."""

import pytest
from servers.base_image import NAME
from servers.mounted import PYTHONPATH, VOLUMES

FLOW = """
import os
import time
from podium import ResourceSettings, pipeline, step

@step(enable_cache=False, settings={"resources": ResourceSettings(cpu_count=0.01)})
def work(number: int) -> int:
    time.sleep(0.1)
    return number

@step(enable_cache=False, environment={"COLOUR": "red"})
def painted() -> str:
    return os.environ["COLOUR"]

@pipeline(settings={"orchestrator.local": {"max_parallel_steps": 16, OPTION}})
def flow():
    for number in range(8):
        work(number)
    painted()
    painted()
"""


@pytest.fixture
def run(docker_engine, tmp_path):
    """Return a function that runs a pipeline in a container that may have so many processes: exit code and output."""

    def start(source, processes):
        (tmp_path / "flow.py").write_text(source)
        container = docker_engine.containers.run(
            NAME,
            ["timeout", "60", "python3", "-m", "podium", "run", "/flow/flow.py"],
            detach=True,
            environment={"PYTHONPATH": PYTHONPATH, "HOME": "/root"},
            pids_limit=processes,
            volumes={**VOLUMES, str(tmp_path): {"bind": "/flow", "mode": "ro"}},
        )
        try:
            return container.wait()["StatusCode"], container.logs().decode()
        finally:
            container.remove(force=True, v=True)

    return start


@pytest.mark.parametrize("option", ["", "'fresh_processes': True", "'start_method': 'spawn'"])
@pytest.mark.parametrize("processes", [4, 6])
def test_steps_wait_for_each_other_where_no_more_processes_may_run(run, processes, option):
    code, output = run(FLOW.replace("OPTION", option), processes)
    assert code == 0, output
    assert "10 completed" in output


def test_a_step_for_which_no_process_can_run_fails_with_that_said(run):
    code, output = run(FLOW.replace("OPTION", ""), 3)
    assert code == 1
    assert "StepDied: no process could be started for it: Resource temporarily unavailable" in output
