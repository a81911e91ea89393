"""Compare podium with plain programs: `python -m tests.benchmarks [--quick] [WORKLOAD ...]`, from the repository."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from .measure import Program, Sample, interleave, new_file_cost
from .table import Row, render
from .workloads import array, cached, chain, cli, containers, cpu, fan, fresh, growth, job


class Workload(Protocol):
    """What a module of `workloads` holds."""

    ROUNDS: int

    def programs(self, scratch: Path) -> Mapping[str, Program]:
        """Commands to run in turn; what they need beforehand is put below `scratch`."""

    def rows(self, samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
        """Ratios to show."""


WORKLOADS: dict[str, Workload] = {
    "cli": cli,
    "chain": chain,
    "growth": growth,
    "fresh": fresh,
    "fan": fan,
    "cpu": cpu,
    "array": array,
    "cached": cached,
    "containers": containers,
    "job": job,
}


def main() -> None:
    """Measure the chosen workloads and print one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("workload", nargs="*", choices=[[], *WORKLOADS], help="default: all")
    parser.add_argument("--quick", action="store_true", help="a third of the rounds")
    parser.add_argument("--scratch", type=Path, help="folder for all files that are written, on the disk to measure")
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="podium-benchmark-", dir=options.scratch) as scratch:
        microseconds = new_file_cost(Path(scratch, "files")) * 1e6
        for name in options.workload or WORKLOADS:
            workload, folder = WORKLOADS[name], Path(scratch, name)
            rounds = -(-workload.ROUNDS // 3) if options.quick else workload.ROUNDS
            print(f"{name}: {rounds} rounds", file=sys.stderr)
            rows += workload.rows(interleave(workload.programs(folder), rounds, folder))
        cores = len(os.sched_getaffinity(0))
        print(f"Python {platform.python_version()}, {cores} cores, load {os.getloadavg()[0]:.1f}")
        print(f"files in {scratch}, where a new one took {microseconds:.0f} µs before\n")
    print(render(rows))


if __name__ == "__main__":
    main()
