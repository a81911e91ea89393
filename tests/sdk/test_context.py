"""What a running step knows of itself, and what it may tell."""

from typing import Annotated

import pytest

from podium import (
    Client,
    RunFailed,
    StepRetryConfig,
    UsageError,
    get_step_context,
    log_metadata,
    pipeline,
    step,
)


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setenv("PODIUM_IN_PROCESS", "1")


@step
def introspect() -> Annotated[dict, "facts"]:
    context = get_step_context()
    return {
        "step": context.step_name,
        "attempt": context.attempt,
        "pipeline": context.pipeline.name,
        "run": context.pipeline_run.name,
        "run_id": context.pipeline_run.id,
        "uri": context.get_output_artifact_uri(),
    }


@pipeline
def asking():
    introspect()
    introspect()


def test_a_step_knows_its_place():
    run = asking()
    artifact = run.steps["introspect_2"].output
    facts = artifact.load()
    assert facts["step"] == "introspect_2"
    assert facts["attempt"] == 1
    assert (facts["pipeline"], facts["run"], facts["run_id"]) == ("asking", run.name, run.id)
    assert artifact.uri == facts["uri"] + ".json"


@step(retry=StepRetryConfig(max_retries=2, delay=0))
def third_time() -> int:
    attempt = get_step_context().attempt
    if attempt < 3:
        raise ValueError(attempt)
    return attempt


@pipeline
def retrying():
    third_time()


def test_attempts_are_counted_from_one():
    assert retrying().steps["third_time"].output.load() == 3


@step
def tell(value: int) -> Annotated[int, "told"]:
    log_metadata({"value": value, "unit": "m"})
    log_metadata({"value": value + 1})
    return value


@pipeline
def telling(value: int):
    tell(value)


def test_later_metadata_is_laid_over_earlier():
    assert telling(1).steps["tell"].run_metadata == {"value": 2, "unit": "m"}


@step
def tell_then_fail() -> None:
    log_metadata({"reached": "here"})
    raise ValueError


@pipeline
def failing():
    tell_then_fail()


def test_metadata_of_a_failed_step_is_kept():
    with pytest.raises(RunFailed) as caught:
        failing()
    assert Client().get_pipeline_run(caught.value.run_id).steps["tell_then_fail"].run_metadata == {"reached": "here"}


@step
def tell_an_object() -> None:
    log_metadata({"value": object()})


@step
def ask_for_a_wrong_output() -> int:
    get_step_context().get_output_artifact_uri("output_2")
    return 1


@pipeline
def mistakes():
    tell_an_object()
    ask_for_a_wrong_output()


def test_mistakes_fail_the_step_with_their_reason():
    with pytest.raises(RunFailed) as caught:
        mistakes()
    steps = Client().get_pipeline_run(caught.value.run_id).steps
    assert "UsageError: metadata must be JSON" in steps["tell_an_object"].log
    assert "hint: its outputs are output" in steps["ask_for_a_wrong_output"].log


def test_outside_of_a_step_there_is_no_context():
    for ask in (get_step_context, lambda: log_metadata({"a": 1})):
        with pytest.raises(UsageError, match="there is no step running here"):
            ask()


def test_a_step_called_as_a_function_has_no_context_either():
    with pytest.raises(UsageError, match="there is no step running here"):
        introspect()
