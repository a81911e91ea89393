"""Command lines of the measured programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROGRAMS = Path(__file__).parents[1] / "programs"
PODIUM = os.fspath(Path(sys.executable).with_name("podium"))
"""What users type."""


def plain(name: str, *arguments: object) -> tuple[str, ...]:
    """Run one of the programs as a script."""
    return (sys.executable, os.fspath(PROGRAMS / f"{name}.py"), *map(str, arguments))


def podium_run(name: str, **parameters: object) -> tuple[str, ...]:
    """Run the pipeline of one of the programs."""
    given = [part for key, value in parameters.items() for part in ("--param", f"{key}={value}")]
    return (PODIUM, "run", os.fspath(PROGRAMS / f"{name}.py"), *given)
