"""What step calls in a pipeline function become in the spec."""

import tracemalloc
from typing import Annotated

import pytest

from podium import pipeline, step
from podium.core.spec import Collection, Parameter, PipelineSpec, Upstream


@step
def number(value: int = 3) -> int:
    return value


@step
def pair() -> tuple[Annotated[int, "left"], Annotated[str, "right"]]:
    return 1, "a"


@step
def show(value: object) -> None:
    print(value)


@step
def join(left: int, right: str, sep: str = "-") -> str:
    return f"{left}{sep}{right}"


def steps_of(function):
    return {found.id: found for found in pipeline(name="body")(function).compile().steps}


def test_outside_a_pipeline_a_step_is_its_function():
    assert join(1, right="a", sep="+", id="ignored", after=["nothing"]) == "1+a"
    assert join.__name__ == "join"


def test_several_outputs_unpack_and_connect_by_name():
    def body():
        left, right = pair()
        join(left, right=right)

    inputs = steps_of(body)["join"].inputs
    assert inputs == {"left": Upstream("pair", "left"), "right": Upstream("pair", "right"), "sep": Parameter("-")}


def test_calls_are_numbered_by_step_and_ids_given_are_kept_free():
    def body():
        number(id="number_2")
        for value in range(3):
            number(value)
        number.with_options(name="other")()

    assert list(steps_of(body)) == ["number_2", "number", "number_3", "number_4", "other"]


def test_containers_of_artifacts_and_plain_values_are_one_input():
    def body():
        show([number(), 2, (pair(), {"k": number()})])

    value = steps_of(body)["show"].inputs["value"]
    pairs = Collection("tuple", (Upstream("pair", "left"), Upstream("pair", "right")))
    inner = Collection("tuple", (pairs, Collection("dict", (Upstream("number_2", "output"),), ("k",))))
    assert value == Collection("list", (Upstream("number", "output"), Parameter(2), inner))


def test_a_tuple_without_annotation_stays_a_tuple():
    def body():
        show((1, 2))

    assert steps_of(body)["show"].inputs["value"] == Collection("tuple", (Parameter(1), Parameter(2)))


def test_defaults_are_recorded_unless_they_are_not_json():
    @step
    def defaults(a: int = 1, b: object = print, c: list[int] | None = None) -> None:
        pass

    assert steps_of(defaults)["defaults"].inputs == {"a": Parameter(1), "c": Parameter(None)}


def test_after_takes_ids_artifacts_steps_and_results_of_steps_without_outputs():
    def body():
        first = show(1)
        second = number()
        pair()
        show(2, after=[first, second, pair, "later"])
        show(3, id="later")

    spec = pipeline(body).compile()
    assert {found.id: found.after for found in spec.steps if found.after} == {
        "show_2": ("show", "number", "pair", "later")
    }
    assert [found.id for found in spec.steps].index("later") < [found.id for found in spec.steps].index("show_2")


def test_the_after_method_orders_every_call_in_this_pipeline_only():
    def ordered():
        number.after(pair)
        number()
        number()
        pair()

    assert {name: found.after for name, found in steps_of(ordered).items()} == {
        "pair": (),
        "number": ("pair",),
        "number_2": ("pair",),
    }
    assert steps_of(lambda: (number(), pair()))["number"].after == ()


def test_after_set_outside_a_pipeline_holds_wherever_the_other_step_is_called():
    late = number.with_options(name="late").after(pair)
    assert steps_of(lambda: (late(), pair()))["late"].after == ("pair",)
    assert steps_of(lambda: late())["late"].after == ()


def test_with_options_copies_and_configure_changes():
    copied = number.with_options(timeout=5)
    assert steps_of(lambda: number())["number"].timeout is None
    assert steps_of(lambda: copied.configure(timeout=6)())["number"].timeout == 6
    assert steps_of(lambda: copied())["number"].timeout == 6


def test_pipeline_parameters_reach_steps_as_values_and_are_recorded():
    @pipeline
    def body(count: int, label: str = "x"):
        for index in range(count):
            join(index, label)

    spec = body.compile(2)
    assert spec.parameters == {"count": 2, "label": "x"}
    assert [found.inputs["left"] for found in spec.steps] == [Parameter(0), Parameter(1)]


def test_an_argument_called_id_is_the_functions_own():
    @step
    def lookup(id: str) -> str:  # noqa: A002 - the name under test
        return id

    assert lookup(id="a") == "a"
    assert steps_of(lambda: lookup(id="a"))["lookup"].inputs == {"id": Parameter("a")}


def test_compiling_twice_gives_the_same_bytes_that_read_back_equal():
    @pipeline(tags=["t"], extra={"k": [1]}, environment={"A": "1"})
    def body():
        left, right = pair()
        show([join(left, right), number()], after="number")

    data = body.compile().to_bytes()
    assert data == body.compile().to_bytes()
    assert PipelineSpec.from_bytes(data).to_bytes() == data


def test_a_pipeline_that_fails_by_itself_raises_its_own_error():
    @pipeline
    def body():
        number()
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        body.compile()
    assert number(1) == 1


def test_a_long_loop_keeps_less_than_a_kilobyte_for_each_step():
    count = 2000

    @pipeline(environment={"A": "1"}, retry={"max_retries": 1})
    def loop():
        first = number(0)
        for index in range(count):
            join(first, str(index), after=[first])

    loop.compile()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    spec = loop.compile()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(spec.steps) == count + 1
    assert (after - before) / count < 1024
