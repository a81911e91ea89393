"""Artifacts have no value while a pipeline is traced; external ones are stored once, by content."""

import inspect

import pytest

from podium import ExternalArtifact, NotFoundError, UsageError, pipeline, step
from podium.core.artifacts.named import publish
from podium.core.artifacts.record import ArtifactRecord
from podium.core.artifacts.transfer import load_value, save_value
from podium.core.spec import Stored
from podium.core.stacks.stack import load_stack


@step
def number(value: object = 3) -> int:
    return 3


def fill(items, value):
    items[value] = 1


@pytest.mark.parametrize(
    "use",
    [
        lambda a: 1 if a else 2,
        lambda a: a + 1,
        lambda a: 1 - a,
        lambda a: a > 1,
        lambda a: a == 1,
        lambda a: [1, 2][a],
        lambda a: a[0],
        lambda a: len(a),
        lambda a: f"{a}",
        lambda a: str(a),
        lambda a: float(a),
        lambda a: a(),
        lambda a: 1 in a,
        lambda a: a.shape,
        lambda a: list(a),
    ],
)
def test_use_as_a_value_is_a_fault_at_the_users_line(faults_of, use):
    (fault,) = faults_of(pipeline(name="body")(lambda: use(number())))
    assert fault.message.startswith("output 'output' of step 'number'")
    assert fault.where == f"{__file__}:{inspect.getsourcelines(use)[1]}"


def test_the_faults_found_before_a_use_as_a_value_are_told_too(faults_of):
    @pipeline
    def body():
        value = number(object())
        if value:
            number()

    first, second = faults_of(body)
    assert "is object" in first.message
    assert "has no value yet" in second.message


def test_unpacking_one_output_says_how_to_have_several(faults_of):
    @pipeline
    def body():
        _, _ = number()

    (fault,) = faults_of(body)
    assert "tuple[…, …]" in fault.hint


def test_hasattr_and_identity_work_on_artifacts():
    seen = []

    @pipeline
    def body():
        value = number()
        seen.extend((hasattr(value, "shape"), value in [value, 1], repr(value), len({value})))

    body.compile()
    assert seen == [False, True, "<output 'output' of step 'number'>", 1]


def test_an_external_value_is_stored_once_under_the_digest_of_its_content():
    body = pipeline(name="body")(lambda: number([ExternalArtifact({"a": {1, 2}})]))
    (spec,) = body.compile().steps
    (stored,) = spec.inputs["value"].items
    record = ArtifactRecord.from_json(stored.record)
    assert record.key.startswith(f"external/{record.digest}")
    assert load_value(load_stack().artifact_store, record) == {"a": {1, 2}}
    assert body.compile().steps == (spec,)


def test_nothing_is_stored_when_the_pipeline_is_wrong(faults_of, home):
    faults_of(pipeline(name="body")(lambda: (number(ExternalArtifact(5)), number(vlue=1))))
    assert not (home / "artifacts").exists()


def test_an_external_artifact_is_found_by_name_and_version():
    store = load_stack().artifact_store
    record = save_value(store, "saved/one", "first")
    publish(store, "words", "v1", record)
    publish(store, "words", "v2", save_value(store, "saved/two", "second"))
    (spec,) = pipeline(name="body")(lambda: number(ExternalArtifact(name="words", version="v1"))).compile().steps
    assert spec.inputs["value"] == Stored(record.to_json())


def test_an_unknown_name_is_not_found():
    with pytest.raises(NotFoundError, match="words"):
        pipeline(name="body")(lambda: number(ExternalArtifact(name="words"))).compile()


@pytest.mark.parametrize("arguments", [{}, {"value": 1, "name": "a"}, {"value": 1, "version": "v"}])
def test_an_external_artifact_is_a_value_or_a_name(arguments):
    with pytest.raises(UsageError, match="either value= or name="):
        ExternalArtifact(**arguments)
