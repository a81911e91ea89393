"""Where each step of a run stands, and which of them are worth a line of the screen."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable

from ..dataclass import dataclass
from ..execution.events import StepChange, StepState
from .text import count_states, detail


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `seconds` goes on counting while the step runs."""

    step: str
    state: StepState
    seconds: float | None
    detail: str


class Board:
    """Takes changes in constant time and little memory, whatever the number of steps."""

    def __init__(self, steps: Iterable[str]) -> None:
        self._position = {step: position for position, step in enumerate(steps)}
        self._latest: dict[str, StepChange] = {}
        self._running: dict[str, float] = {}
        self._failed: list[str] = []
        self._ended: deque[str] = deque(maxlen=100)
        self._counts: Counter[StepState] = Counter({"queued": len(self._position)})
        self._started = time.monotonic()

    def change(self, change: StepChange) -> None:
        """Take in a step's new state."""
        step, state = change.step, change.state
        before = self._latest.get(step)
        self._counts[before.state if before else "queued"] -= 1
        self._counts[state] += 1
        self._latest[step] = change
        if state == "running":
            self._running[step] = time.monotonic()
            return
        if state == "retrying":
            return
        self._running.pop(step, None)
        (self._failed if state == "failed" else self._ended).append(step)

    def rows(self, limit: int) -> list[Row]:
        """Return at most `limit` rows in spec order: all steps, or what failed, what runs and what ended last."""
        if len(self._position) <= limit:
            return [self._row(step) for step in self._position]
        failed = self._failed[-max(1, limit // 2) :]
        chosen = [*failed, *list(self._running)[: limit - len(failed)]][:limit]
        chosen += list(self._ended)[len(chosen) - limit :] if len(chosen) < limit else []
        return [self._row(step) for step in sorted(chosen, key=self._position.__getitem__)]

    def counts(self) -> str:
        """Say how many steps are in each state."""
        return count_states(self._counts)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._started

    def _row(self, step: str) -> Row:
        change = self._latest.get(step)
        if change is None:
            return Row(step, "queued", None, "")
        seconds = time.monotonic() - self._running[step] if change.state == "running" else change.seconds
        return Row(step, change.state, seconds, detail(change))
