"""Which pipeline is being traced: kept apart, so that a decorator costs a worker nothing more than this."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .trace import Trace

_traces: dict[int, Trace] = {}  # by thread


def current_trace() -> Trace | None:
    """Return the trace of the pipeline function that runs in this thread, None outside of one."""
    return _traces.get(get_ident())


@contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    """Have the step calls of this thread recorded within the block."""
    thread = get_ident()
    outer = _traces.get(thread)
    _traces[thread] = trace
    try:
        yield
    finally:
        if outer is None:
            del _traces[thread]
        else:
            _traces[thread] = outer
