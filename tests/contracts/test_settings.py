"""Settings classes as the author of a flavor writes them."""

import copy
import pickle
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, TypeAdapter, ValidationError

from podium.core.contracts.component import About, Settings
from podium.core.errors import DefinitionError
from podium.core.sdk import options
from podium.core.validation import as_json, validated
from podium.flavors.local import LocalConfig


def even(value: int) -> int:
    if value % 2:
        raise ValueError("must be even")
    return value


class Disk(Settings):
    size: Annotated[int, About("GB.", gt=0, then=even)] = 2


class Machine(Settings):
    kinds: ClassVar[tuple[str, ...]] = ("a", "b")
    zone: str
    hosts: list[str] = []  # noqa: RUF012 - what an author may write
    disk: Disk | None = None
    limit: Annotated[int | None, About(ge=1, then=even)] = None
    name: Annotated[str, AfterValidator(lambda text: text.strip())] = "m"


class Pair(Settings):
    low: int = 1
    high: int = 2

    def conflicts(self) -> Iterator[str]:
        if self.low > self.high:
            yield "low is above high"
        if self.low == self.high:
            yield "low is high"


class Loose(Settings):
    many: list[str] | None = None
    table: Mapping[str, int | None] = {}
    some: Annotated[Sequence[float], About("Numbers.")] = ()
    kind: Literal["a", 1, True] = "a"
    either: str | list[int] | None = None
    place: Path | None = None
    free: dict[str, object] | None = None
    order: Annotated[list[int] | None, About(then=sorted)] = None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["", "a", "1", "b/c"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "1"]), inner),
)


def faults(model, **values):
    with pytest.raises(DefinitionError) as caught:
        model(**values)
    return [fault.message for fault in caught.value.faults]


def test_fields_are_the_annotations_of_the_class_and_its_bases():
    class Rack(Machine):
        zone: str = "here"
        height: int = 1

    assert Rack.field_names() == ("zone", "hosts", "disk", "limit", "name", "height")
    assert Rack().zone == "here"
    assert LocalConfig.field_names() == ("max_parallel_steps", "fresh_processes", "start_method")


def test_values_become_what_the_annotation_says():
    machine = Machine(zone="z", disk={"size": "4"}, name=" n ")
    assert (machine.disk, machine.name, machine.hosts, machine.limit) == (Disk(size=4), "n", [], None)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(Loose.field_names(), JSON)))
def test_values_become_what_pydantic_makes_of_them_whether_or_not_it_is_asked(values):
    try:
        expected = TypeAdapter(Loose).validate_python(values)
    except ValidationError:
        assert faults(Loose, **values)
    else:
        made = Loose(**values)
        assert {name: repr(value) for name, value in made.given().items()} == {
            name: repr(value) for name, value in expected.given().items()
        }


def test_what_the_caller_changes_later_changes_no_settings():
    hosts = ["a"]
    machine = Machine(zone="z", hosts=hosts)
    hosts.append("b")
    assert machine.hosts == ["a"]


def test_every_fault_is_told_at_once_and_none_of_the_values():
    assert faults(Machine, zoen="secret", hosts="secret", disk={"size": 0}, limit=3) == [
        "field 'zone' is required",
        "field 'hosts': Input should be a valid list",
        "field 'disk.size': Input should be greater than 0",
        "field 'limit': must be even",
        "unknown field 'zoen'",
    ]


def test_a_required_field_is_missed_where_nothing_is_given():
    assert faults(Machine) == ["field 'zone' is required"]


def test_none_passes_the_limits_where_the_type_has_it():
    assert Machine(zone="z", limit=None).limit is None
    assert faults(Disk, size=None) == ["field 'size': Input should be a valid integer"]


def test_numbers_are_finite():
    class Rate(Settings):
        rate: float = 1

    assert faults(Rate, rate=float("inf")) == ["field 'rate': Input should be a finite number"]


def test_fields_that_do_not_go_together_are_told_when_each_is_right():
    assert faults(Pair, low=3) == ["low is above high"]
    assert faults(Pair, low=3, high="x") == [
        "field 'high': Input should be a valid integer, unable to parse string as an integer"
    ]


def test_only_what_was_given_is_stored_even_where_it_is_the_default():
    machine = Machine(zone="z", disk=Disk(size=2), name="m")
    assert machine.given() == {"zone": "z", "disk": Disk(), "name": "m"}
    assert as_json(machine) == {"zone": "z", "disk": {"size": 2}, "name": "m"}
    assert validated(Machine, as_json(machine), subject="m", where="here") == machine


def test_equal_means_class_and_values():
    assert Pair(low=1) == Pair()
    assert hash(Pair(low=1)) == hash(Pair())
    assert Pair(low=0) != Pair()
    assert Pair() != type("Other", (Pair,), {})()


def test_it_shows_what_was_given():
    assert repr(Machine(zone="z", disk=Disk())) == "Machine(zone='z', disk=Disk())"


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])  # noqa: S301 - of what it pickled
def test_a_copy_is_equal_and_knows_what_was_given(duplicate):
    machine = Machine(zone="z")
    assert duplicate(machine) == machine
    assert duplicate(machine).given() == {"zone": "z"}


def test_it_cannot_be_changed():
    pair = Pair()
    with pytest.raises(AttributeError, match="Pair cannot be changed"):
        pair.low = 0
    with pytest.raises(AttributeError, match="Pair cannot be changed"):
        del pair.low


def test_objects_do_not_share_a_default():
    Machine(zone="z").hosts.append("h")
    assert Machine(zone="z").hosts == []


def test_a_process_that_imports_the_file_to_run_steps_takes_values_as_they_are(monkeypatch):
    monkeypatch.setattr(options, "importing_in_worker", True)
    pair = Pair(low=3, other="x")
    assert (pair.low, pair.high, pair.given()) == (3, 2, {"low": 3, "other": "x"})


def test_a_pydantic_model_may_have_settings():
    class Order(BaseModel):
        machine: Machine
        pair: Pair = Pair()

    order = Order.model_validate({"machine": {"zone": "z"}})
    assert order.machine == Machine(zone="z")
    assert order.model_dump(mode="json") == {"machine": {"zone": "z"}, "pair": {}}
    with pytest.raises(ValueError, match="low is above high"):
        Order.model_validate({"machine": Machine(zone="z"), "pair": {"low": 3}})
