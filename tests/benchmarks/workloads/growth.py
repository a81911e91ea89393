"""What a step leaves in memory: the largest process of a chain of 10 000 steps and of one of 1000."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import Figure, Program, Sample, marginal, peak
from ..table import Row, kilobytes
from .commands import podium_run

ROUNDS = 1


def programs(_scratch: Path) -> dict[str, Program]:
    return {str(steps): Program(podium_run("chain", steps=steps)) for steps in (1000, 10_000)}


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    growth = marginal(samples["1000"], samples["10000"], 9000, peak)
    bar = Figure(2000, 2000)
    return [Row("chain of 10 000, memory per step", growth, "2 kB", bar, must=1, aim=None, unit=kilobytes)]
