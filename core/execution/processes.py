"""Run steps in worker processes of this machine: warm ones, reused, or a fresh one for each attempt."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
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
    from collections.abc import Iterable, Mapping

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


@dataclass(slots=True, eq=False)
class _Waiting:
    """A job without a worker: any will do, unless it has an environment, and then the one that was started with it."""

    job: StepJob
    environment: Mapping[str, str]
    worker: int | None = None


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
        self._waiting: list[_Waiting] = []
        self._unbegun: list[Ended] = []
        self._logs: dict[str, tuple[str, int]] = {}  # log of each step's latest attempt, and how far it was read
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
        if self._idle and not environment:
            self._give(self._idle.pop(), job)
        else:
            self._waiting.append(_Waiting(job, environment))
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
        self._ask()
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
        if self._zygote is None:
            return
        if step in self._running:
            self._zygote.stop_worker(self._running[step].number, grace)
        for waiting in [waiting for waiting in self._waiting if waiting.job.step.id == step]:
            if waiting.worker in self._zygote.starting:
                self._zygote.stop_worker(waiting.worker, grace)
            else:
                self._give_up([waiting], "it was stopped before a worker took it")

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
        return (bool(self._idle) and not own) or (zygote.ready and len(self._waiting) < 2 * self._processors)

    def _ask(self) -> None:
        """Have a worker started for each job that waits, and fresh ones before there are jobs for them."""
        zygote = self._take_zygote() if self._waiting else self._zygote
        if zygote is None or not zygote.ready:
            return
        if zygote.refusal:
            self._make_room(zygote)
            return
        own = [waiting for waiting in self._waiting if waiting.environment]
        for waiting in own:
            if waiting.worker not in zygote.starting:
                (waiting.worker,) = zygote.start_workers(1, waiting.environment)
        ahead = min(len(self._unstarted), self._processors) - len(self._idle) if self._fresh else 0
        missing = len(self._waiting) + max(0, ahead) - len(zygote.starting)
        if missing > 0:
            zygote.start_workers(missing, {} if self._spawn else None)

    def _make_room(self, zygote: Zygote) -> None:
        """While the system refuses more processes wait for one to end, an idle one if a job needs a worker of its own.

        With no worker left there is nothing to wait for.
        """
        if any(waiting.environment for waiting in self._waiting):
            while self._idle:
                self._dismiss(self._idle.pop())
        if not self._workers and not zygote.starting:
            self._give_up(self._waiting, f"no process could be started for it: {zygote.refusal}")
            zygote.refusal = ""

    def _give_up(self, jobs: Iterable[_Waiting], why: str) -> None:
        """End jobs that no worker was started for."""
        for waiting in [*jobs]:
            self._waiting.remove(waiting)
            self._admission.release(waiting.job.step.id)
            self._unbegun.append(Ended(waiting.job.step.id, waiting.job.attempt, None, why))

    def _take_started(self, zygote: Zygote) -> None:
        """Employ new workers, but for those that nobody asked for where a fork without the store's imports won't do."""
        for number, channel in zygote.started.items():
            worker = self._workers[number] = _Worker(number, channel)
            self._selector.register(channel, selectors.EVENT_READ, worker)
            if number <= 0 and (self._store.remote or self._spawn):
                self._dismiss(worker)
            else:
                self._employ(worker)
        zygote.started.clear()

    def _employ(self, worker: _Worker) -> None:
        """Give a worker the job that was waiting for it, or the first that any will do for."""
        own = next((waiting for waiting in self._waiting if waiting.worker == worker.number), None)
        found = own or next((waiting for waiting in self._waiting if not waiting.environment), None)
        if found is None:
            worker.idle_since = time.monotonic()
            self._idle.append(worker)
        else:
            self._waiting.remove(found)
            self._give(worker, found.job, own=own is not None)

    def _give(self, worker: _Worker, job: StepJob, *, own: bool = False) -> None:
        worker.retire = self._fresh or own or bool(job.delivery)  # no other step's process has its secrets
        worker.job = job
        self._running[job.step.id] = worker
        with contextlib.suppress(BrokenPipeError):  # a worker that has just died is told of by its zygote
            wire.send(worker.channel.fileno(), job)

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
        surplus = len(self._idle) >= len(self._unstarted) and bool(self._running)  # at the end all go at once
        if tainted or worker.retire or (surplus and not self._waiting):
            self._dismiss(worker)
        else:
            self._employ(worker)
        return [Ended(job.step.id, job.attempt, outcome, death)]

    def _hear(self, zygote: Zygote) -> list[Ended]:
        try:
            exits = zygote.exits()
        except EOFError:
            self._selector.unregister(zygote.control)
            zygote.close()
            self._zygote = None
            exits = [Exited(number, signal.SIGKILL) for number in self._workers]
            self._give_up(self._waiting, describe_exit(signal.SIGKILL))
        self._take_started(zygote)
        ended: list[Ended] = []
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
