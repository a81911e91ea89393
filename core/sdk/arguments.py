"""The arguments of a pipeline: those of the command line beat the run configuration, which beats the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..errors import PodiumError, UsageError
from ..names import did_you_mean
from ..spec import JSON
from .binding import misplaced
from .place import caller, definition

if TYPE_CHECKING:
    from .pipeline import Pipeline
    from .run_config import RunConfig

_OPTION = "--param"


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the function is called with, the same as JSON, and what is wrong."""

    values: Mapping[str, object]
    recorded: Mapping[str, JSON]
    faults: list[PodiumError]


def pipeline_arguments(
    pipeline: Pipeline[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    config: RunConfig,
    params: Mapping[str, str],
) -> Arguments:
    """Check all arguments against the function's signature; arguments left to defaults that are not JSON stay out."""
    subject = f"pipeline {pipeline.name!r}"
    place = str(caller())
    signature = pipeline.signature
    faults: list[PodiumError] = [UsageError(f"{subject}: {problem}", where=place) for problem in signature.problems]
    for problem, hint in misplaced(signature, args, kwargs):
        faults.append(UsageError(f"{subject}: {problem}", where=place, hint=hint))
    given = {**dict(zip(signature.positional, args)), **kwargs}  # noqa: B905 - excess is a fault above
    origins = dict.fromkeys(given, place)
    for origin, level in ((config.path, config.parameters), (_OPTION, params)):
        for name, value in level.items():
            if name not in signature.arguments:
                hint = did_you_mean(name, signature.arguments) or f"it has {', '.join(signature.arguments) or 'none'}"
                faults.append(UsageError(f"{subject}: there is no argument {name!r}", where=origin, hint=hint))
            else:
                given[name] = signature.arguments[name].type.parse(str(value)) if origin is _OPTION else value
                origins[name] = origin
    values: dict[str, object] = {}
    recorded: dict[str, JSON] = {}
    for name, argument in signature.arguments.items():
        try:
            if name in given:
                recorded[name] = argument.type.encode(given[name])
                values[name] = argument.type.decode(recorded[name])
            elif argument.default is not None:
                recorded[name] = argument.default.value
            elif argument.required:
                hint = f"give it: {_OPTION} {name}=…, or in the call"
                faults.append(UsageError(f"{subject}: argument {name!r} is missing", where=place, hint=hint))
        except ValueError as error:
            hint = f"change the value, or the annotation at {definition(pipeline.entrypoint)}"
            faults.append(UsageError(f"{subject}: argument {name!r} {error}", where=origins[name], hint=hint))
    return Arguments(values, recorded, faults)
