"""Every mistake in a pipeline is told at once, each with the step, the argument and the user's line."""

import inspect
from typing import Annotated

import pytest

from podium import DefinitionError, UsageError, pipeline, step


@step
def number(value: int = 3) -> int:
    return value


@step
def text() -> str:
    return "a"


@step
def nothing() -> None:
    pass


@step
def join(left: int, right: str) -> str:
    return f"{left}{right}"


def line_of(function, words):
    lines, start = inspect.getsourcelines(function.entrypoint)
    return start + next(index for index, line in enumerate(lines) if words in line)


def messages(faults):
    return [fault.message for fault in faults]


def test_all_faults_of_a_pipeline_are_told_together(faults_of):
    @pipeline
    def body():
        join("1", text())
        join(1, rigth="x")
        number(value=text())

    assert messages(faults_of(body)) == [
        "step 'join': argument 'left' is str '1', not int",
        "step 'join_2': there is no argument 'rigth'",
        "step 'join_2': argument 'right' is missing",
        "step 'number': argument 'value' takes int, but <output 'output' of step 'text_2'> is str",
    ]


def test_a_fault_points_at_the_line_of_the_call(faults_of):
    @pipeline
    def body():
        number(1)
        number("wrong")

    (fault,) = faults_of(body)
    assert fault.where == f"{__file__}:{line_of(body, 'wrong')}"


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        (lambda: join(1, rihgt="a", right="b"), "step 'join': there is no argument 'rihgt'", "did you mean 'right'?"),
        (lambda: join(1, "a", left=2), "step 'join': argument 'left' is given twice", None),
        (lambda: number(1, 2), "step 'number': takes 1 arguments by position, 2 were given", None),
        (lambda: number(after="nmber"), "step 'number' comes after 'nmber', but no step has this id", "'number'"),
        (lambda: number(after=[3]), "step 'number' cannot come after 3: give steps, their results or their ids", None),
        (
            lambda: number.after(text)(),
            "step 'number' comes after step 'text', which this pipeline does not call",
            None,
        ),
        (lambda: number(id="a/b"), "step name 'a/b' is not valid", "letters"),
        (lambda: (number(id="a"), text(id="a")), "step 'text': id 'a' is taken by another call", "own id="),
        (lambda: number(nothing()), "step 'number': argument 'value' is the result of step 'nothing', which", None),
        (lambda: number([text()]), "step 'number': argument 'value' takes int, but got a list of artifacts", None),
        (lambda: number(1.5), "step 'number': argument 'value' is float 1.5, not int", None),
        (lambda: number({"a": {1}}), "step 'number': argument 'value' is dict {'a': {1}}, not int", "ExternalArtifact"),
        (lambda: None, "pipeline 'body' calls no step", None),
    ],
)
def test_a_wrong_call_is_one_fault(faults_of, body, message, hint):
    (fault,) = faults_of(pipeline(name="body")(body))
    assert fault.message.startswith(message)
    assert (hint or "") in (fault.hint or "")


def test_a_cycle_names_its_steps_and_their_lines(faults_of):
    @pipeline
    def body():
        number(id="a", after="c")
        number(id="b", after="a")
        number(id="c", after="b")

    (fault,) = faults_of(body)
    assert fault.message.startswith("steps wait for each other: ")
    assert all(
        f"{__file__}:{line_of(body, f'id={name!r}'.replace(chr(39), chr(34)))}" in fault.message for name in "abc"
    )


def test_two_outputs_of_one_name_are_a_fault_of_the_step(faults_of):
    @step
    def twice() -> tuple[Annotated[int, "a"], Annotated[int, "a"]]:
        return 1, 2

    (fault,) = faults_of(pipeline(name="body")(lambda: twice()))
    assert fault.message == "step 'twice': two outputs are named 'a'"
    assert fault.where.endswith(f":{twice.entrypoint.__code__.co_firstlineno}")


def test_arguments_that_cannot_be_given_by_name_are_a_fault(faults_of):
    @step
    def loose(*values: int, **named: int) -> None:
        pass

    assert [message.split(":")[1] for message in messages(faults_of(pipeline(name="body")(lambda: loose())))] == [
        " argument '*values'",
        " argument '**named'",
    ]


def test_an_artifact_of_another_pipeline_is_refused(faults_of):
    kept = []

    @pipeline
    def first():
        kept.append(number())

    first.compile()
    faults = faults_of(pipeline(name="body")(lambda: (number(kept[0]), number(after=kept[0]))))
    assert all("of another pipeline run" in message for message in messages(faults))
    assert len(faults) == 2


def test_faults_before_a_crash_of_the_function_explain_it():
    @pipeline
    def body():
        number("wrong")
        raise RuntimeError

    with pytest.raises(DefinitionError, match="argument 'value'") as caught:
        body.compile()
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_pipeline_arguments_are_checked_like_those_of_steps(faults_of):
    @pipeline
    def body(count: int, rate: float = 0.5):
        number(count)

    assert messages(faults_of(body, "x", rte=1)) == [
        "pipeline 'body': there is no argument 'rte'",
        "pipeline 'body': argument 'count' is str 'x', not int",
    ]
    assert messages(faults_of(body)) == ["pipeline 'body': argument 'count' is missing"]


def test_text_that_utf_8_cannot_hold_is_shown():
    @pipeline(tags=["fine", "odd \udc80"])
    def flow():
        number()

    with pytest.raises(UsageError, match=r"text that UTF-8 cannot hold, at the end of 'odd .udc80'"):
        flow.compile().to_bytes()


def test_a_pipeline_call_inside_a_pipeline_says_what_to_call(faults_of):
    inner = pipeline(name="inner")(lambda: number())
    (fault,) = faults_of(pipeline(name="body")(lambda: inner()))
    assert "inner.entrypoint" in fault.hint


def test_a_pipeline_call_while_a_worker_imports_the_file_names_the_guard(monkeypatch):
    monkeypatch.setattr("podium.core.sdk.options.importing_in_worker", True)
    with pytest.raises(UsageError, match="__main__"):
        pipeline(name="body")(lambda: number())()


@pytest.mark.parametrize("decorator", [step, pipeline])
def test_only_functions_can_be_decorated(decorator):
    with pytest.raises(UsageError, match="takes a function"):
        decorator(int)


def test_a_connection_is_refused_only_when_it_cannot_work():
    @step
    def gives() -> bool:
        return True

    @step
    def takes_float(value: float) -> None:
        pass

    @step
    def takes_any(value: int | None) -> None:
        pass

    spec = pipeline(name="body")(lambda: (takes_float(number()), takes_any(text()), number(gives()))).compile()
    assert len(spec.steps) == 6
