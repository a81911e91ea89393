"""How wide podium runs steps that only wait: whole process, wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import Program, Sample, figure, wall
from ..table import Row
from .commands import plain, podium_run

ROUNDS = 7


def programs(_scratch: Path) -> dict[str, Program]:
    return {"podium": Program(podium_run("fan")), "plain": Program(plain("plain_fan"))}


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    podium, other = (figure(samples[who], wall) for who in ("podium", "plain"))
    return [Row("1 > 64 > 1 sleeps of 0.05 s, wall", podium, "64 threads", other, must=3, aim=2)]
