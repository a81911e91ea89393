"""Garbage collection in a process that has just started with it disabled, since imports make none."""

from __future__ import annotations

import gc


def collect_from_now_on() -> None:
    """Enable collection, of what comes from now on: what is there stays, and is not looked at even at the end."""
    if not gc.isenabled():  # else somebody else's process: a test, a server
        gc.freeze()
        gc.enable()
