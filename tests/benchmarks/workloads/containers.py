"""What a step in a container costs beyond the container: CPU of the client and in the container; four side by side."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import CONTAINERS, Figure, Program, Sample, cpu, figure, marginal, wall
from ..table import Row
from .commands import plain, podium_run

ROUNDS = 6
_STEPS = 8
_ALLOWED = 0.15
_SLEEP = 2.0


def programs(_scratch: Path) -> dict[str, Program]:
    sys.path.append(os.fspath(Path(__file__).parents[2]))
    from servers.base_image import NAME
    from servers.docker import engine

    engine()
    bare = ("docker", "run", "--rm", f"--cgroup-parent={CONTAINERS}", NAME, "python", "-c", "pass")
    return {
        "register": Program(plain("container_stack", CONTAINERS), home="stack"),
        "one": Program(podium_run("containers", steps=1), home="stack"),
        "many": Program(podium_run("containers", steps=_STEPS), home="stack"),
        "four": Program(podium_run("containers", steps=4, seconds=_SLEEP), home="stack"),
        "bare": Program(bare),
    }


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    step, bare = marginal(samples["one"], samples["many"], _STEPS - 1, cpu), figure(samples["bare"], cpu)
    beyond = Figure(step.median - bare.median, step.minimum - bare.minimum)
    start = figure(samples["bare"], wall)
    ideal = Figure(2 * _SLEEP + start.median, 2 * _SLEEP + start.minimum)
    four = figure(samples["four"], wall)
    return [
        Row("step in a container, cpu beyond docker run", beyond, "allowed", Figure(_ALLOWED, _ALLOWED), 1, 0.6),
        Row("4 steps of 2 s, 2 at once, wall", four, "4 s and a container's start", ideal, 1.25, 1.1),
    ]
