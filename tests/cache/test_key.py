"""What the cache key of a step depends on."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.core.cache.key import cache_key
from podium.core.spec import Collection, OutputSpec, Parameter, RetrySpec, StepSpec, Stored, Upstream

EXAMPLES = int(50 * float(os.environ.get("PODIUM_TEST_SCALE", "1")))

texts = st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
parameters = st.builds(Parameter, values)


def stored(digest, materializer="json", key="runs/1/a"):
    return Stored({"key": key, "materializer": materializer, "type": "builtins:int", "digest": digest, "size": 1})


leaves = parameters | st.builds(stored, texts, texts)
sequences = st.builds(Collection, st.sampled_from(["list", "tuple"]), st.lists(leaves, max_size=3).map(tuple))
mappings = st.dictionaries(texts, leaves, max_size=3).map(lambda d: Collection("dict", tuple(d.values()), tuple(d)))
inputs = st.dictionaries(texts, leaves | sequences | mappings, max_size=4)
outputs = st.lists(st.builds(OutputSpec, texts, st.none() | texts, st.none() | texts), max_size=3).map(tuple)
steps = st.builds(
    StepSpec,
    id=texts,
    name=texts,
    source=texts,
    code=texts,
    outputs=outputs,
    environment=st.dictionaries(texts, texts, max_size=3),
)


def reordered(value):
    """The same content, every dict in it filled in the opposite order."""
    if isinstance(value, dict):
        return {name: reordered(item) for name, item in reversed(value.items())}
    if isinstance(value, list):
        return [reordered(item) for item in value]
    if isinstance(value, Parameter):
        return Parameter(reordered(value.value))
    if isinstance(value, Stored):
        return Stored(reordered(value.record))
    if isinstance(value, Collection):
        direction = -1 if value.kind == "dict" else 1
        return Collection(value.kind, tuple(map(reordered, value.items))[::direction], value.keys[::direction])
    return value


@settings(max_examples=EXAMPLES)
@given(steps, inputs)
def test_the_order_of_dicts_does_not_count(step, given_inputs):
    moved = replace(step, environment=reordered(step.environment))
    assert cache_key(moved, reordered(given_inputs)) == cache_key(step, given_inputs)


def content(value):
    """What the key may depend on; the text tells True from 1 and 1 from 1.0, which Python's equality does not."""
    if isinstance(value, Stored):
        return repr(("stored", value.record["digest"], value.record["materializer"]))
    if isinstance(value, Collection):
        items = list(map(content, value.items))
        return repr((value.kind, sorted(zip(value.keys, items, strict=True)) if value.kind == "dict" else items))
    return repr(("value", ordered(value.value)))


def ordered(value):
    if isinstance(value, dict):
        return sorted((name, ordered(item)) for name, item in value.items()), "dict"
    return list(map(ordered, value)) if isinstance(value, list) else value


@settings(max_examples=EXAMPLES)
@given(steps, st.lists(inputs, min_size=2, max_size=2))
def test_keys_are_equal_exactly_when_the_inputs_are(step, pair):
    contents = [{name: content(value) for name, value in found.items()} for found in pair]
    first, second = (cache_key(step, found) for found in pair)
    assert (first == second) == (contents[0] == contents[1])


@settings(max_examples=EXAMPLES)
@given(steps, inputs, leaves, st.data())
def test_any_other_value_of_any_input_gives_another_key(step, found, other, data):
    name = data.draw(st.sampled_from(sorted(found)) if found else texts)
    before = content(found[name]) if name in found else None
    changed = cache_key(step, {**found, name: other}) != cache_key(step, found)
    assert changed == (content(other) != before)


STEP = StepSpec(
    id="train",
    name="train",
    source="pipe:train",
    code="c0de",
    outputs=(OutputSpec("model", "lib:Model", "pickle"),),
    environment={"A": "1"},
)
INPUTS = {"data": stored("d1"), "rate": Parameter(0.1)}

COUNTS = {
    "the function": {"source": "pipe:other"},
    "the code": {"code": "c1de"},
    "an output's name": {"outputs": (OutputSpec("net", "lib:Model", "pickle"),)},
    "an output's type": {"outputs": (OutputSpec("model", "lib:Net", "pickle"),)},
    "an output's materializer": {"outputs": (OutputSpec("model", "lib:Model", "numpy"),)},
    "another output": {"outputs": (*STEP.outputs, OutputSpec("score"))},
    "a variable's value": {"environment": {"A": "2"}},
    "a variable": {"environment": {"A": "1", "B": ""}},
}
DOES_NOT_COUNT = {
    "the step's id and name": {"id": "train_2", "name": "other"},
    "retries and time-out": {"retry": RetrySpec(3), "timeout": 5.0},
    "settings": {"settings": {"docker": {"parent_image": "x"}}},
    "tags": {"tags": ("a",)},
    "steps it only follows": {"after": ("load",)},
}


@pytest.mark.parametrize("field", COUNTS)
def test_what_the_outputs_depend_on_counts(field):
    assert cache_key(replace(STEP, **COUNTS[field]), INPUTS) != cache_key(STEP, INPUTS)


@pytest.mark.parametrize("field", DOES_NOT_COUNT)
def test_what_the_outputs_do_not_depend_on_does_not_count(field):
    assert cache_key(replace(STEP, **DOES_NOT_COUNT[field]), INPUTS) == cache_key(STEP, INPUTS)


def test_the_place_of_an_artifact_does_not_count():
    moved = {**INPUTS, "data": stored("d1", key="runs/2/b")}
    assert cache_key(STEP, moved) == cache_key(STEP, INPUTS)


def test_a_key_cannot_be_told_before_the_upstream_outputs_are_stored():
    with pytest.raises(ValueError, match="output 'rows' of step 'load' is not stored yet"):
        cache_key(STEP, {"data": Upstream("load", "rows")})


PRINT = """
from podium.core.cache.key import cache_key
from podium.core.spec import OutputSpec, Parameter, StepSpec
step = StepSpec(id="a", name="a", source="p:a", outputs=(OutputSpec("o", "p:T"),), environment={"X": "1", "Y": "2"})
print(cache_key(step, {"rate": Parameter({"b": 1e22, "a": "\\u00fc", "c": [True, None]}), "n": Parameter(3)}))
"""


def test_hash_seed_locale_and_time_zone_do_not_count():
    variables = [
        {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "99", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"},
    ]
    command = [sys.executable, "-c", PRINT]
    runs = [subprocess.run(command, env=os.environ | some, capture_output=True, check=True) for some in variables]
    assert len({run.stdout for run in runs}) == 1
