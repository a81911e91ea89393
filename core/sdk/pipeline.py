"""`@pipeline`: a function whose step calls make a graph; calling it runs the graph on the active stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast, overload

from ..errors import UsageError
from . import options
from .configuration import Configuration, PipelineOptions
from .definition import Definition, P, R_co
from .place import caller
from .tracing import current_trace

if TYPE_CHECKING:
    from os import PathLike

    from typing_extensions import Unpack

    from ..spec import PipelineSpec
    from .options import RunOptions
    from .run import PipelineRun
    from .run_config import RunConfig

R = TypeVar("R")


class Pipeline(Definition[P, R_co]):
    """A pipeline; options are set by `@pipeline`, `with_options` and `configure`."""

    kind = "pipeline"

    @property
    def run_name_template(self) -> str:
        """Name of a run, to be expanded when it starts."""
        return cast("str", self.configuration.options.get("run_name", f"{self.name}-{{date}}-{{time}}"))

    @property
    def substitutions(self) -> Mapping[str, str]:
        """What the user's own `{names}` in the run name stand for."""
        return cast("Mapping[str, str]", self.configuration.mapping("substitutions"))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> PipelineRun:
        """Compile and run on the active stack; raise RunFailed when a step fails, DefinitionError before any runs.

        A pipeline with a schedule is not run, but installed: it returns a PipelineSchedule, which type checkers are not
        told of, as otherwise each call of any pipeline would have to be narrowed to a run.
        """
        if options.importing_in_worker:
            raise UsageError(
                f"pipeline {self.name!r} is called while its file is imported to run a step",
                where=str(caller()),
                hint='call it below `if __name__ == "__main__":`',
            )
        if current_trace() is not None:
            raise UsageError(
                f"pipeline {self.name!r} is called inside another pipeline",
                where=str(caller()),
                hint=f"to add its steps, call its function: {self.name}.entrypoint(…)",
            )
        taken = options.take_options()
        configured, config = self._configured(taken.config_path)
        spec = configured._compile(args, kwargs, config, taken)  # noqa: SLF001 - a copy of self
        if taken.compile_only:
            raise options.Compiled(configured, spec)
        from ..execution.launch import launch

        return cast("PipelineRun", launch(configured, spec, taken))

    def compile(self, *args: P.args, **kwargs: P.kwargs) -> PipelineSpec:
        """Return the spec that a call with these arguments would run; raise DefinitionError with every fault."""
        configured, config = self._configured(None)
        return configured._compile(args, kwargs, config, options.NO_OPTIONS)  # noqa: SLF001 - a copy of self

    def with_options(self, **given: Unpack[PipelineOptions]) -> Pipeline[P, R_co]:
        """Return a copy with these options laid over its own."""
        from copy import copy

        return copy(self).configure(**given)

    def configure(self, **given: Unpack[PipelineOptions]) -> Pipeline[P, R_co]:
        """Lay options over the pipeline's own and return it."""
        above = Configuration.of(given, PipelineOptions, f"pipeline {self.name!r}")
        self.configuration = self.configuration.under(above)
        return self

    def _configured(self, path: str | PathLike[str] | None) -> tuple[Pipeline[P, R_co], RunConfig]:
        """Return a copy that has taken over the run configuration, if there is one."""
        from .run_config import NO_CONFIG, read_run_config

        chosen = path or cast("str | PathLike[str] | None", self.configuration.options.get("config_path"))
        if chosen is None:
            return self, NO_CONFIG
        from copy import copy

        config = read_run_config(chosen)
        configured = copy(self)
        configured.configuration = self.configuration.under(config.configuration)
        return configured, config

    def _compile(
        self, args: tuple[object, ...], kwargs: Mapping[str, object], config: RunConfig, taken: RunOptions
    ) -> PipelineSpec:
        from .compile import compile_pipeline

        return compile_pipeline(self, args, kwargs, config, taken)


@overload
def pipeline(function: Callable[P, R], /) -> Pipeline[P, R]: ...
@overload
def pipeline(**given: Unpack[PipelineOptions]) -> Callable[[Callable[P, R]], Pipeline[P, R]]: ...
def pipeline(
    function: Callable[P, R] | None = None, /, **given: Unpack[PipelineOptions]
) -> Pipeline[P, R] | Callable[[Callable[P, R]], Pipeline[P, R]]:
    """Make a function a pipeline; raises DefinitionError for options that do not exist."""
    if function is not None:
        return Pipeline(function)
    configuration = Configuration.of(given, PipelineOptions, "@pipeline")
    return lambda function: Pipeline(function, configuration)
