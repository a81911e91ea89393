"""The cache key of a step: what its outputs depend on, in one digest."""

from __future__ import annotations

import json
from collections.abc import Mapping

from blake3 import blake3

from ..spec import JSON, Collection, Input, Parameter, StepSpec, Stored

CACHE_VERSION = 1
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def cache_key(step: StepSpec, inputs: Mapping[str, Input]) -> str:
    """Digest a step's code, inputs, outputs and environment; upstream outputs stand in `inputs` as stored artifacts."""
    content = {
        "version": CACHE_VERSION,
        "source": step.source,
        "code": step.code,
        "inputs": {name: identity(value) for name, value in inputs.items()},
        "outputs": [(output.name, output.type, output.materializer) for output in step.outputs],
        "environment": dict(step.environment),
    }
    return blake3(_encode(content).encode()).hexdigest()


def identity(value: Input) -> JSON:
    """Say what an input holds, never where: a parameter's value, an artifact's digest and materializer.

    Raises ValueError for an upstream output, whose content is known only once it is stored.
    """
    if isinstance(value, Parameter):
        return {"value": value.value}
    if isinstance(value, Stored):
        return {"digest": value.record["digest"], "materializer": value.record["materializer"]}
    if isinstance(value, Collection):
        items = [identity(item) for item in value.items]
        return {"dict": dict(zip(value.keys, items, strict=True))} if value.kind == "dict" else {value.kind: items}
    raise ValueError(f"output {value.output!r} of step {value.step!r} is not stored yet")
