"""The client's end of a zygote: start it early, start and stop workers through it."""

from __future__ import annotations

import atexit
import contextlib
import socket
import sys
from collections.abc import Mapping

from ..contracts.artifact_store import ArtifactStore
from ..errors import PodiumError, UsageError
from . import wire, zygote_process
from .boot import Boot
from .process_tree import kill_tree
from .zygote_messages import Exited, Preload, Ready, Spares, Start, Started, Stop

_AT_ONCE = 8
"""Most workers that one message asks for; their descriptors are received together."""


class Zygote:
    """A running zygote; importing the user's code goes on in it while the caller does other things."""

    def __init__(self, boot: Boot, *, fork: bool = False) -> None:
        _wait_for_ends()
        self.control, self._process = zygote_process.fork(str(boot.module)) if fork else zygote_process.spawn()
        self._pids: dict[int, int] = {}
        self._inbox = wire.Inbox(self.control)
        self._wanted: dict[int, socket.socket] = {}
        self.ready = False
        self.starting = 0
        """Workers that were asked for and do not run yet."""
        self.spares: dict[int, socket.socket] = {}
        """Workers that were started unasked, for the caller of `exits` to take from here."""
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

    def start_worker(self, worker: int, environment: dict[str, str] | None) -> socket.socket:
        """Return the socket to a worker that is going to be started, which can be written to at once.

        One that gets an environment, and be it empty, is a fresh interpreter and starts now; the others are forked,
        several at a time, by `fork_workers`.
        """
        ours, theirs = socket.socketpair()
        self.starting += 1
        if environment is None:
            self._wanted[worker] = theirs
            if len(self._wanted) == _AT_ONCE:
                self.fork_workers()
        else:
            self._start({worker: theirs}, environment)
        return ours

    def fork_workers(self) -> None:
        """Have the workers forked that were asked for since the last call."""
        if self._wanted:
            self._start(self._wanted, None)
            self._wanted = {}

    def _start(self, workers: Mapping[int, socket.socket], environment: dict[str, str] | None) -> None:
        descriptors = tuple(end.fileno() for end in workers.values())
        with contextlib.suppress(BrokenPipeError):  # `exits` will tell
            wire.send_descriptors(self.control, Start(tuple(workers), environment), descriptors)
        for end in workers.values():
            end.close()

    def stop_worker(self, worker: int, grace: float) -> None:
        """End a worker and what it started."""
        self.fork_workers()  # it may be one of them
        with contextlib.suppress(BrokenPipeError):
            wire.send(self.control.fileno(), Stop(worker, grace))

    def exits(self) -> list[Exited]:
        """Return the workers that ended since the last call, and note whether the zygote has become `ready`.

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
            elif isinstance(message, Spares):
                self._pids.update(zip(message.workers, message.pids, strict=True))
                ends = [socket.socket(fileno=self._inbox.descriptors.pop(0)) for _ in message.workers]
                self.spares.update(zip(message.workers, ends, strict=True))
            elif isinstance(message, Started):
                self._pids.update(zip(message.workers, message.pids, strict=True))
                self.starting -= len(message.workers)
            elif isinstance(message, Exited):
                self._pids.pop(message.worker, None)
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
