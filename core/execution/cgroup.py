"""Kills for lack of memory, as the kernel counts them for this process's cgroup."""

from __future__ import annotations

from pathlib import Path

from ..machine import cgroups, this_machine

_MIB = 1 << 20
_COUNTERS = ("memory.events", "memory.oom_control")
"""Files with a line `oom_kill N`, in versions 2 and 1."""


class MemoryWatch:
    """Says whether the kernel has killed anything here for lack of memory since this object was made.

    `root` is the folder that holds `proc` and the mounted cgroup trees. A kernel that does not count shows nothing.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        files = (folder / name for folder in cgroups(root) for name in _COUNTERS)
        self._counter = next((file for file in files if file.exists()), None)
        self._before = self._kills()

    def verdict(self) -> str:
        """Return `out of memory` with the limit, empty when nothing was killed for that."""
        if self._kills() <= self._before:
            return ""
        return f"out of memory, the limit is {this_machine(self._root).memory / _MIB:.0f} MiB"

    def _kills(self) -> int:
        if self._counter is None:
            return 0
        return sum(int(line[9:]) for line in self._counter.read_text().splitlines() if line.startswith("oom_kill "))
