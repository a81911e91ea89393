import copy
import dataclasses
import pickle
from collections.abc import Mapping

import pytest

from podium.core import dataclass as ours
from podium.core.dataclass import dataclass, defaults, field


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    name: str = "here"
    at: Point

    def __str__(self):
        return self.name


@dataclass(slots=True)
class Counter:
    count: int = 0


def test_it_is_made_shown_and_compared_as_the_standard_ones_are():
    point = Point(1, labels={"a": "b"})
    assert (point.x, point.y, point.labels) == (1, 2, {"a": "b"})
    assert repr(point) == "Point(x=1, y=2)"
    assert Point(1) == Point(1, 2) != Point(2)
    assert Point(1) != (1, 2, {})
    assert Point(1).labels is not Point(1).labels
    assert hash(Named(at=None)) == hash(Named(at=None, name="here"))
    assert str(Named(at=Point(1))) == "here"
    assert repr(Named(at=Point(1))) == "Named(name='here', at=Point(x=1, y=2))"


@pytest.mark.parametrize("functions", [ours, dataclasses])
def test_it_is_copied_with_changes_and_taken_apart(functions):
    assert functions.replace(Point(1), y=3) == Point(1, 3)
    assert functions.asdict(Named(at=Point(1))) == {"name": "here", "at": {"x": 1, "y": 2, "labels": {}}}
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        functions.replace(Point(1), z=3)


def test_it_is_a_dataclass_to_the_standard_module():
    assert dataclasses.is_dataclass(Point)
    assert [found.name for found in dataclasses.fields(Point)] == ["x", "y", "labels"]
    assert Point.__match_args__ == ("x", "y", "labels")


def test_the_default_of_a_field_without_one_equals_nothing():
    found = defaults(Point)
    assert (found["y"], found["labels"]) == (2, {})
    assert found["x"] not in (None, 0, 2, {})


def test_classes_of_the_same_shape_have_their_own_names_and_defaults():
    @dataclass(slots=True)
    class Other:
        field1: str
        make2: int = 5
        MISSING: Mapping[str, str] = field(default_factory=lambda: {"c": "d"})

    assert Other("a") == Other("a", 5, {"c": "d"}) != Other("a", 5, {})
    assert Other(field1="a", make2=6).MISSING == {"c": "d"}
    with pytest.raises(TypeError, match="field1"):
        Other()


def test_a_field_without_a_default_cannot_follow_one_that_has_one():
    class Wrong:
        x: int = 1
        y: int

    with pytest.raises(TypeError, match="without a default"):
        dataclass(slots=True)(Wrong)


@pytest.mark.parametrize("value", [Point(1, 3, {"a": "b"}), Named(at=Point(1)), Counter(3)])
def test_copies_are_equal(value):
    kept = pickle.loads(pickle.dumps(value))  # noqa: S301 - made here
    assert copy.copy(value) == copy.deepcopy(value) == kept == value


def test_one_that_is_not_frozen_has_no_hash():
    counter = Counter()
    counter.count += 1
    assert counter == Counter(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(counter)
    with pytest.raises(AttributeError):
        counter.other = 1


@pytest.mark.parametrize(("args", "given"), [((), {}), ((1, 2, {}, 4), {}), ((1,), {"z": 1})])
def test_wrong_arguments_are_refused(args, given):
    with pytest.raises(TypeError, match="__init__"):
        Point(*args, **given)
    with pytest.raises(TypeError, match="positional"):
        Named(Point(1))
