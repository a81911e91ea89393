"""`podium runs`: what is listed and shown of runs, and what can be done with them."""

import json
import re
import shutil
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from conformance.workspace import Workspace, eventually

from podium.core.artifacts.local import LocalFiles
from podium.core.records.documents import RunKeys
from podium.core.records.reader import read_header

FLOW = """
@step
def speak() -> str:
    print("one")
    print("two", file=sys.stderr)
    return "spoken"

@step
def fail() -> None:
    raise ValueError("bad\\nluck")

@step(enable_cache=False)
def nap() -> None:
    note("napping")
    time.sleep(60)

@pipeline
def fine():
    speak()

@pipeline
def broken():
    speak()
    fail()

@pipeline
def sleepy():
    nap()
"""
LISTED = ("id", "name", "pipeline", "state", "stack", "created")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Four runs: fine, broken, fine under the same name as the first, fine with a name of its own."""
    space = Workspace(tmp_path_factory.mktemp("runs"))
    space.write(FLOW)
    space.runs = [
        space.run("flow.py:fine", "--name", "same")[0],
        space.run("flow.py:broken", code=1)[0],
        space.run("flow.py:fine", "--name", "same")[0],
        space.run("flow.py:fine", "--name", "Straße 5")[0],
    ]
    return space


@pytest.fixture
def read(done, podium, monkeypatch):
    """Run a command where the four runs are."""
    monkeypatch.setenv("PODIUM_HOME", str(done.home))
    return lambda line, *more: podium(f"runs {line}", *more)


@pytest.fixture
def look(read):
    """Return what a command prints, which must succeed."""

    def call(line, *more):
        result = read(line, *more)
        assert (result.code, result.err) == (0, "")
        return result.out

    return call


@pytest.fixture
def asleep(workspace):
    """Start a run whose only step sleeps; wait until it does."""
    path = workspace.write(FLOW)

    def start():
        process = workspace.start("run", f"{path.name}:sleepy")
        eventually((workspace.folder / "napping").exists)
        return process

    return start


def test_runs_are_listed_newest_first(done, look):
    rows = json.loads(look("list --output json"))
    assert [row["id"] for row in rows] == [run["id"] for run in reversed(done.runs)]
    assert rows[2] == {key: done.runs[1][key] for key in LISTED}
    created = [datetime.fromisoformat(row["created"]) for row in rows]
    assert created == sorted(created, reverse=True)


def test_all_formats_list_the_same(look):
    rows = json.loads(look("list --output json"))
    assert yaml.safe_load(look("list --output yaml")) == rows
    assert look("list --output names").split() == [row["id"] for row in rows]
    header, *lines = look("list").splitlines()
    assert header.split() == [key.upper() for key in LISTED]
    assert [line.split()[0] for line in lines] == [row["id"] for row in rows]


def test_a_name_may_be_any_text(look):
    assert "Straße 5" in look("list").replace("\\xdf", "ß")
    assert "\x1b" not in look("list") + look("show")


def test_the_list_can_be_cut_and_filtered(done, look):
    ids = [run["id"] for run in reversed(done.runs)]
    assert look("list --limit 2 --output names").split() == ids[:2]
    assert look("list --limit 0 --output names").split() == ids
    assert look("list --pipeline broken --output names").split() == [ids[2]]


def test_the_index_can_be_lost(done, look):
    before = look("list --refresh --output json")
    for entry in (done.home / "runs").iterdir():
        entry.unlink()
    assert look("list --output json") == before


def test_a_run_is_shown_as_run_printed_it(done, look):
    assert json.loads(look(f"show {done.runs[1]['id']} --output json")) == done.runs[1]
    assert yaml.safe_load(look(f"show {done.runs[1]['id']} --output yaml")) == done.runs[1]


def test_a_run_is_shown_as_a_table(done, look):
    table = look(f"show {done.runs[1]['id']}")
    assert re.search(r"^pipeline +broken$", table, re.MULTILINE)
    assert re.search(r"^speak +cached ", table, re.MULTILINE)
    assert re.search(r"^fail +failed +1 +[0-9.]+ +ValueError: bad$", table, re.MULTILINE)


def test_the_code_that_steps_were_given_is_shown(workspace):
    workspace.write(FLOW)
    run, _ = workspace.run("flow.py:fine")
    assert run["code"] is None
    store = LocalFiles(workspace.home / "artifacts")
    header = read_header(store, run["id"])
    code = replace(header.code, archive="a" * 64, commit="b" * 40, dirty=True)
    store.delete(RunKeys(run["id"]).header)
    store.write(RunKeys(run["id"]).header, replace(header, code=code).to_bytes())
    assert workspace.show()["code"] == {"archive": "a" * 64, "commit": "b" * 40, "dirty": True}
    table = workspace.podium("runs", "show").stdout
    assert re.search(f"^code.commit +{'b' * 40}$\n^code.dirty +yes$", table, re.MULTILINE)


def test_a_run_is_named_by_id_or_name_or_how_they_start_and_is_the_newest_otherwise(done, look):
    first, broken, third, last = (run["id"] for run in done.runs)
    found = {key: look("show", key, "--output", "names").strip() for key in (first, "same", "broken-", broken[:20])}
    assert found == {first: first, "same": third, "broken-": broken, broken[:20]: broken}
    assert look("show --output names").strip() == last


def test_the_newest_run_is_that_of_any_stack_unless_one_is_named(workspace):
    path = f"{workspace.write(FLOW).name}:fine"
    for command in ("artifact-store register other -f local --path there", "stack register other -o default -a other"):
        assert workspace.podium(*command.split()).returncode == 0
    here, there = workspace.run(path)[0]["id"], workspace.run(path, "--stack", "other")[0]["id"]
    assert workspace.show()["id"] == there
    assert workspace.podium("runs", "logs", "speak").stdout == "one\ntwo\n"
    assert workspace.podium("runs", "show", "--stack", "default", "--output", "names").stdout.strip() == here
    shutil.rmtree(workspace.folder / "there")
    assert workspace.show()["id"] == here


@pytest.mark.parametrize(
    ("key", "code", "message"),
    [("smae", 3, "hint: did you mean 'same'?\n"), ("0", 2, "'0' fits 4 runs"), ("sam", 2, "'sam' fits 2 runs")],
)
def test_a_name_that_fits_none_or_several_is_told(read, key, code, message):
    result = read(f"show {key}")
    assert (result.code, result.out) == (code, "")
    assert message in result.err


def test_an_unknown_format_is_told_before_anything_is_read(podium):
    assert podium("runs list --output josn").code == 2
    assert "did you mean 'json'?" in podium("runs show --output josn").err


def test_logs_are_printed_with_or_without_the_steps_name(done, look):
    run = done.runs[0]["id"]
    assert look(f"logs {run}") == "speak | one\nspeak | two\n"
    assert look(f"logs {run} speak") == "one\ntwo\n"


def test_logs_of_a_step_that_is_none_are_told(done, read):
    result = read(f"logs {done.runs[1]['id']} flai")
    assert (result.code, result.out) == (3, "")
    assert result.err.endswith("hint: did you mean 'fail'?\n")


def test_without_runs_nothing_is_listed_and_the_way_on_is_told(podium):
    assert podium("runs list --output json").out == "[]\n"
    result = podium("runs show")
    assert (result.code, result.err.splitlines()[-1]) == (3, "hint: start one: podium run pipeline.py")


def test_pipeline_runs_is_another_name_for_runs(look, podium):
    assert podium("pipeline runs list --output json").out == look("list --output json")
    verbs = podium("pipeline --help").out.partition("Commands:")[2]
    assert [line.split()[0] for line in verbs.strip().splitlines()] == ["list", "build", "schedule"]


def test_a_deleted_run_leaves_what_the_cache_uses(workspace):
    workspace.write(FLOW)
    first, _ = workspace.run("flow.py:fine")
    deleted = workspace.podium("runs", "delete", first["id"], "--yes")
    assert (deleted.returncode, deleted.stderr) == (
        0,
        f"deleted run {first['id']}; kept 1 artifact in use\n",
    )
    assert workspace.podium("runs", "list").stdout == ""
    again, _ = workspace.run("flow.py:fine")
    assert [step["state"] for step in again["steps"]] == ["cached"]
    assert again["steps"][0]["outputs"] == first["steps"][0]["outputs"]


def test_a_deleted_run_takes_along_what_nothing_uses(workspace):
    workspace.write(FLOW.replace("@step\ndef speak", "@step(enable_cache=False)\ndef speak"))
    run, _ = workspace.run("flow.py:fine")
    assert workspace.podium("runs", "delete", run["name"], "--yes").returncode == 0
    assert [path for path in workspace.home.rglob("*") if run["id"] in str(path)] == []


def test_a_cache_entry_that_makes_no_sense_keeps_no_run(workspace):
    workspace.write(FLOW)
    run, _ = workspace.run("flow.py:fine")
    (workspace.home / "artifacts/cache/odd").write_text("[]")
    assert workspace.podium("runs", "delete", run["id"], "--yes").returncode == 0


def test_nothing_is_deleted_unasked(done, read):
    assert read(f"delete {done.runs[0]['id']}").code == 2
    assert read(f"show {done.runs[0]['id']}").code == 0


def test_a_running_run_is_not_deleted_and_is_cancelled_from_outside(workspace, asleep):
    process = asleep()
    run = workspace.show()
    assert (run["state"], run["ended"], run["steps"][0]["state"]) == ("running", None, "running")
    refused = workspace.podium("runs", "delete", run["id"], "--yes")
    assert refused.returncode == 5
    assert re.match(
        rf"error: run {run['id']} is held by process {process.pid} of \S+ on .*\n"
        rf"hint: end it first: podium runs cancel {run['id']}\n",
        refused.stderr,
    )
    assert workspace.podium("runs", "cancel").returncode == 0
    process.communicate(timeout=30)
    assert process.returncode == 130
    run = workspace.show()
    assert (run["state"], run["steps"][0]["state"]) == ("cancelled", "cancelled")
    assert workspace.podium("runs", "cancel").returncode == 5


def test_cancelling_a_dead_run_records_its_end(workspace, asleep):
    process = asleep()
    process.kill()
    process.communicate()
    eventually(lambda: workspace.show()["state"] == "lost")
    started = time.monotonic()
    assert workspace.podium("runs", "cancel").returncode == 0
    assert time.monotonic() - started < 5
    run = workspace.show()
    assert (run["state"], run["submission"]) == ("cancelled", 2)
    assert run["steps"][0]["state"] == "cancelled"
    assert run["steps"][0]["detail"] == "the run was cancelled after its driver died"
    assert Path(workspace.home, "artifacts/runs", run["id"], "submissions/2.end.json").is_file()
