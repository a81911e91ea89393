"""A host as it was found by one look."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..dataclass import dataclass
from ..gpus import Gpu
from ..machine import Machine

_AVAILABLE = re.compile(r"(\d+) +\d+% ")
"""df -P prints: file system, size, used and available KiB, use, mount point; names of file systems may have spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What a host has, as `look.sh` prints it.

    `workdir` is absolute and need not exist yet. `free` is in bytes, None with what `df` said in `disk` where it cannot
    be told. `engine` is Docker's version, empty where `docker_fault` says why there is none: `missing`, `silent`, or
    what Docker said. `skew` is how many seconds its clock is ahead of this machine's, `runs` how many runs of podium's
    go on below `workdir`.
    """

    workdir: str
    writable: bool
    free: int | None
    disk: str
    engine: str
    docker_fault: str
    compose: tuple[str, ...]
    machine: Machine
    gpus: tuple[Gpu, ...]
    gpu_runtime: bool
    programs: frozenset[str]
    runs: int
    load: float
    boot: str
    skew: float

    def gpu_count(self, gpu_class: str | None, indices: Sequence[int] | None) -> int:
        """Count the GPUs of a class that containers can be given; with `indices`, of those only."""
        if not self.gpu_runtime:
            return 0
        return sum(gpu.is_of(gpu_class) and (indices is None or int(gpu.index) in indices) for gpu in self.gpus)

    @property
    def gpu_account(self) -> str:
        """Why there are not more GPUs, in a few words."""
        names = ", ".join(f"{gpu.index}: {gpu.name}" for gpu in self.gpus)
        cannot = "" if self.gpu_runtime or not names else ", which Docker there cannot give to containers"
        return f"nvidia-smi lists {names or 'none'}{cannot}"


def read_facts(printed: str, now: float) -> HostFacts:
    """Return what `look.sh` printed; `now` is this machine's time when it did, in seconds since the epoch.

    Lines that it did not print, as those that a login shell adds, are passed over.
    """
    found: dict[str, list[str]] = {}
    for line in printed.splitlines():
        name, _, value = line.partition("=")
        found.setdefault(name, []).append(value.strip())
    one = {name: values[0] for name, values in found.items()}
    cpus, _, memory = one.get("machine", "").partition(" ")
    available = _AVAILABLE.search(one.get("disk", ""))
    return HostFacts(
        workdir=one["workdir"],
        writable="writable" in one,
        free=int(available[1]) * 1024 if available else None,
        disk=one.get("disk", ""),
        engine=one.get("engine", ""),
        docker_fault=one.get("docker_fault", "" if memory else "it does not say what the machine has"),
        compose=tuple(found.get("compose", ())),
        machine=Machine(float(cpus or 0), int(memory or 0)),
        gpus=_gpus(found.get("gpu", ())),
        gpu_runtime="nvidia" in one.get("runtimes", "").split() or "gpu_hook" in one,
        programs=frozenset(found.get("program", ())),
        runs=int(one["runs"]),
        load=float(one.get("load", 0)),
        boot=one.get("boot", ""),
        skew=float(one["clock"]) - now,
    )


def _gpus(lines: Sequence[str]) -> tuple[Gpu, ...]:
    return tuple(Gpu(*parts) for line in lines if len(parts := line.split(", ", 2)) == 3)
