"""How often to ask what does not tell by itself: soon after a change, and ever more rarely while nothing changes."""

from __future__ import annotations

import time

from ..dataclass import dataclass, field

_SOONEST = 0.05
_LATEST = 1.0
_SHARE = 0.1
"""Seconds between two looks, as a share of the time for which nothing has changed."""
_REST = 20
"""Times as long as a look took is waited before the next one, so that looks take no more than a twentieth."""


@dataclass(slots=True)
class Pace:
    """When to look again; `soonest` is in seconds."""

    soonest: float = _SOONEST
    due: float = 0.0
    _changed: float = field(default_factory=time.monotonic)

    def look_soon(self) -> None:
        """Note that something is about to change."""
        self._changed = time.monotonic()
        self.due = 0.0

    def looked(self, began: float, *, changed: bool) -> None:
        """Note a look that began at a time of the monotonic clock, and whether it found anything new."""
        now = time.monotonic()
        if changed:
            self._changed = now
        quiet = min(_LATEST, _SHARE * (now - self._changed))
        self.due = now + max(self.soonest, quiet, _REST * (now - began))
