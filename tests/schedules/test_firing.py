"""A schedule on a remote machine, whose own cron fires it."""

import json

import pytest
from conformance.compose_stack import cloud, did, remote_image, stack
from conformance.workspace import eventually
from servers.instance import V2

__all__ = ["cloud", "remote_image", "stack"]

PIPELINE = """
@step(settings=LIGHT)
def load() -> int:
    return 20

@step(enable_cache=False, settings=LIGHT)
def add(number: int) -> int:
    note("turns", get_step_context().pipeline_run.id)
    print("adding to", number)
    return number + 22

@pipeline
def nightly():
    add(load())
"""
TWO_TURNS = 150


@pytest.mark.timeout(600)  # most of it is waiting for the minute to end, twice
@pytest.mark.usefixtures("stack")
def test_cron_starts_a_run_every_minute_until_the_schedule_is_paused_and_deleted(workspace, remote_image):
    def schedule(verb, *words):
        return json.loads(did(workspace, "pipeline", "schedule", verb, *words, "--output", "json"))

    did(workspace, "orchestrator", "update", "other", f"--username={V2}")
    workspace.environment["PODIUM_STACK"] = "ssh"
    did(workspace, "run", workspace.write(PIPELINE), "--schedule", "* * * * *")
    eventually(lambda: len(workspace.notes("turns")) == 2, TWO_TURNS)
    did(workspace, "pipeline", "schedule", "pause", "nightly")

    runs = workspace.notes("turns")
    eventually(lambda: {workspace.show(run)["state"] for run in runs} == {"completed"})
    assert [[step["state"] for step in workspace.show(run)["steps"]] for run in runs] == [
        ["completed", "completed"],
        ["cached", "completed"],
    ]
    assert did(workspace, "runs", "logs", runs[1], "add") == "adding to 20\n"
    told = schedule("describe", "night")
    assert (told["state"], told["next"], told["last_run"]) == ("paused", None, runs[1])
    assert [(turn["run"], turn["state"]) for turn in told["firings"]] == [(run, "completed") for run in reversed(runs)]

    did(workspace, "pipeline", "schedule", "delete", "nightly", "--yes")
    assert schedule("list") == []
    assert [*(remote_image.home(V2) / "podium-runs/schedules").iterdir()] == []
    assert workspace.show(runs[0])["state"] == "completed"
