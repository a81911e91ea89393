"""Start the process of a job's step, end it when its time is over or it is to be cancelled, and say how it ended."""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from ..dataclass import dataclass
from ..errors import PodiumError
from . import wire
from .assignment import Account, Assignment
from .interrupts import Interrupts
from .job_output import JobOutput
from .process_tree import children, kill_group, kill_tree

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore

_CANCEL_CHECK, _REMOTE_CANCEL_CHECK = 1.0, 10.0
"""Seconds between looks for a cancel request, in a local store and where each look is a request to a service."""
_GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL, unless PODIUM_STEP_GRACE says otherwise."""


@dataclass(frozen=True, slots=True)
class StepEnd:
    """`status` is waitpid's; `account` is None when the process died before it recorded anything."""

    status: int
    account: Account | None
    stopped: Literal["", "cancelled", "timed out"]
    seconds: float


class StepProcess:
    """A process that waits for its assignment: a fork of this one, or a fresh interpreter once threads run here."""

    def __init__(self, *, fork: bool) -> None:
        self._channel, theirs = socket.socketpair()
        self.output, writer = os.pipe()
        if fork:
            self.pid = _fork(theirs.fileno(), writer, (self._channel.fileno(), self.output))
        else:
            self.pid = _spawn(theirs.fileno(), writer)
        theirs.close()
        os.close(writer)

    def assign(self, assignment: Assignment) -> None:
        """Send what it is to run; one that has died meanwhile is told of by its end."""
        with suppress(BrokenPipeError):
            wire.send(self._channel.fileno(), assignment)

    def account(self) -> Account | None:
        """Return what it said of itself before it ended."""
        self._channel.setblocking(False)
        try:
            account = wire.receive(self._channel.fileno())
        except (EOFError, BlockingIOError):
            return None
        assert isinstance(account, Account)
        return account


class Supervisor:
    """Waits for one process after another, and for what interrupts them.

    `is_cancelled`, which asks the store, is called now and then by a thread.
    """

    def __init__(self, interrupts: Interrupts, store: ArtifactStore, is_cancelled: Callable[[], bool]) -> None:
        self._interrupts = interrupts
        self._grace = float(os.environ.get("PODIUM_STEP_GRACE") or _GRACE)
        self._is_cancelled = is_cancelled
        self._interval = _REMOTE_CANCEL_CHECK if store.remote else _CANCEL_CHECK
        self._next_look = time.monotonic() + self._interval
        self._cancelled = False
        self._woken, self._waker = os.pipe()
        for end in (self._woken, self._waker):
            os.set_blocking(end, False)
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    @property
    def stopping(self) -> bool:
        """True when the job is to end."""
        return self._cancelled or self._interrupts.count > 0

    def watch(self, process: StepProcess, output: JobOutput, timeout: float | None) -> StepEnd:
        """Return when the process has ended, and everything that it started; `timeout` counts from now."""
        started = time.monotonic()
        output.follow(process.output)
        with self._looking_for_cancel():
            status, stopped = self._wait(process.pid, started + timeout if timeout else None)
        seconds = time.monotonic() - started
        kill_group(process.pid)
        _end_descendants()
        output.finish()
        return StepEnd(status, process.account(), stopped, seconds)

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the job is to end."""
        deadline = time.monotonic() + seconds
        with self._looking_for_cancel():
            while not self.stopping and (left := deadline - time.monotonic()) > 0:
                self._sleep(left)

    def _wait(self, pid: int, deadline: float | None) -> tuple[int, Literal["", "cancelled", "timed out"]]:
        stopped: Literal["", "cancelled", "timed out"] = ""
        kill_at: float | None = None
        while True:
            status = _reap(pid)
            if status is not None:
                return status, stopped
            now = time.monotonic()
            if not stopped and self.stopping:
                stopped, kill_at = "cancelled", now + self._grace
                kill_group(pid, signal.SIGTERM)
            elif not stopped and deadline is not None and now >= deadline:
                stopped, kill_at = "timed out", now
            if kill_at is not None and now >= kill_at:
                kill_tree(pid)
                kill_at = None
            due = kill_at if stopped else deadline
            self._sleep(None if due is None else due - now)

    def _sleep(self, seconds: float | None) -> None:
        """Sleep until something is heard: a signal, the end of a child, a cancel request."""
        self._poll.poll(None if seconds is None else max(0.0, seconds) * 1000 + 1)
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)

    @contextmanager
    def _looking_for_cancel(self) -> Iterator[None]:
        over = threading.Event()
        threading.Thread(target=self._look_for_cancel, args=(over,), daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def _look_for_cancel(self, over: threading.Event) -> None:
        """Ask until the answer is yes; a question that the store does not answer is asked again."""
        while not over.wait(self._next_look - time.monotonic()):
            self._next_look = time.monotonic() + self._interval
            with suppress(OSError, PodiumError):
                self._cancelled = self._cancelled or self._is_cancelled()
            if self._cancelled:
                with suppress(BlockingIOError):
                    os.write(self._waker, b"\0")
                return


def _fork(descriptor: int, output: int, not_its_own: tuple[int, ...]) -> int:
    parent = os.getpid()
    gc.freeze()  # no collection writes to the pages that both processes share
    pid = os.fork()
    if pid:
        return pid
    try:
        for end in not_its_own:
            os.close(end)
        os.dup2(output, 1)
        os.dup2(output, 2)
        from .step_process import main

        main(os.dup(descriptor), parent)
    except BaseException:  # noqa: BLE001 - the new process must not go on as its parent
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def _spawn(descriptor: int, output: int) -> int:
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; "
        f"from podium.core.execution.step_process import main; main({descriptor}, {os.getpid()})"
    )
    os.set_inheritable(descriptor, True)
    streams = [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
    return os.posix_spawn(sys.executable, [sys.executable, "-c", program], os.environ, file_actions=streams)


def _reap(pid: int) -> int | None:
    """Wait for every child that has ended, adopted ones too; return the status of `pid` when it is among them."""
    found: int | None = None
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if ended == 0:
            return found
        if ended == pid:
            found = status


def _end_descendants() -> None:
    """Kill what the step left, which became this process's children by that, until none is left."""
    while left := children(os.getpid()):
        for pid in left:
            kill_tree(pid)
        for _ in left:
            with suppress(ChildProcessError):
                os.waitpid(-1, 0)
