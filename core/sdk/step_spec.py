"""One step as all calls of it have it in the spec: options of all levels folded, settings checked, code digested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from ..dataclass import replace
from ..errors import DefinitionError, PodiumError, UsageError
from ..names import did_you_mean
from ..spec import JSON, NO_RESOURCES, OutputSpec, ResourceSpec, RetrySpec
from .configuration import Configuration
from .option_checks import name_faults, option_faults
from .place import definition, written
from .source import imported, source_of
from .step import Step

if TYPE_CHECKING:
    from .component_settings import Fields, SettingsReader

_INHERITED = ("enable_cache", "retry", "environment", "secrets", "on_failure", "on_success")


class OptionFields(TypedDict):
    """The fields of a StepSpec that options decide."""

    settings: Mapping[str, JSON]
    resources: ResourceSpec
    retry: RetrySpec | None
    timeout: float | None
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    enable_cache: bool
    on_failure: str | None
    on_success: str | None
    tags: tuple[str, ...]
    extra: Mapping[str, JSON]


class StepFields(OptionFields):
    """The fields of a StepSpec that all calls of a step share."""

    name: str
    source: str
    code: str
    outputs: tuple[OutputSpec, ...]
    pickled: str | None


class StepCompiler:
    """Makes the shared fields of each step of one pipeline, once per step and override; keeps every fault it finds."""

    def __init__(
        self,
        pipeline: Configuration,
        *,
        subject: str,
        where: str,
        root: Path | None,
        reader: Callable[[], SettingsReader],
        strict: bool | None,
    ) -> None:
        self.faults: list[PodiumError] = []
        self.pipeline = pipeline = self._sound(pipeline, subject, where)
        self._reader = reader
        self._root = root
        self._strict = strict
        inherited = {name: value for name, value in pipeline.options.items() if name in _INHERITED}
        self._inherited = Configuration(inherited, pipeline.settings)
        self.settings = self._settings(pipeline, subject, where)
        self._made: dict[Step[..., object], tuple[Configuration, Fields, StepFields]] = {}
        self._codes: dict[Callable[..., object], str] = {}

    def fields(self, step: Step[..., object]) -> StepFields:
        """Return the fields that every call of a step has."""
        return self._step(step)[2]

    def overridden(self, step: Step[..., object], above: Configuration, subject: str, where: str) -> StepFields:
        """Return the fields of a call that the run configuration says more about."""
        configuration, settings, fields = self._step(step)
        above = self._sound(above, subject, where)
        merged = _merged(settings, self._settings(above, subject, where))
        optional = self._optional(configuration.under(above), merged, subject, where)
        return {**fields, **optional, "outputs": self._outputs(step, configuration.under(above), subject, where)}

    def _step(self, step: Step[..., object]) -> tuple[Configuration, Fields, StepFields]:
        made = self._made.get(step)
        if made is None:
            made = self._made[step] = self._make(step)
        return made

    def _make(self, step: Step[..., object]) -> tuple[Configuration, Fields, StepFields]:
        subject, where = f"step {step.name!r}", str(definition(step.entrypoint))
        self.faults += name_faults(step, where)
        self.faults += (UsageError(f"{subject}: {problem}", where=where) for problem in step.signature.problems)
        own = self._sound(step.configuration, subject, where)
        settings = _merged(self.settings, self._settings(own, subject, where))
        configuration = self._inherited.under(own)
        found = imported(step.entrypoint)
        is_found = isinstance(found, Step) and found.entrypoint is step.entrypoint
        try:
            source = step.source
        except UsageError as error:
            self.faults.append(error)
            source = ""
        fields: StepFields = {
            "name": step.name,
            "source": source,
            "code": self._code(step.entrypoint),
            "outputs": self._outputs(step, own, subject, where),
            "pickled": None if is_found else _pickled(step),
            **self._optional(configuration, settings, subject, where),
        }
        return configuration, settings, fields

    def _code(self, function: Callable[..., object]) -> str:
        code = self._codes.get(function)
        if code is None:
            from ..cache.fingerprint import fingerprint

            code = self._codes[function] = fingerprint(function, self._root)
        return code

    def _sound(self, configuration: Configuration, subject: str, where: str) -> Configuration:
        """Return the options without those whose value is a fault."""
        faults = option_faults(configuration, subject, where)
        self.faults += faults.values()
        options = {name: value for name, value in configuration.options.items() if name not in faults}
        return Configuration(options, () if "settings" in faults else configuration.settings)

    def _settings(self, configuration: Configuration, subject: str, where: str) -> Fields:
        merged: Fields = {}
        for layer in configuration.settings:
            merged = _merged(merged, self._reader().read(layer, subject=subject, where=where, faults=self.faults))
        return merged

    def _optional(self, configuration: Configuration, settings: Fields, subject: str, where: str) -> OptionFields:
        options = configuration.options
        resources = settings.get("resources")
        kept = {key: fields for key, fields in settings.items() if key != "resources"} if resources else settings
        return {
            "settings": kept,
            "resources": self._resources(resources or {}),
            "retry": self._retry(options.get("retry"), subject, where),
            "timeout": cast("float | None", options.get("timeout")),
            "environment": cast("Mapping[str, str]", configuration.mapping("environment")),
            "secrets": configuration.texts("secrets"),
            "enable_cache": cast("bool", options.get("enable_cache", True)),
            "on_failure": self._hook(options.get("on_failure"), subject, where),
            "on_success": self._hook(options.get("on_success"), subject, where),
            "tags": configuration.texts("tags"),
            "extra": cast("Mapping[str, JSON]", configuration.mapping("extra")),
        }

    def _resources(self, fields: Mapping[str, JSON]) -> ResourceSpec:
        if not fields:
            return NO_RESOURCES if self._strict is None else replace(NO_RESOURCES, strict=self._strict)
        from .component_settings import resource_spec

        return resource_spec(fields, strict=self._strict)

    def _retry(self, given: object, subject: str, where: str) -> RetrySpec | None:
        if given is None:
            return None
        from .component_settings import checked
        from .settings import StepRetryConfig

        try:
            retry = checked(StepRetryConfig, given, f"{subject}: retry", where)
        except DefinitionError as error:
            self.faults += error.faults
            return None
        return RetrySpec(retry.max_retries, retry.delay, retry.backoff or 1.0)

    def _hook(self, hook: object, subject: str, where: str) -> str | None:
        if hook is None or isinstance(hook, str):
            return hook
        function = cast("Callable[..., object]", hook)
        if written(function) and imported(function) is function:
            return source_of(function)
        self.faults.append(
            UsageError(
                f"{subject}: hook {hook!r} cannot be imported", where=where, hint="define it with 'def' at module level"
            )
        )
        return None

    def _outputs(
        self, step: Step[..., object], configuration: Configuration, subject: str, where: str
    ) -> tuple[OutputSpec, ...]:
        specs = tuple(output.spec for output in step.signature.outputs)
        given = configuration.options.get("output_materializers")
        if given is None:
            return specs
        names = [spec.name for spec in specs]
        chosen = given if isinstance(given, Mapping) else dict.fromkeys(names, given)
        for name in chosen:
            if name not in names:
                problem = f"{subject}: there is no output {name!r} to have a materializer"
                self.faults.append(UsageError(problem, where=where, hint=did_you_mean(str(name), names)))
        return tuple(self._materialized(spec, chosen.get(spec.name), subject, where) for spec in specs)

    def _materialized(self, spec: OutputSpec, given: object, subject: str, where: str) -> OutputSpec:
        from ..contracts.materializer import Materializer
        from ..materializers.registry import by_name

        if given is None:
            return spec
        if isinstance(given, type) and issubclass(given, Materializer):
            return replace(spec, materializer=given.__name__)
        fault = UsageError(f"{given!r} is no materializer", hint="give a class that extends Materializer, or its name")
        if isinstance(given, str):
            try:
                return replace(spec, materializer=by_name(given).__name__)
            except UsageError as error:
                fault = error
        self.faults.append(UsageError(f"{subject}: {fault.message}", where=where, hint=fault.hint))
        return spec


def _merged(below: Fields, above: Fields) -> Fields:
    if not above:
        return below
    from .component_settings import laid_over

    return laid_over((below, above))


def _pickled(step: Step[..., object]) -> str:
    """Return the function by value, in base64, with annotations resolved, as their names need not exist elsewhere."""
    import base64

    import cloudpickle

    signature = step.signature
    hints = {name: argument.type.annotation for name, argument in signature.arguments.items()}
    function = step.entrypoint
    function.__annotations__ = {**function.__annotations__, **hints}
    return base64.b64encode(cloudpickle.dumps(function)).decode()
