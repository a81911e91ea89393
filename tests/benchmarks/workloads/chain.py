"""What one more step costs: chains of 1, 100 and 1000 trivial ones, each with its artifact, record and log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import Program, Sample, cpu, marginal, wall
from ..table import Row
from .commands import plain, podium_run

ROUNDS = 11
LENGTHS = (1, 100, 1000)


def programs(_scratch: Path) -> dict[str, Program]:
    return {
        name: Program(command)
        for steps in LENGTHS
        for name, command in (
            (f"podium {steps}", podium_run("chain", steps=steps)),
            (f"plain {steps}", plain("plain_chain", steps)),
        )
    }


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    found = []
    for name, of in (("cpu", cpu), ("wall", wall)):
        for steps in LENGTHS[1:]:
            podium, other = (
                marginal(samples[f"{who} 1"], samples[f"{who} {steps}"], steps - 1, of) for who in ("podium", "plain")
            )
            found.append(Row(f"chain of {steps}, {name} per step", podium, "pickle, rename", other, must=12, aim=5))
        early = marginal(samples["podium 1"], samples["podium 100"], 99, of)
        late = marginal(samples["podium 100"], samples["podium 1000"], 900, of)
        found.append(Row(f"steps 100 to 1000, {name} per step", late, "steps 1 to 100", early, must=1.5, aim=1.1))
    return found
