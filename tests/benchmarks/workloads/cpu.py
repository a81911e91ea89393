"""Whether all cores are kept busy: whole process, wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import Program, Sample, figure, wall
from ..table import Row
from .commands import plain, podium_run

ROUNDS = 5


def programs(_scratch: Path) -> dict[str, Program]:
    return {"podium": Program(podium_run("burn")), "plain": Program(plain("plain_burn"))}


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    podium, other = (figure(samples[who], wall) for who in ("podium", "plain"))
    return [Row("8 steps of pure CPU, wall", podium, "ProcessPoolExecutor", other, must=1.15, aim=1.05)]
