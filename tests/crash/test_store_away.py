"""Runs whose artifact store fails at any request: they end with the right result, or say which store failed."""

import os
import random
import time
from itertools import count

import pytest
from conformance.workspace import Workspace, eventually, states
from servers.fault_proxy import Fault, fault_proxy, none, sometimes
from servers.fixtures import aws, s3_bucket

__all__ = ["aws", "s3_bucket"]

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
UNREACHABLE = 9
SOURCE = """
@step(settings=LIGHT)
def numbers(first: int) -> list[int]:
    print("numbers from", first)
    return list(range(first, first + 20_000))

@step(settings=LIGHT)
def total(one: list[int], other: list[int]) -> int:
    print("adding")
    return sum(one) + sum(other)

@pipeline(enable_cache=False)
def flow():
    total(numbers(1, id="one"), numbers(5, id="other"))
"""
RIGHT = sum(range(1, 20_001)) + sum(range(5, 20_005))


@pytest.fixture
def proxy(aws):
    """Return what stands between podium and S3."""
    with fault_proxy(aws.endpoint) as proxy:
        yield proxy


@pytest.fixture
def file(workspace: Workspace, s3_bucket, proxy):
    """Return a pipeline file, in a workspace whose artifact store is a bucket behind the proxy."""
    workspace.environment |= {"PODIUM_SECRETS_BACKEND": "file", "PODIUM_STACK": "on-s3", "PODIUM_STORE_LEASE": "8"}
    config = {"path": f"s3://{s3_bucket.name}/runs", **s3_bucket.config, "endpoint_url": proxy.address}
    fields = [f"--{name}={value}" for name, value in config.items()]
    for command in (
        ["artifact-store", "register", "bucket", "--flavor=s3", *fields],
        ["stack", "register", "on-s3", "-o", "default", "-a", "bucket"],
    ):
        result = workspace.podium(*command)
        assert result.returncode == 0, result.stderr
    return workspace.write(SOURCE)


@pytest.fixture
def check_right(workspace: Workspace, client):
    """Return a function that checks that the newest run completed with the right result."""

    def check() -> None:
        run = client().list_pipeline_runs()[0]
        assert states(workspace.show()) == {"one": "completed", "other": "completed", "total": "completed"}
        assert run.steps["total"].output.load() == RIGHT

    return check


def finish(workspace: Workspace, file: object) -> None:
    """Have the newest run go on, as soon as its lease is free; run the file when there is none."""
    listed = workspace.podium("runs", "list", "--output", "names").stdout.split()
    command = ["runs", "resume"] if listed else ["run", file]

    def ended() -> bool:
        result = workspace.podium(*command)
        assert result.returncode == 0 or "is held by" in result.stderr or "nothing to resume" in result.stderr
        return "is held by" not in result.stderr

    eventually(ended)


@pytest.mark.parametrize("seed", range(max(1, round(0.3 * SCALE))))
def test_among_faults_a_run_ends_right(workspace: Workspace, file, proxy, check_right, seed):
    proxy.fault = sometimes(seed, 0.15)
    result = workspace.podium("run", file)
    proxy.fault = none
    assert result.returncode == 0, result.stderr
    check_right()
    assert workspace.log("total") == "adding\n"


def test_a_store_that_comes_back_soon_is_waited_for(workspace: Workspace, file, proxy, check_right):
    away = []

    def fault(_method: str, path: str) -> Fault | None:
        if "/steps/" in path and not away:
            away.append(time.monotonic() + 2)
        return Fault.DROPPED if away and time.monotonic() < away[0] else None

    proxy.fault = fault
    result = workspace.podium("run", file)
    assert result.returncode == 0, result.stderr
    check_right()


@pytest.mark.parametrize("instant", range(max(2, round(0.8 * SCALE))))
def test_a_store_that_stays_away_is_named_and_the_run_goes_on_later(
    workspace: Workspace, file, proxy, check_right, instant
):
    workspace.environment["PODIUM_STORE_PATIENCE"] = "1"
    requests, last = count(), random.Random(instant).randint(1, 40)
    proxy.fault = lambda _method, _path: Fault.DROPPED if next(requests) >= last else None
    begun = time.monotonic()
    result = workspace.podium("run", file)
    assert time.monotonic() - begun < 30
    proxy.fault = none
    del workspace.environment["PODIUM_STORE_PATIENCE"]
    if result.returncode == 0:
        assert next(requests) <= last  # it needed no more
    else:
        assert result.returncode == UNREACHABLE, result.stderr
        assert "the artifact store s3://" in result.stderr
        assert "cannot be reached" in result.stderr
        finish(workspace, file)
    check_right()


def test_a_store_that_is_away_before_a_run_begins_is_named_soon(workspace: Workspace, file, proxy):
    workspace.environment["PODIUM_STORE_PATIENCE"] = "1"
    proxy.fault = lambda _method, _path: Fault.DROPPED
    result = workspace.podium("run", file)
    assert result.returncode == UNREACHABLE, result.stderr
    assert "the artifact store s3://" in result.stderr
    assert "Traceback" not in result.stderr
