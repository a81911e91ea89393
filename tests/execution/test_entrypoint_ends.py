"""How a job ends whose step's process dies, takes too long, or is told to end."""

import os
import signal
import time

import pytest
from conformance.workspace import is_alive
from execution.jobs import RUN, STEP

from podium.core.execution.job import StepFailure

COMPLETED, FAILED, CANCELLED = 0, 1, 130


@pytest.mark.parametrize(
    ("act", "message"),
    [
        ("os._exit(0)", "the process exited with code 0 in the middle of the step"),
        ("os._exit(7)", "the process exited with code 7 in the middle of the step"),
        ("ctypes.string_at(0)", "the process was killed by signal 11 (SIGSEGV): a crash in native code"),
        (
            "os.kill(os.getpid(), 9)",
            "the process was killed by signal 9 (SIGKILL): killed from outside, often for lack of memory",
        ),
    ],
)
def test_a_process_that_dies_has_its_failure_recorded_and_told(jobs, act, message):
    assert jobs.run(f"@step\ndef work():\n    print('last words', flush=True)\n    {act}\n").returncode == FAILED
    assert jobs.error() == ("StepDied", message)
    assert jobs.log() == f"last words\npodium: StepDied: {message}\n"


HOOKED = """
def told(error):
    (HERE / "hook").write_text(f"{get_step_context().step_name}: {error}")

@step
def work():
    os._exit(7)
"""


def test_the_failure_hook_is_called_for_a_process_that_died(jobs):
    jobs.run(HOOKED, on_failure="flow:told")
    assert (jobs.folder / "hook").read_text() == (
        "work: StepDied: the process exited with code 7 in the middle of the step"
    )


def test_the_failure_hook_waits_for_the_last_attempt(jobs):
    jobs.run(HOOKED, on_failure="flow:told", retries_left=1)
    assert jobs.error()[0] == "StepDied"
    assert not (jobs.folder / "hook").exists()


def test_a_job_can_be_for_the_failure_hook_alone(jobs):
    done = jobs.run(HOOKED, on_failure="flow:told", failure=StepFailure("StepDied", "out of memory"))
    assert done.returncode == COMPLETED
    assert (jobs.folder / "hook").read_text() == "work: StepDied: out of memory"


@pytest.mark.parametrize("moment", ["step_runner._publish", "wire.send"])
def test_a_record_counts_though_the_process_dies_right_after_it(jobs, moment):
    done = jobs.run(
        f"""
        @step
        def work() -> int:
            from podium.core.execution import step_runner, wire
            {moment} = lambda *_: os.kill(os.getpid(), 9)
            return 1
        """,
        outputs=1,
    )
    assert done.returncode == COMPLETED
    assert jobs.output() == 1
    assert jobs.record("failed") is None


def test_a_step_that_takes_too_long_is_ended_with_all_that_it_started(jobs):
    began = time.monotonic()
    done = jobs.run(
        """
        @step
        def work():
            child = subprocess.Popen(["sleep", "60"], start_new_session=True)
            (HERE / "pid").write_text(str(child.pid))
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        """,
        timeout=1,
    )
    assert time.monotonic() - began < 20
    assert done.returncode == FAILED
    assert jobs.error() == ("TimedOut", "it took longer than 1s")
    assert jobs.record("failed")["seconds"] >= 1
    assert not is_alive(int((jobs.folder / "pid").read_text()))


def test_the_failure_hook_is_called_after_a_time_out(jobs):
    jobs.run(HOOKED.replace("os._exit(7)", "time.sleep(60)"), timeout=0.5, on_failure="flow:told")
    assert (jobs.folder / "hook").read_text() == "work: TimedOut: it took longer than 0.5s"


def test_what_a_step_leaves_behind_ends_with_it(jobs):
    began = time.monotonic()
    done = jobs.run(
        """
        @step
        def work():
            left = subprocess.Popen(["sh", "-c", "echo begun; (sleep 60 &) ; sleep 60"], start_new_session=True)
            time.sleep(0.3)
            (HERE / "pid").write_text(str(left.pid))
        """
    )
    assert done.returncode == COMPLETED
    assert time.monotonic() - began < 20
    assert jobs.log() == "begun\n"
    assert not is_alive(int((jobs.folder / "pid").read_text()))


TIDY = """
@step
def work():
    try:
        print("waiting", flush=True)
        time.sleep(60)
    finally:
        time.sleep(0.2)
        print("tidied up")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_that_is_told_to_end_lets_its_step_tidy_up(jobs, number):
    process = jobs.start(jobs.prepare(TIDY))
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(number)
    assert jobs.finish(process).returncode == CANCELLED
    assert jobs.record("cancelled")["detail"] == "its job was asked to end"
    assert jobs.log() == "waiting\ntidied up\n"


def test_a_step_that_will_not_end_is_killed_after_the_grace(jobs):
    jobs.environment["PODIUM_STEP_GRACE"] = "0.5"
    process = jobs.start(
        jobs.prepare(
            """
            @step
            def work():
                while True:
                    try:
                        print("waiting", flush=True)
                        time.sleep(60)
                    except KeyboardInterrupt:
                        pass
            """
        )
    )
    process.stdout.readline()
    process.terminate()
    began = time.monotonic()
    assert jobs.finish(process).returncode == CANCELLED
    assert time.monotonic() - began < 20
    assert jobs.log() == "waiting\nwaiting\n"
    assert jobs.record("cancelled")


def test_a_step_that_completes_though_it_was_told_to_end_has_completed(jobs):
    process = jobs.start(
        jobs.prepare(
            """
            @step
            def work() -> int:
                try:
                    print("waiting", flush=True)
                    time.sleep(60)
                except KeyboardInterrupt:
                    return 1
            """,
            outputs=1,
        )
    )
    process.stdout.readline()
    process.terminate()
    assert jobs.finish(process).returncode == COMPLETED
    assert jobs.output() == 1
    assert jobs.record("cancelled") is None


def test_a_job_that_is_told_to_end_before_it_has_begun_is_cancelled(jobs):
    command = jobs.prepare("@step\ndef work(): ...\n")
    (document,) = (jobs.folder / "store" / "runs" / RUN / "jobs").iterdir()
    document.unlink()
    os.mkfifo(document)
    process = jobs.start(command)
    writer = os.open(document, os.O_WRONLY)  # waits until it is read, and what reads it waits until this is closed
    process.terminate()
    assert jobs.finish(process).returncode == CANCELLED
    os.close(writer)
    assert jobs.record("cancelled")["detail"] == "its job was ended before it began"


def test_a_cancel_request_in_the_records_ends_a_job(jobs):
    process = jobs.start(jobs.prepare(TIDY))
    process.stdout.readline()
    jobs.store.write(f"{jobs.keys.submissions}/1.json", b"{}")
    jobs.store.write(jobs.keys.cancel(1), b"{}")
    assert jobs.finish(process).returncode == CANCELLED
    assert jobs.log() == "waiting\ntidied up\n"


def test_what_the_driver_recorded_of_a_cancelled_job_stays(jobs):
    process = jobs.start(jobs.prepare(TIDY))
    process.stdout.readline()
    jobs.store.write(jobs.keys.step(STEP, 1, "cancelled"), b'{"format":1,"detail":"another step failed"}')
    process.terminate()
    assert jobs.finish(process).returncode == CANCELLED
    assert jobs.record("cancelled")["detail"] == "another step failed"
