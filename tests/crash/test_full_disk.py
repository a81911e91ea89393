"""No room for an artifact: the step says so, nothing half-written is kept, and the run goes on when there is room."""

import resource
import subprocess
from pathlib import Path

import pytest
from conformance.workspace import Workspace, states, step_of

MEBIBYTE = 1 << 20
SYS_ADMIN = 1 << 21
FLOW = """
{imports}

@step
def small() -> int:
    note("small")
    return 1

@step
def big(x: int) -> {annotation}:
    return {value}

@step
def last(big: {annotation}) -> int:
    return len(big)

@step
def beside(x: int) -> int:
    return x

@pipeline(settings={{"orchestrator": {{"max_parallel_steps": 1}}}})  # or big takes the room that beside needs
def flow():
    x = small()
    last(big(x))
    beside(x)
"""
VALUES = {
    "bytes": ("", "bytes", "bytes(6 << 20)"),
    "text": ("", "str", '"x" * (6 << 20)'),
    "array": ("import numpy as np", "np.ndarray", "np.zeros(6 << 17)"),
    "pickle": ("", "object", "type('Odd', (), {'data': bytes(6 << 20), '__len__': lambda self: 1})()"),
}


def may_mount() -> bool:
    """Say whether this process has the right to mount, by its effective capabilities."""
    status = Path("/proc/self/status").read_text()
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) & SYS_ADMIN)


def artifacts(folder: Path) -> set[str]:
    """Return every file that is, or begins to be, an artifact below a folder, by its step's name."""
    return {path.name.partition(".")[0] for path in folder.rglob("artifacts/*") if path.is_file()}


@pytest.fixture(params=VALUES)
def file(request, workspace: Workspace):
    imports, annotation, value = VALUES[request.param]
    return workspace.write(FLOW.format(imports=imports, annotation=annotation, value=value))


def check(workspace: Workspace, run: dict, said: str, store: Path) -> None:
    """Check what a run says and keeps that had no room for the big artifact."""
    assert states(run) == {"small": "completed", "big": "failed", "last": "skipped", "beside": "completed"}
    for text in (step_of(run, "big")["error"]["message"], said):
        assert "no space left" in text
        assert "Traceback" not in text
    assert artifacts(store) == {"small", "beside"}
    assert not list(store.rglob(".unfinished-*"))


class TestFileSizeLimit:
    def test_an_artifact_that_is_too_big(self, workspace: Workspace, file):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (MEBIBYTE, MEBIBYTE))

        process = workspace.start("run", file, preexec_fn=limit)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 1
        check(workspace, workspace.show(), said, workspace.home / "artifacts" / "runs")
        result = workspace.podium("runs", "resume")
        assert result.returncode == 0, result.stderr
        assert workspace.notes("small") == [""]


if may_mount():  # what root may do is not asked of everyone: the limit above shows the same of one file

    @pytest.fixture
    def disk(workspace: Workspace):
        """Mount a file system of 4 MiB for the artifacts."""
        folder = workspace.folder / "disk"
        folder.mkdir()
        subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
        workspace.podium("artifact-store", "register", "cramped", "--flavor", "local", f"--path={folder}/store")
        result = workspace.podium("stack", "register", "cramped", "-o", "default", "-a", "cramped", "--set")
        assert result.returncode == 0, result.stderr
        yield folder
        workspace.end_all()
        subprocess.run(["/bin/umount", folder], check=True)

    class TestFullDisk:
        def test_an_artifact_that_does_not_fit(self, workspace: Workspace, disk: Path, file):
            run, said = workspace.run(file, code=1)
            check(workspace, run, said, disk)
            subprocess.run(["/bin/mount", "-o", "remount,size=64m", disk], check=True)
            result = workspace.podium("runs", "resume")
            assert result.returncode == 0, result.stderr
            assert workspace.notes("small") == [""]

        def test_a_disk_on_which_nothing_fits(self, workspace: Workspace, disk: Path):
            file = workspace.write("""
@step
def first() -> int:
    note("first")
    return 1

@step
def fills(x: int) -> int:
    if note("fills") == 1:
        with (HERE / "disk" / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass
    return x

@step
def last(x: int) -> int:
    return x

@pipeline
def flow():
    last(fills(first()))
""")
            result = workspace.podium("run", file)
            assert result.returncode == 1
            assert "no space left" in result.stderr
            assert "Traceback" not in result.stderr
            assert not workspace.processes()
            (disk / "ballast").unlink()
            assert workspace.show()["state"] in {"failed", "lost"}
            result = workspace.podium("runs", "resume")
            assert result.returncode == 0, result.stderr
            assert set(states(workspace.show()).values()) == {"completed"}
            assert workspace.notes("first") == [""]
            assert not list(disk.rglob(".unfinished-*"))
