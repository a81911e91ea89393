"""What `podium run` asks of the pipeline that the file calls, and what a worker says before it imports the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dataclass import dataclass, field
from ..errors import UsageError

if TYPE_CHECKING:
    from ..spec import PipelineSpec
    from .pipeline import Pipeline


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Options of one run; they beat what the code and the run configuration say. `params` are texts, as typed.

    `schedule` holds fields of a Schedule.
    """

    stack: str | None = None
    run_name: str | None = None
    no_cache: bool = False
    dry_run: bool = False
    detach: bool = False
    in_process: bool = False
    quiet: bool = False
    strict_resources: bool | None = None
    config_path: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    schedule: Mapping[str, str] | None = None
    compile_only: bool = False

    @property
    def runs_in_process(self) -> bool:
        """True where `in_process` is set, or PODIUM_IN_PROCESS to anything but 0."""
        return self.in_process or os.environ.get("PODIUM_IN_PROCESS", "0") not in {"", "0"}


NO_OPTIONS = RunOptions()


class Compiled(SystemExit):
    """Ends the script at the pipeline call, with exit code 0, where `compile_only` is set."""

    def __init__(self, pipeline: Pipeline[..., object], spec: PipelineSpec) -> None:
        super().__init__(0)
        self.pipeline = pipeline
        self.spec = spec


importing_in_worker = False

_options = NO_OPTIONS
_taken = False


def set_options(options: RunOptions) -> None:
    """Give options to the next pipeline call of this process."""
    global _options, _taken
    _options, _taken = options, False


def take_options() -> RunOptions:
    """Return the options for the pipeline being called; raise UsageError when an earlier call had them."""
    global _taken
    if _taken and _options != NO_OPTIONS:
        raise UsageError(
            "the file calls a second pipeline, and the command's options are for one",
            hint="name the pipeline to run: podium run FILE:PIPELINE",
        )
    _taken = True
    return _options


def was_taken() -> bool:
    """Say whether a pipeline was called since `set_options`."""
    return _taken
