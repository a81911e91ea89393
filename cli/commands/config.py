"""`podium config`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..app import Command, noun
from ..options import Output
from ..output import check_output, show_list, show_one

app = noun("config", "Explain the configuration, and where it comes from.")


@app.command(cls=Command)
def explain(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this environment variable.")] = None,
    output: Output = "table",
) -> None:
    """Show every environment variable that podium honours, as in: podium config explain PODIUM_STACK

    Each has its value here and where that came from.
    """
    from ...core.environment_variables import VARIABLES
    from ...core.environment_variables import explain as explained

    check_output(output)
    if name:
        show_one(explained(name), output)
        return
    rows = [explained(known) for known in VARIABLES]
    if output != "table":
        show_list(rows, output)
        return
    for row in rows:
        print(f"{row['name']}: {row['value'] or 'not set'} ({row['source']})")
        print(f"    {row['help']}")
