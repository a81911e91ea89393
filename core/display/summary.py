"""What is said when a run is over: what ran, what failed and why, and the commands that show more or go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..dataclass import dataclass
from ..execution.events import RunState, StepState
from ..streams import terminal_width
from .text import count_states, duration, shown

_TAIL = 20
"""Lines of a failed step's log that are shown."""
_NAMED: tuple[StepState, ...] = ("completed", "cached", "failed", "skipped", "cancelled", "lost")


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step that failed: its error in short, the user's traceback, and its log or the end of it."""

    step: str
    error: str
    traceback: str = ""
    log: str = ""


def summary(
    *,
    run_id: str,
    run_name: str,
    state: RunState,
    seconds: float,
    steps: Mapping[str, StepState],
    failures: Sequence[StepReport] = (),
    resumable: bool = False,
) -> list[str]:
    """Return the lines to print after a run, made for the width of the terminal (80 where there is none)."""
    lines = [f"podium: run {run_name} {state} in {duration(seconds)}: {count_states(Counter(steps.values()))}"]
    width = terminal_width()
    for wanted in _NAMED:
        names = [step for step, found in steps.items() if found == wanted]
        if names:
            lines.append(f"  {wanted:9}  {_as_fits(names, width - 13)}")
    for failure in failures:
        lines += ["", *_failure_lines(failure)]
    more = [("the whole log", f"podium runs logs {run_id} {failure.step}") for failure in failures]
    more += [("to go on from here", f"podium runs resume {run_id}")] if resumable else []
    longest = max((len(what) for what, _ in more), default=0)
    return [*lines, *([""] if more else []), *(f"{what + ':':{longest + 1}} {command}" for what, command in more)]


def _failure_lines(failure: StepReport) -> Iterable[str]:
    yield f"step {failure.step} failed: {shown(failure.error.strip().partition(chr(10))[0])}"
    for line in failure.traceback.rstrip().splitlines():
        yield f"  {shown(line)}"
    log = failure.log.rstrip().split("\n")
    if log != [""]:
        yield "the end of its log:" if len(log) > _TAIL else "its log:"
        for line in log[-_TAIL:]:
            yield f"  {shown(line)}"


def _as_fits(names: Sequence[str], width: int) -> str:
    """Name as many as one line takes, at least one, and count the rest."""
    line = names[0]
    for position, name in enumerate(names[1:], 1):
        rest = len(names) - position - 1
        longer = f"{line}, {name}"
        if len(longer) + (len(f" and {rest} more") if rest else 0) > width:
            return f"{line} and {rest + 1} more"
        line = longer
    return line
