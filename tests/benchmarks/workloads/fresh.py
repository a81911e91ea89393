"""What a process for each step costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import Program, Sample, cpu, marginal, wall
from ..table import Row
from .commands import plain, podium_run

ROUNDS = 7


def programs(_scratch: Path) -> dict[str, Program]:
    return {
        "podium 1": Program(podium_run("fresh_chain", steps=1)),
        "plain 1": Program(plain("plain_processes", 1)),
        "podium 51": Program(podium_run("fresh_chain", steps=51)),
        "plain 51": Program(plain("plain_processes", 51)),
    }


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    return [
        Row(
            f"fresh process, {name} per step",
            marginal(samples["podium 1"], samples["podium 51"], 50, of),
            "python -c pass",
            marginal(samples["plain 1"], samples["plain 51"], 50, of),
            must=0.5,
            aim=0.1,
        )
        for name, of in (("cpu", cpu), ("wall", wall))
    ]
