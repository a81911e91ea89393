"""The zygote: a process that imports the user's code once, then only forks workers, reaps and kills.

It is the parent of every worker and outlives none of its client: when the client's end of the control socket closes,
for whatever reason, it kills all workers with their descendants and ends. Messages from the client: `Preload`, `Start`,
`Stop`; to the client: `Ready`, `Started` (with the client's ends of the workers' sockets), `Exited`.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # see step_setup.py
import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NoReturn

from ..artifacts.open import open_store
from ..garbage import collect_from_now_on
from ..threads import has_one_thread
from . import wire
from .boot import Boot, load
from .failure import describe
from .job import StepFailure
from .process_tree import LINUX, adopt_orphans, children, die_with_parent, flush_native, fork, kill_group, kill_tree
from .step_runner import warm_up
from .step_setup import print_lines_at_once
from .worker import Stores, current_environment, serve
from .zygote_messages import Exited, Preload, Ready, Start, Started, Stop

_SPARES = 4
"""Workers that are forked unasked, while the client has its own imports to do."""


def main(descriptor: int) -> NoReturn:
    """Run until the client hangs up, and end the process; `descriptor` is this end of the control socket."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _serve(socket.socket(fileno=descriptor))
        status = 0
    except BaseException:  # noqa: BLE001 - what a fork would return into is its parent's code
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)  # what the user's file registered for an exit is for the client's and the steps'


def _serve(control: socket.socket) -> None:
    adopt_orphans()
    collect_from_now_on()
    try:
        boot = wire.receive(control.fileno())
    except EOFError:
        return  # nobody wanted a zygote
    assert isinstance(boot, Boot)
    # While the import keeps this process busy only the kernel can tell it that the client is gone.
    die_with_parent(os.getppid())
    failure = _load_quietly(boot)
    die_with_parent(0, 0)
    try:
        wire.send(control.fileno(), Ready(failure))
    except BrokenPipeError:
        return  # the client is gone
    if failure is None:
        warm_up()
        print_lines_at_once()
        flush_native()
        gc.collect()
        gc.freeze()
        zygote = _Zygote(control, boot)
        zygote.fork_spares()
        zygote.run()


def _load_quietly(boot: Boot) -> StepFailure | None:
    """Import the user's module with its output thrown away: the client's own import shows it."""
    sys.stdout.flush()
    keep = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        load(boot)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's module may raise anything
        return describe(error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(keep, 2)
        os.close(keep)
        os.close(null)
    return None


class _Zygote:
    def __init__(self, control: socket.socket, boot: Boot) -> None:
        self._control = control
        self._boot = boot
        self._inbox = wire.Inbox(control)
        self._workers: dict[int, int] = {}
        self._deadlines: dict[int, float] = {}
        self._stores: Stores = {}
        self._environment = current_environment()
        self._children_ended, wakeup = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if LINUX else os.pipe()
        os.set_blocking(wakeup, False)
        os.set_blocking(self._children_ended, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)

    def run(self) -> None:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._children_ended, select.POLLIN)
        while True:
            due = min(self._deadlines.values(), default=None)
            timeout = None if due is None else max(0, (due - time.monotonic()) * 1000)
            ready = {descriptor for descriptor, _ in poll.poll(timeout)}
            if self._control.fileno() in ready:
                try:
                    self._obey(self._inbox.pull())
                except EOFError:
                    self._end_all()
                    return
            if self._children_ended in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._children_ended, 4096)
                self._reap()
            now = time.monotonic()
            for pid in [pid for pid, deadline in self._deadlines.items() if deadline <= now]:
                del self._deadlines[pid]
                kill_tree(pid)

    def _obey(self, messages: list[object]) -> None:
        for message in messages:
            if isinstance(message, Start):
                self._start(message)
            elif isinstance(message, Stop):
                self._stop(message)
            elif isinstance(message, Preload):
                store = open_store(message.url, message.options)
                store.preload()
                self._stores[message.url] = (message.options, store)

    def fork_spares(self) -> None:
        """Start a few workers that the client did not ask for, unless it already waits for one."""
        if _may_fork() and not select.select([self._control], [], [], 0)[0]:
            self._start(Start(tuple(range(0, -_SPARES, -1))))

    def _start(self, message: Start) -> None:
        """Start workers, as many as the system lets run, and say so."""
        pairs = [socket.socketpair() for _ in message.workers]
        ours, theirs = [end.fileno() for end, _ in pairs], [end.detach() for _, end in pairs]
        pids: list[int] = []
        refusal = ""
        try:
            if message.environment is None and _may_fork():
                starting = self._fork(theirs, ours)
            else:
                starting = self._spawn(theirs, message.environment or {})
            for pid, worker in zip(starting, message.workers, strict=True):
                self._workers[pid] = worker
                pids.append(pid)
        except OSError as error:
            refusal = error.strerror or type(error).__name__
        for descriptor in theirs:
            os.close(descriptor)
        count = len(pids)
        self._tell(Started(message.workers[:count], tuple(pids), message.workers[count:], refusal), ours[:count])
        for end, _ in pairs:
            end.close()

    def _fork(self, descriptors: Sequence[int], others: Iterable[int]) -> Iterator[int]:
        """Fork workers, one right after the other: what this process does after a fork copies pages anew.

        Each of them closes what is another's, `others` among that.
        """
        zygote = os.getpid()
        everything = [*descriptors, *others, self._control.fileno(), self._children_ended]
        for descriptor in descriptors:
            not_its_own = [other for other in everything if other != descriptor]
            pid = fork()
            if pid == 0:
                self._become_worker(descriptor, zygote, not_its_own)
            yield pid

    def _become_worker(self, descriptor: int, parent: int, others: Iterable[int]) -> None:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            _signal.signal(signal.SIGCHLD, _signal.SIG_DFL)
            for other in others:
                os.close(other)
            serve(descriptor, parent, self._stores, self._environment)
            status = 0
        except BaseException:  # noqa: BLE001 - a forked child must never return into its parent's loop
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _stop(self, message: Stop) -> None:
        pid = next((pid for pid, worker in self._workers.items() if worker == message.worker), None)
        if pid is None:
            return
        if message.grace > 0:
            kill_group(pid, signal.SIGTERM)
            self._deadlines[pid] = time.monotonic() + message.grace
        else:
            kill_tree(pid)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                break
            worker = self._workers.pop(pid, None)
            if worker is not None:
                self._deadlines.pop(pid, None)
                kill_group(pid)
                self._tell(Exited(worker, status))
        # Live workers adopt their own orphans: any other child of this process was left by a worker that died.
        for orphan in set(children(os.getpid())) - set(self._workers):
            kill_tree(orphan)

    def _end_all(self) -> None:
        """Kill all children, then what they left, which became this process's children by that, until none is left."""
        while left := children(os.getpid()) or [*self._workers]:
            self._workers.clear()
            for pid in left:
                kill_group(pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                for _ in left:
                    os.waitpid(-1, 0)

    def _spawn(self, descriptors: Sequence[int], environment: Mapping[str, str]) -> Iterator[int]:
        """Start fresh interpreters as workers that load the user's code themselves."""
        for descriptor in descriptors:
            program = (
                f"import sys; sys.path[:] = {sys.path!r}; "
                "from podium.core.execution.worker import Boot, serve_spawned; "
                f"serve_spawned({self._boot!r}, {descriptor}, {os.getpid()})"
            )
            os.set_inheritable(descriptor, True)
            yield os.posix_spawn(sys.executable, [sys.executable, "-c", program], {**os.environ, **environment})

    def _tell(self, message: object, descriptors: Sequence[int] = ()) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if descriptors:
                wire.send_descriptors(self._control, message, descriptors)
            else:
                wire.send(self._control.fileno(), message)


def _may_fork() -> bool:
    """Say whether a fork of this process would do: it has no other thread's locks."""
    return LINUX and has_one_thread()
