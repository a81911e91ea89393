"""`podium artifact` and `podium pipeline`."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime

import pytest
import yaml

FLOW = """
from typing import Annotated
from podium import Client, pipeline, save_artifact, step

@step
def load(rows: int) -> tuple[Annotated[list, "rows"], int]:
    save_artifact({"unit": "m"}, "notes")
    return list(range(rows)), rows

@pipeline
def loading(rows: int = 3):
    load(rows)

@pipeline
def other():
    load(3)

if __name__ == "__main__":
    loading(3)
    loading(4)
    other()
    save_artifact("by hand", "café/1.5", version="1.0")
    print(*(run.id for run in Client().list_pipeline_runs()))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three runs of two pipelines, the last one from the cache; the home and the ids, newest first."""
    folder = tmp_path_factory.mktemp("artifacts")
    (folder / "flow.py").write_text(FLOW)
    environment = {**os.environ, "PODIUM_HOME": str(folder / "home"), "PODIUM_IN_PROCESS": "1"}
    command = [sys.executable, "flow.py"]
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=30
    )
    return folder / "home", result.stdout.split()


@pytest.fixture
def look(runs, podium, monkeypatch):
    """Return what a command prints, which must succeed."""
    monkeypatch.setenv("PODIUM_HOME", str(runs[0]))

    def call(line, *more):
        result = podium(line, *more)
        assert (result.code, result.err) == (0, "")
        return result.out

    return call


def test_artifacts_are_listed_by_name_with_their_newest_version(runs, look):
    _, (_, second, _) = runs
    rows = json.loads(look("artifact list --output json"))
    assert [{key: row[key] for key in row if key != "created"} for row in rows] == [
        {"name": "café/1.5", "version": "1.0", "type": "builtins:str", "size": 9},
        {"name": "notes", "version": f"{second}.load.1", "type": "builtins:dict", "size": 12},
        {"name": "rows", "version": f"{second}.load", "type": "builtins:list", "size": 9},
    ]
    assert all(datetime.fromisoformat(row["created"]).utcoffset() is not None for row in rows)


def test_all_formats_list_the_same(look):
    rows = json.loads(look("artifact list --output json"))
    assert yaml.safe_load(look("artifact list --output yaml")) == rows
    assert look("artifact list --output names") == "café/1.5\nnotes\nrows\n"
    assert look("artifact list").splitlines()[0].split() == ["NAME", "VERSION", "TYPE", "SIZE", "CREATED"]


def test_all_is_told_of_the_newest_version(runs, look):
    home, (_, second, first) = runs
    found = json.loads(look("artifact describe rows --output json"))
    path = home / "artifacts/runs" / second / "artifacts/load.1.rows.json"
    assert (found["version"], found["run"], found["step"]) == (f"{second}.load", second, "load")
    assert (found["type"], found["materializer"], found["size"]) == ("builtins:list", "JSONMaterializer", 9)
    assert found["uri"] == f"file://{path}"
    assert json.loads(path.read_bytes()) == [0, 1, 2, 3]
    assert re.fullmatch("[0-9a-f]{64}", found["digest"])
    assert found["versions"] == [f"{second}.load", f"{first}.load"]


def test_an_older_version_can_be_named(runs, look):
    _, (_, _, first) = runs
    found = json.loads(look(f"artifact describe rows --version {first}.load --output json"))
    assert (found["run"], found["size"]) == (first, 7)


def test_what_a_step_saved_names_the_step_too(runs, look):
    _, (_, second, _) = runs
    found = json.loads(look("artifact describe notes --output json"))
    assert (found["run"], found["step"]) == (second, "load")


def test_a_version_of_the_users_own_names_no_run(look):
    found = json.loads(look("artifact describe", "café/1.5", "--output", "json"))
    assert (found["version"], found["run"], found["step"]) == ("1.0", None, None)


def test_the_beginning_of_a_name_is_enough_to_look(look):
    assert look("artifact describe ro --output names") == "rows\n"


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        ("describe rwos", "did you mean 'rows'?"),
        ("describe zzz", "list them: podium artifact list"),
        ("describe rows --version 1.0", "list them: podium artifact describe rows"),
        ("describe caf --version 1.1", "did you mean '1.0'?"),
    ],
)
def test_a_wrong_name_or_version_is_told(look, podium, args, hint):
    result = podium(f"artifact {args}")
    assert (result.code, result.out) == (3, "")
    assert result.err.endswith(f"hint: {hint}\n")


def test_pipelines_are_listed_with_their_last_run(runs, look):
    _, (third, second, _) = runs
    rows = json.loads(look("pipeline list --output json"))
    assert [(row["name"], row["runs"], row["last_run"], row["state"]) for row in rows] == [
        ("other", 1, third, "completed"),
        ("loading", 2, second, "completed"),
    ]
    assert all(datetime.fromisoformat(row["created"]).utcoffset() is not None for row in rows)
    assert look("pipeline list --output names") == "other\nloading\n"


def test_without_any_the_lists_are_empty(podium):
    assert podium("artifact list --output json").out == "[]\n"
    assert podium("pipeline list").out == ""


@pytest.mark.parametrize("command", ["artifact list", "artifact describe x", "pipeline list"])
def test_a_stack_or_format_that_is_none_is_told(podium, command):
    assert podium(f"{command} --stack nope").code == 3
    assert podium(f"{command} --output josn").code == 2
