"""Ctrl-C, SIGTERM and SIGHUP while a run is driven: counted, never raised into the middle of something."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from ..threads import on_main_thread

if TYPE_CHECKING:
    from typing_extensions import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Counts interrupts inside a `with` block and calls `wake` at each; outside the main thread there are none."""

    def __init__(self) -> None:
        self.count = 0
        self.wake: Callable[[], None] = lambda: None
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Take the signals over."""
        if on_main_thread():
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, *_: object) -> None:
        self.count += 1
        self.wake()
