"""From a pipeline function and its arguments to a PipelineSpec: every fault that can be found is found in one go."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from ..errors import DefinitionError, PodiumError, UsageError
from ..names import did_you_mean
from ..spec import JSON, ExecutionMode, PipelineSpec, StepSpec
from .arguments import pipeline_arguments
from .configuration import Configuration
from .option_checks import name_faults
from .ordering import ordered, predecessors
from .place import definition
from .source import source_file, source_root
from .step_spec import StepCompiler
from .trace import Invocation, Trace
from .tracing import tracing

if TYPE_CHECKING:
    from ..stacks.stack import Stack
    from .component_settings import SettingsReader
    from .options import RunOptions
    from .pipeline import Pipeline
    from .run_config import RunConfig


def compile_pipeline(
    pipeline: Pipeline[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
    config: RunConfig,
    options: RunOptions,
) -> PipelineSpec:
    """Trace and compile; raise DefinitionError with all faults. Nothing is stored before everything is found right."""
    return _Compilation(pipeline, config, options).run(args, kwargs)


class _Compilation:
    def __init__(self, pipeline: Pipeline[..., object], config: RunConfig, options: RunOptions) -> None:
        self._pipeline = pipeline
        self._config = config
        self._options = options
        self._subject = f"pipeline {pipeline.name!r}"
        self._where = str(definition(pipeline.entrypoint))
        self._faults: list[PodiumError] = []

    @cached_property
    def _stack(self) -> Stack:
        from ..stacks.stack import load_stack

        return load_stack(self._options.stack)

    @cached_property
    def _reader(self) -> SettingsReader:
        from .component_settings import SettingsReader

        return SettingsReader(self._stack.orchestrator)

    def run(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> PipelineSpec:
        arguments = pipeline_arguments(self._pipeline, args, kwargs, self._config, self._options.params)
        self._faults += arguments.faults
        trace = Trace(self._config)
        if not arguments.faults:
            self._trace(trace, arguments.values)
        file = source_file(self._pipeline.entrypoint)
        steps = StepCompiler(
            self._pipeline.configuration,
            subject=self._subject,
            where=self._where,
            root=source_root(file) if file else None,
            reader=lambda: self._reader,
            strict=self._options.strict_resources,
        )
        after = predecessors(trace)
        compiled = tuple(
            self._step(invocation, after.get(invocation.id, ()), steps) for invocation in ordered(trace, after)
        )
        if not arguments.faults:
            self._check_overrides(trace)
        self._faults += name_faults(self._pipeline, self._where)
        configuration = steps.pipeline
        schedule = self._schedule(configuration)
        self._faults += (*trace.faults, *steps.faults)
        if self._faults:
            raise DefinitionError(self._faults, subject=self._subject)
        for artifact, record in trace.external:
            record.update(artifact.resolve(self._stack.artifact_store, keep=not self._options.dry_run).to_json())
        return PipelineSpec(
            name=self._pipeline.name,
            source=self._pipeline.source,
            steps=compiled,
            parameters=arguments.recorded,
            execution_mode=cast("ExecutionMode", configuration.options.get("execution_mode", "continue_on_failure")),
            settings=cast("Mapping[str, JSON]", steps.settings),
            tags=configuration.texts("tags"),
            extra=cast("Mapping[str, JSON]", configuration.mapping("extra")),
            schedule=schedule,
        )

    def _trace(self, trace: Trace, values: Mapping[str, object]) -> None:
        try:
            with tracing(trace):
                self._pipeline.entrypoint(**values)
        except DefinitionError as error:
            trace.faults += error.faults
        except UsageError as fault:
            trace.faults.append(fault)
        except Exception as error:
            if trace.faults:
                raise DefinitionError(trace.faults, subject=self._subject) from error
            raise
        if not trace.invocations and not trace.faults:
            trace.faults.append(UsageError(f"{self._subject} calls no step", where=self._where))

    def _step(self, invocation: Invocation, after: tuple[str, ...], steps: StepCompiler) -> StepSpec:
        override = self._config.steps.get(invocation.id)
        if override is None:
            fields = steps.fields(invocation.step)
        else:
            subject = f"step {invocation.id!r}"
            fields = steps.overridden(invocation.step, override.configuration, subject, self._config.path)
        return StepSpec(id=invocation.id, inputs=invocation.inputs, after=after, **fields)

    def _check_overrides(self, trace: Trace) -> None:
        for name in self._config.steps:
            if name not in trace.invocations:
                hint = did_you_mean(name, trace.invocations)
                fault = UsageError(f"{self._subject} has no step {name!r}", where=self._config.path, hint=hint)
                self._faults.append(fault)

    def _schedule(self, configuration: Configuration) -> Mapping[str, JSON] | None:
        typed = self._options.schedule
        given = configuration.options.get("schedule") if typed is None else typed
        if given is None:
            return None
        from ..validation import as_json
        from .component_settings import checked
        from .schedule import Schedule

        try:
            schedule = checked(
                Schedule, given, f"{self._subject}: schedule", self._where if typed is None else "--schedule"
            )
        except DefinitionError as error:
            self._faults += error.faults
            return None
        plain = {name: value for name, value in as_json(schedule).items() if value is not None}
        return {"catchup": schedule.catchup, **plain}
