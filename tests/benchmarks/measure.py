"""Run programs to their end, in turn, and say what each took."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
CONTAINERS = "podium-benchmark"
"""Control group of containers whose CPU time counts."""
NEW_FILES = 500
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class ProgramFailed(Exception):  # noqa: N818 - not a fault of the benchmark
    """A measured program exited with a status other than 0."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command; programs of equal `home` share a HOME within a round; a `heavy` one's home goes at once.

    Deleting small files between rounds slows file systems down that discard blocks; keeping gigabytes fills the page
    cache with dirty pages, and the next writer waits for the disk.
    """

    command: tuple[str, ...]
    home: str | None = None
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds until the program ended, CPU seconds of all its processes, bytes of the largest one's resident set.

    Containers in the control group `CONTAINERS` count as its processes.
    """

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Figure:
    """What a quantity came to over all rounds."""

    median: float
    minimum: float


def wall(sample: Sample) -> float:
    return sample.wall


def cpu(sample: Sample) -> float:
    return sample.cpu


def peak(sample: Sample) -> float:
    return sample.peak


def figure(samples: Sequence[Sample], of: Callable[[Sample], float]) -> Figure:
    """Median and minimum of one quantity."""
    values = [of(sample) for sample in samples]
    return Figure(median(values), min(values))


def marginal(few: Sequence[Sample], many: Sequence[Sample], steps: int, of: Callable[[Sample], float]) -> Figure:
    """What each of the `steps` costs that the second program has more than the first."""
    low, high = figure(few, of), figure(many, of)
    return Figure((high.median - low.median) / steps, (high.minimum - low.minimum) / steps)


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own parent has gone, so that their CPU time is counted too (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(command: Sequence[str], home: Path) -> Sample:
    """Run one program in its home and wait for it and for every process it left; needs a caller without children.

    The kernel adds up CPU time, and keeps the largest resident set, of all descendants that were waited for.
    """
    home.mkdir(parents=True, exist_ok=True)
    other = ("PYTHON", "PODIUM", "XDG")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    in_containers = _containers_cpu()
    with (home / "output").open("w+b") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=home,
            env=inherited | {"HOME": os.fspath(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            tail = output.read()[-2000:].decode(errors="replace")
            raise ProgramFailed(f"{' '.join(command)}: exit status {process.returncode}\n{tail}")
    usages = [used]
    with suppress(ChildProcessError):
        while True:
            usages.append(os.wait4(-1, 0)[2])
    return Sample(
        wall=seconds,
        cpu=sum(usage.ru_utime + usage.ru_stime for usage in usages) + _containers_cpu() - in_containers,
        peak=max(usage.ru_maxrss for usage in usages) * MAXRSS_UNIT,
    )


def _containers_cpu() -> float:
    """CPU seconds of all containers so far, by version 1 or 2 of control groups; 0 before the first one."""
    for path, key, unit in (
        (f"cpuacct/{CONTAINERS}/cpuacct.usage", "", 1e9),
        (f"{CONTAINERS}/cpu.stat", "usage_usec ", 1e6),
    ):
        with suppress(FileNotFoundError):
            figures = Path("/sys/fs/cgroup", path).read_text()
            return int(figures.partition(key)[2].split()[0] if key else figures) / unit
    return 0.0


def new_file_cost(folder: Path) -> float:
    """Seconds that each of some hundred small new files takes.

    An ext4 where many files were deleted in the last five minutes takes ten times as long as it does otherwise, since
    it then looks at each of their inodes for every new file (find_inode_bit in fs/ext4/ialloc.c): podium, which makes
    three files a step, is measured there together with the disk.
    """
    folder.mkdir(parents=True)
    started = time.perf_counter()
    for number in range(NEW_FILES):
        (folder / str(number)).write_bytes(b"1")
    return (time.perf_counter() - started) / NEW_FILES


def interleave(programs: Mapping[str, Program], rounds: int, scratch: Path) -> dict[str, list[Sample]]:
    """Run all programs once, uncounted, then `rounds` times in turn (A B A B), each round with new homes.

    They run below a process of their own, since this one may have other children: an engine that a workload started.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in programs}
    with ProcessPoolExecutor(1, initializer=_adopt_orphans) as runner:
        for number in range(rounds + 1):
            for name, program in programs.items():
                home = scratch / str(number) / (program.home or name)
                sample = runner.submit(run, program.command, home).result()
                if number:
                    samples[name].append(sample)
                if program.heavy:
                    shutil.rmtree(home)
    return samples
