"""A job whose artifact store is a bucket: what it takes and leaves there, and what it says when it is away."""

import pytest
from conformance.artifact_store import opened
from execution.jobs import STEP
from servers.fault_proxy import Fault, fault_proxy

from podium.core.execution.job import StepFailure

COMPLETED, FAILED, UNREACHABLE, UNRECORDED, CANCELLED = 0, 1, 69, 74, 130


@pytest.fixture
def proxy(aws):
    """Return what stands between jobs and S3."""
    with fault_proxy(aws.endpoint) as proxy:
        yield proxy


@pytest.fixture
def jobs(make_jobs, s3_bucket, proxy):
    """Return jobs in a bucket."""
    config = {**s3_bucket.config, "endpoint_url": proxy.address}
    with opened("s3", {"path": f"s3://{s3_bucket.name}/runs of podium", **config}) as store:
        yield make_jobs(store)


def test_a_step_completes_in_a_bucket_by_few_requests(jobs, proxy):
    command = jobs.prepare("@step\ndef work() -> str:\n    print('said')\n    return 'given'\n", outputs=1)
    proxy.seen.clear()
    done = jobs.finish(jobs.start(command))
    assert (done.returncode, done.stderr) == (COMPLETED, "")
    requests = [method for method, *_ in proxy.seen]
    assert jobs.output() == "given"
    assert jobs.log() == done.stdout == "said\n"
    assert sorted(requests) == ["GET", "GET", "PUT", "PUT", "PUT"]  # document, code; log, output, record


def test_credentials_of_the_store_are_not_in_the_environment_of_the_step(jobs, s3_bucket):
    done = jobs.run("@step\ndef work():\n    print(dict(os.environ))\n")
    assert done.returncode == COMPLETED
    assert s3_bucket.config["secret"] not in done.stdout + done.stderr


def test_a_bucket_that_stays_away_is_told_with_an_exit_code_of_its_own(jobs, proxy):
    command = jobs.prepare("@step\ndef work(): ...\n")
    jobs.environment["PODIUM_STORE_PATIENCE"] = "6"
    proxy.fault = lambda *_: Fault.UNAVAILABLE
    done = jobs.finish(jobs.start(command))
    assert done.returncode == UNREACHABLE
    assert done.stderr.startswith("podium: the artifact store s3://")
    assert "cannot be reached" in done.stderr


def test_keys_that_are_not_let_in_are_told_so(jobs, s3_bucket):
    options = {**jobs.store.options, "storage": {**jobs.store.options["storage"], "secret": "marker-4711"}}
    done = jobs.run("@step\ndef work(): ...\n", options=options)
    assert done.returncode == UNREACHABLE
    assert "does not allow it" in done.stderr
    assert "marker-4711" not in done.stderr


@pytest.mark.parametrize(("act", "end"), [("return", "completed"), ("os._exit(3)", "failed (StepDied: ")])
def test_an_end_that_a_bucket_does_not_take_is_told(jobs, proxy, act, end):
    command = jobs.prepare(f"@step\ndef work():\n    {act}\n")
    jobs.environment["PODIUM_STORE_PATIENCE"] = "6"
    proxy.fault = lambda _, path: Fault.UNAVAILABLE if f"/steps/{STEP}" in path else None
    done = jobs.finish(jobs.start(command))
    assert done.returncode == UNRECORDED
    assert f"podium: step work {end}" in done.stderr
    assert "and that is not recorded: the artifact store s3://" in done.stderr


def test_a_bucket_that_comes_back_has_the_record(jobs, proxy):
    command = jobs.prepare("@step\ndef work(): ...\n")
    away = iter([Fault.DROPPED, Fault.UNAVAILABLE, Fault.UNANSWERED])
    proxy.fault = lambda _, path: next(away, None) if f"/steps/{STEP}" in path else None
    assert jobs.finish(jobs.start(command)).returncode == COMPLETED
    assert jobs.record("completed")


DIES = """
def told(error):
    print("told of", error)

@step
def work():
    print("last words", flush=True)
    os._exit(3)
"""


def test_a_process_that_dies_has_its_failure_recorded_in_the_bucket(jobs):
    done = jobs.run(DIES, on_failure="flow:told")
    assert done.returncode == FAILED
    assert jobs.error() == ("StepDied", "the process exited with code 3 in the middle of the step")
    assert jobs.log() == done.stdout
    assert "told of StepDied" in jobs.log()


def test_what_the_failure_hook_prints_in_a_job_of_its_own_is_added_to_the_log(jobs):
    jobs.run(DIES, on_failure="flow:told", retries_left=1)
    before = jobs.log()
    done = jobs.run(DIES, on_failure="flow:told", failure=StepFailure("StepDied", "out of memory"))
    assert (done.returncode, done.stderr) == (COMPLETED, "")
    assert jobs.log() == f"{before}told of StepDied: out of memory\n"


def test_a_job_that_is_started_twice_ends_as_the_first_time(jobs):
    command = jobs.prepare("@step\ndef work(): ...\n")
    assert jobs.finish(jobs.start(command)).returncode == COMPLETED
    assert jobs.finish(jobs.start(command)).returncode == COMPLETED


def test_a_job_that_is_told_to_end_has_its_end_recorded_in_the_bucket(jobs):
    process = jobs.start(jobs.prepare("@step\ndef work():\n    print('waiting', flush=True)\n    time.sleep(60)\n"))
    process.stdout.readline()
    process.terminate()
    assert jobs.finish(process).returncode == CANCELLED
    assert jobs.record("cancelled")
