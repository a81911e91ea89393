"""The command line of `podium run`, read without Typer, whose import is a sixth of what goes before the first step.

What is written otherwise than this module knows, mistakes and `--help` among it, is left to Typer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

VALUES = {
    "--stack": "stack",
    "-s": "stack",
    "--config": "config",
    "-c": "config",
    "--name": "name",
    "--schedule": "schedule",
    "--schedule-name": "schedule_name",
    "--output": "output",
}
LISTS = {"--param": "param", "-p": "param"}
FLAGS = {
    "--no-cache": ("no_cache", True),
    "--dry-run": ("dry_run", True),
    "--detach": ("detach", True),
    "-d": ("detach", True),
    "--in-process": ("in_process", True),
    "--strict-resources": ("strict_resources", True),
    "--no-strict-resources": ("strict_resources", False),
    "--quiet": ("quiet", True),
    "-q": ("quiet", True),
}


def read_run(args: Sequence[str]) -> dict[str, Any] | None:
    """Return the arguments of `run_file`; None for another command, and for what only Typer can read."""
    if args[:1] != ["run"]:
        return None
    given: dict[str, Any] = {}
    words: list[str] = []
    left = iter(args[1:])
    for arg in left:
        if arg == "--":
            words += left
        elif arg in FLAGS:
            name, given[name] = FLAGS[arg]
        elif arg in VALUES or arg in LISTS:
            value = next(left, "-")
            if value.startswith("-"):
                return None
            if arg in VALUES:
                given[VALUES[arg]] = value
            else:
                given.setdefault(LISTS[arg], []).append(value)
        elif arg.startswith("-"):
            return None
        else:
            words.append(arg)
    return {**given, "target": words[0], "arguments": words[1:]} if words else None
