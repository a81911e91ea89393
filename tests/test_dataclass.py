import copy
import pickle
from collections.abc import Mapping
from dataclasses import asdict, field, fields, replace

import pytest

from podium.core.dataclass import dataclass


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


def test_the_standard_functions_take_it():
    assert replace(Point(1), y=3) == Point(1, 3)
    assert asdict(Named(at=Point(1))) == {"name": "here", "at": {"x": 1, "y": 2, "labels": {}}}
    assert [found.name for found in fields(Point)] == ["x", "y", "labels"]
    assert Point.__match_args__ == ("x", "y", "labels")


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
