"""Which step may start, which must be skipped and when the run is over: pure, linear in the graph, no recursion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

from ..spec import ExecutionMode

Done = Literal["completed", "cached"]
Outcome = Literal["completed", "cached", "failed", "cancelled"]

_WAITING, _RUNNING, _ENDED = range(3)
_DONE = get_args(Done)
_NOTHING_DONE: Mapping[str, Done] = {}


class Progress:
    """How far a run has come: every step goes from waiting over running to its end, or from waiting to skipped.

    `steps` are ids with their upstream ids in topological order; `done` holds what an earlier submission finished.
    Raises KeyError for an upstream that does not stand before its step, and for a `done` that is no step.
    """

    def __init__(
        self,
        steps: Iterable[tuple[str, Sequence[str]]],
        mode: ExecutionMode,
        done: Mapping[str, Done] = _NOTHING_DONE,
    ) -> None:
        self.failed = False
        self._mode = mode
        self._halted = False
        self._cancelled = False
        self._position: dict[str, int] = {}
        self._downstream: list[list[int]] = []
        self._missing: list[int] = []
        self._startable: list[int] = []
        for position, (step, upstream) in enumerate(steps):
            missing = 0
            for source in upstream:
                if source not in done:
                    self._downstream[self._position[source]].append(position)
                    missing += 1
            self._position[step] = position
            self._downstream.append([])
            self._missing.append(missing)
            if not missing and step not in done:
                self._startable.append(position)
        self._ids = list(self._position)
        self._state = bytearray(len(self._ids))
        self._open = len(self._ids) - len(done)
        for step in done:
            self._state[self._position[step]] = _ENDED

    @property
    def finished(self) -> bool:
        """True when every step has ended or was skipped."""
        return self._open == 0

    @property
    def stop_running(self) -> bool:
        """True when running steps are to be killed and settled as cancelled: after `cancel`, or by `fail_fast`."""
        return self._cancelled or (self.failed and self._mode == "fail_fast")

    def ready(self) -> list[str]:
        """Return the steps that became startable since the last call, in spec order."""
        startable, self._startable = self._startable, []
        return [self._ids[position] for position in sorted(startable)]

    def start(self, step: str) -> None:
        """Record that a ready step runs; until then a failure elsewhere or `cancel` may still skip it."""
        position = self._position[step]
        if self._state[position] != _WAITING or self._missing[position]:
            raise ValueError(f"step {step!r} cannot start: it is not ready, or was started or skipped before")
        self._state[position] = _RUNNING

    def settle(self, step: str, outcome: Outcome) -> list[str]:
        """Record the end of a running step; return the ids that are skipped because of it, in spec order."""
        position = self._position[step]
        if self._state[position] != _RUNNING:
            raise ValueError(f"step {step!r} cannot end as {outcome}: it is not running")
        self._state[position] = _ENDED
        self._open -= 1
        if outcome in _DONE:
            for below in self._downstream[position]:
                self._missing[below] -= 1
                if not self._missing[below] and self._state[below] == _WAITING:
                    self._startable.append(below)
            return []
        self.failed |= outcome == "failed"
        if outcome == "failed" and self._mode != "continue_on_failure":
            return self._halt()
        return self._skip(self._below(position))

    def cancel(self) -> list[str]:
        """Let nothing new start; return the ids that are skipped because of it, in spec order."""
        self._cancelled = True
        return self._halt()

    def _halt(self) -> list[str]:
        if self._halted:
            return []
        self._halted = True
        self._startable.clear()
        return self._skip(position for position, state in enumerate(self._state) if state == _WAITING)

    def _below(self, position: int) -> list[int]:
        """Find the waiting descendants of a step."""
        found: set[int] = set()
        frontier = [position]
        while frontier:
            for below in self._downstream[frontier.pop()]:
                if self._state[below] == _WAITING and below not in found:
                    found.add(below)
                    frontier.append(below)
        return sorted(found)

    def _skip(self, positions: Iterable[int]) -> list[str]:
        skipped = list(positions)
        for position in skipped:
            self._state[position] = _ENDED
        self._open -= len(skipped)
        return [self._ids[position] for position in skipped]
