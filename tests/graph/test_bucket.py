"""Jobs of a graph whose artifact store is a bucket: how much they ask of it, and what they do while it is away."""

import pytest
from conformance.artifact_store import opened
from servers.fault_proxy import Fault, fault_proxy

from podium.core.graph.settle import settle
from podium.core.records import lease
from podium.core.records.writer import request_cancel

COMPLETED, UNREACHABLE, UNRECORDED, CANCELLED = 0, 69, 74, 130
_EMPTY = 2
"""Requests of s3fs to list what is empty: it looks whether that is there at all."""
FLOW = """
@step
def first() -> str:
    print("said")
    return "given"

@step(retry=StepRetryConfig(max_retries=1, delay=0))
def second(x: str) -> str:
    return {second}

@pipeline
def flow():
    second(first())
"""


@pytest.fixture
def proxy(aws):
    """Return what stands between jobs and S3."""
    with fault_proxy(aws.endpoint) as proxy:
        yield proxy


@pytest.fixture
def platform(make_platform, s3_bucket, proxy):
    """Return a platform whose runs are in a bucket."""
    config = {**s3_bucket.config, "endpoint_url": proxy.address}
    with opened("s3", {"path": f"s3://{s3_bucket.name}/runs of podium", **config}) as store:
        yield make_platform(store)


def prepared(platform, second="x + '!'", **how):
    return platform.prepare(FLOW.format(second=second), **how)


def requests(run, proxy, name):
    """Run a job, and return what it asked of the bucket."""
    proxy.seen.clear()
    assert run.run_job(name) == COMPLETED, run.said[name]
    return [method if "list-type" not in path else "LIST" for method, path, *_ in proxy.seen]


def test_a_step_completes_by_few_requests(platform, proxy):
    run = prepared(platform)
    seen = requests(run, proxy, "first")
    # graph document, header, cancel request, code; logs and steps, both empty; log, output, record, cache entry
    assert sorted(seen) == ["GET"] * 4 + ["LIST"] * _EMPTY * 2 + ["PUT"] * 4
    seen = requests(run, proxy, "second")
    # the same with what the first step recorded and made
    assert sorted(seen) == ["GET"] * 6 + ["LIST"] * 2 + ["PUT"] * 4
    assert run.value("second") == "given!"


def test_a_cached_step_takes_no_code_and_no_log(platform, proxy):
    first = prepared(platform, enable_cache=True)
    first.run_job("first")
    again = platform.record(first.spec, first.document.code)
    again.begin(first.document.code, enable_cache=True)
    seen = requests(again, proxy, "first")
    # graph document, header, cancel request, cache entry; its artifact; logs and steps, both empty; record
    assert sorted(seen) == ["GET"] * 4 + ["HEAD"] + ["LIST"] * _EMPTY * 2 + ["PUT"]
    assert again.states["first"] == "cached"


def test_a_failure_in_a_bucket_is_tried_again_and_settled_whoever_was_cut_off_in_that(platform):
    run = prepared(platform, second="1 / 0")
    run.walk()
    assert (run.view.state, run.steps["second"].attempt) == ("failed", 2)
    assert run.error("second")[0] == "ZeroDivisionError"
    run.store.delete(f"{run.keys.submissions}/1.end.json")
    with lease.hold(run.store, run.id):
        assert settle(run.store, run.id, run.document, {}, {}) == "failed"
    assert run.view.state == "failed"


def test_a_cancelled_run_in_a_bucket_is_settled_as_that(platform):
    run = prepared(platform)
    request_cancel(run.store, run.id, 1)
    assert run.run_job("first") == CANCELLED
    with lease.hold(run.store, run.id):
        assert settle(run.store, run.id, run.document, {}, {}) == "cancelled"
    assert run.states == {"first": "cancelled", "second": "cancelled"}


@pytest.mark.parametrize(("away", "code"), [("/graphs/", UNREACHABLE), ("/submissions/", UNRECORDED)])
def test_a_bucket_that_stays_away_keeps_the_last_job_from_its_end(platform, proxy, away, code):
    run = prepared(platform)
    run.environment["PODIUM_STORE_PATIENCE"] = "6"
    proxy.fault = lambda _, path: Fault.UNAVAILABLE if away in path else None
    assert run.run_job("podium-end") == code
    assert run.said["podium-end"].startswith("podium: ")
    proxy.fault = lambda *_: None
    assert run.view.state == "running"
