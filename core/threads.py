"""What a process's threads are, without importing `threading`: its hooks double the pages that a fork copies."""

from __future__ import annotations

import sys


def has_one_thread() -> bool:
    """Say whether Python runs no other thread in this process; threads of native libraries do not count."""
    return len(sys._current_frames()) == 1  # noqa: SLF001 - documented, in spite of its name


def on_main_thread() -> bool:
    """Say whether the caller's thread is the one that hears signals."""
    if has_one_thread():
        return True
    import threading

    return threading.current_thread() is threading.main_thread()
