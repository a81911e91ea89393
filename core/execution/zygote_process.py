"""The process of a zygote: a fork of a client that has run none of the user's code yet, or a fresh interpreter."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from types import ModuleType
from typing import NoReturn, Protocol

from ..streams import as_begun
from ..threads import has_one_thread
from . import process_tree
from .environment import step_environment

_STANDARD = 2
"""Highest of the standard streams' descriptors."""


class Process(Protocol):
    """A child of this process."""

    pid: int

    def wait(self) -> object:
        """Return when it has ended."""


class _Fork:
    def __init__(self, pid: int) -> None:
        self.pid = pid

    def wait(self) -> None:
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def spawn() -> tuple[socket.socket, Process]:
    """Start a fresh interpreter, which waits for its `Boot` on the socket."""
    import subprocess

    control, theirs = socket.socketpair()
    program = (
        f"import gc, sys; gc.disable(); sys.path[:] = {sys.path!r}; "
        f"from podium.core.execution.zygote import main; main({theirs.fileno()})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        env=step_environment(),
    )
    theirs.close()
    return control, process


def may_fork() -> bool:
    """Say whether a fork would do: it has other threads' locks, and /proc shows the environment that it came from."""
    return process_tree.LINUX and has_one_thread() and len(step_environment()) == len(os.environ)


def fork(module: str) -> tuple[socket.socket, Process]:
    """Fork a process that waits for its `Boot` on the socket, with what is imported here.

    `module` is the user's, of which nothing but its first imports has run yet.
    """
    control, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = process_tree.fork()
    if pid == 0:
        control.close()
        _become_zygote(theirs, module)
    theirs.close()
    return control, _Fork(pid)


def _become_zygote(control: socket.socket, module: str) -> NoReturn:
    try:
        os.setsid()
        _close_inherited()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        os.close(null)
        as_begun()
        sys.modules.pop(module, None)
        sys.modules["__main__"] = ModuleType("__main__")
        from .zygote import main

        main(control.detach())
    except BaseException:  # noqa: BLE001 - a forked process must never return into its parent's code
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def _close_inherited() -> None:
    """Close what this process got from its client's parent, which is what exec has not closed."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - without pathlib's cost
        descriptor = int(name)
        with suppress(OSError):  # the listing's own
            if descriptor > _STANDARD and os.get_inheritable(descriptor):
                os.close(descriptor)
