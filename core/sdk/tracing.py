"""Which pipeline is being traced: kept apart, so that a decorator costs a worker nothing more than this."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .trace import Trace

current: ContextVar[Trace | None] = ContextVar("trace", default=None)
