"""Which pipeline is being traced: kept apart, so that a decorator costs a worker nothing more than this."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .trace import Trace


class _Current(threading.local):
    trace: Trace | None = None


current = _Current()
"""The trace of this thread's pipeline call, None outside of one."""
