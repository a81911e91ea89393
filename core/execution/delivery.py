"""The secrets that steps get: those they declare, and those that their environment refers to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from ..dataclass import dataclass, field
from ..errors import NotFoundError, UsageError
from ..secrets.references import resolved
from ..secrets.vault import read, read_key
from ..spec import Compact, PipelineSpec, StepSpec

if TYPE_CHECKING:
    from ..spec import JSON


@dataclass(frozen=True, slots=True)
class Delivery(Compact):
    """What one step gets: its whole environment, the secrets it declares, and each secret text that is in either.

    It travels to the step's process and nowhere else, and is never written.
    """

    environment: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, Mapping[str, str]] = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)


class SecretsOfRun:
    """Reads what one run needs, each secret once; one that does not exist becomes a fault."""

    def __init__(self) -> None:
        self._faults: dict[str, UsageError] = {}
        self._read = cache(read)
        self._read_key = cache(read_key)

    @property
    def faults(self) -> list[UsageError]:
        """Each fault found so far, once."""
        return list(self._faults.values())

    def deliveries(self, spec: PipelineSpec) -> dict[str, Delivery]:
        """Return what each step gets that needs any secret."""
        found = {step.id: self._delivery(step) for step in spec.steps if step.secrets or step.environment}
        return {step: delivery for step, delivery in found.items() if delivery is not None}

    def check(self, value: JSON, subject: str) -> None:
        """Look up every secret that a value refers to."""
        resolved(value, partial(self._value, subject))

    def _delivery(self, step: StepSpec) -> Delivery | None:
        subject = f"step {step.id!r}"
        declared = {name: self._values(subject, name) for name in step.secrets}
        hidden = [text for values in declared.values() for text in values.values()]

        def value(place: str, name: str, key: str) -> str:
            hidden.append(self._value(place, name, key))
            return hidden[-1]

        environment = {
            variable: str(resolved(text, partial(value, f"{subject}: environment {variable!r}")))
            for variable, text in step.environment.items()
        }
        return Delivery(environment, declared, tuple(hidden)) if declared or hidden else None

    def _values(self, subject: str, name: str) -> Mapping[str, str]:
        try:
            return self._read(name)
        except NotFoundError as error:
            self._fault(subject, error)
            return {}

    def _value(self, subject: str, name: str, key: str) -> str:
        try:
            return self._read_key(name, key)
        except NotFoundError as error:
            self._fault(subject, error)
            return ""

    def _fault(self, subject: str, error: NotFoundError) -> None:
        message = f"{subject}: {error.message}"
        self._faults[message] = UsageError(message, hint=error.hint)
