"""The machine is gone for good while a run goes on there."""

from conformance.compose_stack import did
from conformance.workspace import Workspace, eventually, states

LONG = """
@step
def long() -> int:
    note("long")
    time.sleep(600)
    return 1

@step
def last(x: int) -> int:
    return x + 1

@pipeline
def flow():
    last(long())
"""


def test_a_run_on_a_machine_that_is_gone_can_be_given_up(workspace: Workspace, stack: str):
    workspace.environment["PODIUM_STACK"] = stack
    did(workspace, "run", workspace.write(LONG), "--detach")
    eventually(lambda: workspace.notes("long"))
    did(workspace, "service-connector", "update", "box", "--hostnames=127.0.0.1:1", "--no-verify")
    run = workspace.show()
    assert (run["state"], states(run)) == ("running", {"long": "running", "last": "queued"})
    assert "its platform cannot be asked" in run["error"]
    resumed = workspace.podium("runs", "resume")
    assert resumed.returncode != 0
    assert f"give it up first: podium runs cancel {run['id']}" in resumed.stderr
    cancelled = workspace.podium("runs", "cancel")
    assert cancelled.returncode != 0
    assert "its steps do so when they see it" in cancelled.stderr
    assert workspace.podium("runs", "resume").returncode != 0  # there is no other machine
    run = workspace.show()
    assert (run["state"], states(run)) == ("cancelled", {"long": "cancelled", "last": "cancelled"})
