"""What it costs to ask podium something: whole process, CPU."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..measure import Program, Sample, cpu, figure, run
from ..table import Row
from .commands import PODIUM, plain

ROUNDS = 15


def programs(scratch: Path) -> dict[str, Program]:
    run(plain("register"), full := scratch / "full")
    return {
        "pass": Program((sys.executable, "-c", "pass")),
        "version": Program((PODIUM, "--version")),
        "module version": Program((sys.executable, "-m", "podium", "--version")),
        "help": Program((PODIUM, "--help")),
        "leaf": Program(plain("typer_app", "stack", "list")),
        "stack list": Program((PODIUM, "stack", "list"), home=os.fspath(full)),
        "orchestrator list": Program((PODIUM, "orchestrator", "list"), home=os.fspath(full)),
    }


def rows(samples: Mapping[str, Sequence[Sample]]) -> list[Row]:
    took = {name: figure(found, cpu) for name, found in samples.items()}
    bare = ("python -c pass", took["pass"])
    return [
        Row("podium --version, cpu", took["version"], *bare, must=2, aim=None),
        Row("python -m podium --version, cpu", took["module version"], *bare, must=2, aim=1.3),
        Row("podium --help, cpu", took["help"], *bare, must=10, aim=2),
        *(
            Row(f"{command}, 200 components, cpu", took[command], "minimal Typer app", took["leaf"], 1.5, 1.1)
            for command in ("stack list", "orchestrator list")
        ),
    ]
