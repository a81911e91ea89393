"""The process of a zygote, which can be started before it is known what it is to load."""

from __future__ import annotations

import socket
import subprocess
import sys

from .environment import step_environment

Process = tuple[socket.socket, "subprocess.Popen[bytes]"]

_ahead: Process | None = None


def start_ahead() -> None:
    """Start a process that `take` will hand over: its interpreter starts while this one has other things to do."""
    global _ahead
    _ahead = _start()


def take() -> Process:
    """Return a process that waits for its `Boot` on the socket: the one started ahead, else a new one."""
    global _ahead
    process, _ahead = _ahead or _start(), None
    return process


def drop() -> None:
    """End the process that was started ahead, if nobody took it."""
    global _ahead
    if _ahead is not None:
        _ahead[0].close()
        _ahead[1].wait()
        _ahead = None


def _start() -> Process:
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
