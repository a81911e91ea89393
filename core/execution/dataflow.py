"""Outputs on their way from the steps that made them to the steps that wait for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..artifacts.record import ArtifactRecord
from ..spec import Collection, Input, StepSpec, Stored, Upstream, upstreams


class Dataflow:
    """Keeps each step's outputs until the last of its consumers has ended, and no longer."""

    def __init__(self, steps: Iterable[StepSpec], done: Mapping[str, Mapping[str, ArtifactRecord]]) -> None:
        self._outputs: dict[str, Mapping[str, ArtifactRecord]] = dict(done)
        self._waiting: dict[str, int] = {}
        for step in steps:
            if step.id not in done:
                for source in _sources(step):
                    self._waiting[source] = self._waiting.get(source, 0) + 1

    def inputs(self, step: StepSpec) -> dict[str, Input]:
        """Return the step's inputs with every reference to an upstream output replaced by its record."""
        return {name: self._resolve(value) for name, value in step.inputs.items()}

    def settle(self, step: StepSpec, outputs: Mapping[str, ArtifactRecord]) -> None:
        """Take in what a step made, and let go of what only it was waiting for."""
        if step.id in self._waiting:
            self._outputs[step.id] = outputs
        for source in _sources(step):
            self._waiting[source] -= 1
            if not self._waiting[source]:
                del self._waiting[source]
                self._outputs.pop(source, None)

    def _resolve(self, value: Input) -> Input:
        if isinstance(value, Upstream):
            return Stored(self._outputs[value.step][value.output].to_json())
        if isinstance(value, Collection):
            return Collection(value.kind, tuple(self._resolve(item) for item in value.items), value.keys)
        return value


def _sources(step: StepSpec) -> set[str]:
    return {ref.step for value in step.inputs.values() for ref in upstreams(value)}
