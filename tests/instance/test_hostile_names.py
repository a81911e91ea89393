"""Names that a shell, Compose or cron would make something else of arrive as they are."""

from conformance.compose_stack import left, register
from conformance.workspace import Workspace, eventually, states
from servers.instance import HOSTILE

NAMES = """it's $(touch z) "a"; touch z & `touch z` $HOME ${X} $$ %s * \\\\ ü"""
FLOW = f"""
VALUE = {NAMES!r}

@step(enable_cache=False, environment={{"VALUE": VALUE}})
def told() -> list[str]:
    return [os.environ["VALUE"], *sorted(path.name for path in Path("/a b $HOME 'c'").iterdir())]

@pipeline
def flow():
    told(id="Load.the-data_1")
    told(id="load.the-data_1")
"""


def test_users_folders_mounts_values_and_names(workspace: Workspace, client, remote_image, cloud):
    folder = workspace.folder / NAMES
    folder.mkdir(mode=0o755)
    (folder / "here").touch()
    workdir = f"runs of {NAMES}"
    mounts = {str(folder): "/a b $HOME 'c'", str(workspace.folder): str(workspace.folder)}
    register(workspace, remote_image, cloud, ssh={"username": HOSTILE, "remote_workdir": workdir, "mounts": mounts})
    workspace.environment["PODIUM_STACK"] = "ssh"
    run, _ = workspace.run(workspace.write(FLOW), "--name", NAMES.replace("{X}", ""))
    assert run["name"] == NAMES.replace("{X}", "")
    assert states(run) == {"Load.the-data_1": "completed", "load.the-data_1": "completed"}
    steps = client().get_pipeline_run(run["id"]).steps
    for step in ("Load.the-data_1", "load.the-data_1"):
        assert steps[step].output.load() == [NAMES, "here"]
    home = remote_image.home(HOSTILE)
    assert [*home.rglob("z"), *workspace.folder.glob("z")] == []
    assert [path.name for path in home.iterdir() if not path.name.startswith(".")] == [workdir]
    assert [path.name for path in (home / workdir / "runs").iterdir()] == [f"{run['id']}.1"]
    eventually(lambda: not left(workspace, remote_image, HOSTILE, workdir))
