"""The connection to the machine is cut while files are sent, while a run goes on, and while its log is read."""

import pytest
from conformance.compose_stack import left, register
from conformance.workspace import PATIENCE, Workspace, eventually, states
from servers.instance import V1
from servers.tcp_proxy import tcp_proxy

TALKING = """
@step
def talks() -> int:
    print("first line", flush=True)
    note("talks")
    wait_for("go")
    print("last line")
    return 1

@step
def last(x: int):
    note("last")

@pipeline
def flow():
    last(talks())
"""


@pytest.fixture
def network(workspace: Workspace, remote_image, cloud):
    """Return what stands between this machine and the other one."""
    with tcp_proxy(remote_image.host, 22) as network:
        register(
            workspace,
            remote_image,
            cloud,
            hostnames=[f"127.0.0.1:{network.port}"],
            remote_workdir=workspace.folder.name,
        )
        workspace.environment["PODIUM_STACK"] = "hyperai"
        yield network


@pytest.mark.parametrize("sent", [6_000, 24_000])
def test_an_upload_is_cut(workspace: Workspace, network, remote_image, sent):
    folder = remote_image.home(V1) / workspace.folder.name / "runs"
    network.limit = sent
    (workspace.folder / "go").touch()
    run, said = workspace.run(workspace.write(TALKING))
    assert network.limit is None, "it was not cut"
    assert run["state"] == "completed", said
    assert workspace.notes("talks") == workspace.notes("last") == [""]
    assert [path.name for path in folder.iterdir()] == [f"{run['id']}.1"]


def test_runs_and_those_who_follow_them_survive_cuts(workspace: Workspace, network, remote_image):
    client = workspace.start("run", workspace.write(TALKING))
    eventually(lambda: workspace.notes("talks") or client.poll() is not None)
    follower = workspace.start("runs", "logs", "--follow")
    assert follower.stdout.readline() == "talks | first line\n"
    network.cut()
    (workspace.folder / "go").touch()
    _, said = client.communicate(timeout=PATIENCE)
    assert client.returncode == 0, said
    assert "talks | last line\n" in said
    assert follower.communicate(timeout=PATIENCE)[0] == "talks | last line\n"
    assert states(workspace.show()) == {"talks": "completed", "last": "completed"}
    assert workspace.notes("talks") == workspace.notes("last") == [""]
    eventually(lambda: not left(workspace, remote_image, V1, workspace.folder.name))
