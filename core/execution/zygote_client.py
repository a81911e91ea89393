"""The client's end of a zygote: start it early, start and stop workers through it."""

from __future__ import annotations

import atexit
import contextlib
import socket
import sys
from collections.abc import Mapping, Sequence

from ..contracts.artifact_store import ArtifactStore
from ..errors import PodiumError, UsageError
from . import wire, zygote_process
from .boot import Boot
from .process_tree import kill_tree
from .zygote_messages import Exited, Preload, Ready, Start, Started, Stop

_AT_ONCE = 8
"""Most workers that one message asks for: the first of them need not wait for more, and sockets come in one go."""


class Zygote:
    """A running zygote; importing the user's code goes on in it while the caller does other things."""

    def __init__(self, boot: Boot, *, fork: bool = False) -> None:
        _wait_for_ends()
        self.control, self._process = zygote_process.fork(str(boot.module)) if fork else zygote_process.spawn()
        self._pids: dict[int, int] = {}
        self._inbox = wire.Inbox(self.control)
        self._asked = 0
        self.ready = False
        self.starting: set[int] = set()
        """Workers that were asked for and do not run yet."""
        self.started: dict[int, socket.socket] = {}
        """Workers that run, with the sockets to them, for the caller of `exits` to take from here."""
        self.refusal = ""
        """Why the last workers that were asked for could not be started, until one has ended."""
        self.boot = boot
        wire.send(self.control.fileno(), boot)

    def _hear_ready(self, message: Ready) -> None:
        """Note that the user's code is loaded; raise UsageError, caused by the traceback, when it cannot be."""
        if message.failure is not None:
            raise UsageError(f"a worker cannot import the pipeline's file: {message.failure}") from RuntimeError(
                message.failure.traceback
            )
        self.ready = True

    def preload(self, store: ArtifactStore) -> None:
        """Have workers that are started from now on find the store opened, with what it needs imported."""
        with contextlib.suppress(BrokenPipeError):  # `exits` will tell
            wire.send(self.control.fileno(), Preload(store.url, store.options))

    def start_workers(self, count: int, environment: Mapping[str, str] | None) -> Sequence[int]:
        """Ask for workers, which are fresh interpreters given an environment, and be it empty; return their numbers."""
        workers = range(self._asked + 1, self._asked + count + 1)
        self._asked += count
        self.starting.update(workers)
        for first in range(0, count, _AT_ONCE):
            with contextlib.suppress(BrokenPipeError):  # `exits` will tell
                wire.send(self.control.fileno(), Start(tuple(workers[first : first + _AT_ONCE]), environment))
        return workers

    def stop_worker(self, worker: int, grace: float) -> None:
        """End a worker and what it started."""
        with contextlib.suppress(BrokenPipeError):
            wire.send(self.control.fileno(), Stop(worker, grace))

    def exits(self) -> list[Exited]:
        """Return the workers that ended since the last call; note those that started, and that the zygote is `ready`.

        Raises EOFError when the zygote itself is gone, PodiumError when it has not loaded the user's code.
        """
        exits: list[Exited] = []
        try:
            messages = self._inbox.pull()
        except EOFError:
            if not self.ready:
                raise PodiumError(
                    "the worker process ended while it imported the pipeline's file",
                    hint="see whether the file can be imported: python -c 'import <module>'",
                ) from None
            for pid in self._pids.values():
                kill_tree(pid)
            raise
        for message in messages:
            if isinstance(message, Ready):
                self._hear_ready(message)
            elif isinstance(message, Started):
                self._pids.update(zip(message.workers, message.pids, strict=True))
                ends = [socket.socket(fileno=self._inbox.descriptors.pop(0)) for _ in message.workers]
                self.started.update(zip(message.workers, ends, strict=True))
                self.starting.difference_update(message.workers, message.missing)
                self.refusal = message.refusal or self.refusal
            elif isinstance(message, Exited):
                self._pids.pop(message.worker, None)
                self.refusal = ""
                exits.append(message)
        return exits

    def close(self) -> None:
        """Hang up, which ends every worker with its descendants; the next zygote, and the exit, wait for that."""
        self.control.close()
        if not self.ready:  # it may import for long, and has no workers
            kill_tree(self._process.pid)
        if not _ending:
            atexit.register(_wait_for_ends)
        _ending.append(self._process)


_ending: list[zygote_process.Process] = []


def _wait_for_ends() -> None:
    atexit.unregister(_wait_for_ends)
    while _ending:
        _ending.pop().wait()


_early: Zygote | None = None


def start_early(module: str, *, imported: bool) -> None:
    """Have a zygote import the user's file before it is known whether a run will want it, while this process runs it.

    Called before the file's first imports and, with `imported`, after them: a fresh interpreter does them beside this
    process, and a fork has them. None of the user's own code may have run yet.
    """
    global _early
    fork = zygote_process.may_fork()
    if _early is None and (imported or not fork):
        _early = Zygote(Boot(module, tuple(sys.path), tuple(sys.argv)), fork=fork)


def take_early(boot: Boot) -> Zygote | None:
    """Hand over the early zygote if it loads the same module; one that does not is ended."""
    global _early
    zygote, _early = _early, None
    if zygote is not None and zygote.boot.module != boot.module:
        zygote.close()
        return None
    return zygote
