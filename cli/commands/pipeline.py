"""`podium pipeline`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..app import Command, noun
from ..options import Output
from ..output import check_output, show_list
from . import runs

if TYPE_CHECKING:
    from ...core.spec import JSON

app = noun("pipeline", "Show the pipelines that have runs.")
app.add_typer(runs.app, hidden=True)


@app.command("list", cls=Command)
def list_(
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="NAME", help="Stack whose store is looked into.")
    ] = None,
    output: Output = "table",
) -> None:
    """List every pipeline that has runs, as in: podium pipeline list --output json

    The one that ran last comes first, with the state of its last run.
    """
    from ...core.records.listing import list_runs
    from ...core.stacks.stack import load_stack
    from ..run_view import iso

    check_output(output)
    rows: dict[str, dict[str, JSON]] = {}
    counts: dict[str, int] = {}
    for run in list_runs(load_stack(stack).artifact_store):
        counts[run.pipeline] = counts.get(run.pipeline, 0) + 1
        if run.pipeline not in rows:
            rows[run.pipeline] = {"last_run": run.id, "state": run.state, "created": iso(run.created)}
    show_list([{"name": name, "runs": counts[name], **row} for name, row in rows.items()], output)
