"""What every process that runs steps does to itself first."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` itself looks for an enum member of each function
import signal
import sys

from .job import StepJob

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a process whose step was interrupted."""


def handle_signals() -> None:
    """End what runs here by an exception at SIGTERM and SIGINT, so that its `finally` blocks run."""
    if _signal.getsignal(signal.SIGTERM) is not _interrupt:
        _signal.signal(signal.SIGTERM, _interrupt)
    if _signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        _signal.signal(signal.SIGINT, signal.default_int_handler)


def print_lines_at_once() -> None:
    """Have what a step prints appear in its log line by line."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def reseed(job: StepJob) -> None:
    """NumPy's global generator, once it is made, is the same in every fork: give each attempt its own state."""
    random = sys.modules.get("numpy.random")
    if random is not None:
        import zlib

        random.seed(zlib.crc32(f"{job.run_id}/{job.step.id}/{job.attempt}".encode()))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
