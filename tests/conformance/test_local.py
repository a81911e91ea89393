import os
import signal
import uuid

import pytest
from conformance.admission import overlaps
from conformance.orchestrator import OrchestratorConformance
from conformance.orphans import EndWithTheirClient
from conformance.workspace import Workspace, eventually, states, step_of

from podium.core.gpus import _shared_lock_folder

CHAIN = """
from podium.flavors.local import LocalSettings

SEEN = []

@step
def link(before: list) -> list:
    SEEN.append(1)
    assert len(SEEN) == 1 or not {fresh}
    return [*before, os.getpid()]

@pipeline(settings={{"orchestrator": LocalSettings({settings})}})
def flow():
    link(link(link(link([]))))
"""
ON_GPUS = """
@step(settings={{"resources": ResourceSettings(cpu_count=0.01, gpu_count={count})}})
def train(name: str) -> str | None:
    note(name, f"begin {{time.monotonic()}}")
    time.sleep(0.4)
    note(name, f"end {{time.monotonic()}}")
    return os.environ["CUDA_VISIBLE_DEVICES"]

@step(settings=LIGHT)
def needs_none() -> str | None:
    return os.environ.get("CUDA_VISIBLE_DEVICES")

@pipeline
def flow():
    needs_none()
    for name in ("a", "b", "c"):
        train(name)
"""


class TestLocal(OrchestratorConformance, EndWithTheirClient):
    @pytest.fixture
    def stack(self):
        return "default"


@pytest.fixture
def gpus(workspace: Workspace):
    """Put an nvidia-smi on the PATH that lists two GPUs, and return their uuids."""
    uuids = [f"GPU-{uuid.uuid4()}" for _ in range(2)]
    program = workspace.folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    lines = "\n".join(f"{index}, {gpu}, NVIDIA A100-SXM4-80GB" for index, gpu in enumerate(uuids))
    program.write_text(f"#!/bin/sh\ncat <<END\n{lines}\nEND\n")
    program.chmod(0o755)
    workspace.environment["PATH"] = f"{program.parent}:{workspace.environment['PATH']}"
    yield uuids
    for gpu in uuids:
        (_shared_lock_folder() / f"podium-{gpu}.lock").unlink(missing_ok=True)


class TestProcesses:
    def test_warm_workers_run_one_step_after_another(self, workspace: Workspace, client):
        run, _ = workspace.run(workspace.write(CHAIN.format(settings="", fresh=False)))
        pids = client().get_pipeline_run(run["id"]).steps["link_4"].output.load()
        assert len(set(pids)) == 1

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_a_fresh_process_for_each_attempt(self, workspace: Workspace, client, method):
        settings = f"fresh_processes=True, start_method={method!r}"
        run, _ = workspace.run(workspace.write(CHAIN.format(settings=settings, fresh=True)))
        pids = client().get_pipeline_run(run["id"]).steps["link_4"].output.load()
        assert len(set(pids)) == 4

    def test_spawned_workers_share_nothing_with_their_zygote(self, workspace: Workspace, client):
        file = workspace.write("""
IMPORTED_BY = os.getpid()

@step
def same() -> bool:
    return os.getpid() == IMPORTED_BY

@pipeline(settings={"orchestrator.local": {"start_method": "spawn"}})
def flow():
    same()
""")
        run, _ = workspace.run(file)
        assert client().get_pipeline_run(run["id"]).steps["same"].output.load() is True

    def test_no_more_steps_at_once_than_set(self, workspace: Workspace):
        file = workspace.write("""
@step(settings=LIGHT)
def busy(name: str):
    note(name, f"begin {time.monotonic()}")
    time.sleep(0.2)
    note(name, f"end {time.monotonic()}")

@pipeline(settings={"orchestrator": {"max_parallel_steps": 1}})
def flow():
    for name in ("a", "b", "c"):
        busy(name)
""")
        workspace.run(file)
        assert overlaps(workspace, "a", "b", "c") == 0


class TestGpus:
    def test_steps_at_once_see_different_ones(self, workspace: Workspace, client, gpus):
        run, _ = workspace.run(workspace.write(ON_GPUS.format(count=1)))
        values = client().get_pipeline_run(run["id"]).load()
        seen = {name: values[step] for name, step in {"a": "train", "b": "train_2", "c": "train_3"}.items()}
        assert set(seen.values()) == set(gpus)
        for one, other in (("a", "b"), ("a", "c"), ("b", "c")):
            assert seen[one] != seen[other] or not overlaps(workspace, one, other)
        assert values["needs_none"] is None

    def test_a_step_that_takes_several_has_them_alone(self, workspace: Workspace, client, gpus):
        run, _ = workspace.run(workspace.write(ON_GPUS.format(count=2)))
        assert set(client().get_pipeline_run(run["id"]).steps["train"].output.load().split(",")) == set(gpus)
        assert overlaps(workspace, "a", "b", "c") == 0

    @pytest.mark.usefixtures("gpus")
    def test_more_than_there_are_is_refused(self, workspace: Workspace):
        result = workspace.podium("run", workspace.write(ON_GPUS.format(count=3)))
        assert result.returncode == 2
        assert "3 of 2 GPUs" in result.stderr
        assert all(f"'{step}'" in result.stderr for step in ("train", "train_2", "train_3"))

    @pytest.mark.usefixtures("gpus")
    def test_two_runs_share_them(self, workspace: Workspace):
        file = workspace.write(
            ON_GPUS.format(count=2).replace('("a", "b", "c")', "names").replace("flow()", "flow(names: list[str])")
        )
        runs = [workspace.start("run", file, "--no-cache", "-p", f'names=["{name}"]') for name in "xy"]
        for run in runs:
            _, said = run.communicate(timeout=30)
            assert run.returncode == 0, said
        assert overlaps(workspace, "x", "y") == 0


class TestInProcess:
    def test_steps_run_in_the_calling_process_one_by_one(self, workspace: Workspace, client):
        file = workspace.write("""
CLIENT = os.getpid()

@step
def one() -> bool:
    print("one speaks")
    return os.getpid() == CLIENT

@step(environment={"A": "B"})
def two() -> str:
    return os.environ["A"]

@step
def three(a: str) -> bool:
    return "A" in os.environ

@pipeline
def flow():
    one()
    three(two())
""")
        run, _ = workspace.run(file, "--in-process")
        assert client().get_pipeline_run(run["id"]).load() == {"one": True, "two": "B", "three": False}
        assert workspace.log("one") == "one speaks\n"

    def test_a_failure_is_told(self, workspace: Workspace):
        file = workspace.write("""
@step(retry=StepRetryConfig(max_retries=1))
def broken():
    raise ValueError(note("tries"))

@pipeline
def flow():
    broken()
""")
        run, _ = workspace.run(file, "--in-process", code=1)
        assert step_of(run, "broken")["error"]["message"] == "2"

    @pytest.mark.parametrize("retries", [0, 3])
    def test_ctrl_c_cancels_the_step(self, workspace: Workspace, retries):
        file = workspace.write(f"""
@step(retry=StepRetryConfig(max_retries={retries}))
def long():
    note("long")
    time.sleep(600)

@step
def last(after: None = None):
    note("last")

@pipeline
def flow():
    last.after(long)
    long()
    last()
""")
        process = workspace.start("run", file, "--in-process")
        eventually(lambda: workspace.notes("long"))
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
        run = workspace.show()
        assert (run["state"], states(run)) == ("cancelled", {"long": "cancelled", "last": "cancelled"})
        assert workspace.notes("long") == [""]
