"""What becomes of a run is recorded by its last job, or by a client in its place: what no job could say of itself."""

import os
import signal
import subprocess

import pytest
from conformance.workspace import eventually

from podium.core.contracts.job_orchestrator import JobStatus
from podium.core.graph.settle import settle
from podium.core.records import lease
from podium.core.records.reader import taken_attempts
from podium.core.records.writer import request_cancel

PIPELINE = """
@step
def a() -> int:
    note("a")
    time.sleep(60 * (HERE / "wait").exists())
    return 1

@step
def b(x: int) -> int:
    return x

@step
def c() -> int:
    {c}

@pipeline(execution_mode="{mode}")
def flow():
    b(a())
    c()
"""


@pytest.fixture
def begun(platform):
    """Return a function that records a run of the steps a, b behind it, and c."""
    return lambda mode="continue_on_failure", c="return 3": platform.prepare(PIPELINE.format(mode=mode, c=c))


def ended(code=None, reason=""):
    return JobStatus("ended", code, reason)


def settled(run, ends, outputs=None, **how):
    """Settle a run as a client does, and return its state."""
    with lease.hold(run.store, run.id):
        return settle(run.store, run.id, run.document, ends, outputs or {}, **how)


def details(run):
    return {step: (view.state, view.detail or view.error.get("message", "")) for step, view in run.steps.items()}


def killed(run, name="a"):
    """Run a job, and kill it in the middle of its step."""
    (run.folder / "wait").touch()
    process = run.start(name)
    eventually(lambda: run.notes(name))
    os.killpg(process.pid, signal.SIGKILL)
    return process


def test_a_job_that_died_in_the_middle_of_its_step_has_failed_with_its_platforms_reason(begun):
    run = begun()
    run.finish("a", killed(run), reason="out of memory (limit 64 MiB)")
    run.walk()
    assert details(run) == {
        "a": ("failed", "out of memory (limit 64 MiB)"),
        "b": ("skipped", "step a failed"),
        "c": ("completed", ""),
    }
    assert run.error("a")[0] == "StepDied"
    assert (run.view.state, run.view.error) == ("failed", "")


def test_a_job_that_died_without_a_reason_says_so_itself(begun):
    run = begun()
    run.finish("a", killed(run))
    run.settle()
    assert run.error("a") == (
        "StepDied",
        "the process was killed by signal 9 (SIGKILL): killed from outside, often for lack of memory",
    )


def test_a_job_that_was_never_created_has_failed_for_that_reason(begun):
    run = begun()
    reason = "its container could not be created: no such image"
    assert settled(run, {"a": ended(125, reason), "c": ended(0)}) == "failed"
    assert details(run) == {
        "a": ("failed", reason),
        "b": ("skipped", "step a failed"),
        "c": ("failed", "the process ended without an error and recorded nothing"),
    }


def test_a_job_that_could_not_begin_shows_what_it_said(begun):
    run = begun()
    settled(run, {"a": ended(69)}, {"a": b"first\npodium: the artifact store is away\n"})
    assert run.error("a")[1] == (
        "the job could not reach the artifact store (exit code 69): podium: the artifact store is away"
    )


def test_a_job_that_was_told_to_end_before_it_began_is_cancelled(begun):
    run = begun()
    assert settled(run, {"a": ended(130)}) == "failed"
    assert details(run) == {
        "a": ("cancelled", "the job was cancelled"),
        "b": ("skipped", "step a was not completed"),
        "c": ("skipped", "its platform did not start it"),
    }


def test_steps_of_a_run_that_was_cancelled_are_cancelled(begun):
    run = begun()
    process = killed(run)
    request_cancel(run.store, run.id, 1)
    run.finish("a", process)
    run.settle()
    assert run.view.state == "cancelled"
    assert details(run) == dict.fromkeys("abc", ("cancelled", "the run was cancelled"))


def test_a_cancel_request_that_comes_too_late_changes_nothing(begun):
    run = begun()
    assert [run.run_job(name) for name in "abc"] == [0, 0, 0]
    request_cancel(run.store, run.id, 1)
    run.settle()
    assert run.view.state == "completed"


def test_a_step_between_two_attempts_is_cancelled_with_its_run(platform):
    retry = "@step(retry=StepRetryConfig(max_retries=1, delay=60))"
    run = platform.prepare(f"{retry}\ndef work() -> int:\n    return 1 / 0\n\n@pipeline\ndef flow():\n    work()\n")
    process = run.start("work")
    eventually(lambda: run.states["work"] == "retrying")
    os.killpg(process.pid, signal.SIGKILL)
    run.finish("work", process)
    request_cancel(run.store, run.id, 1)
    run.settle()
    assert details(run) == {"work": ("cancelled", "the run was cancelled")}


@pytest.mark.parametrize("mode", ["stop_on_failure", "fail_fast"])
def test_what_a_mode_keeps_from_starting_is_skipped_for_the_failure_elsewhere(begun, mode):
    run = begun(mode, c="raise ValueError('no')")
    run.run_job("c")
    run.settle()
    assert details(run) == {"a": ("skipped", "step c failed"), "b": ("skipped", "step c failed"), "c": ("failed", "no")}


def test_a_job_that_was_killed_since_another_failed_is_cancelled(begun):
    run = begun("fail_fast", c="raise ValueError('no')")
    run.finish("a", killed(run), reason="stopped, since c has failed")
    run.run_job("c")
    run.settle()
    assert details(run)["a"] == ("cancelled", "step c failed, and the mode is fail_fast")
    assert run.view.state == "failed"


def test_a_run_that_was_lost_failed_for_that_and_can_be_resumed(begun):
    run = begun()
    assert run.run_job("c") == 0
    killed(run).wait()
    assert run.states == {"a": "running", "b": "queued", "c": "completed"}
    assert settled(run, {}, error="host rebooted") == "failed"
    assert (run.view.state, run.view.error) == ("failed", "host rebooted")
    assert details(run) == {"a": ("failed", "host rebooted"), "b": ("skipped", "step a failed"), "c": ("completed", "")}
    (run.folder / "wait").unlink()
    done = {"c": run.steps["c"].outputs}
    run.begin(run.document.code, submission=2, done=done, attempts=taken_attempts(run.store, run.id))
    run.walk()
    assert run.view.state == "completed"


def test_jobs_of_a_lost_run_that_come_back_end_themselves(begun):
    run = begun()
    settled(run, {}, error="host rebooted")
    assert run.run_job("c") == 130
    assert run.notes("c") == []


def test_all_that_is_recorded_counts_though_the_run_was_lost(begun):
    run = begun()
    assert [run.run_job(name) for name in "abc"] == [0, 0, 0]
    assert settled(run, {}, error="host rebooted") == "completed"
    assert (run.view.state, run.view.error) == ("completed", "")


def test_settling_again_writes_nothing(begun):
    run = begun()
    run.run_job("a")
    settled(run, {}, error="host rebooted")
    before = {path: path.stat().st_mtime_ns for path in (run.folder / "store").rglob("*")}
    assert settled(run, {"b": ended(1), "c": ended(1)}) == "failed"
    assert {path: path.stat().st_mtime_ns for path in (run.folder / "store").rglob("*")} == before


def test_a_settlement_that_was_cut_off_is_finished_by_the_next(begun):
    run = begun()
    settled(run, {"a": ended(1)})
    run.store.delete(f"{run.keys.submissions}/1.end.json")
    assert settled(run, {"a": ended(1)}) == "failed"
    assert run.states == {"a": "failed", "b": "skipped", "c": "skipped"}


def test_the_last_job_waits_for_who_holds_the_run(begun):
    run = begun()
    with lease.hold(run.store, run.id):
        process = run.start("podium-end")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
    assert run.finish("podium-end", process) == 0
    assert run.view.state == "failed"
