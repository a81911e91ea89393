"""What the machine this process runs on can give: affinity, cgroup quotas and limits respected."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """What all steps here share: `cpus` is fractional under a CPU quota, `memory` is in bytes."""

    cpus: float
    memory: int


def this_machine(root: Path = Path("/")) -> Machine:
    """Measure this machine; `root` is the folder that holds `proc` and the mounted cgroup trees."""
    cpus: list[float] = [_usable_cores()]
    memory = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for folder in cgroups(root):
        cpus += _cpu_quota(folder)
        memory += _memory_limit(folder)
    return Machine(min(cpus), min(memory))


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cgroups(root: Path) -> Iterator[Path]:
    """Yield the folder of every cgroup this process is in, and of all groups above it, in versions 1 and 2."""
    membership = _lines(root / "proc/self/cgroup")
    paths = {
        controller: path
        for _, names, path in (line.split(":", 2) for line in membership)
        for controller in names.split(",")
    }
    for line in _lines(root / "proc/self/mountinfo"):
        place, _, source = line.partition(" - ")
        kind, *_, options = source.split()
        if kind not in {"cgroup", "cgroup2"}:
            continue
        controllers = [""] if kind == "cgroup2" else [name for name in ("cpu", "memory") if name in options.split(",")]
        mounted, mount_point = place.split()[3:5]
        for controller in controllers:
            yield from _branch(root / mount_point[1:], mounted, paths.get(controller, "/"))


def _branch(mount_point: Path, mounted: str, path: str) -> Iterator[Path]:
    """Yield a group's folder and those above it; only the mount point where a container hides where it hangs."""
    below = os.path.relpath(path, mounted)
    folder = mount_point if below.startswith("..") else mount_point / below
    yield folder
    while folder != mount_point:
        folder = folder.parent
        yield folder


def _cpu_quota(folder: Path) -> list[float]:
    """Read the group's quota in CPUs, none when unlimited."""
    figures = " ".join(_lines(folder / "cpu.max")) or " ".join(
        [*_lines(folder / "cpu.cfs_quota_us"), *_lines(folder / "cpu.cfs_period_us")]
    )
    quota, _, period = figures.partition(" ")
    return [int(quota) / int(period)] if quota not in {"", "max", "-1"} else []


def _memory_limit(folder: Path) -> list[int]:
    """Read the group's limit in bytes, none when unlimited; version 1 says unlimited by a number beyond all memory."""
    limits = [*_lines(folder / "memory.max"), *_lines(folder / "memory.limit_in_bytes")]
    return [int(limit) for limit in limits if limit != "max"]


def _lines(path: Path) -> list[str]:
    """Read a file of the kernel; a group, a controller or a whole system without it sets no limit."""
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
