"""Prints the module that holds the output of `podium --help`: python -m podium.cli.render_help > cli/help_text.py."""

from __future__ import annotations

import sys

from typer.main import get_command

from .build import build
from .main import COMMANDS


def rendered() -> str:
    """Return what `podium --help` prints on a terminal of 80 columns or more: Click leaves two free."""
    command = get_command(build(COMMANDS))
    return command.get_help(command.make_context("podium", [], resilient_parsing=True, terminal_width=78)) + "\n"


if __name__ == "__main__":
    sys.stdout.write(
        f'"""What `podium --help` prints, made by `render_help` and kept true by a test."""\n\n'
        f'HELP = """\\\n{rendered()}"""\n'
    )
