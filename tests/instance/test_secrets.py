"""A secret reaches its step as it is; nothing else on the machine ever shows it, and nothing keeps it."""

import base64
import json
import uuid
from pathlib import Path

from conformance.compose_stack import left
from conformance.step_secrets import files_with, forms
from conformance.workspace import PATIENCE, Workspace, eventually, pid_here, states
from servers.instance import REGISTRY_USERS, V1

FLOW = """
from podium import Client

@step(secrets=["sky"], environment={"TOKEN": "{{sky.token}}"})
def has() -> list[int]:
    token = Client().get_secret("sky").secret_values["token"]
    assert token == os.environ["TOKEN"] == (HERE / "expected").read_text(encoding="utf-8")
    print(f"it has {len(token)} characters")
    note("pid", process())
    wait_for("searched")
    return [len(token)]

@step
def has_not(before: list[int]) -> str:
    return os.environ.get("TOKEN", "nothing")

@pipeline
def flow():
    has_not(has())
"""


def shown(instance, marker: str, own: int | None) -> list[str]:
    """Return where the machine shows a secret to others than its step and the file that it is delivered in."""
    home = instance.home(V1)
    found = [path for path in files_with(marker, home) if path.parent.name != "secrets"]
    for folder in ("root", "var/log", "var/spool", "var/lib/docker/containers"):
        found += files_with(marker, instance.disk / folder)
    for process in instance.processes() - {own}:
        for file in (Path(f"/proc/{process}/cmdline"), Path(f"/proc/{process}/environ")):
            try:
                data = file.read_bytes()
            except OSError:
                continue  # it has ended
            found += [file for form in forms(marker) if form in data]
    with instance.engine() as engine:
        about = json.dumps([container.attrs for container in engine.containers.list(all=True)])
        found += ["docker inspect" for form in forms(marker) if form.decode() in about]
    return [str(place) for place in found]


def test_a_secret_reaches_its_step_alone(workspace: Workspace, client, remote_image, stack):
    marker = f"m4rk3r{uuid.uuid4().hex}"
    secret = f"{marker} line 1\n$HOME ${{X}} $$ $(id) `id` %s\n\t'\"\\ ü {{}}"
    login = base64.b64encode(":".join(*REGISTRY_USERS.items()).encode()).decode()
    workspace.environment["PODIUM_STACK"] = stack
    (workspace.folder / "expected").write_text(secret, encoding="utf-8")
    result = workspace.podium("secret", "create", "sky", f"--token=@{workspace.folder / 'expected'}")
    assert result.returncode == 0, result.stderr
    running = workspace.start("run", workspace.write(FLOW))
    eventually(lambda: workspace.notes("pid") or running.poll() is not None)
    assert running.poll() is None, running.communicate()
    (noted,) = workspace.notes("pid")
    (workspace.folder / "expected").unlink()
    own = pid_here(noted)
    assert own in remote_image.processes()
    assert shown(remote_image, marker, own) == []
    assert shown(remote_image, login, None) == []
    [file] = files_with(marker, remote_image.home(V1))
    assert file.stat().st_mode & 0o777 == 0o600
    (workspace.folder / "searched").touch()
    out, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, said
    run = workspace.show()
    assert states(run) == {"has": "completed", "has_not": "completed"}
    steps = client().get_pipeline_run(run["id"]).steps
    assert (steps["has"].output.load(), steps["has_not"].output.load()) == ([len(secret)], "nothing")
    assert marker not in out + said
    assert workspace.log("has") == f"it has {len(secret)} characters\n"
    eventually(lambda: not left(workspace, remote_image))
    assert files_with(marker, remote_image.home(V1)) | files_with(marker, workspace.folder) == set()
