"""Run steps in worker processes of this machine: warm ones, reused, or a fresh one for each attempt."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections import deque
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..records.documents import RunKeys
from ..spec import StepSpec
from . import wire
from .admission import Admission
from .job import Ended, StepJob, StepOutcome
from .process_tree import describe_exit
from .run_context import RunContext
from .zygote_client import Zygote, take_early
from .zygote_messages import Exited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .spools import Spools

_IDLE_SECONDS = 5.0
"""How long more idle workers than processors are kept; those that no step is left for go at once."""


@dataclass(slots=True)
class _Worker:
    number: int
    channel: socket.socket
    job: StepJob | None = None
    idle_since: float = 0.0
    retire: bool = False


class ProcessLauncher:
    """Starts workers on demand, as many as admission lets run, and takes the most recently used one first.

    A job that finds none idle waits for whichever comes first: a new worker, or one that has done its step.
    """

    enforces_timeouts = False

    def __init__(self, context: RunContext, admission: Admission, *, fresh: bool, spawn: bool) -> None:
        self._boot = context.boot
        self._store = context.store
        self._admission = admission
        self._fresh = fresh
        self._spawn = spawn
        self._zygote: Zygote | None = None
        self._workers: dict[int, _Worker] = {}
        self._running: dict[str, _Worker] = {}
        self._idle: list[_Worker] = []
        self._queue: deque[StepJob] = deque()
        self._reserved: dict[int, StepJob] = {}  # jobs that wait for a worker of their own, by its number
        self._unbegun: list[Ended] = []
        self._logs: dict[str, tuple[str, int]] = {}  # log of each step's latest attempt, and how far it was read
        self._asked = 0
        self._unstarted = {step.id for step in context.spec.steps}
        self._processors = os.cpu_count() or 1
        self._selector = selectors.DefaultSelector()
        self._wakeup, self._waker = socket.socketpair()
        for end in (self._wakeup, self._waker):
            end.setblocking(False)
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        self._spools = self._make_spools() if self._store.remote else None

    def refuse(self, step: StepSpec) -> str | None:
        """Compare what the step asks for with what this machine has."""
        return self._admission.fits_ever(step.resources)

    @property
    def full(self) -> bool:
        """True when the machine has no processor, or the run no slot, left, and while enough jobs wait for workers."""
        return self._admission.full or (self._zygote is not None and not self._has_room(self._zygote))

    def adopt(self) -> list[StepJob]:
        """Find nothing: workers end with the driver that started them."""
        return []

    def start(self, job: StepJob) -> bool:
        """Give the job to an idle worker or have it wait for one; one with GPUs or an environment gets its own."""
        zygote = self._take_zygote()
        if not self._has_room(zygote, own=bool(job.environment)):
            return False
        grant = self._admission.admit(job.step.id, job.step.resources)
        if grant is None:
            return False
        environment = dict(job.environment)
        if grant.gpus:
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(grant.gpus)
        self._unstarted.discard(job.step.id)
        if self._spools is not None:
            job.spool = self._spools.open(job)
        else:
            log = RunKeys(job.run_id).log(job.step.id, job.attempt)
            self._logs[job.step.id] = (log, 0 if job.failure is None else len(self._store.read_log(log)))
        if environment:
            (number,) = self._ask(zygote, 1, environment)
            self._reserved[number] = job
        elif self._idle:
            self._give(self._idle.pop(), job)
        else:
            self._queue.append(job)
        return True

    def output(self, step: str) -> bytes:
        """Read on in the log that the worker writes."""
        if self._spools is not None:
            return self._spools.read(step)
        log, offset = self._logs[step]
        try:
            data = self._store.read_log(log, offset)
        except FileNotFoundError:
            return b""
        self._logs[step] = (log, offset + len(data))
        return data

    def wait(self, timeout: float | None) -> list[Ended]:
        """Gather outcomes from workers, and deaths from the zygote."""
        self._ask_for_missing()
        ended, self._unbegun = self._unbegun, []
        for key, _ in self._selector.select(0 if ended else timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._wakeup.recv(4096)
            elif isinstance(key.data, Zygote):
                ended += self._hear(key.data)
            else:
                ended += self._collect(key.data)
        self._retire_idle()
        if self._spools is not None:
            for end in ended:
                self._spools.close(end)
            return self._spools.ended()
        return ended

    def wake(self) -> None:
        """Write to the socket pair that `wait` listens to."""
        with contextlib.suppress(BlockingIOError):
            self._waker.send(b"\0")

    def stop(self, step: str, grace: float) -> None:
        """Have the zygote end the step's worker."""
        numbers = [self._running[step].number] if step in self._running else []
        numbers += [number for number, job in self._reserved.items() if job.step.id == step]
        for number in numbers:
            if self._zygote is not None:
                self._zygote.stop_worker(number, grace)
        for job in [job for job in self._queue if job.step.id == step]:
            self._queue.remove(job)
            self._unbegun.append(self._never_began(job, "it was stopped before a worker took it"))

    def close(self, *, leave: bool = False) -> None:
        """Hang up on the zygote, which ends all workers."""
        del leave
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None
        if self._spools is not None:
            self._spools.remove()
            self._spools = None
        for worker in self._workers.values():
            worker.channel.close()
        self._selector.close()
        self._wakeup.close()
        self._waker.close()

    def _make_spools(self) -> Spools:
        from .spools import Spools

        return Spools(self._store, self.wake)

    def _take_zygote(self) -> Zygote:
        zygote = self._zygote
        if zygote is None:
            zygote = self._zygote = take_early(self._boot) or Zygote(self._boot)
            self._selector.register(zygote.control, selectors.EVENT_READ, zygote)
            zygote.preload(self._store)
        return zygote

    def _has_room(self, zygote: Zygote, *, own: bool = False) -> bool:
        """Say whether a worker is idle, or one more job may wait for one."""
        waiting = len(self._queue) + len(self._reserved)
        return (bool(self._idle) and not own) or (zygote.ready and waiting < 2 * self._processors)

    def _ask(self, zygote: Zygote, count: int, environment: Mapping[str, str] | None) -> Sequence[int]:
        """Have the zygote start workers; return their numbers."""
        numbers = range(self._asked + 1, self._asked + count + 1)
        self._asked += count
        zygote.start_workers(numbers, environment)
        return numbers

    def _ask_for_missing(self) -> None:
        """Have a worker started for each job that waits, and fresh ones before there are jobs for them."""
        zygote = self._take_zygote() if self._queue else self._zygote
        if zygote is not None and zygote.ready:
            coming = len(zygote.starting) - len(self._reserved)
            ahead = min(len(self._unstarted), self._processors) - len(self._idle) if self._fresh else 0
            missing = len(self._queue) + max(0, ahead) - coming
            if missing > 0:
                self._ask(zygote, missing, {} if self._spawn else None)

    def _take_started(self, zygote: Zygote) -> None:
        """Employ new workers, but for those that nobody asked for where a fork without the store's imports won't do."""
        for number, channel in zygote.started.items():
            if number <= 0 and (self._store.remote or self._spawn):
                channel.close()
                continue
            worker = self._workers[number] = _Worker(number, channel)
            self._selector.register(channel, selectors.EVENT_READ, worker)
            job = self._reserved.pop(number, None)
            if job is None:
                self._employ(worker)
            else:
                self._give(worker, job, own=True)
        zygote.started.clear()

    def _employ(self, worker: _Worker) -> None:
        if self._queue:
            self._give(worker, self._queue.popleft())
        else:
            worker.idle_since = time.monotonic()
            self._idle.append(worker)

    def _give(self, worker: _Worker, job: StepJob, *, own: bool = False) -> None:
        worker.retire = self._fresh or own or bool(job.delivery)  # no other step's process has its secrets
        worker.job = job
        self._running[job.step.id] = worker
        with contextlib.suppress(BrokenPipeError):  # a worker that has just died is told of by its zygote
            wire.send(worker.channel.fileno(), job)

    def _never_began(self, job: StepJob, why: str) -> Ended:
        self._admission.release(job.step.id)
        return Ended(job.step.id, job.attempt, None, why)

    def _collect(self, worker: _Worker) -> list[Ended]:
        """Take a worker's outcome; one that hangs up without any is heard of again when its zygote has reaped it."""
        if worker.number not in self._workers:
            return []  # buried a moment ago
        try:
            outcome, tainted, death = _account(worker.channel)
        except EOFError:
            self._selector.unregister(worker.channel)
            if worker in self._idle:
                self._idle.remove(worker)
            return []
        job = self._release(worker)
        wanted = self._queue or len(self._idle) < len(self._unstarted) or not self._running  # at the end all go at once
        if wanted and not (tainted or worker.retire):
            self._employ(worker)
        else:
            self._dismiss(worker)
        return [Ended(job.step.id, job.attempt, outcome, death)]

    def _hear(self, zygote: Zygote) -> list[Ended]:
        ended: list[Ended] = []
        try:
            exits = zygote.exits()
        except EOFError:
            self._selector.unregister(zygote.control)
            zygote.close()
            self._zygote = None
            exits = [Exited(number, signal.SIGKILL) for number in self._workers]
            ended += [self._never_began(job, describe_exit(signal.SIGKILL)) for job in self._reserved.values()]
            self._reserved.clear()
        self._take_started(zygote)
        for exited in exits:
            worker = self._workers.pop(exited.worker, None)
            if worker is not None:
                ended += self._bury(worker, exited.status)
        return ended

    def _bury(self, worker: _Worker, status: int) -> list[Ended]:
        """Forget a dead worker; an outcome that it sent before it died counts."""
        if worker in self._idle:
            self._idle.remove(worker)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(worker.channel)
        if worker.job is None:
            worker.channel.close()
            return []
        outcome: StepOutcome | None = None
        worker.channel.setblocking(False)
        with contextlib.suppress(EOFError, BlockingIOError):
            outcome, _, _ = _account(worker.channel)
        worker.channel.close()
        job = self._release(worker)
        return [Ended(job.step.id, job.attempt, outcome, "" if outcome else describe_exit(status))]

    def _release(self, worker: _Worker) -> StepJob:
        job = worker.job
        assert job is not None
        worker.job = None
        del self._running[job.step.id]
        self._admission.release(job.step.id)
        return job

    def _dismiss(self, worker: _Worker) -> None:
        """Hang up on a worker; it ends by itself, and its zygote sweeps up behind it."""
        self._selector.unregister(worker.channel)
        worker.channel.close()

    def _retire_idle(self) -> None:
        surplus = len(self._idle) - self._processors
        if surplus > 0:
            oldest = time.monotonic() - _IDLE_SECONDS
            for worker in [worker for worker in self._idle[:surplus] if worker.idle_since < oldest]:
                self._idle.remove(worker)
                self._dismiss(worker)


def _account(channel: socket.socket) -> tuple[StepOutcome | None, bool, str]:
    """Read a worker's account of an attempt: its outcome, whether it can go on, and why there is no outcome."""
    message = wire.receive(channel.fileno())
    assert isinstance(message, tuple)
    return message
