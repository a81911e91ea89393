"""`podium run --output json`: one object on stdout when all is over, everything else on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from ..core.dataclass import asdict
from ..core.execution import launch
from .output import show_one
from .run_view import describe_run


@contextlib.contextmanager
def only_the_result() -> Iterator[None]:
    """Send what the block and its child processes print to stderr, then print the run or schedule it made, if any."""
    sys.stdout.flush()
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(stdout, 1)
        os.close(stdout)
        if launch.latest is not None:
            show_one(describe_run(*launch.latest), "json")
        elif launch.installed is not None:
            show_one(asdict(launch.installed), "json")
        sys.stdout.flush()
