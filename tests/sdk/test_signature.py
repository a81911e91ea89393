"""What annotations say about outputs, and which connections and results are plainly wrong."""

from __future__ import annotations

import functools
import inspect
from typing import Annotated, Any, NoReturn, Tuple  # noqa: UP035 - the old spelling is under test

import pytest

from podium import UsageError, pipeline, step
from podium.core.sdk.signature import fits, mismatch, signature_of
from podium.core.spec import Parameter


def outputs_of(annotation):
    def function():
        pass

    function.__annotations__["return"] = annotation
    return [(found.spec.name, found.spec.type, found.spec.named) for found in signature_of(function, {}).outputs]


INT, TEXT = "builtins:int", "builtins:str"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, [("output", INT, False)]),
        (Annotated[int, "a"], [("a", INT, True)]),
        (Annotated[int, 5, "a"], [("a", INT, True)]),
        (list[int], [("output", "builtins:list", False)]),
        (int | None, [("output", None, False)]),
        (Any, [("output", None, False)]),
        (tuple[int, str], [("output_0", INT, False), ("output_1", TEXT, False)]),
        (Tuple[Annotated[int, "a"], Annotated[str, "b"]], [("a", INT, True), ("b", TEXT, True)]),  # noqa: UP006
        (tuple[Annotated[int, "a"], str], [("a", INT, True), ("output_1", TEXT, False)]),
        (Annotated[tuple[int, str], "both"], [("both", "builtins:tuple", True)]),
        (tuple[int, ...], [("output", "builtins:tuple", False)]),
        (tuple, [("output", "builtins:tuple", False)]),
        (None, []),
        (NoReturn, []),
    ],
)
def test_outputs_follow_the_return_annotation(annotation, expected):
    assert outputs_of(annotation) == expected


def test_without_a_return_annotation_there_is_one_output():
    (found,) = signature_of(lambda: 1, {}).outputs
    assert (found.spec.name, found.spec.type) == ("output", None)


def test_what_a_decorator_says_the_function_takes_counts():
    def connected(function):
        @functools.wraps(function)
        def with_connection(**given):
            return function("connection", **given)

        parameters = list(inspect.signature(function).parameters.values())
        with_connection.__signature__ = inspect.Signature(parameters[1:])
        return with_connection

    @connected
    def read(connection, table: str, *, limit: int = 5) -> int:
        return len(connection) + len(table) + limit

    found = signature_of(functools.wraps(read)(lambda **given: read(**given)), {})
    assert (list(found.arguments), found.positional, found.problems) == (["table", "limit"], ("table",), ())
    assert found.arguments["table"].required
    assert found.arguments["limit"].default == Parameter(5)


@pytest.mark.parametrize(
    ("function", "unnamed"),
    [(lambda a, /, b: 0, ["'a'"]), (lambda *a, b=1, **c: 0, ["'*a'", "'**c'"]), (lambda a=1, *, b: 0, [])],  # noqa: ARG005
)
def test_arguments_without_a_name_are_problems(function, unnamed):
    assert [problem.split()[1].rstrip(":") for problem in signature_of(function, {}).problems] == unnamed


def test_string_annotations_resolve_to_local_classes_too():
    class Local:
        pass

    @step
    def local(value: Local) -> Annotated[Local, "out"]:
        return value

    (found,) = local.signature.outputs
    assert (found.spec.name, local.annotation("value")) == ("out", Local)


def test_an_annotation_that_cannot_be_read_is_a_fault_and_the_others_count(faults_of):
    @step
    def broken(a: Missing, b: int) -> Annotated[int, "out"]:  # noqa: F821 - missing on purpose
        return 1

    faults = faults_of(pipeline(name="body")(lambda: broken(1, "x")))
    assert [fault.message.split(": ", 1)[1].partition(" (")[0] for fault in faults] == [
        "argument 'b' is str 'x', not int",
        "the annotation of argument 'a' cannot be read: name 'Missing' is not defined",
    ]
    assert broken.signature.outputs[0].spec.name == "out"


def test_a_tuple_of_one_named_part_says_how_to_write_it(faults_of):
    @step
    def one() -> tuple[Annotated[int, "a"]]:
        return (1,)

    (fault,) = faults_of(pipeline(name="body")(lambda: one()))
    assert "Annotated[…, 'a']" in fault.message


def test_a_decorated_function_keeps_its_own_signature():
    def logged(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    @step
    @logged
    def add(left: int, right: int = 1) -> Annotated[int, "sum"]:
        return left + right

    assert list(add.signature.arguments) == ["left", "right"]
    assert add.signature.outputs[0].spec.name == "sum"
    assert add(1) == 2


@pytest.mark.parametrize(
    ("produced", "wanted", "wrong"),
    [
        (str, int, True),
        (list, dict, True),
        (str, Exception, True),
        (float, int, True),
        (int, float, False),
        (bool, int, False),
        (str, object, False),
        (object, str, False),
        (str, Any, False),
        (str, int | str, False),
        (list[int], dict[str, int], False),
        (ValueError, KeyError, False),
        (int, type("Mine", (int,), {}), False),
    ],
)
def test_only_what_cannot_work_is_a_mismatch(produced, wanted, wrong):
    assert mismatch(produced, wanted) is wrong


@pytest.mark.parametrize(
    ("value", "annotation", "right"),
    [(1, float, True), (1.5, int, False), (None, int, False), (None, int | None, True), ((1,), list, False)],
)
def test_a_result_is_refused_only_when_it_is_plainly_not_of_its_type(value, annotation, right):
    assert fits(value, annotation) is right


def test_a_returned_value_of_the_wrong_type_names_the_output():
    @step
    def named() -> Annotated[int, "count"]:
        return 1

    named.check_outputs([2])
    with pytest.raises(UsageError, match="returned str for output 'count', which is annotated int"):
        named.check_outputs(["2"])
