"""Compose v1 and v2 go through the same run in the same way."""

from conformance.compose_stack import left, register
from conformance.workspace import PATIENCE, Workspace, eventually, states, step_of

BRANCHES = """
@step
def broken() -> int:
    raise ValueError("no luck")

@step
def below(x: int) -> int:
    return x

@step(settings=LIGHT)
def waiting() -> int:
    wait_for("go")
    return 1

@step
def after(x: int) -> int:
    return x + 1

@pipeline
def flow():
    below(broken())
    after(waiting())
"""


def test_a_branch_goes_on_beside_a_failed_one(workspace: Workspace, remote_image, cloud, compose_user):
    register(workspace, remote_image, cloud, username=compose_user)
    workspace.environment["PODIUM_STACK"] = "hyperai"
    client = workspace.start("run", workspace.write(BRANCHES))
    eventually(lambda: workspace.podium("runs", "list", "--output", "names").stdout)
    eventually(lambda: {"broken": "failed", "waiting": "running"}.items() <= states(workspace.show()).items())
    (workspace.folder / "go").touch()
    _, said = client.communicate(timeout=PATIENCE)
    assert client.returncode == 1, said
    run = workspace.show()
    assert states(run) == {"broken": "failed", "below": "skipped", "waiting": "completed", "after": "completed"}
    assert step_of(run, "broken")["error"]["message"] == "no luck"
    eventually(lambda: not left(workspace, remote_image, compose_user))
