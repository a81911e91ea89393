"""The seam between the driver, which owns order, retries and time-outs, and whatever runs one attempt of one step."""

from __future__ import annotations

from typing import Protocol

from ..spec import StepSpec
from .job import Ended, StepJob


class Launcher(Protocol):
    """Starts attempts and tells of their ends; knows nothing of the graph."""

    @property
    def enforces_timeouts(self) -> bool:
        """True when attempts end themselves at their time-out, whether or not a driver lives, and record it."""

    def refuse(self, step: StepSpec) -> str | None:
        """Say why the step can never run here, None when it can."""

    @property
    def full(self) -> bool:
        """True while no job at all would be started before something ends."""

    def adopt(self) -> list[StepJob]:
        """Take over what an earlier driver of this run started and left, running or ended; called once, first.

        Each of them has its Ended later, as if it had been started here.
        """

    def start(self, job: StepJob) -> bool:
        """Start an attempt; False when there is no room now, and room may come when something ends."""

    def output(self, step: str) -> bytes:
        """Return what the step's latest attempt has printed since the last call; also after its end was told."""

    def wait(self, timeout: float | None) -> list[Ended]:
        """Wait until an attempt ends, `wake` is called or `timeout` seconds pass; return what ended."""

    def wake(self) -> None:
        """Make a `wait` return at once; callable from a signal handler."""

    def stop(self, step: str, grace: float) -> None:
        """End a running attempt with its whole process tree, by force after `grace` seconds; its Ended follows."""

    def close(self, *, leave: bool = False) -> None:
        """End everything that still runs, and wait until it is gone; a second call changes nothing.

        With `leave`, attempts that need no process of this machine's go on, for another driver to adopt.
        """
