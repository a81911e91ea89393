"""The local orchestrator with its artifact store in a bucket: what a run does and shows is the same."""

import re
from collections import Counter

import pytest
from conformance.interrupts import Interrupts
from conformance.isolation import Isolation
from conformance.orphans import EndWithTheirClient
from conformance.outcomes import Outcomes
from conformance.step_logs import StepLogs
from conformance.workspace import Workspace, states
from servers.fault_proxy import fault_proxy

CHAIN = """
@step
def link(before: list) -> list:
    print("a link")
    return [*before, os.getpid()]

@pipeline
def flow():
    link(link(link([])))
"""
FOLDER = """
import pandas
from typing import Annotated

@step
def table() -> Annotated[dict, "table"]:
    return {"a": pandas.DataFrame({"x": range(1000)}), "b": {"c": list(range(1000))}}

@step
def rows(tables: dict) -> int:
    return len(tables["a"]) + len(tables["b"]["c"])

@pipeline
def flow():
    rows(table())
"""


@pytest.fixture
def proxy(aws):
    """Return what stands between podium and S3, and sees each request."""
    with fault_proxy(aws.endpoint) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def _stack(workspace: Workspace, s3_bucket, proxy):
    """Use a stack with an artifact store below a path of a new bucket, whose drivers are soon found to be lost."""
    workspace.environment |= {"PODIUM_SECRETS_BACKEND": "file", "PODIUM_STORE_LEASE": "8", "PODIUM_STACK": "on-s3"}
    fields = [f"--{name}={value}" for name, value in {**s3_bucket.config, "endpoint_url": proxy.address}.items()]
    path = f"--path=s3://{s3_bucket.name}/runs of a team"
    for command in (
        ["artifact-store", "register", "bucket", "--flavor=s3", path, *fields],
        ["stack", "register", "on-s3", "-o", "default", "-a", "bucket"],
    ):
        result = workspace.podium(*command)
        assert result.returncode == 0, result.stderr


class TestLocalOnS3(StepLogs, EndWithTheirClient):
    test_steps_pass_values_on = Outcomes.test_steps_pass_values_on
    test_a_failure_skips_what_depends_on_it = Outcomes.test_a_failure_skips_what_depends_on_it_and_nothing_else
    test_a_step_whose_process_dies = Outcomes.test_a_step_whose_process_dies_fails_alone_and_that_is_said
    test_the_failure_hook_of_a_killed_step = Outcomes.test_the_failure_hook_is_called_for_a_step_that_was_killed
    test_a_second_ctrl_c = Interrupts.test_a_second_ctrl_c_does_not_wait_for_the_step
    test_cancel_from_another_process = Interrupts.test_cancel_from_another_process
    test_a_detached_run_goes_on_by_itself = Interrupts.test_a_detached_run_goes_on_by_itself
    test_hostile_values_arrive_as_they_are = Isolation.test_hostile_values_arrive_as_they_are

    def test_a_run_is_cached_listed_and_deleted(self, workspace: Workspace):
        file = workspace.write(CHAIN)
        first, _ = workspace.run(file)
        second, _ = workspace.run(file)
        assert set(states(second).values()) == {"cached"}
        listed = workspace.podium("runs", "list", "--output", "names").stdout.split()
        assert listed == [second["id"], first["id"]]
        deleted = workspace.podium("runs", "delete", first["id"], "--yes")
        assert "kept 3 artifacts in use" in deleted.stderr
        assert workspace.podium("runs", "list", "--output", "names").stdout.split() == [second["id"]]
        third, _ = workspace.run(file)
        assert set(states(third).values()) == {"cached"}

    def test_a_step_costs_six_requests(self, workspace: Workspace, client, proxy):
        file = workspace.write(CHAIN)
        proxy.seen.clear()
        assert workspace.podium("run", file).returncode == 0
        kinds = Counter(
            f"{method} {kind[1]}"
            for method, path, _ in list(proxy.seen)
            if (kind := re.search(r"/(cache|artifacts|steps|logs)/[^?]", path))
        )
        begun = kinds.pop("PUT logs")
        assert kinds == {"GET cache": 3, "PUT artifacts": 3, "GET artifacts": 2, "PUT steps": 3, "PUT cache": 3}
        assert 3 <= begun <= 6  # one more for each step that takes longer than a moment
        pids = client().list_pipeline_runs()[0].steps["link_3"].output.load()
        assert len(set(pids)) == 1, "a store's threads kept a worker from being used again"

    def test_folders_are_artifacts(self, workspace: Workspace, client):
        run, _ = workspace.run(workspace.write(FOLDER))
        assert client().get_pipeline_run(run["id"]).steps["rows"].output.load() == 2000

    def test_the_records_of_a_run_are_found_by_its_id_alone(self, workspace: Workspace):
        run, _ = workspace.run(workspace.write(CHAIN))
        workspace.environment["PODIUM_STACK"] = "default"
        assert workspace.show(run["id"])["state"] == "completed"
