"""Which ready steps may run now, by what they ask for and what this machine has."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..machine import Machine
from ..spec import ResourceSpec

if TYPE_CHECKING:
    from ..gpus import GpuLease, GpuPool


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to start a step; `gpus` are the uuids to put into CUDA_VISIBLE_DEVICES."""

    gpus: tuple[str, ...] = ()


_NO_GPUS = Grant()


class Admission:
    """Hands out CPUs, memory, GPUs and the `max_parallel` slots; memory is counted, never enforced.

    A step that asks for no `cpu_count` takes one CPU. Ask for steps in the order in which they should start: the first
    that is refused holds what it lacks, so that no other step takes of it until a step is released and all are asked
    again. A big step thus never starves, and steps that need nothing it waits for still start. GPUs may be held by
    another run, whose end nobody announces: ask again every second or so while a step that wants GPUs waits.
    """

    def __init__(self, machine: Machine, max_parallel: int | None = None, gpus: GpuPool | None = None) -> None:
        if gpus is not None:
            self._gpus = gpus
        self._total = {
            "slots": sys.maxsize if max_parallel is None else max_parallel,
            "milli_cpus": _milli(machine.cpus),
            "memory": machine.memory,
            "gpus": sys.maxsize,  # their lock files decide
        }
        self._free = dict(self._total)
        self._held: dict[str, tuple[dict[str, int], tuple[GpuLease, ...]]] = {}
        self._head: str | None = None
        self._reserved: set[str] = set()

    def fits_ever(self, resources: ResourceSpec) -> str | None:
        """Say why a step could not run even alone on this machine, None when it could; not strict, it always can."""
        if not resources.strict:
            return None
        total, reasons = self._total, []
        if resources.cpu_count is not None and _milli(resources.cpu_count) > total["milli_cpus"]:
            reasons.append(f"{resources.cpu_count:g} of {total['milli_cpus'] / 1000:g} CPUs")
        if resources.memory is not None and resources.memory > total["memory"]:
            reasons.append(f"{_gib(resources.memory)} of {_gib(total['memory'])} memory")
        if resources.gpu_count > self._count(resources):
            kind = f"{resources.gpu_class} GPUs" if resources.gpu_class else "GPUs"
            reasons.append(f"{resources.gpu_count} of {self._count(resources)} {kind} ({self._gpus.account})")
        return f"asks for more than this machine has: {', '.join(reasons)}" if reasons else None

    @cached_property
    def _gpus(self) -> GpuPool:
        from ..gpus import GpuPool

        return GpuPool()

    @property
    def full(self) -> bool:
        """True while no step at all can be admitted before a release: asking for the rest of a queue is no use."""
        return not self._reserved.isdisjoint(("slots", "milli_cpus"))

    def admit(self, step: str, resources: ResourceSpec) -> Grant | None:
        """Take what the step needs, all of it or nothing; None means wait. Assumes that `fits_ever` found no fault."""
        needs = self._needs(resources)
        if self._head == step:
            self._head, self._reserved = None, set()
        elif not self._reserved.isdisjoint(needs):
            return None
        lacks = {name for name, amount in needs.items() if amount > self._free[name]}
        leases: tuple[GpuLease, ...] | None = ()
        if "gpus" in needs and not lacks:
            leases = self._gpus.lease(needs["gpus"], resources.gpu_class)
        if lacks or leases is None:
            if self._head is None:
                self._head, self._reserved = step, lacks or {"gpus"}
            return None
        for name, amount in needs.items():
            self._free[name] -= amount
        self._held[step] = needs, leases
        return Grant(tuple(lease.uuid for lease in leases)) if leases else _NO_GPUS

    def release(self, step: str) -> None:
        """Give back what a step holds; one that waits or never asked holds nothing."""
        needs, leases = self._held.pop(step, ({}, ()))
        for name, amount in needs.items():
            self._free[name] += amount
        for lease in leases:
            lease.release()
        self._head, self._reserved = None, set()

    def _needs(self, resources: ResourceSpec) -> dict[str, int]:
        """Count what a step takes, capped to all there is: a default or a step that is not strict may ask for more."""
        cpu_count = 1 if resources.cpu_count is None else resources.cpu_count
        needs = {"slots": 1, "milli_cpus": min(self._total["milli_cpus"], _milli(cpu_count))}
        if resources.memory:
            needs["memory"] = min(self._total["memory"], resources.memory)
        if resources.gpu_count and (gpus := min(resources.gpu_count, self._count(resources))):
            needs["gpus"] = gpus
        return needs

    def _count(self, resources: ResourceSpec) -> int:
        """Count the GPUs of the class a step asks for, without asking nvidia-smi when it wants none."""
        return sum(gpu.is_of(resources.gpu_class) for gpu in self._gpus.gpus) if resources.gpu_count else 0


def _milli(cpus: float) -> int:
    """Count in thousandths, at least one, so that adding and taking back never drifts."""
    return max(1, round(cpus * 1000))


def _gib(size: int) -> str:
    return f"{size / 2**30:.3g} GiB"
