"""What a step costs whose result is known: the second run of a chain against its first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import Program, Sample, cpu, marginal, wall
from ..table import Row
from .commands import podium_run

ROUNDS = 11


def programs(_scratch: Path) -> dict[str, Program]:
    return {
        f"{run} {steps}": Program(podium_run("chain", steps=steps), home=f"home {steps}")
        for steps in (1, 100)
        for run in ("first", "second")
    }


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    return [
        Row(
            f"cached step, {name}",
            marginal(samples["second 1"], samples["second 100"], 99, of),
            "running it",
            marginal(samples["first 1"], samples["first 100"], 99, of),
            must=0.5,
            aim=0.1,
        )
        for name, of in (("cpu", cpu), ("wall", wall))
    ]
