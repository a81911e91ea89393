"""What every process that runs steps does to itself first."""

from __future__ import annotations

import signal
import sys
from _signal import getsignal  # type: ignore[import-not-found]  # `signal` looks for an enum of each function

from .job import StepJob

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a process whose step was interrupted."""


def handle_signals() -> None:
    """End what runs here by an exception at SIGTERM and SIGINT, so that its `finally` blocks run."""
    if getsignal(signal.SIGTERM) is not _interrupt:
        signal.signal(signal.SIGTERM, _interrupt)
    if getsignal(signal.SIGINT) is not signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def reseed(job: StepJob) -> None:
    """NumPy's global generator is the same in every fork: give each attempt its own, repeatable, state."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        import zlib

        numpy.random.seed(zlib.crc32(f"{job.run_id}/{job.step.id}/{job.attempt}".encode()))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
