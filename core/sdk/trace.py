"""The step calls of one pipeline function, recorded while it runs; nothing else runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from ..dataclass import dataclass
from ..errors import PodiumError, UsageError
from ..names import check_name
from ..spec import JSON, Input, Upstream
from .artifact import ExternalArtifact, StepArtifact
from .binding import bind
from .place import Place, caller

if TYPE_CHECKING:
    from .run_config import RunConfig
    from .step import Step

    AnyStep: TypeAlias = Step[..., object]


@dataclass(frozen=True, slots=True)
class Invocation:
    """One step call; `after` holds what the user gave to `after=`, flat."""

    id: str
    step: AnyStep
    inputs: dict[str, Input]
    after: tuple[object, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Ordering:
    """A `step.after(…)` in the pipeline function: it holds for every call of the step in this pipeline."""

    step: AnyStep
    after: tuple[object, ...]
    place: Place


class Trace:
    """Everything recorded, and every fault found; calls with faults are recorded too, so that later ones make sense."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.invocations: dict[str, Invocation] = {}
        self.orderings: list[Ordering] = []
        self.faults: list[PodiumError] = []
        self.external: list[tuple[ExternalArtifact, dict[str, JSON]]] = []
        self._counts: dict[str, int] = {}

    def record(
        self, step: AnyStep, args: tuple[object, ...], kwargs: Mapping[str, object], after: object, step_id: str | None
    ) -> StepArtifact | tuple[StepArtifact, ...]:
        """Record a call; return what stands for its outputs."""
        place = caller()
        name = self._id(step, step_id, place)
        inputs = bind(self, step, name, args, kwargs, place=place)
        self.invocations[name] = Invocation(name, step, inputs, tuple(flat(after)), place)
        outputs = step.signature.outputs
        if len(outputs) == 1:
            return StepArtifact(self, Upstream(name, outputs[0].spec.name), outputs[0].annotation)
        if not outputs:
            return StepArtifact(self, Upstream(name, ""), None)
        return tuple(StepArtifact(self, Upstream(name, output.spec.name), output.annotation) for output in outputs)

    def order(self, step: AnyStep, others: tuple[object, ...]) -> None:
        """Record that every call of a step in this pipeline comes after others."""
        self.orderings.append(Ordering(step, tuple(flat(others)), caller()))

    def fault(self, message: str, where: Place | str, hint: str | None = None) -> None:
        """Keep a fault for the error that names them all."""
        self.faults.append(UsageError(message, where=str(where), hint=hint))

    def _id(self, step: AnyStep, given: str | None, place: Place) -> str:
        if given is not None:
            if given not in self.invocations:
                try:
                    return check_name(given, "step")
                except UsageError as error:
                    self.fault(error.message, place, error.hint)
                    return given
            self.fault(
                f"step {step.name!r}: id {given!r} is taken by another call", place, "give each call its own id="
            )
        name = step.name
        count = self._counts.get(name, 0) + 1
        unique = name if count == 1 else f"{name}_{count}"
        while unique in self.invocations:
            count += 1
            unique = f"{name}_{count}"
        self._counts[name] = count
        return unique


def flat(after: object) -> Iterable[object]:
    """Yield single predecessors from one of them, or from any nesting of lists and tuples of them."""
    if isinstance(after, (list, tuple, set, frozenset)):
        for item in after:
            yield from flat(item)
    elif after is not None:
        yield after
