"""What a run tells whoever watches it: a terminal, a pipe, a test."""

from __future__ import annotations

from typing import Literal, Protocol

from ..dataclass import dataclass
from ..spec import PipelineSpec

StepState = Literal["queued", "running", "retrying", "completed", "cached", "failed", "skipped", "cancelled", "lost"]
RunState = Literal["initializing", "running", "completed", "failed", "cancelled", "lost"]


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step entered `state`; `detail` says why or where from, in a few words; `seconds` is the attempt's length."""

    step: str
    state: StepState
    attempt: int
    detail: str = ""
    seconds: float | None = None


class Listener(Protocol):
    """Called by the driver, in its own process and thread; must return at once."""

    def run_started(self, run_id: str, run_name: str, spec: PipelineSpec, *, stack: str, url: str) -> None:
        """Everything is recorded and the first step is about to start; `url` is where the records are."""

    def step_changed(self, change: StepChange) -> None:
        """A step changed state."""

    def step_output(self, step: str, text: str) -> None:
        """A running step printed; `text` is one or more whole lines, or the rest when the step has ended."""

    def flush(self) -> None:
        """Nothing will be told for a while: show what was."""

    def notice(self, text: str) -> None:
        """One line worth knowing, not tied to a step."""

    def run_ended(self, state: RunState, seconds: float) -> None:
        """The run is over and recorded."""
