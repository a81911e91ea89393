"""Wait for GPUs of a machine whose jobs all see them, and hold them, so that none is used twice at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import UsageError
from ..execution.supervisor import Supervisor
from ..gpus import GpuPool
from ..spec import StepSpec

_LOOK = 1.0
"""Seconds between looks whether GPUs are free, whose holders announce nothing."""


@contextmanager
def leased(step: StepSpec, locks: Path, supervisor: Supervisor, say: Callable[[str], None]) -> Iterator[dict[str, str]]:
    """Hold what the step asks for, as long as that takes, and name it to CUDA for the length of the block.

    Raises UsageError when the machine never has as many, and KeyboardInterrupt when the job is to end while it waits.
    """
    pool = GpuPool(locks)
    count = _count(step, pool)
    leases = pool.lease(count, step.resources.gpu_class)
    if leases is None:
        say(f"waits for {count} of this machine's GPUs, which other steps hold")
    while leases is None:
        supervisor.pause(_LOOK)
        if supervisor.stopping:
            raise KeyboardInterrupt
        leases = pool.lease(count, step.resources.gpu_class)
    try:
        yield {"CUDA_VISIBLE_DEVICES": ",".join(lease.uuid for lease in leases)}
    finally:
        for lease in leases:
            lease.release()


def _count(step: StepSpec, pool: GpuPool) -> int:
    """Say how many to take: a step that is not strict takes what there is."""
    asked, of_class = step.resources.gpu_count, step.resources.gpu_class
    there = sum(gpu.is_of(of_class) for gpu in pool.gpus)
    if asked > there and step.resources.strict:
        kind = f"{of_class} GPUs" if of_class else "GPUs"
        raise UsageError(
            f"step {step.id!r} asks for {asked} {kind}, and its container shows {there} ({pool.account})",
            hint="ask for fewer, or give it more; with ResourceSettings(strict_resources=False) it takes what there is",
        )
    return min(asked, there)
