"""End a process and everything it started, with what Linux offers for it; elsewhere its process group."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

from ..libc import libc

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

LINUX = sys.platform == "linux"


def flush_native() -> None:
    """Write out what native code has printed and not flushed (fflush(3))."""
    libc().fflush(None)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies, so that none escapes (prctl(2), Linux only)."""
    if LINUX:
        libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process `number` when its parent ends; 0 calls it off (prctl(2), Linux only)."""
    if LINUX:
        libc().prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if number and os.getppid() != parent:
            os._exit(1)


def fork() -> int:
    """Fork without the warning, from Python 3.12 on, of an imported library's native threads, which are idle."""
    if sys.version_info < (3, 12):
        return os.fork()
    import warnings

    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return os.fork()


def children(pid: int) -> list[int]:
    """Direct children of a process, empty when it is gone or the system cannot tell."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - a hot path without pathlib
            with open(f"/proc/{pid}/task/{thread}/children", encoding="utf-8") as listing:  # noqa: PTH123
                found += map(int, listing.read().split())
    return found


def kill_group(pid: int, number: int = signal.SIGKILL) -> None:
    """Signal the process group that `pid` leads; one that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def kill_tree(pid: int) -> None:
    """Kill a process, its group, and all descendants, which are found before their parents are gone."""
    found = [pid]
    for process in found:
        found += children(process)
    kill_group(pid)
    for process in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)


def describe_exit(status: int, cause: str = "") -> str:
    """Say how a process ended, from what waitpid returned; a kill names its cause, the usual one if none is given."""
    if not os.WIFSIGNALED(status):
        return f"the process exited with code {os.waitstatus_to_exitcode(status)} in the middle of the step"
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name if number in set(signal.Signals) else "unknown signal"
    causes = {
        signal.SIGKILL: ": killed from outside, often for lack of memory",
        signal.SIGSEGV: ": a crash in native code",
        signal.SIGABRT: ": native code gave up",
        signal.SIGBUS: ": a crash in native code, or a mapped file that shrank",
    }
    why = f": {cause}" if cause else causes.get(number, "")  # type: ignore[call-overload]
    return f"the process was killed by signal {number} ({name}){why}"
