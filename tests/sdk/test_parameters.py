"""Parameters are what the annotation says, survive JSON, and come back as they were."""

import enum
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from podium.core.sdk.parameters import ParameterType

T = TypeVar("T")


class Model(BaseModel):
    count: int
    names: set[str] = Field(default_factory=set)


@dataclass
class Point:
    x: int
    y: float = 0.5


class Color(str, enum.Enum):
    RED = "red"


class Plain:
    pass


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_any_json_comes_back_as_it_was(value):
    anything = ParameterType(Any)
    assert anything.decode(json.loads(json.dumps(anything.encode(value)))) == value


JSON_LIKE = [
    list,
    dict,
    list[int],
    list[float],
    list[bool | str],
    list[list[float]],
    dict[str, int],
    dict[str, list[str]],
    dict[str, float | None],
    dict[int, int],
    list[int] | None,
    list[float] | dict[str, int] | str,
    list[Literal["a", 1, True]],
    Literal["a", 2],
    Annotated[list[int], Field(max_length=2)],
    tuple[int, str],
    tuple[float, ...],
    tuple[list[int], dict[str, bool | None]],
    tuple[int, tuple[str, int]],
    tuple[()],
    tuple,
    tuple[int, int] | None,
]


@given(st.sampled_from(JSON_LIKE), st.data())
def test_structures_of_json_are_recorded_and_come_back_as_pydantic_has_them(annotation, data):
    value = data.draw(st.from_type(annotation) | json_values)
    adapter, checked = TypeAdapter(annotation), ParameterType(annotation)
    try:
        expected = adapter.validate_python(value)
        recorded = adapter.dump_json(expected, round_trip=True)
        assume(adapter.validate_json(recorded) == expected)
    except (ValidationError, PydanticSerializationError):
        with pytest.raises(ValueError, match=r"."):
            checked.encode(value)
    else:
        plain = checked.encode(value)
        assert repr(plain) == repr(json.loads(recorded))
        assert repr(checked.decode(plain)) == repr(adapter.validate_json(recorded))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, True),
        (float, 3),
        (Optional[int], None),  # noqa: UP045 - the old spelling is under test
        (int | str, "a"),
        (Annotated[int, "x"], 3),
        (T, [1]),
        (list[int], [1, 2]),
        (tuple[int, str], (1, "a")),
        (set[int], {1, 2}),
        (dict[str, float], {"a": 1.5}),
        (Literal["a", "b"], "a"),
        (Color, Color.RED),
        (Path, Path("a/b")),
        (date, date(2024, 1, 2)),
        (Model, Model(count=1, names={"a"})),
        (Model | None, None),
        (Point, Point(1)),
        (list[Point], [Point(1, 2.5)]),
    ],
)
def test_a_value_that_fits_comes_back_equal(annotation, value):
    checked = ParameterType(annotation)
    found = checked.decode(json.loads(json.dumps(checked.encode(value))))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("annotation", "value"), [(Any, [[1]]), (list[list[int]], [[1]]), (list, [[1]]), (tuple[list[int], int], ([1], 2))]
)
def test_each_attempt_has_its_own_copy(annotation, value):
    checked = ParameterType(annotation)
    plain = checked.encode(value)
    checked.decode(plain)[0].append(9)
    assert checked.decode(plain) == value


def test_a_mapping_becomes_the_model_it_describes():
    checked = ParameterType(Model)
    assert checked.decode(checked.encode({"count": "3"})) == Model(count=3)


@pytest.mark.parametrize(
    ("annotation", "value", "reason"),
    [
        (int, "1", "is str '1', not int"),
        (int, 1.0, "is float 1.0, not int"),
        (str, 1, "is int 1, not str"),
        (bool, 1, "is int 1, not bool"),
        (int | None, "a", "not int | None"),
        (float, float("nan"), "JSON cannot hold"),
        (Any, {1, 2}, "which is not JSON"),
        (Any, {1: 2}, "would not come back the same"),
        (Any, Plain(), "which is not JSON"),
        (list[int], ["a"], "0: Input should be a valid integer"),
        (Literal["a"], "b", "not typing.Literal"),
        (Model, {"count": "many"}, "count: Input should be a valid integer"),
        (Plain, Plain(), "cannot be stored as JSON"),
        (SecretStr, "hidden", "would not come back the same"),
        (list[float], [float("inf")], "JSON"),
        (list, [(1, 2)], "would not come back the same"),
        (str, "a\udc80", "text that UTF-8 cannot hold"),
        (dict[str, str], {"a": "\udc80"}, "text that UTF-8 cannot hold"),
        (Any, "\udc80", "text that UTF-8 cannot hold"),
    ],
)
def test_a_value_that_does_not_fit_says_why(annotation, value, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        ParameterType(annotation).encode(value)


def test_recorded_json_that_no_longer_fits_is_refused():
    with pytest.raises(ValueError, match="is str 'a', not int"):
        ParameterType(int).decode("a")


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, "3", 3),
        (float, "1e-3", 0.001),
        (bool, "true", True),
        (bool, "False", False),
        (str, "3", "3"),
        (str | None, "3", "3"),
        (str | None, "null", None),
        (int | None, "None", None),
        (list[int], "[1, 2]", [1, 2]),
        (Any, "hello", "hello"),
        (Any, '{"a": 1}', {"a": 1}),
        (int, "many", "many"),
    ],
)
def test_a_typed_text_means_what_the_annotation_takes(annotation, text, value):
    assert ParameterType(annotation).parse(text) == value
