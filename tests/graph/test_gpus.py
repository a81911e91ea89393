"""GPUs of a machine whose jobs all see all of them: each is used by one step at a time, whoever's it is."""

import os

import pytest
from conformance.workspace import eventually

from podium.core.records.writer import request_cancel

COMPLETED, FAILED, CANCELLED = 0, 1, 130
FLOW = """
def told(error):
    note("told", str(error))

def works():
    note("gpus", os.environ.get("CUDA_VISIBLE_DEVICES"))
    time.sleep(60 * (HERE / "wait").exists())

@step(settings={{"resources": ResourceSettings(cpu_count=0.01, gpu_count={count}, {options})}}, on_failure=told)
def one():
    works()

@step(settings={{"resources": ResourceSettings(cpu_count=0.01, gpu_count={count}, {options})}})
def other():
    works()

@pipeline
def flow():
    one()
    other()
"""


@pytest.fixture
def make_run(platform):
    """Return a function that records a run on a machine with two GPUs."""

    def make(count, options="", *, locks=True):
        run = platform.prepare(FLOW.format(count=count, options=options))
        program = platform.folder / "bin" / "nvidia-smi"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\necho 0, GPU-1, NVIDIA A100\necho 1, GPU-2, NVIDIA T4\n")
        program.chmod(0o755)
        run.environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
        folder = platform.folder / "gpu locks"
        if locks:
            folder.mkdir()
        run.environment["PODIUM_GPU_LOCKS_FOLDER"] = str(folder)
        return run

    return make


def test_a_step_is_given_as_many_as_it_asks_for_of_its_class(make_run):
    run = make_run(1, "gpu_class='t4'")
    assert run.run_job("one") == COMPLETED, run.log("one")
    assert run.notes("gpus") == ["GPU-2"]


def test_two_steps_at_once_have_different_ones(make_run, platform):
    run = make_run(1)
    (platform.folder / "wait").touch()
    processes = [run.start("one"), run.start("other")]
    eventually(lambda: sorted(run.notes("gpus")) == ["GPU-1", "GPU-2"])
    for process in processes:
        process.terminate()


def test_a_step_waits_until_others_have_ended_and_says_so_once(make_run, platform):
    run = make_run(2)
    (platform.folder / "wait").touch()
    holder = run.start("one")
    eventually(lambda: run.notes("gpus") == ["GPU-1,GPU-2"])
    (platform.folder / "wait").unlink()
    waiter = run.start("other")
    eventually(lambda: "waits for 2" in run.log("other") if run.steps["other"].attempt else False)
    assert waiter.poll() is None
    holder.kill()
    assert run.finish("other", waiter) == COMPLETED
    assert run.notes("gpus") == ["GPU-1,GPU-2"] * 2
    assert run.log("other") == "podium: waits for 2 of this machine's GPUs, which other steps hold\n"


def test_a_step_that_waits_ends_when_its_run_is_cancelled(make_run, platform):
    run = make_run(2)
    (platform.folder / "wait").touch()
    run.start("one")
    eventually(lambda: run.notes("gpus"))
    waiter = run.start("other")
    eventually(lambda: run.steps["other"].attempt)
    request_cancel(run.store, run.id, 1)
    assert run.finish("other", waiter) == CANCELLED
    assert run.states["other"] == "cancelled"
    assert len(run.notes("gpus")) == 1


def test_a_step_that_asks_for_more_than_there_are_fails_with_the_account(make_run):
    run = make_run(3)
    assert run.run_job("one") == FAILED
    kind, message = run.error("one")
    assert kind == "UsageError"
    assert message.startswith(
        "step 'one' asks for 3 GPUs, and its container shows 2 (nvidia-smi lists NVIDIA A100, NVIDIA T4)"
    )
    assert run.notes("told") == [f"UsageError: {message}".partition("\n")[0], *message.split("\n")[1:]]
    assert run.notes("gpus") == []


@pytest.mark.parametrize(("options", "given"), [("", "GPU-1,GPU-2"), ("gpu_class='h100',", "")])
def test_a_step_that_is_not_strict_takes_what_there_is(make_run, options, given):
    run = make_run(3, f"{options} strict_resources=False")
    assert run.run_job("one") == COMPLETED, run.log("one")
    assert run.notes("gpus") == [given]


def test_without_locks_the_platform_hands_them_out(make_run):
    run = make_run(1, locks=False)
    assert run.run_job("one") == COMPLETED
    assert run.notes("gpus") == ["None"]
