"""The machine goes down while a run goes on there."""

from conformance.compose_stack import left, register
from conformance.workspace import Workspace, eventually, states, step_of
from servers.instance import V2

LONG = """
@step
def first() -> int:
    note("first")
    return 1

@step
def long(x: int) -> int:
    if note("long") == 1:
        time.sleep(600)
    return x + 1

@step
def last(x: int) -> int:
    return x + 1

@pipeline
def flow():
    last(long(first()))
"""


def test_a_run_is_lost_by_a_reboot_and_resumed(workspace: Workspace, own_instance, instance, cloud, docker_engine):
    register(workspace, own_instance, cloud, username=V2, registry=instance)
    workspace.environment["PODIUM_STACK"] = "hyperai"
    result = workspace.podium("run", workspace.write(LONG), "--detach")
    assert result.returncode == 0, result.stderr
    eventually(lambda: workspace.notes("long"))
    own_instance.reboot()
    run = workspace.show()
    assert (run["state"], run["error"]) == ("lost", "host rebooted")
    assert states(run) == {"first": "completed", "long": "failed", "last": "lost"}
    result = workspace.podium("runs", "resume")
    assert result.returncode == 0, result.stderr
    run = workspace.show()
    assert (run["state"], run["submission"], step_of(run, "long")["attempt"]) == ("completed", 2, 2)
    assert [len(workspace.notes(name)) for name in ("first", "long")] == [1, 2]
    eventually(lambda: not left(workspace, own_instance, V2))
