"""The run configuration: a YAML file that says how to run a pipeline this time."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import cast

from ..dataclass import dataclass
from ..errors import DefinitionError, NotFoundError, PodiumError, UsageError
from ..names import did_you_mean
from .configuration import Configuration, PipelineOptions, StepOptions, unknown_option


class _PipelineKeys(PipelineOptions, total=False):
    parameters: Mapping[str, object]
    steps: Mapping[str, object]


class _StepKeys(StepOptions, total=False):
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class StepOverride:
    """What the file says about the call with one id."""

    configuration: Configuration
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What the file says; `path` names it in errors."""

    configuration: Configuration
    parameters: Mapping[str, object]
    steps: Mapping[str, StepOverride]
    path: str


NO_CONFIG = RunConfig(Configuration({}), {}, {}, "")


def read_run_config(path: str | PathLike[str]) -> RunConfig:
    """Read a file; raise NotFoundError without one, DefinitionError for YAML or keys that are wrong, all at once."""
    import yaml

    where = str(path)
    try:
        plain = yaml.safe_load(Path(path).read_bytes())
    except FileNotFoundError:
        folder = Path(path).parent
        beside = [file.name for file in folder.iterdir() if file.suffix in {".yaml", ".yml"}] if folder.is_dir() else []
        hint = did_you_mean(Path(path).name, beside) or "a run configuration is a YAML file"
        raise NotFoundError(f"there is no run configuration {where}", hint=hint) from None
    except OSError as error:
        raise UsageError(f"the run configuration cannot be read: {error.strerror}", where=where) from error
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"the run configuration is not YAML: {error.problem}", where=where + line) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"the run configuration is not YAML: {error}", where=where) from error
    faults: list[PodiumError] = []
    top = _section({} if plain is None else plain, _PipelineKeys, "run configuration", where, faults)
    steps = top.pop("steps", {})
    if not isinstance(steps, Mapping):
        faults.append(UsageError("run configuration: steps must be a mapping from step ids", where=where))
        steps = {}
    overrides = {}
    for name, given in steps.items():
        section = _section(given, _StepKeys, f"step {name!r}", where, faults)
        parameters = _parameters(section, f"step {name!r}", where, faults)
        overrides[str(name)] = StepOverride(Configuration.of(section, StepOptions, f"step {name!r}"), parameters)
    parameters = _parameters(top, "run configuration", where, faults)
    if faults:
        raise DefinitionError(faults, subject=f"run configuration {where}")
    return RunConfig(Configuration.of(top, PipelineOptions, "run configuration"), parameters, overrides, where)


def _section(given: object, schema: type, subject: str, where: str, faults: list[PodiumError]) -> dict[str, object]:
    """Return the known keys of one mapping; others become faults, those that only code may set too."""
    if not isinstance(given, Mapping):
        faults.append(UsageError(f"{subject} must be a mapping, not {given!r}", where=where))
        return {}
    names = schema.__annotations__.keys() - {"config_path", "name"}
    faults += (unknown_option(str(name), schema, subject, where) for name in given if name not in names)
    return {name: value for name, value in given.items() if name in names}


def _parameters(
    section: dict[str, object], subject: str, where: str, faults: list[PodiumError]
) -> Mapping[str, object]:
    found = section.pop("parameters", None)
    if found is None or (isinstance(found, Mapping) and all(isinstance(name, str) for name in found)):
        return cast("Mapping[str, object]", found or {})
    faults.append(UsageError(f"{subject}: parameters must be a mapping of names to values", where=where))
    return {}
