"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Output = Annotated[
    str, typer.Option("--output", metavar="table|json|yaml|names", help="How to print the result.", show_default=True)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
