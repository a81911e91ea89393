"""A 512 MiB array from step to step: whole process, wall, and the memory of the largest process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import Figure, Program, Sample, figure, peak, wall
from ..table import Row, mebibytes
from .commands import plain, podium_run

ROUNDS = 7
SIZE = 512 * 2**20


def programs(_scratch: Path) -> dict[str, Program]:
    return {
        "podium": Program(podium_run("big_array"), heavy=True),
        "plain": Program(plain("plain_array"), heavy=True),
    }


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    times = (figure(samples["podium"], wall), "np.save, np.load", figure(samples["plain"], wall))
    memory = (figure(samples["podium"], peak), "the array", Figure(SIZE, SIZE))
    return [
        Row("512 MiB array, wall", *times, must=1, aim=0.6),
        Row("512 MiB array, largest process", *memory, must=1.15, aim=1.05, unit=mebibytes),
    ]
