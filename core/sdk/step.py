"""`@step`: a function that a pipeline records by name, and that stays a plain function everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast, overload

from ..errors import UsageError
from .configuration import Configuration, StepOptions
from .definition import NO_OPTIONS, Definition, P, R_co
from .tracing import current_trace

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..spec import JSON

R = TypeVar("R")

_ORDERING = ("after", "id")


class Step(Definition[P, R_co]):
    """A step; options are set by `@step`, `with_options` and `configure`."""

    kind = "step"

    def __init__(self, entrypoint: Callable[P, R_co], configuration: Configuration = NO_OPTIONS) -> None:
        super().__init__(entrypoint, configuration)
        self.predecessors: tuple[object, ...] = ()

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: object, id: str, after: object = ..., **kwargs: object) -> R_co: ...
    @overload
    def __call__(self, *args: object, after: object, **kwargs: object) -> R_co: ...
    def __call__(self, *args: object, **kwargs: object) -> R_co:
        """Record a call in the pipeline being traced and return its artifacts; elsewhere call the function.

        `id` names the call and `after` orders it behind others: steps, their results, their ids, or lists of these.
        Where the function has arguments of these names they are the function's own.
        """
        ordering = {}
        for name in _ORDERING:
            if name in kwargs and name not in self.signature.arguments:
                ordering[name] = kwargs.pop(name)
        trace = current_trace()
        if trace is None:
            return cast("Callable[..., R_co]", self.entrypoint)(*args, **kwargs)
        artifacts = trace.record(self, args, kwargs, ordering.get("after"), cast("str | None", ordering.get("id")))
        return cast("R_co", artifacts)

    def after(self, *others: object) -> Step[P, R_co]:
        """Order every call of this step behind `others`: in a pipeline function for that pipeline, else for all."""
        trace = current_trace()
        if trace is None:
            self.predecessors += others
        else:
            trace.order(self, others)
        return self

    def with_options(self, **options: Unpack[StepOptions]) -> Step[P, R_co]:
        """Return a copy with these options laid over its own."""
        from copy import copy

        return copy(self).configure(**options)

    def configure(self, **options: Unpack[StepOptions]) -> Step[P, R_co]:
        """Lay options over the step's own and return it."""
        given = Configuration.of(options, StepOptions, f"step {self.name!r}")
        self.configuration = self.configuration.under(given)
        return self

    def annotation(self, name: str) -> object:
        """Return the annotation of an argument, None without one."""
        checked = self.signature.arguments[name].type
        return None if checked.anything else checked.annotation

    def validate_parameter(self, name: str, value: JSON) -> object:
        """Turn a recorded parameter into what the function takes; raise UsageError when the annotation does not fit."""
        try:
            return self.signature.arguments[name].type.decode(value)
        except ValueError as error:
            raise UsageError(f"step {self.name!r}: argument {name!r} {error}") from error

    def check_outputs(self, values: Sequence[object]) -> None:
        """Raise UsageError when a returned value is plainly not of its annotated type."""
        for output, value in zip(self.signature.outputs, values, strict=True):
            if type(value) is output.annotation:
                continue
            from .parameters import describe
            from .signature import fits

            if not fits(value, output.annotation):
                raise UsageError(
                    f"step {self.name!r} returned {type(value).__name__} for output {output.spec.name!r}, "
                    f"which is annotated {describe(output.annotation)}"
                )


@overload
def step(function: Callable[P, R], /) -> Step[P, R]: ...
@overload
def step(**options: Unpack[StepOptions]) -> Callable[[Callable[P, R]], Step[P, R]]: ...
def step(
    function: Callable[P, R] | None = None, /, **options: Unpack[StepOptions]
) -> Step[P, R] | Callable[[Callable[P, R]], Step[P, R]]:
    """Make a function a step; raises DefinitionError for options that do not exist."""
    if function is not None:
        return Step(function)
    configuration = Configuration.of(options, StepOptions, "@step")
    return lambda function: Step(function, configuration)
