"""Schedules that a host's cron cannot keep to are refused before anything is asked or built."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from podium import Schedule
from podium.flavors.ssh import SSHOrchestrator, SSHOrchestratorConfig

NOW = datetime.now(timezone.utc)
PAST, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
FLOW = """
from podium import Schedule, pipeline, step

@step
def nothing() -> None: ...

@pipeline
def nightly():
    nothing()
"""


@pytest.fixture
def orchestrator():
    return SSHOrchestrator("gpu", SSHOrchestratorConfig(hostname="gpu.invalid", username="me"))


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"cron_expression": "@daily", "start_time": LATER}, {}),
        ({"run_once_start_time": LATER}, {}),
        ({"cron_expression": "@daily", "catchup": True}, {"catchup": "leave it False"}),
        ({"cron_expression": "@daily", "end_time": PAST}, {"end_time": "has passed"}),
        ({"run_once_start_time": PAST}, {"run_once_start_time": "has passed"}),
        ({"run_once_start_time": LATER, "end_time": LATER}, {"end_time": "leave it out"}),
        (
            {"interval_second": 900, "start_time": NOW, "catchup": True},
            {"interval_second": "write cron_expression='*/15 * * * *'", "catchup": "leave it False"},
        ),
        ({"interval_second": 7200, "start_time": NOW}, {"interval_second": "write cron_expression='0 */2 * * *'"}),
        ({"interval_second": 3000, "start_time": NOW}, {"interval_second": "write a cron_expression, such as"}),
    ],
)
def test_each_field_that_cannot_be_kept_to_is_named(orchestrator, fields, faults):
    refused = orchestrator.refuse_schedule(Schedule(**fields))
    assert refused.keys() == faults.keys()
    assert all(reason in refused[field] for field, reason in faults.items())


@pytest.fixture
def register(workspace):
    """Write a pipeline, and return a function that registers a stack on a host that nobody has."""
    workspace.environment["PODIUM_SECRETS_BACKEND"] = "file"
    (workspace.folder / "flow.py").write_text(FLOW)
    kinds = ("orchestrator", "artifact-store", "container-registry", "image-builder")

    def stack(store, **more):
        manifest = {
            "orchestrators": {"far": {"flavor": "ssh", "config": {"hostname": "gpu.invalid", "username": "me"}}},
            "artifact-stores": {"far": {"flavor": "s3", **store}},
            "container-registries": {"far": {"flavor": "default", "config": {"uri": "hub.invalid/team"}}},
            "image-builders": {"far": {"flavor": "local"}},
            "stacks": {"far": {"components": dict.fromkeys(kinds, "far")}},
            **more,
        }
        (workspace.folder / "stack.yaml").write_text(json.dumps(manifest))
        done = workspace.podium("apply", "-f", "stack.yaml", "--yes")
        assert done.returncode == 0, done.stderr
        return lambda *words: workspace.podium("run", "flow.py", "--stack", "far", *words)

    return stack


@pytest.fixture
def remote(register):
    """Register the stack; return what `run` does with it."""
    return register({"config": {"path": "s3://bucket"}})


def test_keys_of_a_session_are_refused_for_jobs_that_run_later(workspace, register):
    secret = ["secret", "create", "aws", "--key=k", "--secret=s", "--token=t"]
    assert workspace.podium(*secret).returncode == 0
    keys = {name: f"{{{{aws.{name}}}}}" for name in ("key", "secret", "token")}
    done = register({"config": {"path": "s3://bucket", **keys}})("--schedule", "@daily")
    assert done.returncode == 2
    assert "the credentials that jobs would get for artifact-store 'far' end by themselves" in done.stderr


def test_a_connector_whose_credentials_end_is_refused_for_jobs_that_run_later(workspace, register):
    assert workspace.podium("secret", "create", "aws", "--id=k", "--key=s", "--token=t").returncode == 0
    config = {
        "aws_access_key_id": "{{aws.id}}",
        "aws_secret_access_key": "{{aws.key}}",
        "aws_session_token": "{{aws.token}}",
        "region": "eu-central-1",
    }
    connector = {"type": "aws", "auth_method": "sts-token", "config": config}
    store = {"config": {"path": "s3://bucket"}, "connector": "cloud"}
    done = register(store, **{"service-connectors": {"cloud": connector}})("--schedule", "@daily")
    assert done.returncode == 2
    assert "the credentials of service-connector 'cloud' end by themselves" in done.stderr


def test_all_that_is_wrong_is_said_at_once_and_nobody_is_asked(workspace, remote):
    (workspace.folder / "flow.py").write_text(
        f"{FLOW}\nif __name__ == '__main__':\n"
        "    often = Schedule(interval_second=60, start_time='2030-01-01', catchup=True)\n"
        "    nightly.with_options(schedule=often)()\n"
    )
    done = remote()
    assert done.returncode == 2
    assert "schedule: orchestrator flavor 'ssh' cannot keep to interval_second" in done.stderr
    assert "hint: cron has no intervals: write cron_expression='*/1 * * * *'" in done.stderr
    assert "cannot keep to catchup" in done.stderr


def test_a_wrong_expression_names_the_field_and_the_option(remote):
    done = remote("--schedule", "0 25 * * *")
    assert (done.returncode, "hour '25' is not between 0 and 23" in done.stderr) == (2, True)
    assert "at --schedule" in done.stderr


def test_a_schedule_without_a_time_is_refused(remote):
    done = remote("--schedule-name", "nightly")
    assert (done.returncode, "hint: add --schedule CRON" in done.stderr) == (2, True)


def test_a_schedule_never_runs_its_steps_here(remote):
    done = remote("--schedule", "@daily", "--in-process")
    assert (done.returncode, "cannot have their steps in this process" in done.stderr) == (2, True)


@pytest.mark.usefixtures("remote")
def test_a_host_that_does_not_answer_is_named(workspace):
    done = workspace.podium("pipeline", "schedule", "list", "--stack", "far")
    assert (done.returncode, "gpu.invalid" in done.stderr) == (4, True)


def test_where_there_are_no_schedules_that_is_said_once(workspace):
    done = workspace.podium("pipeline", "schedule", "list")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error: orchestrator flavor 'local' of stack 'default' has no schedules",
    )
