"""Jobs that could not say themselves what became of them are named for what they are."""

from conformance.compose_stack import left, register
from conformance.workspace import Workspace, eventually, states, step_of

DEATHS = """
@step(settings={"resources": ResourceSettings(memory="300MB", cpu_count=0.5)})
def hungry():
    print("eating", flush=True)
    len(b"x" * 1_000_000_000)

@step(settings={"orchestrator": {"mounts_from_to": {"/there is none": "/data"}}})
def never():
    note("ran")

@step
def below():
    note("ran")

@step(settings=LIGHT)
def fine():
    note("fine")

@pipeline
def flow():
    hungry()
    below(after=never())
    fine()
"""


def test_out_of_memory_and_never_created(workspace: Workspace, remote_image, cloud, compose_user):
    register(workspace, remote_image, cloud, username=compose_user)
    workspace.environment["PODIUM_STACK"] = "hyperai"
    run, _ = workspace.run(workspace.write(DEATHS), code=1)
    assert states(run) == {"hungry": "failed", "never": "failed", "below": "skipped", "fine": "completed"}
    assert "out of memory" in step_of(run, "hungry")["error"]["message"]
    told = step_of(run, "never")["error"]["message"]
    assert "its container could not be created" in told
    assert "/there is none" in told
    assert workspace.log("hungry").startswith("eating\n")
    assert workspace.notes("ran") == []
    eventually(lambda: not left(workspace, remote_image, compose_user))
