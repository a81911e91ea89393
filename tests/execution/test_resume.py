"""A resume finds the user's code as the run did, and starts nothing but that run."""

from __future__ import annotations

from conformance.workspace import Workspace

from podium import Client

FAILS_ONCE = """
@step
def fragile() -> int:
    if note("tries") == 1:
        raise OSError("not yet")
    return helper.ANSWER if "helper" in globals() else 42

@pipeline
def flow():
    fragile()
"""


def test_modules_beside_a_file_below_the_source_root_are_found(workspace: Workspace):
    (workspace.folder / ".podium").mkdir()
    (workspace.folder / "jobs").mkdir()
    (workspace.folder / "jobs" / "helper.py").write_text("ANSWER = 42\n")
    file = workspace.write(f"import helper\n{FAILS_ONCE}", "jobs/flow.py")
    workspace.run(file, code=1)
    result = workspace.podium("runs", "resume")
    assert result.returncode == 0, result.stderr


def test_a_pipeline_call_without_a_guard_starts_no_other_run(workspace: Workspace):
    file = workspace.write(f"{FAILS_ONCE}\nflow()\n")
    workspace.run(file, "--in-process", code=1)
    result = workspace.podium("runs", "resume")
    assert result.returncode == 2
    assert '__name__ == "__main__"' in result.stderr
    assert len(workspace.notes("tries")) == 1


def test_what_a_step_logs_of_an_output_is_kept_with_it(workspace: Workspace, client):
    file = workspace.write("""
from podium import log_metadata

@step
def measure() -> int:
    log_metadata({"unit": "mm"}, artifact_name="output")
    return 7

@pipeline
def flow():
    measure()
""")
    workspace.run(file)
    found: Client = client()
    assert found.list_pipeline_runs()[0].steps["measure"].output.run_metadata == {"unit": "mm"}


def test_time_outs_that_cannot_be_kept_are_said(workspace: Workspace):
    file = workspace.write("""
@step(timeout=5)
def quick():
    pass

@pipeline
def flow():
    quick()
""")
    _, said = workspace.run(file, "--in-process")
    assert "time-outs do not end steps that run in this process" in said
