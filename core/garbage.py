"""Garbage collection, which has nothing to do while modules are imported, and takes a tenth of that."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def collect_from_now_on() -> None:
    """Enable collection in a process that started with it disabled, of what comes from now on.

    What is there stays, and is not looked at even at the end.
    """
    if not gc.isenabled():  # else somebody else's process: a test, a server
        gc.freeze()
        gc.enable()


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave garbage alone within the block, which imports something large."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
