"""What a pipeline call returns and what Client finds, from runs in this process."""

from pathlib import Path
from typing import Annotated

import pytest

from podium import (
    Client,
    ConflictError,
    ExternalArtifact,
    NotFoundError,
    RunFailed,
    RunNotFinished,
    UsageError,
    load_artifact,
    log_metadata,
    pipeline,
    save_artifact,
    step,
)


@step
def two_outputs() -> tuple[Annotated[int, "small"], Annotated[list, "big"]]:
    print("making two")
    log_metadata({"rows": 2})
    return 1, [2, 3]


@step
def total(small: int, big: list) -> int:
    return small + sum(big)


@step
def stay_silent() -> None:
    pass


@pipeline
def sums():
    small, big = two_outputs()
    total(small, big)
    stay_silent()


@step
def divide(by: int) -> float:
    return 1 / by


@pipeline
def divisions(by: int):
    divide(by)


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setenv("PODIUM_IN_PROCESS", "1")


@pytest.fixture
def run():
    return sums()


def test_a_pipeline_call_returns_the_run(run):
    assert run.status == "completed"
    assert run.pipeline == "sums"
    assert run.name.startswith("sums-")
    assert list(run.steps) == ["two_outputs", "total", "stay_silent"]


def test_outputs_are_found_by_name_and_loaded(run):
    outputs = run.steps["two_outputs"].outputs
    assert {name: artifact.load() for name, artifact in outputs.items()} == {"small": 1, "big": [2, 3]}
    assert run.steps["total"].output.load() == 6


@pytest.mark.parametrize("name", ["two_outputs", "stay_silent"])
def test_output_is_only_for_steps_with_a_single_one(run, name):
    with pytest.raises(UsageError, match=f"step {name} has [02] outputs"):
        run.steps[name].output.load()


def test_load_returns_every_single_output(run):
    assert run.load() == {"total": 6}


def test_a_step_has_its_log_and_metadata(run):
    step = run.steps["two_outputs"]
    assert step.log == "making two\n"
    assert step.run_metadata == {"rows": 2}
    assert step.status == "completed"


def test_the_orchestrator_url_is_a_text_and_has_a_value(run, home):
    url = run.run_metadata["orchestrator_url"]
    assert url == url.value == f"file://{home}/artifacts/runs/{run.id}"
    assert Path(url.value.removeprefix("file://"), "run.json").is_file()


def test_an_artifact_knows_where_it_is(run):
    artifact = run.steps["total"].output
    assert Path(artifact.uri.removeprefix("file://")).read_bytes() == b"6"


def test_a_failed_step_raises_run_failed_that_names_the_run():
    with pytest.raises(RunFailed) as caught:
        divisions(0)
    run = Client().get_pipeline_run(caught.value.run_id)
    assert run.status == "failed"
    with pytest.raises(RunNotFinished, match="step divide has no outputs: it is failed"):
        run.steps["divide"].output.load()
    with pytest.raises(RunNotFinished, match="is failed"):
        run.load()


def test_a_run_is_found_by_id_by_name_and_by_how_either_starts(run):
    client = Client()
    assert {client.get_pipeline_run(key).id for key in (run.id, run.name, run.id[:20], run.name[:-1])} == {run.id}


def test_of_runs_with_one_name_the_newest_is_found():
    named = sums.with_options(run_name="nightly")
    named()
    newest = named()
    assert Client().get_pipeline_run("nightly").id == newest.id


def test_a_prefix_of_several_runs_is_refused():
    sums()
    newest = sums()
    with pytest.raises(UsageError, match="'sums' fits 2 runs") as caught:
        Client().get_pipeline_run("sums")
    assert newest.id in caught.value.hint


def test_a_wrong_name_is_told_with_the_right_one(run):
    with pytest.raises(NotFoundError) as caught:
        Client().get_pipeline_run(run.name.replace("sums", "smus"))
    assert caught.value.hint == f"did you mean {run.name!r}?"


def test_runs_are_listed_newest_first_and_by_pipeline():
    ids = [sums().id, divisions(1).id, sums().id]
    assert [run.id for run in Client().list_pipeline_runs()] == ids[::-1]
    assert [run.id for run in Client().list_pipeline_runs("sums")] == [ids[2], ids[0]]


def test_named_outputs_can_be_loaded_by_name_and_version(run):
    assert load_artifact("big") == [2, 3]
    assert load_artifact("small", f"{run.id}.two_outputs") == 1
    assert Client().get_artifact("big").version == f"{run.id}.two_outputs"
    with pytest.raises(NotFoundError):
        load_artifact("output")


@step(enable_cache=False)
def save_twice(times: int) -> None:
    for _ in range(times):
        save_artifact("draft", "text")


@pipeline
def saving(times: int):
    save_twice(times)


def test_an_artifact_saved_in_a_step_is_named_after_it():
    run = saving(1)
    assert Client().get_artifact("text").version == f"{run.id}.save_twice.1"
    assert load_artifact("text") == "draft"


def test_a_step_can_save_a_name_only_once():
    with pytest.raises(RunFailed) as caught:
        saving(2)
    assert "has a version" in Client().get_pipeline_run(caught.value.run_id).steps["save_twice"].log


def test_versions_saved_outside_a_step_never_change(home):
    assert save_artifact({"a": 1}, "config", version="1").load() == {"a": 1}
    with pytest.raises(ConflictError, match="'config' has a version '1' already"):
        save_artifact({"a": 2}, "config", version="1")
    save_artifact({"a": 3}, "config", version="2")
    assert load_artifact("config") == {"a": 3}
    assert load_artifact("config", "1") == {"a": 1}
    assert len(list((home / "artifacts/saved").iterdir())) == 2


def test_an_artifact_saved_outside_a_step_needs_a_version():
    with pytest.raises(UsageError, match="needs a version"):
        save_artifact(1, "config")


@pytest.mark.parametrize(("name", "version", "hint"), [("confgi", None, "'config'"), ("config", "1.1", "'1.0'")])
def test_a_wrong_name_or_version_of_an_artifact_is_told_with_the_right_one(name, version, hint):
    save_artifact(1, "config", version="1.0")
    with pytest.raises(NotFoundError) as caught:
        load_artifact(name, version)
    assert caught.value.hint == f"did you mean {hint}?"


@step
def add_all(values: list, by_name: dict) -> int:
    return sum(values) + sum(by_name.values())


@step
def one() -> int:
    return 1


@pipeline
def collecting():
    ones = [one(), one(), one()]
    add_all(ones, {"a": ones[0], "b": 10})


def test_a_list_or_dict_of_artifacts_is_one_input():
    assert collecting().steps["add_all"].output.load() == 14


@pipeline
def external():
    total(ExternalArtifact(4), ExternalArtifact(name="numbers"))


def test_external_artifacts_are_inputs():
    save_artifact([1, 2], "numbers", version="1")
    assert external().steps["total"].output.load() == 7
