"""Questions to the user, asked only where there is one."""

from __future__ import annotations

import os
import sys

import typer

from ..core.errors import PodiumError, UsageError


def confirm(question: str, *, yes: bool) -> None:
    """Return when the answer is yes; raise PodiumError when it is no, UsageError when nobody can be asked."""
    if yes:
        return
    if not is_interactive():
        raise UsageError(f"cannot ask here: {question}", hint="add --yes")
    if not typer.confirm(question, err=True):
        raise PodiumError("nothing was changed")


def is_interactive() -> bool:
    """Say whether stdin and stdout are terminals and neither `CI` nor `PODIUM_NO_INPUT` is set."""
    unattended = os.environ.get("CI") or os.environ.get("PODIUM_NO_INPUT")
    return not unattended and sys.stdin.isatty() and sys.stdout.isatty()
