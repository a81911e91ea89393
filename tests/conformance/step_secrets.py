"""Steps get the secrets that they declare, and nothing else holds one, however the run is started."""

import base64
import json
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
from conformance.workspace import PATIENCE, Workspace, eventually, pid_here, states, step_of

FLOW = """
from podium import Client

@step(secrets=["sky"], environment={"TOKEN": "Bearer {{sky.token}}", "PLAIN": "{{ as it is }}"}, enable_cache=False)
def has() -> list:
    token = Client().get_secret("sky").secret_values["token"]
    note("pid", process())
    wait_for("searched")
    return [len(token), os.environ["TOKEN"].replace(token, str(len(token))), os.environ["PLAIN"]]

@step(enable_cache=False)
def has_not(before: list) -> list:
    withheld = [name for name in os.environ if name.startswith("PODIUM_SECRETS_")]
    try:
        Client().get_secret("sky")
    except Exception as error:
        return [str(error), os.environ.get("TOKEN", ""), *withheld]

@step(secrets=["sky"], enable_cache=False)
def fails(before: list):
    note("tries")
    if (HERE / "mended").exists():
        return
    raise ValueError("not accepted: " + Client().get_secret("sky").secret_values["token"])

@pipeline
def flow():
    fails(has_not(has()))
"""


def forms(marker: str) -> set[bytes]:
    """Return what a text looks like: plain, in URLs, in JSON, and in base64 at any offset."""
    plain = {marker, quote(marker, safe=""), json.dumps(marker)[1:-1]}
    encoded = {
        base64.b64encode(f"{'.' * offset}{marker}".encode(), alphabet)[4:-4]
        for offset in range(3)
        for alphabet in (b"+/", b"-_")
    }
    return {text.encode() for text in plain} | encoded


def files_with(marker: str, folder: Path) -> set[Path]:
    """Return every file below a folder that has the marker in it, in any form."""
    found = forms(marker)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path for path in files if any(form in path.read_bytes() for form in found)}


def processes_with(marker: str) -> list[str]:
    """Return what processes show of themselves that has the marker in it, in any form."""
    found = []
    for file in [*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")]:
        try:
            data = file.read_bytes()
        except OSError:
            continue  # it has ended
        if any(form in data for form in forms(marker)):
            found.append(str(file))
    return found


class StepSecrets:
    @pytest.fixture
    def marker(self, workspace: Workspace):
        """Keep the secret `sky` and return its token, which no other process has."""
        marker = f"m4rk3r/+&{uuid.uuid4().hex}=ü?"
        workspace.environment |= {"PODIUM_SECRETS_BACKEND": "file", "PODIUM_SECRETS_PASSPHRASE": "correct horse"}
        file = workspace.folder / "token"
        file.write_text(marker, encoding="utf-8")
        result = workspace.podium("secret", "create", "sky", f"--token=@{file}")
        assert result.returncode == 0, result.stderr
        file.unlink()
        return marker

    @pytest.mark.parametrize("how", [[], ["--detach"]])
    def test_a_secret_is_nowhere_but_in_its_step(self, workspace: Workspace, client, marker, how):
        process = workspace.start("run", workspace.write(FLOW), *how)
        eventually(lambda: workspace.notes("pid"))
        (own,) = workspace.notes("pid")
        assert set(processes_with(marker)) <= {f"/proc/{pid_here(own)}/environ"}
        (workspace.folder / "searched").touch()
        out, err = process.communicate(timeout=PATIENCE)
        run = eventually(lambda: workspace.show()["state"] == "failed" and workspace.show())
        assert states(run) == {"has": "completed", "has_not": "completed", "fails": "failed"}
        assert step_of(run, "fails")["error"]["message"] == "not accepted: ********"
        steps = client().get_pipeline_run(run["id"]).steps
        assert steps["has"].output.load() == [len(marker), f"Bearer {len(marker)}", "{{ as it is }}"]
        refusal, *environment = steps["has_not"].output.load()
        assert "step 'has_not' has not declared secret 'sky'" in refusal
        assert environment == [""]
        assert files_with(marker, workspace.folder) == set()
        assert not [form for form in forms(marker) if form in (out + err).encode()]

    @pytest.mark.usefixtures("marker")
    def test_a_resumed_run_gets_its_secrets_again(self, workspace: Workspace):
        (workspace.folder / "searched").touch()
        workspace.run(workspace.write(FLOW), code=1)
        (workspace.folder / "mended").touch()
        result = workspace.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        assert len(workspace.notes("tries")) == 2

    @pytest.mark.usefixtures("marker")
    def test_hooks_get_the_secrets_of_their_step(self, workspace: Workspace):
        file = workspace.write("""
from podium import Client

def tell(*error):
    note("told", f"{len(error)} {Client().get_secret('sky').secret_values.keys()} {len(os.environ['TOKEN'])}")

OPTIONS = {"secrets": ["sky"], "environment": {"TOKEN": "{{sky.token}}"}, "enable_cache": False}

@step(on_success=tell, **OPTIONS)
def good() -> int:
    return 1

@step(on_failure=tell, **OPTIONS)
def bad(x: int):
    raise ValueError

@step(on_failure=tell, **OPTIONS)
def killed(x: int):
    os.kill(os.getpid(), signal.SIGKILL)

@pipeline
def flow():
    x = good()
    bad(x)
    killed(x)
""")
        workspace.run(file, code=1)
        assert sorted(workspace.notes("told")) == [f"{count} dict_keys(['token']) 44" for count in (0, 1, 1)]

    def test_every_missing_secret_is_told_before_anything_starts(self, workspace: Workspace):
        workspace.environment |= {"PODIUM_SECRETS_BACKEND": "file"}
        result = workspace.podium("run", workspace.write(FLOW))
        assert result.returncode == 2
        for fault in (
            "step 'has': there is no secret 'sky'",
            "step 'has': environment 'TOKEN': there is no secret 'sky'",
            "step 'fails': there is no secret 'sky'",
            "hint: podium secret create sky --KEY=-",
        ):
            assert fault in result.stderr
        assert "3 faults" in result.stderr
        assert workspace.notes("pid") == []

    @pytest.mark.usefixtures("marker")
    def test_a_missing_key_is_told_with_the_close_one(self, workspace: Workspace):
        file = workspace.write("""
@step(environment={"TOKEN": "{{sky.tokens}}"})
def wants():
    pass

@pipeline
def flow():
    wants()
""")
        result = workspace.podium("run", file)
        assert result.returncode == 2
        assert "secret 'sky' has no key 'tokens'" in result.stderr
        assert "did you mean 'token'?" in result.stderr
