"""The arguments of one step call as inputs: artifacts, parameters and collections of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from ..names import did_you_mean
from ..spec import JSON, Collection, Input, Parameter, Stored
from .artifact import ExternalArtifact, StepArtifact
from .parameters import ParameterType, describe, is_json
from .signature import Argument, Signature, mismatch

if TYPE_CHECKING:
    from .place import Place
    from .trace import AnyStep, Trace

_KINDS: dict[type, Literal["list", "tuple", "dict"]] = {list: "list", tuple: "tuple", dict: "dict"}
_MISSING = object()
_ANYTHING = ParameterType(object)
_AS_ARTIFACT = "values that are not JSON travel as artifacts: return them from a step, or pass ExternalArtifact(value)"


def bind(
    trace: Trace,
    step: AnyStep,
    step_id: str,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    *,
    place: Place,
) -> dict[str, Input]:
    """Match arguments with the step's own; every mismatch becomes a fault of the trace, its input is left out."""
    signature = step.signature
    given: dict[str, object] = dict(zip(signature.positional, args))  # noqa: B905 - excess is a fault below
    inputs: dict[str, Input] = {}
    for problem, hint in misplaced(signature, args, kwargs):
        trace.fault(f"step {step_id!r}: {problem}", place, hint)
    given.update(kwargs)
    override = trace.config.steps.get(step_id)
    overridden = override.parameters if override else {}
    for name, value in overridden.items():
        if name not in signature.arguments:
            hint = did_you_mean(name, signature.arguments)
            trace.fault(f"step {step_id!r}: there is no argument {name!r}", trace.config.path, hint)
        elif _holds_artifact(given.get(name)):
            trace.fault(f"step {step_id!r}: argument {name!r} is an artifact, not a parameter", trace.config.path)
        else:
            given[name] = value
    for name, argument in signature.arguments.items():
        value = given.get(name, _MISSING)
        if value is not _MISSING:
            try:
                inputs[name] = _input(trace, argument, value)
            except ValueError as error:
                where = trace.config.path if name in overridden else place
                trace.fault(f"step {step_id!r}: argument {name!r} {error}", where, _hint(value))
        elif argument.default is not None:
            inputs[name] = argument.default
        elif argument.required and name not in kwargs:
            trace.fault(f"step {step_id!r}: argument {name!r} is missing", place)
    return inputs


def misplaced(
    signature: Signature, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Iterator[tuple[str, str | None]]:
    """Yield a problem and a hint for every argument that the signature has no place for."""
    if len(args) > len(signature.positional):
        yield f"takes {len(signature.positional)} arguments by position, {len(args)} were given", None
    for name in kwargs:
        if name not in signature.arguments:
            yield f"there is no argument {name!r}", did_you_mean(name, signature.arguments)
        elif name in signature.positional[: len(args)]:
            yield f"argument {name!r} is given twice", None


def _input(trace: Trace, argument: Argument, value: object) -> Input:
    """Turn one value into an input; raise ValueError, with the reason, when it cannot be one."""
    kind = type(value)
    if isinstance(value, StepArtifact):
        if mismatch(value.annotation, argument.type.annotation):
            wanted = describe(argument.type.annotation)
            raise ValueError(f"takes {wanted}, but {value!r} is {describe(value.annotation)}")
        return _reference(trace, value)
    if isinstance(value, ExternalArtifact):
        return _stored(trace, value)
    if kind in _KINDS and (_holds_artifact(value) or (argument.type.anything and kind is not list)):
        if mismatch(kind, argument.type.annotation):
            raise ValueError(f"takes {describe(argument.type.annotation)}, but got a {kind.__name__} of artifacts")
        return _member(trace, value)
    return Parameter(argument.type.encode(value))


def _reference(trace: Trace, artifact: StepArtifact) -> Input:
    if artifact.trace is not trace:
        raise ValueError(f"is {artifact!r} of another pipeline run")
    if not artifact.upstream.output:
        raise ValueError(f"is the result of step {artifact.upstream.step!r}, which has no outputs")
    return artifact.upstream


def _stored(trace: Trace, artifact: ExternalArtifact) -> Input:
    record: dict[str, JSON] = {}
    trace.external.append((artifact, record))
    return Stored(record)


def _holds_artifact(value: object) -> bool:
    if isinstance(value, (StepArtifact, ExternalArtifact)):
        return True
    if type(value) is dict:
        return any(map(_holds_artifact, value.values()))
    return type(value) in _KINDS and any(map(_holds_artifact, value))  # type: ignore[call-overload]


def _member(trace: Trace, value: object) -> Input:
    """Turn a member of a collection into an input of its own; plain members must be JSON."""
    if isinstance(value, StepArtifact):
        return _reference(trace, value)
    if isinstance(value, ExternalArtifact):
        return _stored(trace, value)
    if isinstance(value, dict) and type(value) is dict:
        wrong = next((key for key in value if not isinstance(key, str)), None)
        if wrong is not None:
            raise ValueError(f"is a dict with the key {wrong!r}, only text can be a key")
        return Collection("dict", tuple(_member(trace, item) for item in value.values()), tuple(value))
    if isinstance(value, (list, tuple)) and type(value) in _KINDS:
        return Collection(_KINDS[type(value)], tuple(_member(trace, item) for item in value))
    return Parameter(_ANYTHING.encode(value))


def _hint(value: object) -> str | None:
    return None if isinstance(value, (float, StepArtifact)) or is_json(value) else _AS_ARTIFACT
