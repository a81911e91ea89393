"""The options of `@step` and `@pipeline`, and how those of one level lay over those of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, TypeAlias, TypedDict, cast

if TYPE_CHECKING:
    from datetime import datetime

    from ..contracts.component import Settings
    from ..contracts.materializer import Materializer
    from ..errors import PodiumError
    from ..spec import JSON
    from .schedule import Schedule
    from .settings import StepRetryConfig

    SettingsMap: TypeAlias = Mapping[str, Settings | Mapping[str, object]]
    MaterializerSource: TypeAlias = type[Materializer] | str

Hook: TypeAlias = "Callable[..., object] | str"


class CommonOptions(TypedDict, total=False):
    """Options of steps and pipelines; what a step does not set it takes from its pipeline. None means not set."""

    name: str | None
    enable_cache: bool | None
    settings: SettingsMap | None
    retry: StepRetryConfig | Mapping[str, float] | None
    environment: Mapping[str, str] | None
    secrets: Sequence[str] | None
    tags: Sequence[str] | None
    extra: Mapping[str, JSON] | None
    on_failure: Hook | None
    on_success: Hook | None


class StepOptions(CommonOptions, total=False):
    """Options of a step; `timeout` is in seconds, hooks are functions or `module:function`."""

    timeout: float | None
    output_materializers: MaterializerSource | Mapping[str, MaterializerSource] | None


class PipelineOptions(CommonOptions, total=False):
    """Options of a pipeline; `run_name` may hold `{date}`, `{time}` and the keys of `substitutions`."""

    execution_mode: str | None
    substitutions: Mapping[str, str] | None
    run_name: str | None
    schedule: Schedule | Mapping[str, str | float | bool | datetime] | None
    config_path: str | PathLike[str] | None


_LOGS = "podium always keeps the log of every step"
_NO_ARTIFACT_SWITCH = "podium records no metadata or pictures of artifacts unless a step calls log_metadata"
_HOOKS = "use on_success and on_failure"
ELSEWHERE: Mapping[str, str] = {
    "step_operator": 'ask for hardware with settings={"resources": ResourceSettings(…)}, '
    "or run on a stack whose orchestrator has it",
    "experiment_tracker": "call the tracker's own client in the step",
    "model": "use tags and log_metadata",
    "cache_policy": "use enable_cache",
    "runtime": "every step runs in a process or container of its own",
    "heartbeat_healthy_threshold": "use timeout",
    "group": "use tags",
    "step_type": "use tags",
    "dynamic": "call steps in plain Python loops and conditions on parameters",
    "depends_on": "import the step modules instead",
    "build": 'use settings={"docker": DockerSettings(…)}',
    "enable_heartbeat": "use timeout on steps",
    "enable_step_logs": _LOGS,
    "enable_pipeline_logs": _LOGS,
    "enable_artifact_metadata": _NO_ARTIFACT_SWITCH,
    "enable_artifact_visualization": _NO_ARTIFACT_SWITCH,
    "on_start": _HOOKS,
    "on_end": _HOOKS,
    "on_pause": _HOOKS,
    "on_resume": _HOOKS,
    "on_init": "write a first step and order it with after",
    "on_cleanup": _HOOKS,
}
"""Options that ZenML has and podium does not, with what to do instead."""

_LAID_OVER = ("environment", "extra", "substitutions")


class Configuration:
    """The options of one level that are set; `settings` keeps one mapping per time that they were given."""

    __slots__ = ("options", "settings")

    def __init__(self, options: Mapping[str, object], settings: tuple[SettingsMap, ...] = ()) -> None:
        self.options = options
        self.settings = settings

    @classmethod
    def of(cls, given: Mapping[str, object], schema: type, subject: str) -> Configuration:
        """Take what the user gave; raise DefinitionError, at the user's line, for names the schema lacks."""
        unknown = [name for name in given if name not in schema.__annotations__]
        if unknown:
            from ..errors import DefinitionError
            from .place import caller

            where = str(caller())
            raise DefinitionError([unknown_option(name, schema, subject, where) for name in unknown], subject=subject)
        options = {name: value for name, value in given.items() if value is not None}
        settings = options.pop("settings", None)
        return cls(options, () if settings is None else (cast("SettingsMap", settings),))

    def under(self, above: Configuration) -> Configuration:
        """Lay another level over this one: settings by field, mappings by key, secrets added, else replaced."""
        merged = {**self.options, **above.options}
        for name in _LAID_OVER:
            if isinstance(self.options.get(name), Mapping) and isinstance(above.options.get(name), Mapping):
                merged[name] = {**self.mapping(name), **above.mapping(name)}
        if "secrets" in self.options and "secrets" in above.options:
            merged["secrets"] = [*self.texts("secrets"), *above.texts("secrets")]
        return Configuration(merged, self.settings + above.settings)

    def mapping(self, name: str) -> Mapping[str, object]:
        """Return an option that is a mapping, empty when not set."""
        return cast("Mapping[str, object]", self.options.get(name, {}))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an option that is a list of text, each text once, empty when not set."""
        return tuple(dict.fromkeys(cast("Sequence[str]", self.options.get(name, ()))))


def unknown_option(name: str, schema: type, subject: str, where: str) -> PodiumError:
    """Make the fault for an option that does not exist."""
    from ..errors import UsageError
    from ..names import did_you_mean

    hint = ELSEWHERE.get(name) or did_you_mean(name, schema.__annotations__)
    return UsageError(f"{subject}: there is no option {name!r}", where=where, hint=hint)
