"""The words and forms that every display shares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from ..execution.events import StepChange, StepState
from ..spec import PipelineSpec

_NOT_TEXT = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b.?|[\x00-\x08\x0a-\x1f\x7f-\x9f]"
)


def duration(seconds: float) -> str:
    """Write a length of time in at most six characters: 12ms, 1.2s, 2m05s, 1h02m, 3d04h."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours < 24 else f"{hours // 24}d{hours % 24:02}h"


def shown(line: str) -> str:
    """Reduce a line to what a terminal would be left with: the last state of `\\r` progress, no control characters."""
    return line if line.isprintable() else _NOT_TEXT.sub("", line.rstrip("\r").rpartition("\r")[2])


def output_lines(step: str, text: str) -> list[str]:
    """Put the step's name before each line that it printed."""
    return [f"{step} | {shown(line)}" for line in text.removesuffix("\n").split("\n")]


def heading(run_id: str, run_name: str, spec: PipelineSpec, stack: str, url: str) -> list[str]:
    """Say which run begins, on what, and where its records are."""
    count = "1 step" if len(spec.steps) == 1 else f"{len(spec.steps)} steps"
    return [f"podium: run {run_name}: {count} on stack {stack}", f"podium: run id {run_id}, recorded in {url}"]


def count_states(counts: Mapping[StepState, int]) -> str:
    """Say how many steps are in each state that any is in."""
    states: tuple[StepState, ...] = get_args(StepState)
    return ", ".join(f"{counts[state]} {state}" for state in states if counts.get(state))


def detail(change: StepChange) -> str:
    """Say in one line what is worth knowing beside the state."""
    again = f"attempt {change.attempt}" if change.attempt > 1 and change.state == "running" else ""
    if not change.detail:
        return again
    first = change.detail.strip().partition("\n")[0]
    return shown(": ".join(part for part in (again, first) if part))


def change_line(change: StepChange) -> str:
    """Say in one line which step entered which state, how long it took and why."""
    took = "" if change.seconds is None else f" in {duration(change.seconds)}"
    more = detail(change)
    between = " " if change.state == "cached" else ": "
    return f"podium: {change.step}: {change.state}{took}{between if more else ''}{more}"
