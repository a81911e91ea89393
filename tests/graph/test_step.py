"""The job of one step: its attempts, and what it finds when it was started before."""

import os
import signal
import subprocess
import sys
import time

import pytest
from conformance.workspace import eventually

from podium.core.records.documents import decode
from podium.core.records.writer import request_cancel

COMPLETED, FAILED, REFUSED, CANCELLED = 0, 1, 65, 130
FLOW = """
def told(error):
    note("told", f"{{get_step_context().attempt}}: {{error}}")

@step({options})
def work() -> int:
    {body}

@pipeline
def flow():
    work()
"""
WAITS = "note('began'); time.sleep(60)"


def flow(body: str, options: str = "") -> str:
    return FLOW.format(options=options, body=body)


def retries(number: int, delay: float = 0.0, backoff: float = 1.0) -> str:
    return f"retry=StepRetryConfig(max_retries={number}, delay={delay}, backoff={backoff})"


def test_a_step_that_fails_is_tried_again_until_it_completes(platform):
    body = "print('try', get_step_context().attempt); assert note('tries') == 3; return 7"
    run = platform.prepare(flow(body, retries(3, delay=0.1, backoff=2)))
    began = time.monotonic()
    assert run.run_job("work") == COMPLETED
    assert time.monotonic() - began > 0.1 + 0.2
    assert (run.steps["work"].attempt, run.value("work")) == (3, 7)
    delays = [decode(run.store.read(run.keys.step("work", attempt, "retrying")))["delay"] for attempt in (1, 2)]
    assert delays == [0.1, 0.2]
    assert run.log("work", 3) == "try 3\n"
    assert "step work failed, and is tried again in 0.2s" in run.said["work"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("os._exit(3)", "StepDied: the process exited with code 3 in the middle of the step"),
    ],
)
def test_the_failure_hook_is_called_once_when_no_retry_is_left(platform, body, error):
    run = platform.prepare(flow(body, f"{retries(1)}, on_failure=told"))
    assert run.run_job("work") == FAILED
    assert run.notes("told") == [f"2: {error}"]


def test_each_attempt_has_its_own_time(platform):
    run = platform.prepare(flow("time.sleep(60 * (note('tries') < 2)); return 1", f"timeout=1, {retries(1)}"))
    assert run.run_job("work") == COMPLETED
    failed = decode(run.store.read(run.keys.step("work", 1, "failed")))
    assert failed["error"]["kind"] == "TimedOut"


def test_a_step_whose_process_is_killed_is_tried_again(platform):
    run = platform.prepare(flow("note('tries') > 1 or os.kill(os.getpid(), 9); return 1", retries(1)))
    assert run.run_job("work") == COMPLETED
    assert "signal 9 (SIGKILL)" in run.log("work", 1)


def test_a_run_that_was_cancelled_before_starts_no_step(platform):
    run = platform.prepare(flow("return note('ran')"))
    request_cancel(run.store, run.id, 1)
    assert run.run_job("work") == CANCELLED
    assert run.steps["work"].state == "cancelled"
    assert run.notes("ran") == []


def test_a_cancel_request_ends_a_step(platform):
    run = platform.prepare(flow(WAITS))
    process = run.start("work")
    eventually(lambda: run.notes("began"))
    request_cancel(run.store, run.id, 1)
    assert run.finish("work", process) == CANCELLED
    assert run.steps["work"].state == "cancelled"


def test_a_request_to_an_earlier_submission_ends_nothing(platform):
    run = platform.prepare(flow("return 1"))
    request_cancel(run.store, run.id, 1)
    run.begin(run.document.code, submission=2)
    assert run.run_job("work") == COMPLETED


@pytest.mark.parametrize("by", ["signal", "request"])
def test_the_pause_before_a_retry_ends_with_the_run(platform, by):
    run = platform.prepare(flow("raise ValueError", retries(1, delay=60)))
    process = run.start("work")
    eventually(lambda: run.steps["work"].state == "retrying")
    if by == "signal":
        process.terminate()
    else:
        request_cancel(run.store, run.id, 1)
    assert run.finish("work", process) == CANCELLED
    assert (run.steps["work"].state, run.steps["work"].attempt) == ("cancelled", 1)


def test_a_job_that_is_started_again_does_not_repeat_a_step_that_has_completed(platform):
    run = platform.prepare(flow("return note('ran')"))
    assert [run.run_job("work"), run.run_job("work")] == [COMPLETED, COMPLETED]
    assert len(run.notes("ran")) == 1


def test_a_job_that_was_killed_and_is_started_again_has_attempts_of_its_own(platform):
    run = platform.prepare(flow("note('tries') > 1 or time.sleep(60); return 1", retries(1)))
    process = run.start("work")
    eventually(lambda: run.notes("tries"))
    os.killpg(process.pid, signal.SIGKILL)
    assert run.finish("work", process) == 137
    assert run.steps["work"].state == "running"  # nobody could say otherwise yet
    assert run.run_job("work") == COMPLETED
    assert (run.steps["work"].state, run.steps["work"].attempt) == ("completed", 2)


def test_a_job_that_is_started_again_after_its_last_retry_calls_the_failure_hook_again(platform):
    run = platform.prepare(flow("raise ValueError('no')", "on_failure=told"))
    assert [run.run_job("work"), run.run_job("work")] == [FAILED, FAILED]
    assert run.notes("told") == ["1: ValueError: no", "2: ValueError: no"]


def test_attempts_count_on_from_those_of_earlier_submissions(platform):
    run = platform.prepare(flow("assert note('tries') == 2; return 1", retries(1)), submission=2, attempts={"work": 4})
    assert run.run_job("work") == COMPLETED
    assert run.steps["work"].attempt == 6


def test_a_step_whose_upstream_has_recorded_nothing_is_refused(platform):
    source = """
    @step
    def first() -> int:
        return 1

    @step
    def second(x: int) -> int:
        return x

    @pipeline
    def flow():
        second(first())
    """
    run = platform.prepare(source)
    assert run.run_job("second") == REFUSED
    assert run.said["second"] == "podium: step second needs outputs of first, and none are recorded\n"


def test_a_graph_document_that_is_not_its_own_is_refused(platform):
    run = platform.prepare(flow("return note('ran')"), enable_cache=True)
    (path,) = (platform.folder / "store" / run.keys.folder / "graphs").iterdir()
    path.write_bytes(path.read_bytes().replace(b"true", b"false"))
    assert run.run_job("work") == REFUSED
    assert "is not the one this job was made for" in run.said["work"]
    assert run.notes("ran") == []


@pytest.mark.parametrize("module", ["step", "end", "begin"])
def test_a_command_that_makes_no_sense_is_refused(platform, module):
    done = subprocess.run(
        [sys.executable, "-m", f"podium.core.graph.{module}", "a", "b"], capture_output=True, text=True, check=False
    )
    assert done.returncode == REFUSED
    assert done.stderr.startswith("podium: this job was started with other arguments than ")
