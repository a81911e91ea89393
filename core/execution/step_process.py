"""The process that the step of a job runs in: it is sent one assignment, and tells how that ended when it is recorded.

Its parent, the job's entrypoint, has its output, and speaks for it if it dies.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from ..artifacts.open import open_store
from ..errors import ConflictError, PodiumError, UsageError
from ..spec import StepSpec
from . import wire
from .assignment import Account, Assignment
from .boot import load
from .process_tree import die_with_parent, flush_native
from .step_runner import run_step
from .step_setup import TERMINATED, handle_signals, print_lines_at_once, reseed


class _NotRecorded(Exception):  # noqa: N818 - ends the process, and nothing else
    pass


def main(channel: int, parent: int) -> NoReturn:
    """Run what `parent` sends over a socket, and end the process whatever the step leaves running in it."""
    status = 1
    try:
        os.setsid()
        die_with_parent(parent)
        handle_signals()
        _offer_to_be_killed()
        with suppress(EOFError):  # the parent has found that there is nothing to run
            assignment = wire.receive(channel)
            assert isinstance(assignment, Assignment)
            _run(assignment, channel)
        status = 0
    except KeyboardInterrupt:
        status = TERMINATED
    except _NotRecorded:
        pass  # the parent says so
    except BaseException:  # noqa: BLE001 - a forked process must never return into its parent's code
        sys.excepthook(*sys.exc_info())
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
            flush_native()
        finally:
            os._exit(status)


def _run(assignment: Assignment, channel: int) -> None:
    print_lines_at_once()
    os.environ.clear()
    os.environ.update(assignment.environment)
    os.chdir(assignment.folder)
    job = assignment.job
    store = open_store(job.store_url, job.store_options)

    def prepare() -> None:
        _check_gpus(job.step)
        load(assignment.boot)
        reseed(job)

    def record(key: str, document: bytes) -> None:
        what = key.rpartition(".")[2]
        try:
            store.write(key, document)
        except ConflictError as error:  # this job was started twice, and the parent finds what the other one recorded
            raise _NotRecorded from error
        except (OSError, PodiumError) as error:
            wire.send(channel, Account(what, str(error)))
            raise _NotRecorded from error
        wire.send(channel, Account(what))

    run_step(job, store, prepare=prepare, record=record)


def _check_gpus(step: StepSpec) -> None:
    if not (step.resources.gpu_count and step.resources.strict):
        return
    from ..gpus import GpuPool, has_gpu_device

    if not has_gpu_device() and not (pool := GpuPool()).gpus:
        raise UsageError(
            f"step {step.id!r} asks for {step.resources.gpu_count} GPU, and its container shows none ({pool.account})",
            hint="give containers GPUs: on a Docker host install the NVIDIA container toolkit; elsewhere see that the "
            "node has GPUs and its driver is set up for containers",
        )


def _offer_to_be_killed() -> None:
    """Have the kernel, when memory runs out, end the step and leave the parent, which can say so."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123
        score.write("1000")
