"""The display for pipes, files and simple terminals: one line for each thing that happens, no control characters."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TextIO

from ..execution.events import RunState, StepChange
from ..spec import PipelineSpec
from .text import change_line, heading, output_lines, shown


class PlainDisplay:
    """Writes lines as they come; what the stream's encoding lacks is written as a backslash escape.

    A stream that can no longer be written to ends the display, and not the run.
    """

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._encoding = stream.encoding or "utf-8"
        self._quiet = quiet
        self._lines: list[str] = []

    def run_started(self, run_id: str, run_name: str, spec: PipelineSpec, *, stack: str, url: str) -> None:
        """Write which run begins."""
        if not self._quiet:
            self.write(heading(run_id, run_name, spec, stack, url))

    def step_changed(self, change: StepChange) -> None:
        """Write the step's new state."""
        if not self._quiet:
            self._lines.append(change_line(change))

    def step_output(self, step: str, text: str) -> None:
        """Write what the step printed."""
        if not self._quiet:
            self._lines += output_lines(step, text)

    def flush(self) -> None:
        """Write the lines that were told since the last time, at once."""
        if self._lines:
            self.write(())

    def notice(self, text: str) -> None:
        """Write the notice, also when quiet."""
        self.write([f"podium: {shown(text)}"])

    def run_ended(self, state: RunState, seconds: float) -> None:  # noqa: ARG002 - the summary says them
        """Write what is left to be told of the steps; the summary follows."""
        self.flush()

    def write(self, lines: Iterable[str]) -> None:
        """Write whole lines at once, behind those that wait."""
        text = "\n".join((*self._lines, *lines, ""))
        self._lines.clear()
        try:
            self._stream.write(text.encode(self._encoding, "backslashreplace").decode(self._encoding))
            self._stream.flush()
        except OSError:
            abandon(self._stream)


def abandon(stream: TextIO) -> None:
    """Send a stream nowhere from now on, also what it still holds, which would fail again when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
